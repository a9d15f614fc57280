// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace statescape::ui {

/// Values in order of rows with their lowest and highest over blocks of 64, of 64 blocks and so on: any
/// stretch of a million costs some hundred comparisons, an appended value one a level. NaN is no value.
class MinMax {
public:
    static constexpr std::size_t kBlock = 64;
    struct Range {
        float low = std::numeric_limits<float>::infinity();
        float high = -std::numeric_limits<float>::infinity();
        [[nodiscard]] bool empty() const { return !(low <= high); }
        void take(float value)
        {
            // Written so that a NaN changes nothing.
            low = value < low ? value : low;
            high = value > high ? value : high;
        }
        void take(const Range &other)
        {
            low = std::min(low, other.low);
            high = std::max(high, other.high);
        }
    };

    [[nodiscard]] std::size_t size() const { return m_values.size(); }
    [[nodiscard]] float operator[](std::size_t row) const { return m_values[row]; }
    void append(std::span<const float> values)
    {
        const std::size_t before = size();
        m_values.insert(m_values.end(), values.begin(), values.end());
        refresh(before);
    }
    void truncate(std::size_t rows)
    {
        m_values.resize(std::min(rows, size()));
        refresh(size());
    }
    /// @return of rows [first, last)
    [[nodiscard]] Range over(std::size_t first, std::size_t last) const
    {
        Range out;
        last = std::min(last, size());
        std::size_t level = 0;
        while (first < last) {
            const auto takeUp = [&](std::size_t from, std::size_t to) {
                for (; from < to; ++from)
                    level == 0 ? out.take(m_values[from]) : out.take(m_levels[level - 1][from]);
            };
            const std::size_t up = (first + kBlock - 1) / kBlock, down = last / kBlock;
            if (up >= down || level == m_levels.size()) {
                takeUp(first, last);
                break;
            }
            takeUp(first, up * kBlock);
            takeUp(down * kBlock, last);
            first = up;
            last = down;
            ++level;
        }
        return out;
    }

private:
    void refresh(std::size_t from)
    {
        std::size_t below = size();
        for (std::size_t level = 0; below > 1; ++level) {
            const std::size_t blocks = (below + kBlock - 1) / kBlock;
            if (level == m_levels.size())
                m_levels.emplace_back();
            auto &ranges = m_levels[level];
            ranges.resize(blocks);
            from = from / kBlock;
            for (std::size_t block = from; block < blocks; ++block) {
                Range range;
                for (std::size_t i = block * kBlock; i < std::min(below, (block + 1) * kBlock); ++i)
                    level == 0 ? range.take(m_values[i]) : range.take(m_levels[level - 1][i]);
                ranges[block] = range;
            }
            below = blocks;
        }
    }

    std::vector<float> m_values;
    std::vector<std::vector<Range>> m_levels;
};

} // namespace statescape::ui
