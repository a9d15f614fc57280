// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/overlay_geometry.h"

#include "ui/point_view/line.h"

#include <algorithm>
#include <cmath>

namespace statescape::ui {

using namespace overlay;

namespace {

constexpr int kFloorLines = 8;

double axisWidth(const OverlayScene &scene)
{
    return scene.colours.highContrast ? 2 : 1.2;
}

void paintFloor(QPainter &painter, const OverlayScene &scene)
{
    const Box &b = scene.box;
    for (int i = 0; i <= kFloorLines; ++i) {
        const double t = double(i) / kFloorLines;
        const double x = b.low[0] + (b.high[0] - b.low[0]) * t;
        const double z = b.low[2] + (b.high[2] - b.low[2]) * t;
        const Vec3 ends[4] = {{x, b.low[1], b.low[2]},
                              {x, b.low[1], b.high[2]},
                              {b.low[0], b.low[1], z},
                              {b.high[0], b.low[1], z}};
        painter.setPen(hairline(scene.colours.grid));
        for (int k = 0; k < 4; k += 2)
            if (inFront(scene, ends[k]) && inFront(scene, ends[k + 1]))
                painter.drawLine(at(scene, ends[k]), at(scene, ends[k + 1]));
    }
    painter.setPen(QPen(scene.colours.axis, axisWidth(scene)));
    for (const Axis &axis : boxAxes(scene))
        if (inFront(scene, axis.low) && inFront(scene, axis.high))
            paintArrow(painter, at(scene, axis.low), at(scene, axis.high));
}

void paintSlab(QPainter &painter, const OverlayScene &scene)
{
    painter.setBrush(Qt::NoBrush); // a shade would hide the faint points outside
    for (const double depth : {scene.slab->second, scene.slab->first}) {
        const QPolygonF face = slabFace(scene, depth);
        QPen pen(scene.colours.axis, 1);
        pen.setDashPattern({2, 3});
        painter.setPen(pen);
        painter.drawPolygon(face);
    }
}

void paintFlat(QPainter &painter, const OverlayScene &scene)
{
    const auto axes = flatAxes(scene);
    const QPointF zero = at(scene, {0, 0, 0});
    painter.setPen(hairline(scene.colours.grid));
    if (zero.x() > axes.corner.x() && zero.x() < axes.right.x())
        painter.drawLine(QPointF(zero.x(), axes.top.y()), QPointF(zero.x(), axes.corner.y()));
    if (zero.y() > axes.top.y() && zero.y() < axes.corner.y())
        painter.drawLine(QPointF(axes.corner.x(), zero.y()), QPointF(axes.right.x(), zero.y()));
    painter.setPen(QPen(scene.colours.axis, axisWidth(scene)));
    paintArrow(painter, axes.corner, axes.right);
    paintArrow(painter, axes.corner, axes.top);
}

} // namespace

QPolygonF slabFace(const OverlayScene &scene, double depth)
{
    QPolygonF cut;
    for (int corner = 0; corner < 8; ++corner)
        for (int axis = 0; axis < 3; ++axis) {
            if (corner & (1 << axis))
                continue;
            const Vec3 a = scene.box.corner(corner), b = scene.box.corner(corner | (1 << axis));
            const double da = scene.camera.project(a).depth - depth;
            const double db = scene.camera.project(b).depth - depth;
            if ((da < 0) == (db < 0))
                continue;
            const double t = da / (da - db);
            const Vec3 p{a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t};
            if (inFront(scene, p))
                cut.append(at(scene, p));
        }
    QPointF middle;
    for (const QPointF &p : cut)
        middle += p / double(cut.size());
    std::sort(cut.begin(), cut.end(), [&](const QPointF &p, const QPointF &q) {
        return std::atan2(p.y() - middle.y(), p.x() - middle.x()) <
               std::atan2(q.y() - middle.y(), q.x() - middle.x());
    });
    return cut.size() < 3 ? QPolygonF() : cut;
}

void paintGround(QPainter &painter, const OverlayScene &scene)
{
    if (scene.box.empty)
        return;
    painter.setRenderHint(QPainter::Antialiasing);
    if (scene.camera.mode() == ViewMode::TwoD)
        return paintFlat(painter, scene);
    paintFloor(painter, scene);
    if (scene.slab)
        paintSlab(painter, scene);
}

void drawTrail(const PixelBuffer &out, const OverlayScene &scene, double scale)
{
    const int width = std::max(1, int(std::lround(scale * (scene.colours.highContrast ? 2 : 1))));
    for (std::size_t i = 1; i < scene.trail.size(); ++i) {
        const TrailPoint &from = scene.trail[i - 1], &to = scene.trail[i];
        if (!to.joined || !inFront(scene, from.position) || !inFront(scene, to.position))
            continue;
        const QPointF a = at(scene, from.position) * scale;
        const QPointF b = at(scene, to.position) * scale;
        const bool steep = std::abs(b.y() - a.y()) > std::abs(b.x() - a.x());
        const double fresh = scene.colours.highContrast ? 1 : std::clamp(1.0 - double(to.age), 0.0, 1.0);
        for (int k = 0; k < width; ++k) {
            const double dx = steep ? k : 0;
            const double dy = steep ? 0 : k;
            blendLine(out, a.x() + dx, a.y() + dy, b.x() + dx, b.y() + dy,
                      scene.colours.text.rgb() & 0xffffffU, 16 + int(134 * fresh));
        }
    }
}

} // namespace statescape::ui
