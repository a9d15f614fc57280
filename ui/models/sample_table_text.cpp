// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/kit/text.h"
#include "ui/kit/theme.h"
#include "ui/models/row_selection.h"
#include "ui/models/sample_table_model.h"
#include "ui/models/seen.h"
#include "ui/picture/marks.h"

#include <QBrush>

#include <cmath>

// What the cells and headers of the sample table say and look like.
namespace statescape::ui {
namespace {

const std::vector<std::string> kNoNames;

const std::vector<std::string> &namesOf(const session::Snapshot &s)
{
    return s.classNames ? *s.classNames : kNoNames;
}

schema::Label labelAt(const session::Snapshot &s, std::size_t row)
{
    return s.labels && row < s.labels->size() ? (*s.labels)[row] : schema::Label{};
}

const model::Score *scoreAt(const session::Snapshot &s, std::size_t row)
{
    return s.model && s.scores && row < s.scores->size() ? &(*s.scores)[row] : nullptr;
}

/// @return four digits, whole numbers in groups of three: the same unit all down the column.
QString figureText(double value)
{
    if (std::abs(value) >= 999.5) {
        const QString whole = countText(std::uint64_t(std::llround(std::min(std::abs(value), 9e18))));
        return value < 0 ? QStringLiteral("−") + whole : whole;
    }
    return QString::number(value, 'g', 4);
}

} // namespace

const schema::Feature *SampleTableModel::featureOf(int column) const
{
    return column >= kFirstFeature && column < columnCount()
               ? &m_snapshot->samples.schema()[std::size_t(column - kFirstFeature)]
               : nullptr;
}

bool SampleTableModel::isMissing(std::size_t sample, int column) const
{
    if (column >= kFirstFeature)
        return schema::isMissing(m_snapshot->samples.at(sample, std::size_t(column - kFirstFeature)));
    if (column == kLabel)
        return labelAt(*m_snapshot, sample).empty();
    return column != kTime && column != kEntity && scoreAt(*m_snapshot, sample) == nullptr;
}

QString SampleTableModel::textOf(std::size_t sample, int column) const
{
    const auto &s = *m_snapshot;
    if (column >= kFirstFeature) {
        const float value = s.samples.at(sample, std::size_t(column - kFirstFeature));
        if (schema::isMissing(value))
            return missingText(value);
        return (seenOf(s.samples, *featureOf(column), sample) ? QStringLiteral("≈ ") : QString()) +
               figureText(double(value));
    }
    if (column == kTime)
        return localTime(s.anchor, s.samples.timeNs(sample),
                         m_dated ? QStringLiteral("d MMM HH:mm:ss.zzz") : QStringLiteral("HH:mm:ss.zzz"));
    if (column == kLabel) {
        const schema::Label label = labelAt(s, sample);
        return label.empty() ? QString()
                             : signOf(labelStyle(label, namesOf(s)).shape) + QLatin1Char(' ') +
                                   labelText(label, namesOf(s));
    }
    if (column == kEntity)
        return qt(session::entityText(s, sample));
    const model::Score *score = scoreAt(s, sample);
    if (!score)
        return QStringLiteral("–");
    if (column == kState) {
        const PointStyle style = stateStyle(s, score->cluster);
        return signOf(style.shape) + QLatin1Char(' ') + qt(style.name);
    }
    return QString::number(double(column == kConfidence ? score->confidence : score->abnormality), 'f', 2);
}

QString SampleTableModel::plainText(std::size_t sample, int column) const
{
    const auto &s = *m_snapshot;
    if (column >= kFirstFeature) {
        const float value = s.samples.at(sample, std::size_t(column - kFirstFeature));
        return schema::isMissing(value) ? missingText(value) : QString::number(double(value), 'g', 9);
    }
    if (column == kTime)
        return localTime(s.anchor, s.samples.timeNs(sample), QStringLiteral("yyyy-MM-dd HH:mm:ss.zzz"));
    if (column == kLabel) {
        const schema::Label label = labelAt(s, sample);
        return label.empty() ? QString() : labelText(label, namesOf(s));
    }
    if (column == kEntity)
        return qt(session::entityText(s, sample));
    const model::Score *score = scoreAt(s, sample);
    if (!score)
        return {};
    return column == kState
               ? qt(stateStyle(s, score->cluster).name)
               : QString::number(double(column == kConfidence ? score->confidence : score->abnormality), 'g',
                                 6);
}

QString SampleTableModel::tipOf(std::size_t sample, int column) const
{
    const auto &s = *m_snapshot;
    const schema::Feature *feature = featureOf(column);
    if (!feature)
        return localTime(s.anchor, s.samples.timeNs(sample), QStringLiteral("d MMM yyyy HH:mm:ss.zzz")) +
               tr(", over %1").arg(durationText(s.samples.durationNs(sample))) +
               (session::perEntity(s) ? QLatin1Char('\n') + qt(session::entityText(s, sample)) : QString());
    const float value = s.samples.at(sample, std::size_t(column - kFirstFeature));
    const feature::Seen *seen = seenOf(s.samples, *feature, sample);
    return QStringLiteral("%1: %2").arg(qt(feature->key), schema::isMissing(value)
                                                              ? tr("missing, %1").arg(missingText(value))
                                                              : valueText(double(value), feature->unit)) +
           (seen && !schema::isMissing(value) ? QLatin1Char('\n') + estimateText(*seen) : QString());
}

QVariant SampleTableModel::lookOf(std::size_t sample, int column, int role) const
{
    const bool figure =
        column == kTime || column == kConfidence || column == kAbnormality || column >= kFirstFeature;
    const bool missing = isMissing(sample, column);
    if (role == Qt::TextAlignmentRole)
        return int((figure && column != kTime ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role == Qt::FontRole)
        return figure && !missing ? m_figures : QFont();
    const Theme theme = currentTheme();
    if (missing)
        return QBrush(theme.muted);
    if (column == kState)
        return QBrush(colourOf(stateStyle(*m_snapshot, scoreAt(*m_snapshot, sample)->cluster), theme.dark));
    if (column == kLabel)
        return QBrush(colourOf(labelStyle(labelAt(*m_snapshot, sample), namesOf(*m_snapshot)), theme.dark));
    return {};
}

QString SampleTableModel::plainHeader(int column) const
{
    switch (column) {
    case kTime:
        return tr("time");
    case kState:
        return tr("state");
    case kConfidence:
        return tr("confidence, 0 to 1");
    case kAbnormality:
        return tr("abnormality, 0 to 1");
    case kLabel:
        return tr("label");
    case kEntity:
        return m_snapshot && m_snapshot->samples.sharedSchema() &&
                       m_snapshot->samples.schema().entityKind() == schema::EntityKind::Cgroup
                   ? tr("cgroup")
               : m_snapshot && session::perEntity(*m_snapshot) ? tr("process")
                                                               : tr("about");
    default:
        break;
    }
    const schema::Feature *feature = featureOf(column);
    if (!feature)
        return {};
    const QString name = qt(feature->title.empty() ? feature->key : feature->title);
    return feature->unit == base::Unit::None ? name
                                             : name + QStringLiteral(", ") + qt(base::unitKey(feature->unit));
}

QVariant SampleTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Vertical)
        return {};
    const schema::Feature *feature = featureOf(section);
    switch (role) {
    case Qt::DisplayRole: {
        // Name above, unit below: columns stay narrow.
        QString text = plainHeader(section);
        const qsizetype comma = text.lastIndexOf(QLatin1String(", "));
        return comma < 0 || (feature && feature->unit == base::Unit::None)
                   ? text + QStringLiteral("\n ")
                   : text.left(comma) + QLatin1Char('\n') + text.mid(comma + 2);
    }
    case Qt::TextAlignmentRole:
        return int(
            (feature || section == kConfidence || section == kAbnormality ? Qt::AlignRight : Qt::AlignLeft) |
            Qt::AlignVCenter);
    case Qt::ToolTipRole:
        if (section == kConfidence && m_snapshot && m_snapshot->model)
            return tr("%1, 0 to 1").arg(confidenceWord(*m_snapshot->model));
        return feature ? QStringLiteral("<b>%1</b><br>%2")
                             .arg(qt(feature->key).toHtmlEscaped(), qt(feature->description).toHtmlEscaped())
                       : QVariant();
    default:
        return {};
    }
}

} // namespace statescape::ui
