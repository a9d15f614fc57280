// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace statescape::ui {

/// An order over rows whose beginnings are spread evenly over all of them, without a permutation in memory.
///
/// First come passes over grains of neighbouring rows. The grains lie in strides of a power of two, and pass
/// p takes one grain of every stride: the one whose number, bits reversed, is p, shifted by a hash of the
/// stride so that no period of the data meets a period of the order. That is the sample for a first picture.
/// Whenever there is time for the rest, it comes chunk by chunk, the chunks spread evenly too, in the order
/// of memory within each, which is twice as fast; passOf() tells what the passes had already.
class DrawOrder {
public:
    /// Half a page of each coordinate: smaller grains of a session that does not fit the caches wait for
    /// memory longer than they are worked on.
    static constexpr std::size_t kGrain = 512;
    static constexpr std::size_t kChunk = 65536;

    struct Rows {
        std::size_t first = 0, last = 0;
    };

    DrawOrder() = default;
    DrawOrder(std::size_t first, std::size_t last)
        : m_first(first)
        , m_last(std::max(first, last))
    {
        if (m_first == m_last)
            return;
        m_firstGrain = first / kGrain;
        m_grains = (m_last + kGrain - 1) / kGrain - m_firstGrain;
        while ((m_grains >> m_bits) > kStrides)
            ++m_bits;
        m_firstChunk = first / kChunk;
        m_chunks = (m_last + kChunk - 1) / kChunk - m_firstChunk;
        m_chunkBits = unsigned(std::bit_width(m_chunks - 1));
    }
    [[nodiscard]] std::size_t size() const { return m_last - m_first; }
    [[nodiscard]] std::size_t passes() const { return m_grains == 0 ? 0 : std::size_t(1) << m_bits; }
    [[nodiscard]] std::size_t strides() const
    {
        return (m_grains + (std::size_t(1) << m_bits) - 1) >> m_bits;
    }
    /// About; exact only over all passes.
    [[nodiscard]] std::size_t rowsPerPass() const { return passes() == 0 ? 0 : size() / passes() + 1; }
    /// @return rows of one grain, which lie in one piece of a column; may be none.
    [[nodiscard]] Rows grain(std::size_t pass, std::size_t stride) const
    {
        const std::size_t at = (stride << m_bits) + ((reversed(pass, m_bits) ^ hash(stride)) & mask());
        return at < m_grains ? rowsOf(at) : Rows{};
    }
    /// Places of chunks in the spread order; some hold none.
    [[nodiscard]] std::size_t chunkPlaces() const
    {
        return m_chunks == 0 ? 0 : std::size_t(1) << m_chunkBits;
    }
    /// Calls @p visit(first, last) for the rows of a chunk that no pass before @p pass had.
    template <class Visit>
    void chunk(std::size_t place, std::size_t pass, Visit &&visit) const
    {
        const std::size_t chunk = reversed(place, m_chunkBits);
        if (chunk >= m_chunks)
            return;
        constexpr std::size_t perChunk = kChunk / kGrain;
        const std::size_t begin = (m_firstChunk + chunk) * perChunk;
        Rows run;
        for (std::size_t g = std::max(begin, m_firstGrain); g < begin + perChunk; ++g) {
            const std::size_t at = g - m_firstGrain;
            if (at >= m_grains)
                break;
            if (passOf(at) < pass)
                continue;
            const Rows rows = rowsOf(at);
            if (rows.first != run.last) {
                if (run.first < run.last)
                    visit(run.first, run.last);
                run.first = rows.first;
            }
            run.last = rows.last;
        }
        if (run.first < run.last)
            visit(run.first, run.last);
    }

private:
    static constexpr std::size_t kStrides = 512;

    [[nodiscard]] std::size_t mask() const { return (std::size_t(1) << m_bits) - 1; }
    [[nodiscard]] Rows rowsOf(std::size_t at) const
    {
        const std::size_t begin = (m_firstGrain + at) * kGrain;
        return {std::max(begin, m_first), std::min(begin + kGrain, m_last)};
    }
    [[nodiscard]] std::size_t passOf(std::size_t at) const
    {
        return reversed((at ^ hash(at >> m_bits)) & mask(), m_bits);
    }
    static std::size_t hash(std::size_t stride)
    {
        const std::uint64_t mixed = (std::uint64_t(stride) + 1) * 0x9e3779b97f4a7c15U;
        return mixed ^ (mixed >> 29);
    }
    static std::size_t reversed(std::size_t value, unsigned bits)
    {
        std::size_t out = 0;
        for (unsigned bit = 0; bit < bits; ++bit)
            out |= ((value >> bit) & 1U) << (bits - 1 - bit);
        return out;
    }

    std::size_t m_first = 0, m_last = 0;
    std::size_t m_firstGrain = 0, m_grains = 0;
    std::size_t m_firstChunk = 0, m_chunks = 0;
    unsigned m_bits = 0, m_chunkBits = 0;
};

} // namespace statescape::ui
