// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/label_model.h"

#include "ui/kit/text.h"
#include "ui/kit/theme.h"
#include "ui/picture/marks.h"

#include <QBrush>

#include <map>

namespace statescape::ui {
namespace {
using schema::Polarity;

bool matches(const LabelRow &row, schema::Label label)
{
    return row.whole ? label.polarity == row.label.polarity && !label.empty() : label == row.label;
}

} // namespace

void LabelModel::update(const session::Snapshot &s)
{
    if (s.classNames)
        m_names = *s.classNames;
    const std::size_t n = s.samples.rows();
    std::map<std::uint16_t, std::uint64_t> counts[3];
    std::uint64_t labelled = 0;
    std::uint64_t totals[3] = {0, 0, 0};
    for (std::size_t i = 0; s.labels && i < std::min(n, s.labels->size()); ++i) {
        const schema::Label label = (*s.labels)[i];
        if (label.empty())
            continue;
        ++labelled;
        const auto polarity = std::size_t(int(label.polarity) + 1);
        ++totals[polarity];
        ++counts[polarity][label.classId];
    }
    std::vector<LabelRow> rows;
    const auto classes = [&](Polarity polarity) {
        for (const auto &[id, count] : counts[std::size_t(int(polarity) + 1)])
            if (id != 0)
                rows.push_back({{polarity, id},
                                false,
                                id < m_names.size() ? m_names[id] : std::string(),
                                labelStyle({polarity, id}, m_names).shape,
                                count});
    };
    rows.push_back({{Polarity::Positive, 0}, true, "Positive", Shape::Plus, totals[2]});
    classes(Polarity::Positive);
    rows.push_back({{Polarity::Negative, 0}, true, "Negative", Shape::Cross, totals[0]});
    classes(Polarity::Negative);
    classes(Polarity::None);
    rows.push_back({{}, false, "Unlabelled", Shape::Dot, n - labelled});
    replace(std::move(rows));
}

RowMaskPtr LabelModel::samplesOf(int row, const session::Snapshot &s) const
{
    auto mask = std::make_shared<RowMask>(s.samples.rows(), std::uint8_t{0});
    if (row < 0 || row >= rowCount())
        return mask;
    for (std::size_t i = 0; i < mask->size(); ++i) {
        const schema::Label label = s.labels && i < s.labels->size() ? (*s.labels)[i] : schema::Label{};
        (*mask)[i] = matches(rows()[std::size_t(row)], label) ? 1 : 0;
    }
    return mask;
}

QVariant LabelModel::data(const QModelIndex &index, int role) const
{
    const LabelRow *row = rowAt(index);
    if (!row)
        return {};
    switch (role) {
    case Qt::DisplayRole:
        if (index.column() == 1)
            return countText(row->count);
        return (row->label.classId != 0 ? QStringLiteral("    ") : QString()) + signOf(row->shape) +
               QStringLiteral("  ") + qt(row->name);
    case Qt::ToolTipRole:
        return tr("%1 samples · click selects them").arg(countText(row->count));
    case Qt::FontRole:
        if (index.column() == 1)
            return figureFont();
        return {};
    case Qt::ForegroundRole:
        if (row->label.empty() && !row->whole)
            return QBrush(currentTheme().muted);
        if (index.column() == 0)
            return QBrush(colourOf(labelStyle(row->label, m_names), currentTheme().dark));
        return {};
    case Qt::TextAlignmentRole:
        if (index.column() == 1)
            return int(Qt::AlignRight | Qt::AlignVCenter);
        return {};
    default:
        return {};
    }
}

} // namespace statescape::ui
