// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/overlay_geometry.h"

#include <limits>

namespace statescape::ui {

using namespace overlay;

namespace {

void layoutHint(const OverlayScene &scene, OverlayLayout &layout)
{
    const double bottom = scene.size.height() - kEdge + 4;
    for (const QString &hint : scene.hints) {
        const QSizeF size = textSize(scene.font, hint);
        const QRectF rect(kEdge, bottom - size.height(), size.width(), size.height());
        if (size.width() > scene.size.width() - 2 * kEdge || rect.intersects(layout.legend) ||
            rect.intersects(layout.colourScale))
            continue;
        layout.hintText = hint;
        layout.hint = rect;
        break;
    }
    double above = layout.hint.isValid() ? layout.hint.top() - 4 : bottom;
    if (!scene.progressText.isEmpty()) {
        const QSizeF size = textSize(scene.font, scene.progressText);
        QRectF rect(scene.size.width() - kEdge - size.width(), bottom - size.height(), size.width(),
                    size.height());
        if (rect.adjusted(-8, 0, 0, 0).intersects(layout.hint))
            rect.moveBottom(above);
        layout.progress = nearestFree(kept(rect, room(scene)), room(scene), layout.texts(), {});
    }
    if (!scene.slabText.isEmpty()) {
        const QSizeF size = textSize(scene.font, scene.slabText);
        QRectF rect(kEdge, above - size.height(), std::min(size.width(), scene.size.width() - 2 * kEdge),
                    size.height());
        layout.slabText = nearestFree(kept(rect, room(scene)), room(scene), layout.texts(), {});
    }
}

/// Beside @p p, free of everything that is there.
QRectF beside(const OverlayScene &scene, const OverlayLayout &layout, const QPointF &p, const QSizeF &size,
              double gap)
{
    const auto obstacles = layout.texts();
    for (const double away : {gap, gap + 26, gap + 70})
        for (const QPointF &to :
             {QPointF(away, -size.height() / 2), QPointF(-away - size.width(), -size.height() / 2),
              QPointF(-size.width() / 2, -away - size.height()), QPointF(-size.width() / 2, away)}) {
            const QRectF rect(p + to, size);
            const auto meets = [&](const QRectF &o) { return o.intersects(rect); };
            const auto crosses = [&](const QLineF &l) { return lineMeets(l, rect); };
            if (room(scene).contains(rect) && std::none_of(obstacles.begin(), obstacles.end(), meets) &&
                std::none_of(layout.axes.begin(), layout.axes.end(), crosses))
                return rect;
        }
    return {};
}

void layoutCursor(const OverlayScene &scene, OverlayLayout &layout)
{
    if (!scene.hasCursor || scene.cursorText.isEmpty() || !inFront(scene, scene.cursor))
        return;
    QTextDocument document;
    fillDocument(document, scene, scene.cursorText);
    const QSizeF size = document.size() + QSizeF(2 * kCardPad, 2 * kCardPad);
    const QPointF p = at(scene, scene.cursor);
    layout.cursorCard = beside(scene, layout, p, size, 18);
    if (layout.cursorCard.isValid())
        return;
    // It is asked for, so it is shown: wherever it hides least and not the sample itself.
    const QRectF ring(p - QPointF(16, 16), QSizeF(32, 32));
    layout.cursorCard = nearestFree(
        kept({p + QPointF(18, 18), size}, room(scene)), room(scene),
        {ring, layout.legend, layout.colourScale, layout.hint, layout.slabText, layout.progress}, {});
    for (std::size_t i = 0; i < layout.captions.size(); ++i)
        if (layout.captions[i].intersects(layout.cursorCard))
            layout.captions[i] = {};
    if (layout.nowText.intersects(layout.cursorCard))
        layout.nowText = {};
}

void layoutOutlineName(const OverlayScene &scene, OverlayLayout &layout)
{
    if (scene.outline.points.empty() || scene.outlineName.isEmpty())
        return;
    double left = std::numeric_limits<double>::max(), top = left, right = -left;
    for (const AreaPoint &p : scene.outline.points) {
        left = std::min(left, p.x - scene.outline.radius);
        right = std::max(right, p.x + scene.outline.radius);
        top = std::min(top, p.y - scene.outline.radius);
    }
    const QSizeF size = textSize(nameFont(scene), scene.outlineName);
    const QRectF ideal({(left + right) / 2 - size.width() / 2, top - size.height() - 4}, size);
    layout.outlineName = nearestFree(kept(ideal, room(scene)), room(scene), layout.texts(), layout.axes);
}

void layoutDrawing(const OverlayScene &scene, OverlayLayout &layout)
{
    if (!scene.drawing || scene.drawing->text.isEmpty())
        return;
    const OpenDrawing &drawing = *scene.drawing;
    const QSizeF size = textSize(scene.font, drawing.text);
    const bool single = drawing.shape.points.size() == 1 && drawing.shape.kind == DrawnShape::Kind::Polygon;
    if (single && !drawing.corners)
        return;
    QPointF anchor(scene.size.width() / 2 - size.width() / 2, scene.size.height() / 2);
    double clear = 0;
    if (!drawing.shape.points.empty()) {
        const AreaPoint &last = drawing.shape.points.back();
        anchor = drawing.pointer.value_or(QPointF(last.x, last.y));
        clear = drawing.shape.kind == DrawnShape::Kind::Stroke ? drawing.shape.radius * 0.7 : 0;
    }
    layout.drawingText = kept({anchor + QPointF(16 + clear, 12 + clear), size}, room(scene));
}

QPointF offsetOf(const LabelPlace &place)
{
    return place.rect.center() - place.line.p2();
}

LabelRequest requestFor(const OverlayScene &scene, const QFont &font, const QString &text, const Vec3 &where)
{
    const auto v = scene.camera.project(where);
    return {textSize(font, text), v.visible ? QPointF(v.x, v.y) : QPointF(-1e9, -1e9), {}};
}

void layoutNames(const OverlayScene &scene, const Occupancy &points, const OverlayLayout *previous,
                 OverlayLayout &layout)
{
    std::vector<LabelRequest> requests;
    for (const StateName &name : scene.names) {
        requests.push_back(requestFor(scene, nameFont(scene), name.text, name.position));
        layout.nameTexts.push_back(name.text);
        for (std::size_t i = 0; previous && i < previous->nameTexts.size(); ++i)
            if (previous->nameTexts[i] == name.text && i < previous->names.size() &&
                previous->names[i].placed)
                requests.back().previous = offsetOf(previous->names[i]);
    }
    std::vector<QLineF> lines = layout.axes;
    const Vec3 centre = scene.box.centre();
    for (std::size_t i = 0; i < scene.arrows.size(); ++i) {
        const AxisArrow &arrow = scene.arrows[i];
        const Vec3 tip{centre[0] + arrow.direction[0], centre[1] + arrow.direction[1],
                       centre[2] + arrow.direction[2]};
        requests.push_back(requestFor(scene, scene.font, arrow.text, tip));
        lines.emplace_back(at(scene, centre), requests.back().anchor);
        if (previous && i < previous->arrowNames.size() && previous->arrowNames[i].placed)
            requests.back().previous = offsetOf(previous->arrowNames[i]);
    }
    auto obstacles = layout.texts();
    if (scene.hasNow) {
        const QPointF p = at(scene, scene.now);
        obstacles.emplace_back(p.x() - 14, p.y() - 14, 28, 28);
    }
    if (scene.hasCursor) {
        const QPointF p = at(scene, scene.cursor);
        obstacles.emplace_back(p.x() - 12, p.y() - 12, 24, 24);
    }
    const QRectF view = QRectF(QPointF(0, 0), scene.size).adjusted(6, 6 + scene.topInset, -6, -6);
    auto places = layoutLabels(requests, view, obstacles, points, lines, scene.holdNames);
    const auto split = places.begin() + std::ptrdiff_t(scene.names.size());
    layout.arrowNames.assign(split, places.end());
    places.erase(split, places.end());
    layout.names = std::move(places);
}

} // namespace

std::vector<QRectF> OverlayLayout::texts() const
{
    std::vector<QRectF> out;
    const auto add = [&](const QRectF &r) {
        if (r.isValid())
            out.push_back(r);
    };
    for (const QRectF &r : captions)
        add(r);
    for (const QRectF &r : {legend, colourScale, hint, slabText, progress, nowText, cursorCard, outlineName})
        add(r);
    return out;
}

std::array<double, 4> fitMargins(ViewMode mode, double topInset)
{
    return mode == ViewMode::TwoD ? std::array<double, 4>{36, 36 + topInset, 30, 66}
                                  : std::array<double, 4>{60, 44 + topInset, 60, 64};
}

OverlayLayout layoutOverlay(const OverlayScene &scene, const Occupancy &points, const OverlayLayout *previous)
{
    OverlayLayout layout;
    if (scene.emptyText.isEmpty())
        layout.axes = axisLines(scene);
    layoutLegends(scene, layout);
    layoutHint(scene, layout);
    if (!scene.emptyText.isEmpty())
        return layout;
    layoutCaptions(scene, layout);
    if (scene.hasNow && inFront(scene, scene.now))
        layout.nowText = beside(scene, layout, at(scene, scene.now), textSize(scene.font, scene.nowText), 19);
    layoutCursor(scene, layout);
    layoutOutlineName(scene, layout);
    layoutDrawing(scene, layout);
    layoutNames(scene, points, previous, layout);
    return layout;
}

} // namespace statescape::ui
