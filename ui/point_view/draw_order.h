// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace statescape::ui {

/// An order over rows in which every beginning is spread evenly over all of them, without a permutation in
/// memory. Rows go in grains that neighbour in memory; the grains lie in strides of a power of two, and pass
/// p takes one grain of every stride: the one whose bits, reversed, are p, shifted by a hash of the stride so
/// that no period of the data meets a period of the order. After all passes each row was visited once.
class DrawOrder {
public:
    /// Four cache lines of each coordinate; less leaves the memory waiting, more leaves lumps in the sample.
    static constexpr std::size_t kGrain = 64;

    DrawOrder() = default;
    DrawOrder(std::size_t first, std::size_t last)
        : m_first(first)
        , m_last(std::max(first, last))
        , m_firstGrain(first / kGrain)
        , m_grains((m_last + kGrain - 1) / kGrain - m_firstGrain)
    {
        if (m_first == m_last)
            m_grains = 0;
        while ((m_grains >> m_bits) > kStrides)
            ++m_bits;
    }
    [[nodiscard]] std::size_t passes() const { return m_grains == 0 ? 0 : std::size_t(1) << m_bits; }
    [[nodiscard]] std::size_t strides() const
    {
        return (m_grains + (std::size_t(1) << m_bits) - 1) >> m_bits;
    }
    /// About; exact only over all passes.
    [[nodiscard]] std::size_t rowsPerPass() const
    {
        return passes() == 0 ? 0 : (m_last - m_first + passes() - 1) / passes();
    }
    struct Rows {
        std::size_t first, last;
    };
    /// @return rows of one grain, aligned so that they lie in one piece of a column; may be empty.
    [[nodiscard]] Rows rows(std::size_t pass, std::size_t stride) const
    {
        const auto mask = (std::uint64_t(1) << m_bits) - 1;
        std::uint64_t hash = (std::uint64_t(stride) + 1) * 0x9e3779b97f4a7c15U;
        hash ^= hash >> 29;
        const std::size_t at = (stride << m_bits) + ((reversed(pass) ^ hash) & mask);
        if (at >= m_grains)
            return {0, 0};
        const std::size_t begin = (m_firstGrain + at) * kGrain;
        return {std::max(begin, m_first), std::min(begin + kGrain, m_last)};
    }

private:
    static constexpr std::size_t kStrides = 512;

    [[nodiscard]] std::uint64_t reversed(std::uint64_t value) const
    {
        std::uint64_t out = 0;
        for (unsigned bit = 0; bit < m_bits; ++bit)
            out |= ((value >> bit) & 1U) << (m_bits - 1 - bit);
        return out;
    }

    std::size_t m_first = 0, m_last = 0, m_firstGrain = 0, m_grains = 0;
    unsigned m_bits = 0;
};

} // namespace statescape::ui
