// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/point_view/area_mask.h"
#include "ui/point_view/point_set.h"
#include "ui/point_view/projection.h"
#include "ui/point_view/worker_pool.h"

#include <cstdint>
#include <span>
#include <variant>
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

/// Whether (x, y) is at most @p radius from the path: the definition that Stroke must agree with. One vertex
/// is a disc; none hold nothing.
bool withinStroke(std::span<const AreaPoint> path, double radius, double x, double y);

/// A polygon prepared for many points: a mask of cells, and for the cells that an edge touches the edges of
/// their row, so that the answer is exactly insidePolygon() at a cost that does not grow with the polygon.
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

    void chooseGrid();
    void listEdges();
    void markBorders(int row);
    void fillRow(int row);
    [[nodiscard]] bool exact(int row, double x, double y) const;

    std::vector<Edge> m_edges;
    double m_left = 0, m_top = 0, m_right = 0, m_bottom = 0;
    double m_cellWidth = 1, m_cellHeight = 1;
    AreaMask m_mask;
    std::vector<std::uint32_t> m_rowStart; ///< rows + 1 positions in m_rowEdges
    std::vector<std::uint32_t> m_rowEdges;
};

/// A brush stroke prepared likewise: exactly withinStroke().
/// @thread immutable once made; contains() from any thread.
class Stroke {
public:
    /// @param path any vertices; screen space. Non-finite vertices are left out. @param radius 0 and above
    Stroke(std::span<const AreaPoint> path, double radius);
    [[nodiscard]] bool contains(float x, float y) const;
    void classify(const float *x, const float *y, int count, std::uint8_t *out) const;

private:
    struct Reach { ///< columns of one row that a segment's rim may touch
        std::uint32_t segment;
        std::int16_t first, last;
    };

    void chooseGrid();
    void listReaches();
    [[nodiscard]] bool exact(int row, int column, double x, double y) const;

    std::vector<AreaPoint> m_path; ///< segment i goes from vertex i to i + 1, or stays where that is none
    double m_radius = 0;
    double m_left = 0, m_top = 0, m_right = 0, m_bottom = 0;
    double m_cellWidth = 1, m_cellHeight = 1;
    AreaMask m_mask;
    std::vector<std::size_t> m_rowStart;
    std::vector<Reach> m_reaches;
};

/// Either, prepared for many points.
class Region {
public:
    explicit Region(const DrawnShape &shape);
    [[nodiscard]] bool contains(float x, float y) const;
    void classify(const float *x, const float *y, int count, std::uint8_t *out) const
    {
        std::visit([&](const auto &area) { area.classify(x, y, count, out); }, m_area);
    }

private:
    std::variant<Area, Stroke> m_area;
};

/// @param shape device px of @p projection. @param pool null: this thread alone.
/// @return one byte a row: 1 where the row's own projected position lies inside, covered by others or not, on
/// the picture or beyond its edge. Rows before points.first, behind the eye, outside of the slab or with a
/// missing coordinate: 0.
RowMask selectArea(const PointSet &points, const Projection &projection, const DrawnShape &shape,
                   WorkerPool *pool = nullptr);
/// @return countRows(selectArea()), without the rows.
std::size_t countArea(const PointSet &points, const Projection &projection, const DrawnShape &shape,
                      WorkerPool *pool = nullptr);

/// @param current may be null or short; missing rows count as not selected. @return as long as @p made.
RowMask combine(const RowMask *current, const RowMask &made, SelectionOp op);

[[nodiscard]] std::size_t countRows(const RowMask &rows);

} // namespace statescape::ui
