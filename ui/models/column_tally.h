// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/column.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace statescape::ui {

/// How often each value of a column occurs, kept up to date by looking only at the chunks that changed and at
/// what was appended: a million rows cost nothing while ten a second come in, and one chunk for each one
/// relabelled.
/// @tparam SlotOf T -> std::size_t, a small number
template <class T, class SlotOf>
class ColumnTally {
    using View = typename base::Column<T>::View;

public:
    /// Counts rows [0, rows) of @p column, or as many as it has.
    void update(const View &column, std::size_t rows)
    {
        rows = std::min(rows, column.size());
        constexpr std::size_t kChunk = base::Column<T>::kChunkRows;
        for (std::size_t first = 0; first < std::max(rows, m_rows); first += kChunk) {
            const std::size_t before = std::clamp(m_rows, first, first + kChunk);
            const std::size_t after = std::clamp(rows, first, first + kChunk);
            const bool same =
                before > first && after > first && m_column.run(first).data() == column.run(first).data();
            const std::size_t common = same ? std::min(before, after) : first;
            m_column.forEachRun(common, before, [this](std::size_t, std::span<const T> p) { add<-1>(p); });
            column.forEachRun(common, after, [this](std::size_t, std::span<const T> p) { add<1>(p); });
        }
        m_column = column;
        m_rows = rows;
    }
    void clear() { *this = {}; }
    [[nodiscard]] std::size_t rows() const { return m_rows; }
    [[nodiscard]] std::size_t slotCount() const { return m_counts.size(); }
    [[nodiscard]] std::uint64_t count(std::size_t slot) const
    {
        return slot < m_counts.size() ? m_counts[slot] : 0;
    }
    /// @return rows looked at so far, for tests.
    [[nodiscard]] std::uint64_t visited() const { return m_visited; }

private:
    template <int Sign>
    void add(std::span<const T> piece)
    {
        m_visited += piece.size();
        for (std::size_t i = 0; i < piece.size();) {
            const std::size_t slot = SlotOf{}(piece[i]);
            const std::size_t first = i++;
            while (i < piece.size() && SlotOf{}(piece[i]) == slot)
                ++i;
            if (slot >= m_counts.size())
                m_counts.resize(slot + 1, 0);
            if constexpr (Sign > 0)
                m_counts[slot] += i - first;
            else
                m_counts[slot] -= i - first;
        }
    }

    View m_column; ///< what was counted; holding it keeps its chunks from being written
    std::size_t m_rows = 0;
    std::vector<std::uint64_t> m_counts;
    std::uint64_t m_visited = 0;
};

} // namespace statescape::ui
