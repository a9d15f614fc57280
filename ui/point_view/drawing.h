// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/point_view/area_selection.h"
#include "ui/point_view/camera.h"

#include <QPointF>
#include <vector>

namespace statescape::ui {

/// A shape in view px that keeps its place in the data while the view moves. Every vertex stays where it was
/// put: in the plane of the target of the camera it was drawn with. So in 2D, and in 3D without perspective
/// while the view is not turned, it holds the same points wherever the view goes; turned, or with
/// perspective, it holds what its outline encloses as it is shown. Moving back gives the very shape that was
/// drawn.
class AnchoredShape {
public:
    AnchoredShape() = default;
    /// @param shape logical px of @p camera's viewport.
    AnchoredShape(const DrawnShape &shape, const Camera &camera);

    [[nodiscard]] bool isEmpty() const { return m_anchors.empty(); }
    /// @return the shape as @p camera shows it, logical px.
    [[nodiscard]] DrawnShape seenBy(const Camera &camera) const;
    /// @return whether all of it is in front of @p camera's eye; else it has no outline there.
    [[nodiscard]] bool visibleTo(const Camera &camera) const;
    /// @return whether moving from the camera it was begun with to @p camera may have changed what it holds.
    [[nodiscard]] bool changedBy(const Camera &camera) const;

protected:
    DrawnShape::Kind m_kind = DrawnShape::Kind::Polygon;
    std::vector<Vec3> m_anchors;
    double m_radius = 0; ///< view units
    Camera m_begun;
};

/// The shape being drawn with a tool.
class Drawing : public AnchoredShape {
public:
    enum class Kind { Lasso, Rectangle, Polygon, Brush };

    /// @param radius of the brush, logical px.
    void begin(Kind kind, const Camera &camera, const QPointF &at, double radius);
    void end() { *this = {}; }
    [[nodiscard]] bool isOpen() const { return !m_anchors.empty(); }
    [[nodiscard]] Kind kind() const { return m_drawing; }
    /// The pointer went on to @p at: a lasso and a brush grow, a rectangle is drawn out, a polygon's last
    /// vertex moves.
    void extend(const Camera &camera, const QPointF &at);
    /// Polygon: one more vertex.
    void addVertex(const Camera &camera, const QPointF &at);
    /// Polygon: takes back the last vertex; without any left the drawing ends.
    void removeVertex();
    /// Polygon: enough vertices to hold something.
    [[nodiscard]] bool canClose() const { return m_anchors.size() >= 3; }
    [[nodiscard]] std::size_t vertices() const { return m_anchors.size(); }
    [[nodiscard]] QPointF vertex(const Camera &camera, std::size_t i) const;
    void setRadius(const Camera &camera, double radius);
    /// @return whether nothing was drawn out: all vertices within a px.
    [[nodiscard]] bool isClick(const Camera &camera) const;

private:
    [[nodiscard]] static Vec3 anchor(const Camera &camera, const QPointF &at);
    Kind m_drawing = Kind::Lasso;
};

} // namespace statescape::ui
