// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/explanation_models.h"

#include "ui/kit/text.h"
#include "ui/kit/theme.h"
#include "ui/models/feature_norms.h"

#include <QBrush>
#include <QFont>

#include <algorithm>
#include <cmath>

namespace statescape::ui {
namespace {
constexpr double kLeastEffect = 0.5; // robust sigmas
}

QString againstText(const session::Workspace::Against &against)
{
    using Kind = session::Workspace::Against::Kind;
    switch (against.kind) {
    case Kind::State:
        return DifferenceModel::tr("state %1").arg(qt(against.name));
    case Kind::Class:
        return against.name == "positive" || against.name == "negative"
                   ? DifferenceModel::tr("all %1").arg(qt(against.name))
                   : DifferenceModel::tr("class %1").arg(qt(against.name));
    case Kind::Saved:
        return DifferenceModel::tr("saved selection %1").arg(qt(against.name));
    case Kind::Rest:
        break;
    }
    return DifferenceModel::tr("the rest");
}

void DifferenceModel::update(const Explanation &explanation, std::shared_ptr<const schema::Schema> schema)
{
    m_schema = std::move(schema);
    m_against = explanation.against;
    m_all = explanation.differences;
    // What differs by less than half the spread says nothing; and an endless list hides the top.
    std::erase_if(m_all,
                  [](const model::Difference &row) { return !(std::abs(row.effect) >= kLeastEffect); });
    if (m_all.size() > kMostRows)
        m_all.resize(kMostRows);
    showSome();
}

void DifferenceModel::setAllShown(bool all)
{
    m_allShown = all;
    showSome();
}

void DifferenceModel::showSome()
{
    auto some = m_all;
    if (!m_allShown && some.size() > kFewRows)
        some.resize(kFewRows);
    double effect = 1, far = 0;
    m_belowZero = 0;
    for (const auto &row : some) {
        const double sign = row.effect < 0 ? -1 : 1;
        effect = std::max(effect, std::abs(row.effect));
        if (!std::isfinite(row.effectLow) || !std::isfinite(row.effectHigh))
            continue;
        far = std::max({far, sign * row.effectLow, sign * row.effectHigh});
        m_belowZero = std::max({m_belowZero, -sign * row.effectLow, -sign * row.effectHigh});
    }
    // One wide interval must not squeeze all bars: whiskers may leave the axis, bars may break.
    m_largest = std::min({std::max(effect, far), 1.4 * effect, kLongestBar});
    m_belowZero = std::min(m_belowZero, m_largest / 4);
    replace(std::move(some));
}

QString DifferenceModel::tip(const model::Difference &row, const schema::Feature &feature) const
{
    const QString other = againstText(m_against);
    QString text = tr("<b>%1</b> differs by %2, 95 % interval %3 to %4<br>median %5 selected, %6 in %7")
                       .arg(qt(feature.key).toHtmlEscaped(), sigmaText(row.effect), sigmaText(row.effectLow),
                            sigmaText(row.effectHigh), valueText(row.medianSelected, feature.unit),
                            valueText(row.medianOthers, feature.unit), other.toHtmlEscaped());
    text += tr("<br>Cliff's delta %1 · %2, corrected for looking at %3 features")
                .arg(row.cliffsDelta, 0, 'f', 2)
                .arg(row.qValue < 0.001 ? tr("q < 0.001") : tr("q = %1").arg(row.qValue, 0, 'f', 3))
                .arg(m_schema->size());
    text += tr("<br>missing %1 % selected, %2 % in %3")
                .arg(100 * row.missingSelected, 0, 'f', 0)
                .arg(100 * row.missingOthers, 0, 'f', 0)
                .arg(other.toHtmlEscaped());
    if (!row.certain())
        text += tr("<br><i>Not certain: so few independent moments could differ so much by chance.</i>");
    return text;
}

QVariant DifferenceModel::data(const QModelIndex &index, int role) const
{
    const model::Difference *row = rowAt(index);
    if (!row || !m_schema || std::size_t(row->column) >= m_schema->size())
        return {};
    const schema::Feature &feature = (*m_schema)[std::size_t(row->column)];
    const QString title = qt(feature.title.empty() ? feature.key : feature.title);
    switch (role) {
    case Qt::DisplayRole:
        if (index.column() == 0)
            return title;
        return index.column() == 2 ? QVariant(sigmaText(row->effect)) : QVariant();
    case kEffectRole:
        return row->effect;
    case kLowRole:
        return row->effectLow;
    case kHighRole:
        return row->effectHigh;
    case kCertainRole:
        return row->certain();
    case kBelowZeroRole:
        return m_belowZero;
    case kLargestRole:
        return m_largest;
    case kKeyRole:
        return qt(feature.key);
    case Qt::ToolTipRole:
        return tip(*row, feature);
    case Qt::AccessibleTextRole:
        return tr("%1 differs by %2%3: median %4 selected, %5 in %6")
            .arg(title, sigmaText(row->effect), row->certain() ? QString() : tr(", not certain"),
                 valueText(row->medianSelected, feature.unit), valueText(row->medianOthers, feature.unit),
                 againstText(m_against));
    case Qt::ForegroundRole:
        return row->certain() ? QVariant() : QVariant(QBrush(currentTheme().muted));
    case Qt::FontRole:
        if (index.column() == 2)
            return figureFont();
        return {};
    case Qt::TextAlignmentRole:
        return int((index.column() == 2 ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    default:
        return {};
    }
}

QVariant DifferenceModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    return section == 0 ? tr("feature") : section == 2 ? tr("differs by") : QString();
}

QVariant ProcessModel::data(const QModelIndex &index, int role) const
{
    const Explanation::Who *row = rowAt(index);
    if (!row)
        return {};
    switch (role) {
    case Qt::DisplayRole:
        switch (index.column()) {
        case 0:
            return qt(row->comm);
        case 1:
            return valueText(row->cpuShare, base::Unit::Percent);
        case 2:
            return valueText(row->ioBytesPerSecond, base::Unit::BytesPerSecond);
        default:
            return valueText(row->syscallsPerSecond, base::Unit::PerSecond);
        }
    case Qt::ToolTipRole:
        return tr("%1, process %2<br>CPU %3 of one CPU · block I/O %4 · system calls %5, over the selected "
                  "intervals")
            .arg(qt(row->comm).toHtmlEscaped())
            .arg(row->pid)
            .arg(valueText(row->cpuShare, base::Unit::Percent),
                 valueText(row->ioBytesPerSecond, base::Unit::BytesPerSecond),
                 valueText(row->syscallsPerSecond, base::Unit::PerSecond));
    case Qt::FontRole:
        if (index.column() > 0)
            return figureFont();
        return {};
    case Qt::TextAlignmentRole:
        return int((index.column() > 0 ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    default:
        return {};
    }
}

QVariant ProcessModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int((section > 0 ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    static const char *const names[] = {"process", "CPU", "I/O", "syscalls"};
    return section >= 0 && section < 4 ? tr(names[section]) : QString();
}

} // namespace statescape::ui
