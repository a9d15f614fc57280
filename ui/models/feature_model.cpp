// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/feature_model.h"

#include "ui/kit/text.h"
#include "ui/kit/theme.h"
#include "ui/models/row_selection.h"
#include "ui/models/seen.h"

#include <QBrush>
#include <QFont>

namespace statescape::ui {
namespace {

/// The list is narrow.
QString shortMissingText(float value)
{
    return schema::missingReason(value) == schema::Missing::CpusChanged ? QObject::tr("CPUs")
                                                                        : missingText(value);
}

} // namespace

void FeatureModel::update(const session::Snapshot &snapshot, std::size_t sample)
{
    m_schema = snapshot.samples.sharedSchema();
    std::vector<FeatureRow> rows;
    if (m_schema && sample < snapshot.samples.rows()) {
        const auto values = snapshot.samples.row(sample);
        for (std::size_t c = 0; c < m_schema->size(); ++c) {
            FeatureRow row{int(c), values[c], false};
            const auto &feature = (*m_schema)[c];
            if (snapshot.model) {
                for (const auto &used : snapshot.model->features())
                    row.used = row.used || used.key == feature.key;
            } else {
                const auto why = schema::missingReason(values[c]);
                row.used = feature.kind != schema::FeatureKind::Level &&
                           (!schema::isMissing(values[c]) ||
                            (why != schema::Missing::NotSupported && why != schema::Missing::NoPermission &&
                             why != schema::Missing::Disabled));
            }
            if (const feature::Seen *seen = seenOf(snapshot.samples, feature, sample))
                row.seen = *seen;
            rows.push_back(std::move(row));
        }
    }
    replace(std::move(rows));
}

int FeatureModel::used() const
{
    int count = 0;
    for (const auto &row : rows())
        count += row.used ? 1 : 0;
    return count;
}

void FeatureModel::setLeftOut(const QString &key, bool out)
{
    if (out)
        m_leftOut.insert(key);
    else
        m_leftOut.remove(key);
    if (rowCount() > 0)
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, 1));
}

QVariant FeatureModel::data(const QModelIndex &index, int role) const
{
    const FeatureRow *row = rowAt(index);
    if (!row || !m_schema || std::size_t(row->column) >= m_schema->size())
        return {};
    const schema::Feature &feature = (*m_schema)[std::size_t(row->column)];
    const bool missing = schema::isMissing(row->value);
    const QString value = missing     ? shortMissingText(row->value)
                          : row->seen ? QStringLiteral("≈ ") + valueText(row->value, feature.unit)
                                      : valueText(row->value, feature.unit);
    switch (role) {
    case Qt::DisplayRole:
        return index.column() == 0 ? qt(feature.title.empty() ? feature.key : feature.title) : value;
    case kKeyRole:
        return qt(feature.key);
    case Qt::ToolTipRole: {
        QString text =
            QStringLiteral("<b>%1</b> = %2<br>%3<br><br>")
                .arg(qt(feature.key).toHtmlEscaped(),
                     missing
                         ? tr("missing: %1").arg(qt(schema::missingKey(schema::missingReason(row->value))))
                         : value,
                     qt(feature.description).toHtmlEscaped());
        text += tr("unit %1 · %2")
                    .arg(feature.unit == base::Unit::None ? tr("none") : qt(base::unitKey(feature.unit)),
                         qt(schema::featureKindKey(feature.kind)));
        if (!feature.probe.empty())
            text += tr(" · probe %1").arg(qt(feature.probe));
        if (row->seen && !missing)
            text += QStringLiteral("<p>≈ %1: %2</p>").arg(estimateText(*row->seen), samplingExplained());
        text +=
            QStringLiteral("<br>") + (isLeftOut(qt(feature.key)) ? tr("left out of the next training")
                                      : row->used                ? tr("used")
                                                  : tr("not used: a level drifts, or the value is missing"));
        return text;
    }
    case Qt::FontRole: {
        QFont font = index.column() == 1 && !missing ? figureFont() : QFont();
        if (isLeftOut(qt(feature.key)))
            font.setStrikeOut(true);
        return font;
    }
    case Qt::ForegroundRole:
        if (!row->used || (missing && index.column() == 1))
            return QBrush(currentTheme().muted);
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
