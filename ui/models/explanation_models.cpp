// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/explanation_models.h"

#include "ui/kit/text.h"

#include <QFont>

#include <algorithm>
#include <cmath>

namespace statescape::ui {

void DifferenceModel::update(const Explanation &explanation, std::shared_ptr<const schema::Schema> schema)
{
    m_schema = std::move(schema);
    auto rows = explanation.differences;
    // What differs by less than the spread of the rest says nothing; and an endless list hides the top.
    std::erase_if(rows, [](const model::Difference &row) { return !(std::abs(row.effect) >= 0.5); });
    if (rows.size() > kRows)
        rows.resize(kRows);
    replace(std::move(rows));
}

QVariant DifferenceModel::data(const QModelIndex &index, int role) const
{
    const model::Difference *row = rowAt(index);
    if (!row || !m_schema || std::size_t(row->column) >= m_schema->size())
        return {};
    const schema::Feature &feature = (*m_schema)[std::size_t(row->column)];
    // Beyond this the robust spread of the rest is nearly nothing, and the figure would only look exact.
    const QString sigma =
        std::abs(row->effect) > 99
            ? QStringLiteral("%1 99+ σ").arg(row->effect < 0 ? QStringLiteral("−") : QStringLiteral("+"))
            : QStringLiteral("%1%2 σ")
                  .arg(row->effect < 0 ? QStringLiteral("−") : QStringLiteral("+"))
                  .arg(std::abs(row->effect), 0, 'f', 1);
    switch (role) {
    case Qt::DisplayRole:
        if (index.column() == 0)
            return qt(feature.title.empty() ? feature.key : feature.title);
        return index.column() == 2 ? QVariant(sigma) : QVariant();
    case kEffectRole:
        return row->effect;
    case kLargestRole:
        return std::abs(rows().front().effect);
    case Qt::ToolTipRole:
        return tr("<b>%1</b> differs: median %2 here, %3 elsewhere<br>%4 of the spread of all · Cliff's "
                  "delta %5<br>missing %6 % here, %7 % elsewhere")
            .arg(qt(feature.key).toHtmlEscaped(), valueText(row->medianSelected, feature.unit),
                 valueText(row->medianOthers, feature.unit), sigma)
            .arg(row->cliffsDelta, 0, 'f', 2)
            .arg(100 * row->missingSelected, 0, 'f', 0)
            .arg(100 * row->missingOthers, 0, 'f', 0);
    case Qt::AccessibleTextRole:
        return tr("%1 differs by %2: median %3 here, %4 elsewhere")
            .arg(qt(feature.title), sigma, valueText(row->medianSelected, feature.unit),
                 valueText(row->medianOthers, feature.unit));
    case Qt::FontRole:
        if (index.column() == 2)
            return figureFont();
        return {};
    case Qt::TextAlignmentRole:
        if (index.column() == 2)
            return int(Qt::AlignRight | Qt::AlignVCenter);
        return {};
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
