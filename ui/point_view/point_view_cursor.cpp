// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/point_view.h"

#include <QAccessible>
#include <cmath>
#include <limits>

namespace statescape::ui {
namespace {

constexpr double kStay = 24;       // px from the edge within which the cursor's row counts as outside
constexpr double kOff = 2;         // of leaving the straight way, against 1 a px along it
constexpr double kLeastMove = 0.5; // px: points on the same place are reached by time

} // namespace

void PointView::setCursorRow(std::int64_t row, bool centre)
{
    if (!isPoint(row))
        row = -1;
    if (row >= 0) {
        const Vec3 place = positionOf(row);
        const auto v = m_camera.project(place);
        const QRectF inside = QRectF(rect()).adjusted(kStay, kStay + m_topInset, -kStay, -kStay);
        if (centre || !v.visible || !inside.contains(v.x, v.y)) {
            Camera target = m_camera;
            target.centreOn(place);
            setFollow(false);
            moveTo(target, true);
        }
    }
    if (row == m_cursor)
        return;
    m_cursor = row;
    update();
    emit cursorMoved(row);
    if (!QAccessible::isActive())
        return;
    QAccessibleValueChangeEvent event(this, textOf(row));
    QAccessible::updateAccessibility(&event);
    describe(); // some readers say only this
}

void PointView::toggleCursor()
{
    if (m_cursor >= 0)
        return setCursorRow(-1);
    if (!m_points)
        return;
    std::int64_t row = m_hover;
    if (row < 0)
        row = m_renderer->pick(*drawn(), projectionFor(m_camera, size(), 1), float(width()) / 2,
                               float(height()) / 2, float(width() + height()));
    setCursorRow(row);
}

void PointView::moveCursor(const QPointF &direction)
{
    if (!isPoint(m_cursor))
        return;
    const PointSet &points = *drawn();
    const Projection projection = projectionFor(m_camera, size(), 1);
    const auto place = [&](std::size_t i) {
        return projection.project(points.x[i], points.y[i], points.z.empty() ? 0.0F : points.z[i]);
    };
    const auto from = place(std::size_t(m_cursor));
    // What is on the screen comes before anything beyond its edge.
    struct {
        double cost = std::numeric_limits<double>::infinity();
        std::int64_t row = -1;
    } inside, outside;
    for (std::size_t i = points.first; i < points.size(); ++i) {
        const auto p = place(i);
        const double dx = double(p.x) - double(from.x), dy = double(p.y) - double(from.y);
        const double along = dx * direction.x() + dy * direction.y();
        const double off = std::abs(dx * direction.y() - dy * direction.x());
        if (!p.visible || !p.inSlab || !(along > kLeastMove) || off > along)
            continue;
        const bool onScreen = p.x >= 0 && p.y >= 0 && p.x < float(width()) && p.y < float(height());
        auto &best = onScreen ? inside : outside;
        if (const double cost = along + kOff * off; cost < best.cost) {
            best.cost = cost;
            best.row = std::int64_t(i);
        }
    }
    const std::int64_t row = inside.row >= 0 ? inside.row : outside.row;
    if (row >= 0)
        setCursorRow(row);
}

void PointView::stepCursor(std::int64_t from, std::int64_t step)
{
    const auto rows = std::int64_t(m_points ? m_points->size() : 0);
    while (from >= 0 && from < rows && !isPoint(from))
        from += step;
    if (isPoint(from))
        setCursorRow(from);
}

void PointView::selectCursor(Qt::KeyboardModifiers modifiers)
{
    if (!isPoint(m_cursor))
        return;
    endMorph();
    DrawnArea area{m_camera, {}, {}};
    if (!m_camera.project(positionOf(m_cursor)).visible)
        area.camera.centreOn(positionOf(m_cursor));
    area.shape = pointShape(m_cursor, area.camera);
    emitArea(area, opFor(modifiers));
}

} // namespace statescape::ui
