// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/entity_model.h"

#include "ui/kit/text.h"
#include "ui/strip/strip_data.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace statescape::ui {
namespace {
constexpr std::size_t kLookedAt = 200'000;

struct Sum {
    std::uint64_t samples = 0, known = 0;
    double load = 0;
};

std::vector<Sum> sums(const session::Snapshot &s, std::size_t first, std::size_t step, const RowMask *within)
{
    std::vector<Sum> out(s.entities ? s.entities->size() : 0);
    const std::size_t n = s.samples.rows();
    for (std::size_t row = first; row < n; row += step) {
        if (within && (row >= within->size() || (*within)[row] == 0))
            continue;
        const std::uint32_t entity = s.samples.entity(row);
        if (entity >= out.size())
            out.resize(entity + 1);
        Sum &sum = out[entity];
        ++sum.samples;
        if (const float load = s.samples.at(row, 0); std::isfinite(load)) {
            ++sum.known;
            sum.load += double(load);
        }
    }
    return out;
}

QString nameOf(const session::Snapshot &s, std::uint32_t entity)
{
    static const schema::Entities kNobody(1);
    return qt(
        schema::entityText(s.samples.schema().entityKind(), s.entities ? *s.entities : kNobody, entity));
}
} // namespace

QString entityWord(const session::Snapshot &snapshot, bool many)
{
    if (!session::perEntity(snapshot))
        return many ? EntityModel::tr("samples") : EntityModel::tr("sample");
    const bool cgroup = snapshot.samples.schema().entityKind() == schema::EntityKind::Cgroup;
    return cgroup ? (many ? EntityModel::tr("cgroups") : EntityModel::tr("cgroup"))
                  : (many ? EntityModel::tr("processes") : EntityModel::tr("process"));
}

RowMaskPtr samplesOf(const session::Snapshot &snapshot, std::uint32_t entity, const RowMask *within)
{
    auto mask = std::make_shared<RowMask>(snapshot.samples.rows(), std::uint8_t{0});
    for (std::size_t row = 0; row < mask->size(); ++row)
        if (snapshot.samples.entity(row) == entity && (!within || (row < within->size() && (*within)[row])))
            (*mask)[row] = 1;
    return mask;
}

std::size_t newestRow(const session::Snapshot &s)
{
    const std::size_t n = s.samples.rows();
    if (n == 0 || !session::perEntity(s))
        return n == 0 ? 0 : n - 1;
    if (s.model && s.scores && s.scores->size() >= n)
        return StripData::worstOf(s, n - 1);
    std::size_t busiest = n - 1;
    for (std::size_t row = n; row-- > 0 && s.samples.timeNs(row) == s.samples.timeNs(n - 1);)
        if (!(s.samples.at(row, 0) < s.samples.at(busiest, 0)))
            busiest = row;
    return busiest;
}

std::vector<std::uint32_t> busiestEntities(const session::Snapshot &s, std::size_t first, std::size_t most)
{
    const std::size_t n = s.samples.rows();
    const auto found = sums(s, first, n / kLookedAt + 1, nullptr);
    std::vector<std::uint32_t> out;
    for (std::uint32_t i = 0; i < found.size(); ++i)
        if (found[i].samples > 0)
            out.push_back(i);
    std::stable_sort(out.begin(), out.end(), [&](auto a, auto b) { return found[a].load > found[b].load; });
    out.resize(std::min(out.size(), most));
    return out;
}

void EntityModel::update(const session::Snapshot &s, const RowMask *within)
{
    if (!session::perEntity(s) || s.samples.schema().size() == 0) {
        replace({});
        return;
    }
    const schema::Feature &first = s.samples.schema()[0];
    m_kind = s.samples.schema().entityKind();
    m_unit = first.unit;
    m_title = qt(first.title);
    const auto found = sums(s, 0, 1, within);
    std::vector<EntityRow> rows;
    for (std::uint32_t i = 0; i < found.size(); ++i)
        if (found[i].samples > 0)
            rows.push_back({i, nameOf(s, i), found[i].samples,
                            found[i].known > 0 ? found[i].load / double(found[i].known)
                                               : std::numeric_limits<double>::quiet_NaN()});
    std::stable_sort(rows.begin(), rows.end(), [&](const EntityRow &a, const EntityRow &b) {
        return found[a.entity].load > found[b.entity].load;
    });
    replace(std::move(rows));
}

QVariant EntityModel::data(const QModelIndex &index, int role) const
{
    const EntityRow *row = rowAt(index);
    if (!row)
        return {};
    switch (role) {
    case Qt::DisplayRole:
        return index.column() == 0   ? row->name
               : index.column() == 1 ? countText(row->samples)
                                     : valueText(row->cpu, m_unit);
    case Qt::ToolTipRole:
        return tr("<b>%1</b><br>%2, mean %3 %4<br>Click or Enter selects these samples; more with a right "
                  "click.")
            .arg(row->name.toHtmlEscaped(), pluralText(row->samples, tr("sample")), m_title,
                 valueText(row->cpu, m_unit));
    case Qt::AccessibleTextRole:
        return tr("%1, %2, %3 %4")
            .arg(row->name, pluralText(row->samples, tr("sample")), m_title, valueText(row->cpu, m_unit));
    case Qt::FontRole:
        return index.column() > 0 ? QVariant(figureFont()) : QVariant();
    case Qt::TextAlignmentRole:
        return int((index.column() > 0 ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    default:
        return {};
    }
}

QVariant EntityModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int((section > 0 ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    return section == 0   ? (m_kind == schema::EntityKind::Cgroup ? tr("cgroup") : tr("process"))
           : section == 1 ? tr("samples")
                          : m_title;
}

} // namespace statescape::ui
