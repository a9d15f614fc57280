// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/point_view/point_set.h"
#include "ui/point_view/projection.h"
#include "ui/point_view/worker_pool.h"

#include <cstdint>
#include <span>
#include <vector>

namespace statescape::ui {

struct AreaPoint {
    double x, y;
};

/// What was drawn in the view: a polygon (lasso, rectangle, vertex by vertex), or everything within @p radius
/// of a path (brush). Device px.
struct DrawnShape {
    enum class Kind : std::uint8_t { Polygon, Stroke };
    Kind kind = Kind::Polygon;
    std::vector<AreaPoint> points;
    double radius = 0; ///< Stroke
};

/// Even-odd rule, closed from the last vertex to the first: the definition that Area must agree with for
/// every polygon and point. Fewer than three vertices hold nothing.
bool insidePolygon(std::span<const AreaPoint> polygon, double x, double y);

/// A polygon prepared for many points: a mask of cells that lie wholly inside or outside, and for the cells
/// that an edge touches the edges of their row, so that the answer is exactly insidePolygon() at a cost that
/// does not grow with the polygon.
/// @thread immutable once made; contains() from any thread.
class Area {
public:
    /// @param polygon any vertices, finite; screen space. Non-finite vertices are left out.
    explicit Area(std::span<const AreaPoint> polygon);
    [[nodiscard]] bool contains(float x, float y) const;
    /// contains() for @p count points, at most kBlock; NaN is outside. @param out 0 or 1 a point.
    void classify(const float *x, const float *y, int count, std::uint8_t *out) const;

private:
    struct Edge {
        double x0, y0, x1, y1;
    };
    enum Cell : std::uint8_t { Outside, Inside, Border };

    void chooseGrid();
    void listEdges();
    void markBorders(int row);
    void fillRow(int row);
    [[nodiscard]] bool exact(int row, double x, double y) const;
    std::uint8_t &cell(int row, int column)
    {
        return m_cells[std::size_t(((row + 1) << kStride) + column + 1)];
    }

    static constexpr int kStride = 11; ///< rows of the mask are 2^11 apart

    std::vector<Edge> m_edges;
    double m_left = 0, m_top = 0, m_right = 0, m_bottom = 0;
    double m_cellWidth = 1, m_cellHeight = 1;
    float m_originX = 0, m_originY = 0, m_perCellX = 1, m_perCellY = 1;
    int m_columns = 0, m_rows = 0;
    std::vector<std::uint8_t>
        m_cells; ///< with an empty row and column before, cell 0 stands for everything outside
    std::vector<std::uint32_t> m_rowStart; ///< m_rows + 1 positions in m_rowEdges
    std::vector<std::uint32_t> m_rowEdges;
};

/// @param polygon device px of @p projection. @param pool null: this thread alone.
/// @return one byte a row: 1 where the row's own projected position lies inside, covered by others or not, on
/// the picture or beyond its edge. Rows behind the eye or with a missing coordinate: 0.
RowMask selectArea(const PointSet &points, const Projection &projection, std::span<const AreaPoint> polygon,
                   WorkerPool *pool = nullptr);

/// @param current may be null or short; missing rows count as not selected. @return as long as @p made.
RowMask combine(const RowMask *current, const RowMask &made, SelectionOp op);

[[nodiscard]] std::size_t countRows(const RowMask &rows);

} // namespace statescape::ui
