// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/run_algebra.h"

#include <algorithm>
#include <limits>

namespace statescape::store {
namespace {
using base::Code;
using base::fail;
using base::Result;

template <class Run>
std::uint64_t endOf(const Run &run)
{
    return run.first + run.count;
}

void add(std::vector<LabelRun> &runs, std::uint64_t first, std::uint64_t end, schema::Label label)
{
    if (first >= end || label.empty())
        return;
    if (!runs.empty() && endOf(runs.back()) == first && runs.back().label == label)
        runs.back().count += end - first;
    else
        runs.push_back({first, end - first, label});
}

void add(std::vector<ChangeRun> &runs, const ChangeRun &run)
{
    if (run.before == run.after || run.count == 0)
        return;
    const bool joins = !runs.empty() && endOf(runs.back()) == run.first && runs.back().before == run.before &&
                       runs.back().after == run.after;
    if (joins)
        runs.back().count += run.count;
    else
        runs.push_back(run);
}

/// Walks along the labels there are.
class Reader {
public:
    explicit Reader(std::span<const LabelRun> runs)
        : m_runs(runs)
    {}
    /// Hands what lies in [from, end) to @p take in pieces of one label each, empty ones included.
    template <class Take>
    void until(std::uint64_t end, Take &&take)
    {
        while (m_from < end) {
            while (m_at < m_runs.size() && endOf(m_runs[m_at]) <= m_from)
                ++m_at;
            const bool gap = m_at == m_runs.size() || m_runs[m_at].first > m_from;
            std::uint64_t stop = end;
            if (m_at < m_runs.size())
                stop = std::min(end, gap ? m_runs[m_at].first : endOf(m_runs[m_at]));
            take(m_from, stop, gap ? schema::Label{} : m_runs[m_at].label);
            m_from = stop;
        }
    }

private:
    std::span<const LabelRun> m_runs;
    std::size_t m_at = 0;
    std::uint64_t m_from = 0;
};

constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

/// The rows at which runs begin and end, in order.
class Edges {
public:
    explicit Edges(std::span<const RowRun> runs)
        : next(runs.empty() ? kNever : runs.front().first)
        , m_runs(runs)
    {}
    /// Goes past all edges at @p row. @return true when they are odd in number.
    bool pass(std::uint64_t row)
    {
        bool odd = false;
        while (next == row) {
            odd = !odd;
            m_inside = !m_inside;
            if (m_inside)
                next = endOf(m_runs[m_at]);
            else
                next = ++m_at < m_runs.size() ? m_runs[m_at].first : kNever;
        }
        return odd;
    }
    std::uint64_t next;

private:
    std::span<const RowRun> m_runs;
    std::size_t m_at = 0;
    bool m_inside = false;
};

Result<> outOfOrder(std::uint64_t first)
{
    return fail(Code::InvalidArgument, "the stretch at sample " + std::to_string(first) +
                                           " is empty or not after the one before it");
}

template <class Run>
Result<> checkOrder(std::span<const Run> runs, std::uint64_t rows)
{
    std::uint64_t next = 0;
    for (const auto &run : runs) {
        if (run.first < next || run.count == 0)
            return outOfOrder(run.first);
        if (run.first >= rows || run.count > rows - run.first)
            return fail(Code::InvalidArgument, "sample " + std::to_string(std::max(run.first, rows)) +
                                                   " is not stored; the session has " + std::to_string(rows));
        next = endOf(run);
    }
    return {};
}
} // namespace

Relabelled relabel(std::span<const LabelRun> present, std::span<const ChangeRun> wanted)
{
    Relabelled out;
    Reader reader(present);
    const auto keep = [&](std::uint64_t first, std::uint64_t end, schema::Label label) {
        add(out.labels, first, end, label);
    };
    for (const auto &change : wanted) {
        reader.until(change.first, keep);
        reader.until(endOf(change), [&](std::uint64_t first, std::uint64_t end, schema::Label before) {
            add(out.changes, {first, end - first, before, change.after});
        });
        add(out.labels, change.first, endOf(change), change.after);
    }
    reader.until(std::numeric_limits<std::uint64_t>::max(), keep);
    return out;
}

std::vector<ChangeRun> reversed(std::span<const ChangeRun> changes)
{
    std::vector<ChangeRun> out;
    out.reserve(changes.size());
    for (const auto &run : changes)
        add(out, {run.first, run.count, run.after, run.before});
    return out;
}

std::vector<ChangeRun> joined(std::span<const ChangeRun> changes)
{
    std::vector<ChangeRun> out;
    out.reserve(changes.size());
    for (const auto &run : changes)
        add(out, run);
    return out;
}

bool same(std::span<const ChangeRun> a, std::span<const ChangeRun> b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const ChangeRun &x, const ChangeRun &y) {
        return x.first == y.first && x.count == y.count && x.before == y.before && x.after == y.after;
    });
}

std::vector<ChangeRun> toRuns(std::span<const LabelChange> changes)
{
    std::vector<LabelChange> sorted;
    const auto byRow = [](const LabelChange &a, const LabelChange &b) { return a.row < b.row; };
    if (!std::is_sorted(changes.begin(), changes.end(), byRow)) {
        sorted.assign(changes.begin(), changes.end());
        std::stable_sort(sorted.begin(), sorted.end(), byRow);
        changes = sorted;
    }
    std::vector<ChangeRun> runs;
    for (std::size_t i = 0; i < changes.size(); ++i) {
        if (i + 1 < changes.size() && changes[i + 1].row == changes[i].row)
            continue;
        // What was before is looked up later.
        if (!runs.empty() && endOf(runs.back()) == changes[i].row && runs.back().after == changes[i].after)
            ++runs.back().count;
        else
            runs.push_back({changes[i].row, 1, {}, changes[i].after});
    }
    return runs;
}

std::vector<RowRun> symmetricDifference(std::span<const RowRun> a, std::span<const RowRun> b)
{
    // A row is in one of both where an odd number of edges lies before it.
    std::vector<RowRun> out;
    out.reserve(a.size() + b.size());
    Edges one(a);
    Edges other(b);
    bool open = false;
    for (;;) {
        const std::uint64_t at = std::min(one.next, other.next);
        if (at == kNever)
            return out;
        const bool turns = one.pass(at) != other.pass(at);
        if (!turns)
            continue;
        if (open)
            out.back().count = at - out.back().first;
        else
            out.push_back({at, 0});
        open = !open;
    }
}

std::uint64_t countOf(std::span<const RowRun> runs)
{
    std::uint64_t count = 0;
    for (const auto &run : runs)
        count += run.count;
    return count;
}

Result<> checkRuns(std::span<const RowRun> runs, std::uint64_t rows)
{
    return checkOrder(runs, rows);
}

Result<> checkRuns(std::span<const ChangeRun> runs, std::uint64_t rows, std::size_t classes)
{
    STATESCAPE_CHECK(checkOrder(runs, rows));
    for (const auto &run : runs)
        if (run.after.classId >= classes)
            return fail(Code::InvalidArgument, "there is no class " + std::to_string(run.after.classId));
    return {};
}

} // namespace statescape::store
