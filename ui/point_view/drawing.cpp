// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/drawing.h"

#include <algorithm>

namespace statescape::ui {

AnchoredShape::AnchoredShape(const DrawnShape &shape, const Camera &camera)
    : m_kind(shape.kind)
    , m_radius(shape.radius / camera.pixelsPerViewUnit())
    , m_begun(camera)
{
    for (const AreaPoint &p : shape.points)
        m_anchors.push_back(camera.unproject(p.x, p.y, camera.targetDepth()));
}

DrawnShape AnchoredShape::seenBy(const Camera &camera) const
{
    DrawnShape out;
    out.kind = m_kind;
    out.radius = m_radius * camera.pixelsPerViewUnit();
    for (const Vec3 &a : m_anchors) {
        const auto v = camera.project(a);
        out.points.push_back({v.x, v.y});
    }
    return out;
}

bool AnchoredShape::visibleTo(const Camera &camera) const
{
    return std::all_of(m_anchors.begin(), m_anchors.end(),
                       [&](const Vec3 &a) { return camera.project(a).visible; });
}

bool AnchoredShape::changedBy(const Camera &camera) const
{
    if (camera.mode() == ViewMode::TwoD)
        return false;
    const bool turned = camera.yaw() != m_begun.yaw() || camera.pitch() != m_begun.pitch();
    const bool moved =
        camera.target() != m_begun.target() || camera.pixelsPerViewUnit() != m_begun.pixelsPerViewUnit();
    return turned || (moved && camera.lens() == Lens::Perspective);
}

Vec3 Drawing::anchor(const Camera &camera, const QPointF &at)
{
    return camera.unproject(at.x(), at.y(), camera.targetDepth());
}

void Drawing::begin(Kind kind, const Camera &camera, const QPointF &at, double radius)
{
    m_drawing = kind;
    m_kind = kind == Kind::Brush ? DrawnShape::Kind::Stroke : DrawnShape::Kind::Polygon;
    m_begun = camera;
    m_anchors.assign(kind == Kind::Rectangle ? 4 : 1, anchor(camera, at));
    m_radius = kind == Kind::Brush ? radius / camera.pixelsPerViewUnit() : 0;
}

void Drawing::extend(const Camera &camera, const QPointF &at)
{
    switch (m_drawing) {
    case Kind::Rectangle: {
        const QPointF from = vertex(camera, 0);
        m_anchors[1] = anchor(camera, {at.x(), from.y()});
        m_anchors[2] = anchor(camera, at);
        m_anchors[3] = anchor(camera, {from.x(), at.y()});
        break;
    }
    case Kind::Polygon:
        m_anchors.back() = anchor(camera, at);
        break;
    case Kind::Lasso:
    case Kind::Brush:
        if (const Vec3 next = anchor(camera, at); next != m_anchors.back())
            m_anchors.push_back(next);
        break;
    }
}

void Drawing::addVertex(const Camera &camera, const QPointF &at)
{
    m_anchors.push_back(anchor(camera, at));
}

void Drawing::removeVertex()
{
    if (!m_anchors.empty())
        m_anchors.pop_back();
}

QPointF Drawing::vertex(const Camera &camera, std::size_t i) const
{
    const auto v = camera.project(m_anchors[i]);
    return {v.x, v.y};
}

void Drawing::setRadius(const Camera &camera, double radius)
{
    m_radius = radius / camera.pixelsPerViewUnit();
}

bool Drawing::isClick(const Camera &camera) const
{
    const QPointF from = vertex(camera, 0);
    for (std::size_t i = 1; i < m_anchors.size(); ++i) {
        const QPointF d = vertex(camera, i) - from;
        if (std::abs(d.x()) >= 1 || std::abs(d.y()) >= 1)
            return false;
    }
    return true;
}

} // namespace statescape::ui
