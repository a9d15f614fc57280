// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/point_view.h"

#include <QLocale>
#include <algorithm>
#include <cmath>

namespace statescape::ui {
namespace {

constexpr std::size_t kOccupancySample = 20000; // points looked at to keep names off them
constexpr std::int64_t kTrailSegments = 400;
constexpr double kTrailJump = 1.0 / 6; // of the trail's time: samples farther apart are not joined
constexpr int kSlowMs = 250;           // a picture that takes longer says how far it is

} // namespace

QStringList PointView::hints() const
{
    const QString zoom = tr("Scroll to zoom");
    QString what;
    switch (m_tool) {
    case Tool::Move:
        what = m_mode == ViewMode::TwoD ? tr("drag to move · Shift+drag draws a lasso")
                                        : tr("drag to orbit · Shift+drag draws a lasso");
        break;
    case Tool::Lasso:
    case Tool::Rectangle:
        what = tr("drag to select · hold Space to move the view · Ctrl adds, Alt removes");
        break;
    case Tool::Polygon:
        what = m_drawing.isOpen()
                   ? tr("click adds a corner · double click or Enter closes · Backspace takes one back")
                   : tr("click corner by corner · hold Space to move the view · Ctrl adds, Alt removes");
        break;
    case Tool::Brush:
        what = tr("drag to paint · wheel or , . change the size · hold Space to move the view");
        break;
    }
    const QString slab =
        m_mode == ViewMode::ThreeD ? tr("[ ] depth slab") + QStringLiteral(" · ") : QString();
    const QString keys = m_cursor >= 0
                             ? tr("arrows, Page Up/Down move the cursor · Enter selects · Esc leaves")
                             : slab + tr("K goes from point to point");
    const QString dot = QStringLiteral(" · ");
    if (m_cursor >= 0)
        return {keys};
    const bool wheelZooms = m_tool != Tool::Brush;
    return {(wheelZooms ? zoom + dot : QString()) + what + dot + keys,
            (wheelZooms ? zoom + dot : QString()) + what, what};
}

void PointView::addTrail(OverlayScene &scene) const
{
    const std::int64_t last = std::min(m_trailLast, std::int64_t(m_points->size()) - 1);
    if (m_trailFirst < 0 || last <= m_trailFirst)
        return;
    const auto step = std::max<std::int64_t>(1, (last - m_trailFirst) / kTrailSegments);
    const double span = double(m_trailLast - m_trailFirst);
    bool joined = false;
    for (std::int64_t row = m_trailFirst; row <= last; row += step) {
        if (!isPoint(row)) {
            joined = false;
            continue;
        }
        const auto i = std::size_t(row - m_trailFirst);
        const float age =
            i < m_trailAges.size() ? m_trailAges[i] : float(1 - double(row - m_trailFirst) / span);
        const bool jump =
            !scene.trail.empty() && scene.trail.back().age - age > kTrailJump && i < m_trailAges.size();
        scene.trail.push_back({positionOf(row), age, joined && !jump});
        joined = true;
    }
}

void PointView::addDrawing(OverlayScene &scene) const
{
    const bool inside = m_pointer && m_gesture != Gesture::Move && !m_space;
    if (m_tool == Tool::Brush && inside &&
        !(m_drawing.isOpen() && m_drawing.kind() != Drawing::Kind::Brush)) {
        scene.brush = m_pointer;
        scene.brushRadius = m_brushRadius;
    }
    if (!m_drawing.isOpen())
        return;
    OpenDrawing open;
    if (m_drawing.visibleTo(scene.camera))
        open.shape = m_drawing.seenBy(scene.camera);
    open.corners = m_drawing.kind() == Drawing::Kind::Polygon;
    open.canClose = m_drawing.canClose();
    if (open.corners && inside && m_gesture != Gesture::Draw) {
        open.pointer = m_pointer;
        open.closing = overClosingHandle(*m_pointer);
    }
    open.text = open.closing ? tr("close · %1").arg(describeDrawing()) : describeDrawing();
    scene.drawing = std::move(open);
}

OverlayScene PointView::makeScene(const Camera &camera, const QSizeF &size) const
{
    OverlayScene scene;
    scene.camera = camera;
    scene.size = size;
    scene.topInset = m_topInset;
    scene.colours = ViewColours::of(palette());
    scene.font = font();
    scene.styles = m_styles;
    scene.showLegend = m_legend;
    scene.colourScale = m_colourScale;
    if (!m_points || m_points->size() == 0) {
        scene.emptyText = m_emptyText;
        return scene;
    }
    scene.box = m_bounds.box();
    scene.names = m_names;
    scene.arrows = m_arrows;
    const bool before = m_morphDone < 0.5;
    scene.captions = before ? m_captionsBefore : m_captions;
    if (m_captionsBefore != m_captions)
        scene.captionOpacity = std::abs(1 - 2 * m_morphDone);
    if (m_hint)
        scene.hints = hints();
    scene.slab = slabFor(camera);
    if (scene.slab) {
        const auto [nearest, farthest] = camera.depthRange();
        const double share =
            100 * (scene.slab->second - scene.slab->first) / std::max(farthest - nearest, 1e-300);
        scene.slabText = tr("depth slab %1 % of the depth, %2 points in it")
                             .arg(QLocale().toString(share, 'f', share < 10 ? 1 : 0),
                                  QLocale().toString(qulonglong(m_slabCount)));
    }
    const std::size_t all = m_points->size() - std::min(m_points->first, m_points->size());
    if (m_incomplete.isValid() && m_incomplete.elapsed() > kSlowMs && all > 0)
        scene.progressText = tr("drawing %1 %").arg(int(100 * m_result.drawn / all));
    scene.hasNow = isPoint(m_now);
    if (scene.hasNow)
        scene.now = positionOf(m_now);
    scene.nowText = tr("now");
    scene.hasHover = isPoint(m_hover) && !m_drawing.isOpen() && m_hover != m_cursor;
    if (scene.hasHover)
        scene.hover = positionOf(m_hover);
    scene.hasCursor = isPoint(m_cursor);
    if (scene.hasCursor) {
        scene.cursor = positionOf(m_cursor);
        scene.cursorText = textOf(m_cursor);
    }
    addTrail(scene);
    addDrawing(scene);
    if (!m_outline.isEmpty() && m_outline.visibleTo(camera)) {
        scene.outline = m_outline.seenBy(camera);
        scene.outlineName = m_outlineName;
    }
    return scene;
}

Occupancy PointView::occupancy(const Camera &camera, const QSizeF &size) const
{
    Occupancy out(size);
    if (m_points && (!m_names.empty() || !m_arrows.empty())) {
        const PointSet &points = *drawn();
        const Projection projection = projectionFor(camera, size, 1);
        const std::size_t step = points.size() / kOccupancySample + 1;
        for (std::size_t i = points.first; i < points.size(); i += step) {
            const auto p =
                projection.project(points.x[i], points.y[i], points.z.empty() ? 0.0F : points.z[i]);
            if (p.visible)
                out.add(p.x, p.y);
        }
    }
    out.finish();
    return out;
}

} // namespace statescape::ui
