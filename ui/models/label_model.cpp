// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/label_model.h"

#include "ui/kit/text.h"
#include "ui/kit/theme.h"
#include "ui/picture/marks.h"

#include <QBrush>
#include <QFont>

namespace statescape::ui {
namespace {
using schema::Polarity;
using Kind = LabelRow::Kind;

bool matches(const LabelRow &row, schema::Label label)
{
    return row.whole ? label.polarity == row.label.polarity && !label.empty() : label == row.label;
}

} // namespace

std::vector<LabelRow> LabelModel::labelRows(std::size_t samples) const
{
    std::vector<LabelRow> rows;
    const std::size_t classes = (m_labels.slotCount() + 2) / 3;
    std::uint64_t totals[3] = {0, 0, 0};
    for (std::size_t id = 0; id < classes; ++id)
        for (std::size_t p = 0; p < 3; ++p)
            totals[p] += id == 0 && p == 1 ? 0 : m_labels.count(id * 3 + p);
    const auto addClasses = [&](Polarity polarity) {
        for (std::size_t id = 1; id < classes; ++id) {
            const schema::Label label{polarity, static_cast<std::uint16_t>(id)};
            if (const std::uint64_t count = m_labels.count(LabelSlot{}(label)); count > 0)
                rows.push_back({label, false, id < m_names.size() ? m_names[id] : std::string(),
                                labelStyle(label, m_names).shape, count});
        }
    };
    rows.push_back({{Polarity::Positive, 0}, true, "Positive", Shape::Plus, totals[2]});
    addClasses(Polarity::Positive);
    rows.push_back({{Polarity::Negative, 0}, true, "Negative", Shape::Cross, totals[0]});
    addClasses(Polarity::Negative);
    // Named, but neither good nor bad.
    if (totals[1] > 0)
        rows.push_back({{Polarity::None, 0}, true, "Named only", Shape::Square, totals[1]});
    addClasses(Polarity::None);
    rows.push_back({{}, false, "Unlabelled", Shape::Dot, samples - totals[0] - totals[1] - totals[2]});
    return rows;
}

void LabelModel::update(const session::Snapshot &s)
{
    if (s.classNames)
        m_names = *s.classNames;
    m_model = s.scores ? s.model : nullptr;
    const std::size_t n = s.samples.rows();
    if (s.labels)
        m_labels.update(*s.labels, n);
    std::vector<LabelRow> after = labelRows(n);
    if (m_model) {
        m_states.update(*s.scores, n);
        after.push_back(
            {{}, false, "States of " + m_model->name(), Shape::Dot, m_states.rows(), Kind::Heading});
        for (int state = 0; state <= int(m_model->states().size()); ++state) {
            const int cluster = state < int(m_model->states().size()) ? state : -1;
            const PointStyle style = stateStyle(*m_model, cluster, &m_names);
            after.push_back({{},
                             false,
                             cluster < 0 ? "unknown" : m_model->states()[std::size_t(state)].name,
                             style.shape,
                             m_states.count(std::size_t(cluster + 1)),
                             Kind::State,
                             cluster});
        }
    } else {
        m_states.clear();
    }
    if (after != rows())
        replace(std::move(after));
}

void LabelModel::clear()
{
    m_labels.clear();
    m_states.clear();
    m_model.reset();
    m_names = {""};
    replace({});
}

RowMaskPtr LabelModel::samplesOf(int row, const session::Snapshot &s) const
{
    auto mask = std::make_shared<RowMask>(s.samples.rows(), std::uint8_t{0});
    if (row < 0 || row >= rowCount())
        return mask;
    const LabelRow &wanted = rows()[std::size_t(row)];
    std::uint8_t *out = mask->data();
    if (wanted.kind == Kind::State && s.scores) {
        s.scores->forEachRun(0, mask->size(), [&](std::size_t first, std::span<const model::Score> piece) {
            for (std::size_t i = 0; i < piece.size(); ++i)
                out[first + i] = piece[i].cluster == wanted.cluster ? 1 : 0;
        });
    } else if (wanted.kind == Kind::Label && s.labels) {
        s.labels->forEachRun(0, mask->size(), [&](std::size_t first, std::span<const schema::Label> piece) {
            for (std::size_t i = 0; i < piece.size(); ++i)
                out[first + i] = matches(wanted, piece[i]) ? 1 : 0;
        });
        if (matches(wanted, {}))
            std::fill(mask->begin() + std::ptrdiff_t(std::min(mask->size(), s.labels->size())), mask->end(),
                      std::uint8_t{1});
    }
    return mask;
}

QString LabelModel::stepText(int row) const
{
    if (row < 0 || row >= rowCount())
        return {};
    const LabelRow &of = rows()[std::size_t(row)];
    return of.kind == Kind::State
               ? tr("select state %1").arg(qt(of.name))
               : tr("select %1").arg(of.label.classId != 0 ? qt(of.name) : qt(of.name).toLower());
}

int LabelModel::digitOf(const LabelRow &row) const
{
    return row.kind == Kind::Label && row.label.classId <= 9 ? int(row.label.classId) : 0;
}

QString LabelModel::tip(const LabelRow &row) const
{
    if (row.kind == Kind::Heading)
        return tr("Which state the model finds each sample in");
    QString text =
        tr("%1. A click selects them; with Ctrl they are added to the selection, with Alt taken from it.")
            .arg(pluralText(row.count, tr("sample")));
    if (row.kind == Kind::State && row.cluster < 0)
        text = tr("Unknown: farther from every state than %1 σ.<br>")
                   .arg(m_model ? m_model->unknownDistance() : 0, 0, 'f', 1) +
               text;
    else if (row.kind == Kind::State && m_model)
        text = tr("State %1, silhouette %2.<br>")
                   .arg(qt(row.name).toHtmlEscaped())
                   .arg(m_model->states()[std::size_t(row.cluster)].silhouette, 0, 'f', 2) +
               text;
    if (const int digit = digitOf(row); digit > 0)
        text += tr("<br>Key %1 gives the selection this class; F2 renames it.").arg(digit);
    else if (row.kind == Kind::Label && row.label.classId != 0)
        text += tr("<br>F2 renames the class.");
    return text;
}

QVariant LabelModel::data(const QModelIndex &index, int role) const
{
    const LabelRow *row = rowAt(index);
    if (!row)
        return {};
    const bool heading = row->kind == Kind::Heading;
    switch (role) {
    case Qt::DisplayRole:
        if (index.column() == 1)
            return heading ? QString() : countText(row->count);
        if (heading)
            return qt(row->name);
        return (row->label.classId != 0 ? QStringLiteral("    ") : QString()) + signOf(row->shape) +
               QStringLiteral("  ") + qt(row->name);
    case Qt::EditRole:
        return qt(row->name);
    case kDigitRole:
        return index.column() == 0 ? digitOf(*row) : 0;
    case Qt::AccessibleTextRole:
        return heading ? qt(row->name)
                       : tr("%1, %2").arg(qt(row->name), pluralText(row->count, tr("sample")));
    case Qt::ToolTipRole:
        return tip(*row);
    case Qt::FontRole:
        if (index.column() == 1)
            return figureFont();
        return {};
    case Qt::ForegroundRole:
        if (heading || (row->kind == Kind::Label && row->label.empty() && !row->whole))
            return QBrush(currentTheme().muted);
        if (index.column() == 0)
            return QBrush(colourOf(row->kind == Kind::State && m_model
                                       ? stateStyle(*m_model, row->cluster, &m_names)
                                       : labelStyle(row->label, m_names),
                                   currentTheme().dark));
        return {};
    case Qt::TextAlignmentRole:
        if (index.column() == 1)
            return int(Qt::AlignRight | Qt::AlignVCenter);
        return {};
    default:
        return {};
    }
}

bool LabelModel::setData(const QModelIndex &index, const QVariant &value, int role)
{
    const LabelRow *row = rowAt(index);
    const QString name = value.toString().trimmed();
    if (!row || role != Qt::EditRole || row->label.classId == 0 || name.isEmpty() || name == qt(row->name))
        return false;
    Q_EMIT renameWanted(qt(row->name), name);
    return true;
}

Qt::ItemFlags LabelModel::flags(const QModelIndex &index) const
{
    const LabelRow *row = rowAt(index);
    if (!row || row->kind == Kind::Heading)
        return Qt::NoItemFlags;
    return Qt::ItemIsEnabled | Qt::ItemIsSelectable |
           (row->label.classId != 0 && index.column() == 0 ? Qt::ItemIsEditable : Qt::NoItemFlags);
}

} // namespace statescape::ui
