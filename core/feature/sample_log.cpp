// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feature/sample_log.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <utility>

namespace statescape::feature {

namespace {
/// Short lists, one after the other, that never move.
template <class T>
class Blocks {
public:
    std::span<const T> keep(std::span<const T> list, std::size_t usualSize)
    {
        if (list.empty())
            return {};
        if (m_blocks.empty() || m_used + list.size() > m_size) {
            m_size = std::max(usualSize, list.size());
            m_blocks.push_back(std::make_unique<T[]>(m_size));
            m_used = 0;
        }
        T *first = m_blocks.back().get() + m_used;
        std::copy(list.begin(), list.end(), first);
        m_used += list.size();
        return {first, list.size()};
    }

private:
    std::vector<std::unique_ptr<T[]>> m_blocks;
    std::size_t m_used = 0;
    std::size_t m_size = 0;
};
} // namespace

// The writer only touches cells at and beyond the row count a view was taken with, and no array ever moves,
// so views need no lock; the hand-over of the view orders the memory.
struct SampleLog::Chunk {
    static constexpr std::size_t kProcessBlock = 2048;
    static constexpr std::size_t kSeenBlock = 256;

    explicit Chunk(std::size_t columns)
        : values(std::make_unique_for_overwrite<float[]>(kChunkRows * columns))
        , times(std::make_unique_for_overwrite<std::uint64_t[]>(kChunkRows))
        , durations(std::make_unique_for_overwrite<std::uint64_t[]>(kChunkRows))
        , entities(std::make_unique_for_overwrite<std::uint32_t[]>(kChunkRows))
        , processes(std::make_unique<std::span<const wire::ProcessUse>[]>(kChunkRows))
    {}

    ~Chunk() { delete[] seen.load(std::memory_order_relaxed); }
    Chunk(const Chunk &) = delete;
    Chunk &operator=(const Chunk &) = delete;

    /// Most chunks have none and pay a pointer for it. A reader of earlier rows may meet the table as it
    /// comes: it has no entry for these.
    void keepSeen(std::size_t slot, std::span<const Seen> parts)
    {
        if (parts.empty())
            return;
        auto *table = seen.load(std::memory_order_relaxed);
        if (table == nullptr) {
            table = new std::span<const Seen>[kChunkRows];
            seen.store(table, std::memory_order_release);
        }
        table[slot] = seenBlocks.keep(parts, kSeenBlock);
    }

    std::unique_ptr<float[]> values;
    std::unique_ptr<std::uint64_t[]> times;
    std::unique_ptr<std::uint64_t[]> durations;
    std::unique_ptr<std::uint32_t[]> entities;
    std::unique_ptr<std::span<const wire::ProcessUse>[]> processes;
    std::atomic<std::span<const Seen> *> seen = nullptr;
    // Writer only: views reach what is in them through the spans above.
    Blocks<wire::ProcessUse> processBlocks;
    Blocks<Seen> seenBlocks;
};

SampleLog::SampleLog(std::shared_ptr<const schema::Schema> schema)
    : m_schema(std::move(schema))
{}

SampleLog::~SampleLog() = default;

void SampleLog::append(FeatureFrame frame)
{
    const std::size_t columns = m_schema->size();
    assert(frame.values.size() == columns);
    assert(m_rows == 0 ||
           m_chunks[(m_rows - 1) / kChunkRows]->times[(m_rows - 1) % kChunkRows] <= frame.timeNs);
    const std::size_t slot = m_rows % kChunkRows;
    if (slot == 0)
        m_chunks.push_back(std::make_shared<Chunk>(columns));
    Chunk &chunk = *m_chunks.back();
    std::copy(frame.values.begin(), frame.values.end(), chunk.values.get() + slot * columns);
    chunk.times[slot] = frame.timeNs;
    chunk.durations[slot] = frame.durationNs;
    chunk.entities[slot] = frame.entity;
    chunk.processes[slot] = chunk.processBlocks.keep(frame.processes, Chunk::kProcessBlock);
    chunk.keepSeen(slot, frame.seen);
    ++m_rows;
}

SampleLog::View SampleLog::view() const
{
    View view;
    view.m_schema = m_schema;
    view.m_chunks.assign(m_chunks.begin(), m_chunks.end());
    view.m_rows = m_rows;
    return view;
}

std::span<const float> SampleLog::View::row(std::size_t index) const
{
    assert(index < m_rows);
    const std::size_t columns = m_schema->size();
    return {m_chunks[index / kChunkRows]->values.get() + index % kChunkRows * columns, columns};
}

std::uint64_t SampleLog::View::timeNs(std::size_t index) const
{
    assert(index < m_rows);
    return m_chunks[index / kChunkRows]->times[index % kChunkRows];
}

std::uint64_t SampleLog::View::durationNs(std::size_t index) const
{
    assert(index < m_rows);
    return m_chunks[index / kChunkRows]->durations[index % kChunkRows];
}

std::uint32_t SampleLog::View::entity(std::size_t index) const
{
    assert(index < m_rows);
    return m_chunks[index / kChunkRows]->entities[index % kChunkRows];
}

std::span<const wire::ProcessUse> SampleLog::View::processes(std::size_t index) const
{
    assert(index < m_rows);
    return m_chunks[index / kChunkRows]->processes[index % kChunkRows];
}

std::span<const Seen> SampleLog::View::seen(std::size_t index) const
{
    assert(index < m_rows);
    const auto *table = m_chunks[index / kChunkRows]->seen.load(std::memory_order_acquire);
    return table == nullptr ? std::span<const Seen>() : table[index % kChunkRows];
}

const Seen *SampleLog::View::seenBy(std::string_view probe, std::size_t index) const
{
    const auto parts = seen(index);
    const auto found = std::ranges::find(parts, probe, &Seen::probe);
    return found == parts.end() ? nullptr : &*found;
}

std::size_t SampleLog::View::lowerBound(std::uint64_t time) const
{
    std::size_t first = 0;
    std::size_t count = m_rows;
    while (count > 0) {
        const std::size_t half = count / 2;
        if (timeNs(first + half) < time) {
            first += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return first;
}

ml::Matrix SampleLog::View::matrix(std::size_t first, std::size_t count) const
{
    const std::size_t columns = m_schema ? m_schema->size() : 0;
    first = std::min(first, m_rows);
    count = std::min(count, m_rows - first);
    ml::Matrix out(static_cast<Eigen::Index>(count), static_cast<Eigen::Index>(columns));
    for (std::size_t done = 0; done < count;) {
        const std::size_t index = first + done;
        const std::size_t run = std::min(kChunkRows - index % kChunkRows, count - done);
        const float *from = m_chunks[index / kChunkRows]->values.get() + index % kChunkRows * columns;
        std::copy(from, from + run * columns, out.data() + done * columns);
        done += run;
    }
    return out;
}

ml::Matrix SampleLog::View::matrix(std::span<const std::uint32_t> rows) const
{
    const std::size_t columns = m_schema ? m_schema->size() : 0;
    ml::Matrix out(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(columns));
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto from = row(rows[i]);
        std::copy(from.begin(), from.end(), out.data() + i * columns);
    }
    return out;
}

} // namespace statescape::feature
