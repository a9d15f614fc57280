// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/sample_table_model.h"

#include "ui/kit/text.h"
#include "ui/kit/theme.h"
#include "ui/models/row_selection.h"
#include "ui/picture/marks.h"

#include <QBrush>

#include <cmath>

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

SampleTableModel::SampleTableModel(QObject *parent)
    : QAbstractTableModel(parent)
    , m_figures(figureFont())
{
    connect(&m_sorter, &Background::busyChanged, this, &SampleTableModel::sortingChanged);
}

void SampleTableModel::refreshLook()
{
    m_figures = figureFont();
    if (m_count > 0)
        Q_EMIT dataChanged(index(0, 0), index(int(m_count) - 1, columnCount() - 1));
}

void SampleTableModel::setSnapshot(SnapshotPtr snapshot)
{
    if (snapshot == m_snapshot)
        return;
    const std::size_t before = samples();
    const bool sameSession = m_snapshot && snapshot && goesOn(m_snapshot->samples, snapshot->samples) &&
                             m_snapshot->samples.sharedSchema() == snapshot->samples.sharedSchema();
    const SnapshotPtr old = m_snapshot;
    if (!sameSession) {
        m_sorter.cancel();
        beginResetModel();
        m_snapshot = std::move(snapshot);
        m_sorted.reset();
        m_filter.reset();
        relist();
        endResetModel();
        if (m_column != kTime)
            sort(m_column < columnCount() ? m_column : int(kTime),
                 m_descending ? Qt::DescendingOrder : Qt::AscendingOrder);
    } else {
        m_snapshot = std::move(snapshot);
        append(before);
        const bool labels = old->labels && m_snapshot->labels &&
                            (!m_snapshot->labels->sharesPrefix(*old->labels, before) ||
                             old->classNames != m_snapshot->classNames);
        if ((labels || old->model != m_snapshot->model || old->scores != m_snapshot->scores) && m_count > 0)
            Q_EMIT dataChanged(index(0, kState), index(int(m_count) - 1, kLabel));
    }
    const std::size_t n = samples();
    m_dated = n > 0 && m_snapshot->samples.timeNs(n - 1) - m_snapshot->samples.timeNs(0) > 86'400'000'000'000;
    Q_EMIT orderChanged();
}

void SampleTableModel::append(std::size_t from)
{
    const std::size_t to = samples();
    if (to == from)
        return;
    if (m_list) {
        // Filtered: what arrives is in no selection yet. Sorted: it comes below.
        std::vector<std::uint32_t> more;
        for (std::size_t row = from; row < to; ++row)
            if (!m_filter || (row < m_filter->size() && (*m_filter)[row] != 0))
                more.push_back(std::uint32_t(row));
        more.resize(std::min(more.size(), kMostRows - std::min(m_count, kMostRows)));
        if (more.empty())
            return;
        if (isReversed()) {
            beginResetModel();
            relist();
            endResetModel();
            return;
        }
        beginInsertRows({}, int(m_count), int(m_count + more.size()) - 1);
        m_list->insert(m_list->end(), more.begin(), more.end());
        m_count = m_list->size();
        endInsertRows();
        return;
    }
    const std::size_t count = std::min(to, kMostRows);
    if (count == m_count) {
        m_mapped = to;
        if (isReversed())
            Q_EMIT dataChanged(index(0, 0), index(int(m_count) - 1, columnCount() - 1));
        return;
    }
    const auto more = int(count - m_count);
    beginInsertRows({}, isReversed() ? 0 : int(m_count), (isReversed() ? 0 : int(m_count)) + more - 1);
    m_count = count;
    m_mapped = to;
    endInsertRows();
}

void SampleTableModel::setFilter(RowMaskPtr mask)
{
    if (mask == m_filter)
        return;
    beginResetModel();
    m_filter = std::move(mask);
    relist();
    endResetModel();
    Q_EMIT orderChanged();
}

void SampleTableModel::relist()
{
    const std::size_t n = m_mapped = samples();
    m_list.reset();
    if (!m_filter && !m_sorted) {
        m_count = std::min(n, kMostRows);
        return;
    }
    std::vector<std::uint32_t> list;
    const auto take = [&](std::size_t row) {
        if (list.size() < kMostRows)
            list.push_back(std::uint32_t(row));
    };
    const auto passes = [&](std::size_t row) {
        return !m_filter || (row < m_filter->size() && (*m_filter)[row] != 0);
    };
    if (m_sorted) {
        for (const std::uint32_t row : m_sorted->rows)
            if (row < n && passes(row))
                take(row);
        for (std::size_t row = m_sorted->rows.size(); row < n; ++row)
            if (passes(row))
                take(row);
    } else {
        const std::size_t flags = std::min(n, m_filter->size());
        for (std::size_t row = 0; row < flags; ++row)
            if ((*m_filter)[row] != 0)
                take(row);
        if (isReversed())
            std::reverse(list.begin(), list.end());
    }
    m_count = list.size();
    m_list = std::move(list);
}

void SampleTableModel::sort(int column, Qt::SortOrder order)
{
    m_column = std::clamp(column, 0, std::max(0, columnCount() - 1));
    m_descending = order == Qt::DescendingOrder;
    if (m_column == kTime) {
        m_sorter.cancel();
        adopt(nullptr);
        return;
    }
    if (!m_snapshot)
        return;
    const auto work = [as = m_snapshot, column = m_column,
                       descending = m_descending](const std::stop_token &stop) {
        return std::make_shared<const Sorted>(Sorted{sortedRows(*as, column, descending, stop), as});
    };
    if (samples() <= kSortAtOnce) {
        m_sorter.cancel();
        adopt(work({}));
        return;
    }
    m_sorter.start([this, work](const base::Progress &progress) -> Background::Finish {
        auto sorted = work(progress.stop);
        if (progress.stopped())
            return {};
        return [this, sorted] { adopt(sorted); };
    });
    Q_EMIT orderChanged();
}

void SampleTableModel::adopt(std::shared_ptr<const Sorted> sorted)
{
    beginResetModel();
    m_sorted = std::move(sorted);
    relist();
    endResetModel();
    Q_EMIT orderChanged();
}

bool SampleTableModel::valuesMoved() const
{
    const auto &then = *m_sorted->as, &now = *m_snapshot;
    const std::size_t rows = m_sorted->rows.size();
    if (m_column == kLabel)
        return then.classNames != now.classNames || !then.labels->sharesPrefix(*now.labels, rows);
    if (m_column < kFirstFeature)
        return then.model != now.model ||
               (then.scores && now.scores && !then.scores->sharesPrefix(*now.scores, rows));
    return false;
}

QString SampleTableModel::orderText() const
{
    if (m_sorter.busy())
        return tr("sorting %1…").arg(pluralText(samples(), tr("sample")));
    QStringList parts;
    if (m_sorted && m_snapshot) {
        const std::size_t sorted = m_sorted->rows.size();
        const std::size_t newer = !m_filter ? samples() - std::min(samples(), sorted) : 0;
        const bool moved = valuesMoved();
        if (newer > 0 || moved) {
            const auto &then = m_sorted->as->samples;
            parts << tr("sorted as of %1")
                         .arg(then.rows() > 0 ? localTime(m_snapshot->anchor, then.timeNs(then.rows() - 1))
                                              : tr("before"));
            if (newer > 0)
                parts << tr("%1 below").arg(pluralText(newer, tr("newer sample")));
            if (moved)
                parts << (m_column == kLabel ? tr("labels have changed") : tr("scores have changed"));
        }
    }
    if (m_count == kMostRows && samples() > kMostRows)
        parts << tr("only the first %1 rows are shown; select some to see them").arg(countText(kMostRows));
    return parts.join(QStringLiteral(" · "));
}

std::size_t SampleTableModel::sampleOf(int row) const
{
    const auto at = std::size_t(row);
    if (m_list)
        return (*m_list)[at];
    return isReversed() ? m_mapped - 1 - at : at;
}

int SampleTableModel::rowOf(std::int64_t sample) const
{
    if (sample < 0 || std::size_t(sample) >= samples())
        return -1;
    const auto wanted = std::uint32_t(sample);
    if (m_list) {
        auto found = m_list->end();
        if (m_sorted || isReversed()) {
            found = std::find(m_list->begin(), m_list->end(), wanted);
        } else {
            found = std::lower_bound(m_list->begin(), m_list->end(), wanted);
            if (found != m_list->end() && *found != wanted)
                found = m_list->end();
        }
        return found == m_list->end() ? -1 : int(found - m_list->begin());
    }
    if (wanted >= m_mapped)
        return -1;
    const std::size_t at = isReversed() ? m_mapped - 1 - wanted : wanted;
    return at < m_count ? int(at) : -1;
}

void SampleTableModel::mark(int first, int last, RowMask &mask) const
{
    for (int row = std::max(0, first); row <= std::min(last, int(m_count) - 1); ++row)
        mask[sampleOf(row)] = 1;
}

int SampleTableModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_count);
}

int SampleTableModel::columnCount(const QModelIndex &parent) const
{
    if (parent.isValid() || !m_snapshot || !m_snapshot->samples.sharedSchema())
        return 0;
    return kFirstFeature + int(m_snapshot->samples.schema().size());
}

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
    return column != kTime && scoreAt(*m_snapshot, sample) == nullptr;
}

QString SampleTableModel::textOf(std::size_t sample, int column) const
{
    const auto &s = *m_snapshot;
    if (column >= kFirstFeature) {
        const float value = s.samples.at(sample, std::size_t(column - kFirstFeature));
        return schema::isMissing(value) ? missingText(value) : figureText(double(value));
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
               tr(", over %1").arg(durationText(s.samples.durationNs(sample)));
    const float value = s.samples.at(sample, std::size_t(column - kFirstFeature));
    return QStringLiteral("%1: %2").arg(qt(feature->key), schema::isMissing(value)
                                                              ? tr("missing, %1").arg(missingText(value))
                                                              : valueText(double(value), feature->unit));
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

QVariant SampleTableModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || !m_snapshot || std::size_t(index.row()) >= m_count ||
        index.column() >= columnCount())
        return {};
    const std::size_t sample = sampleOf(index.row());
    switch (role) {
    case Qt::DisplayRole:
        return textOf(sample, index.column());
    case kRowRole:
        return qint64(sample);
    case Qt::ToolTipRole:
        return tipOf(sample, index.column());
    case Qt::AccessibleTextRole: {
        QString header = plainHeader(index.column());
        const QString text = textOf(sample, index.column());
        return header + QStringLiteral(": ") + (text.isEmpty() ? tr("none") : text);
    }
    case Qt::TextAlignmentRole:
    case Qt::FontRole:
    case Qt::ForegroundRole:
        return lookOf(sample, index.column(), role);
    default:
        return {};
    }
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
        return feature ? QStringLiteral("<b>%1</b><br>%2")
                             .arg(qt(feature->key).toHtmlEscaped(), qt(feature->description).toHtmlEscaped())
                       : QVariant();
    default:
        return {};
    }
}

} // namespace statescape::ui
