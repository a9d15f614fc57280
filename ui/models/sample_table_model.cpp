// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/sample_table_model.h"

#include "ui/kit/text.h"
#include "ui/models/row_selection.h"

#include <algorithm>

namespace statescape::ui {
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
    if (m_column < kEntity)
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

} // namespace statescape::ui
