// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/point_view/raster_kernels.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

namespace statescape::ui {

/// Cells that lie wholly inside of an area, wholly outside, or on its border, where points have to be looked
/// at one by one.
class AreaMask {
public:
    enum Cell : std::uint8_t { Outside, Inside, Border };
    static constexpr int kMostCells = 1024; ///< along one side: the mask stays in the second cache
    static constexpr double kSlack = 0.02;  ///< of a cell, more than float rounding can move a point
    static constexpr int kStride = 11;      ///< rows are 2^11 apart

    void setGrid(double left, double top, double right, double bottom, double cellWidth, double cellHeight)
    {
        // the last takes what rounds beyond the edge
        m_columns = int(std::ceil((right - left) / cellWidth)) + 1;
        m_rows = int(std::ceil((bottom - top) / cellHeight)) + 1;
        m_grid = {float(left),           float(top),           float(1 / cellWidth),
                  float(1 / cellHeight), float(m_columns - 1), float(m_rows - 1)};
        m_cells.assign(std::size_t(m_rows + 1) << kStride, Outside);
    }
    [[nodiscard]] bool empty() const { return m_cells.empty(); }
    [[nodiscard]] int rows() const { return m_rows; }
    [[nodiscard]] int columns() const { return m_columns; }
    std::uint8_t *row(int row) { return m_cells.data() + (std::size_t(row + 1) << kStride) + 1; }

    /// Writes 1 where a point is inside, 0 where not; asks @p exact(row, column, x, y) for those in border
    /// cells. @param count at most kBlock; NaN is outside.
    template <class Exact>
    void classify(const float *x, const float *y, int count, std::uint8_t *out, Exact &&exact) const
    {
        if (m_cells.empty()) {
            std::fill_n(out, count, std::uint8_t(0));
            return;
        }
        alignas(64) std::array<std::int32_t, kBlock> index;
        alignas(64) std::array<std::int32_t, kBlock> border;
        kernels().toMask(m_grid, x, y, count, index.data());
        const std::uint8_t *cells = m_cells.data();
        int borders = 0;
        for (int i = 0; i < count; ++i) {
            const std::uint8_t state = cells[index[std::size_t(i)]];
            out[i] = state & Inside;
            border[std::size_t(borders)] = i;
            borders += state >> 1;
        }
        for (int k = 0; k < borders; ++k) {
            const int i = border[std::size_t(k)];
            const int at = index[std::size_t(i)];
            out[i] = exact((at >> kStride) - 1, (at & ((1 << kStride) - 1)) - 1, double(x[i]), double(y[i]))
                         ? 1
                         : 0;
        }
    }

private:
    static_assert(Inside == 1 && Border == 2);

    int m_columns = 0, m_rows = 0;
    MaskGrid m_grid{};
    std::vector<std::uint8_t>
        m_cells; ///< with an empty row and column before, cell 0 stands for everything outside
};

} // namespace statescape::ui
