// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/point_view.h"

#include <QKeyEvent>
#include <QLocale>
#include <algorithm>
#include <cmath>
#include <utility>

namespace statescape::ui {
namespace {

constexpr double kPickRadius = 1e-3; // px: a row and those drawn on the very same place
constexpr double kHandleReach = 8;   // px: the closing handle as drawn while the pointer is on it
constexpr double kHighlightMs = 16;  // of selecting and drawing, or only the count is shown
constexpr double kInlineMs = 6;      // a count that takes longer waits for a pause
constexpr double kEverywhere = 1e7;  // px

Drawing::Kind kindOf(PointView::Tool tool)
{
    switch (tool) {
    case PointView::Tool::Rectangle:
        return Drawing::Kind::Rectangle;
    case PointView::Tool::Polygon:
        return Drawing::Kind::Polygon;
    case PointView::Tool::Brush:
        return Drawing::Kind::Brush;
    case PointView::Tool::Move:
    case PointView::Tool::Lasso:
        break;
    }
    return Drawing::Kind::Lasso;
}

} // namespace

SelectionOp PointView::opFor(Qt::KeyboardModifiers modifiers) const
{
    const bool add = modifiers & Qt::ControlModifier;
    const bool remove = modifiers & Qt::AltModifier;
    return add && remove ? SelectionOp::Intersect
           : add         ? SelectionOp::Add
           : remove      ? SelectionOp::Subtract
                         : m_baseOp;
}

DrawnArea PointView::areaOf(DrawnShape shape) const
{
    return {m_camera, std::move(shape), slabFor(m_camera)};
}

void PointView::emitArea(const DrawnArea &area, SelectionOp op)
{
    RowMask rows(m_points->size(), 0);
    if (!area.shape.points.empty())
        rows = m_renderer->select(*m_points,
                                  area.camera.projection(1, int(std::lround(area.camera.width())),
                                                         int(std::lround(area.camera.height())), area.slab),
                                  area.shape);
    emit selectionMade(std::make_shared<const RowMask>(std::move(rows)), op, area);
}

DrawnShape PointView::pointShape(std::int64_t row, const Camera &camera) const
{
    const auto i = std::size_t(row);
    const auto p = camera.projection(1, int(std::lround(camera.width())), int(std::lround(camera.height())))
                       .project(m_points->x[i], m_points->y[i], m_points->z.empty() ? 0.0F : m_points->z[i]);
    return {DrawnShape::Kind::Stroke, {{double(p.x), double(p.y)}}, kPickRadius};
}

void PointView::commitClick(const QPointF &at, SelectionOp op)
{
    const std::int64_t row = rowAt(at);
    if (row < 0 && op != SelectionOp::Replace)
        return;
    emitArea(areaOf(row < 0 ? DrawnShape() : pointShape(row, m_camera)), op);
}

void PointView::beginDraw(const QPointF &at, Tool tool, Qt::KeyboardModifiers modifiers)
{
    // What is drawn round must not slide away beneath the pointer.
    m_ticker.stop();
    if (m_morph)
        endMorph();
    m_gesture = Gesture::Draw;
    m_drawModifiers = modifiers;
    m_drawing.begin(kindOf(tool), m_camera, at, m_brushRadius);
    setHover(-1, {});
    previewChanged();
    update();
}

void PointView::cancelDraw()
{
    if (m_drawing.isOpen())
        endDraw();
}

void PointView::endDraw()
{
    m_gesture = Gesture::None;
    m_drawing.end();
    m_previewTimer.stop();
    if (m_preview.shown)
        ++m_scene;
    m_preview.shown.reset();
    m_preview.count = 0;
    updatePointer();
    if (std::exchange(m_fitAfterDraw, false) && m_follow)
        fitNow(m_bounds.box(), true);
    if (m_densityTimer.isActive() || m_density == Density::Automatic)
        m_densityTimer.start(0);
    update();
}

void PointView::commitDraw(Qt::KeyboardModifiers modifiers)
{
    const SelectionOp op = opFor(m_drawModifiers | modifiers);
    const Drawing drawing = m_drawing;
    const Camera camera = m_camera;
    const DrawnArea area = areaOf(drawing.seenBy(camera));
    const bool hidden = !drawing.visibleTo(camera);
    const bool click = drawing.kind() != Drawing::Kind::Brush && drawing.isClick(camera);
    const auto points = m_points;
    if (!points || points->size() == 0 || hidden)
        return endDraw();
    // Told before the drawing ends, because ending it may move the camera.
    if (click)
        commitClick(drawing.vertex(camera, 0), op);
    else
        emitArea(area, op);
    endDraw();
}

bool PointView::overClosingHandle(const QPointF &at) const
{
    if (!m_drawing.isOpen() || m_drawing.kind() != Drawing::Kind::Polygon || !m_drawing.canClose())
        return false;
    const QPointF d = at - m_drawing.vertex(m_camera, 0);
    return std::hypot(d.x(), d.y()) <= kHandleReach;
}

void PointView::polygonPress(const QPointF &at, Qt::KeyboardModifiers modifiers)
{
    m_drawModifiers = modifiers & (Qt::ControlModifier | Qt::AltModifier);
    if (!m_drawing.isOpen())
        return beginDraw(at, Tool::Polygon, m_drawModifiers);
    if (overClosingHandle(at))
        return commitDraw(modifiers);
    m_gesture = Gesture::Draw;
    m_drawing.addVertex(m_camera, at);
    previewChanged();
    update();
}

bool PointView::polygonKey(QKeyEvent *event)
{
    if (!m_drawing.isOpen() || m_drawing.kind() != Drawing::Kind::Polygon)
        return false;
    switch (event->key()) {
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (m_drawing.canClose())
            commitDraw(event->modifiers());
        return true;
    case Qt::Key_Backspace:
        m_drawing.removeVertex();
        if (!m_drawing.isOpen())
            endDraw();
        previewChanged();
        update();
        return true;
    default:
        return false;
    }
}

QString PointView::describeDrawing() const
{
    if (!m_drawing.visibleTo(m_camera))
        return tr("part of what is drawn lies behind the eye: move back, or Esc");
    if (m_drawing.kind() == Drawing::Kind::Polygon && !m_drawing.canClose())
        return tr("%n corner(s), three make an area", nullptr, int(m_drawing.vertices()));
    const std::size_t all = m_points ? m_points->size() - std::min(m_points->first, m_points->size()) : 0;
    const double share = all > 0 ? 100.0 * double(m_preview.count) / double(all) : 0;
    const QString points = tr("%1 %2, %3 % of all%4")
                               .arg(QLocale().toString(qulonglong(m_preview.count)),
                                    m_preview.count == 1 ? tr("point") : tr("points"),
                                    QLocale().toString(share, 'f', share < 10 ? 1 : 0),
                                    m_preview.stale ? QStringLiteral(" …") : QString());
    QString text = points;
    switch (opFor(m_drawModifiers)) {
    case SelectionOp::Add:
        text = tr("+ add %1").arg(points);
        break;
    case SelectionOp::Subtract:
        text = tr("− remove %1").arg(points);
        break;
    case SelectionOp::Intersect:
        text = tr("∩ keep what is among %1").arg(points);
        break;
    case SelectionOp::Replace:
        break;
    }
    return m_drawing.changedBy(m_camera) ? tr("%1 · as seen from here").arg(text) : text;
}

void PointView::previewChanged()
{
    m_preview.stale = true;
    if (m_preview.costMs < kInlineMs)
        return refreshPreview();
    if (!m_previewTimer.isActive())
        m_previewTimer.start(int(m_preview.costMs * 2));
    update();
}

void PointView::refreshPreview()
{
    m_preview.stale = false;
    if (!m_points || m_points->size() == 0)
        return;
    QElapsedTimer timer;
    timer.start();
    const Projection projection = m_camera.projection(1, width(), height(), slabFor(m_camera));
    if (m_slab && m_mode == ViewMode::ThreeD)
        m_slabCount = m_renderer->count(*m_points, projection,
                                        {DrawnShape::Kind::Polygon,
                                         {{-kEverywhere, -kEverywhere},
                                          {kEverywhere, -kEverywhere},
                                          {kEverywhere, kEverywhere},
                                          {-kEverywhere, kEverywhere}},
                                         0});
    RowMaskPtr shown;
    if (m_drawing.isOpen() && m_drawing.visibleTo(m_camera)) {
        const DrawnShape shape = m_drawing.seenBy(m_camera);
        if (m_preview.costMs + m_wholeMs < kHighlightMs) {
            const RowMask inside = m_renderer->select(*m_points, projection, shape);
            m_preview.count = countRows(inside);
            if (m_preview.count > 0 || m_preview.shown)
                shown = std::make_shared<const RowMask>(
                    combine(m_selection.get(), inside, opFor(m_drawModifiers)));
        } else {
            m_preview.count = m_renderer->count(*m_points, projection, shape);
        }
    }
    m_preview.costMs = double(timer.nsecsElapsed()) / 1e6;
    if (shown || m_preview.shown)
        ++m_scene;
    m_preview.shown = std::move(shown);
    update();
}

} // namespace statescape::ui
