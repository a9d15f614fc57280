// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/overlay_geometry.h"

namespace statescape::ui {

using namespace overlay;

namespace {

void layoutCaptions(const OverlayScene &scene, OverlayLayout &layout)
{
    layout.captions.assign(3, QRectF());
    if (scene.box.empty)
        return;
    if (scene.camera.mode() == ViewMode::TwoD) {
        const auto axes = flatAxes(scene);
        const QSizeF x = textSize(scene.font, scene.captions[0]);
        const QSizeF y = textSize(scene.font, scene.captions[1]);
        if (!scene.captions[0].isEmpty())
            layout.captions[0] = {axes.right.x() - x.width(), axes.right.y() + 4, x.width(), x.height()};
        if (!scene.captions[1].isEmpty())
            layout.captions[1] = {axes.top.x() + 10, axes.top.y(), y.width(), y.height()};
        return;
    }
    std::vector<QRectF> taken{layout.legend, layout.hint};
    const QPointF middle = at(scene, scene.box.centre());
    const auto axes = boxAxes(scene);
    for (std::size_t i = 0; i < 3; ++i) {
        if (scene.captions[i].isEmpty() || !inFront(scene, axes[i].low) || !inFront(scene, axes[i].high))
            continue;
        const QSizeF size = textSize(scene.font, scene.captions[i]);
        const QPointF low = at(scene, axes[i].low);
        const QPointF high = at(scene, axes[i].high);
        QRectF rect(QPointF(0, 0), size);
        if (i == 1) {
            rect.moveBottomLeft(high + QPointF(-8, -6));
        } else {
            // beside the middle of the edge, on the far side of it from the points
            const QPointF half = (low + high) / 2;
            QPointF normal(high.y() - low.y(), low.x() - high.x());
            const double length = std::hypot(normal.x(), normal.y());
            normal = length > 0 ? normal / length : QPointF(0, 1);
            if (QPointF::dotProduct(normal, half - middle) < 0)
                normal = -normal;
            const double clear =
                8 + std::abs(normal.x()) * size.width() / 2 + std::abs(normal.y()) * size.height() / 2;
            rect.moveCenter(half + normal * clear);
        }
        rect = kept(rect, scene.size);
        for (int tries = 0; tries < 12; ++tries) {
            const auto hit =
                std::find_if(taken.begin(), taken.end(), [&](const QRectF &r) { return r.intersects(rect); });
            if (hit == taken.end())
                break;
            rect.moveTop(hit->center().y() > scene.size.height() / 2 ? hit->top() - rect.height() - 2
                                                                     : hit->bottom() + 2);
        }
        layout.captions[i] = rect;
        taken.push_back(rect);
    }
}

void layoutLegend(const OverlayScene &scene, OverlayLayout &layout)
{
    double width = 0;
    int lines = 0;
    for (const auto &style : scene.styles) {
        if (style.name.empty())
            continue;
        width = std::max(width, textSize(scene.font, QString::fromStdString(style.name)).width());
        ++lines;
    }
    const double line = QFontMetricsF(scene.font).height() + 3;
    // In a small view it would hide what it explains.
    const bool fits = width + 24 < scene.size.width() * 0.35 && lines * line < scene.size.height() * 0.5;
    if (scene.showLegend && lines > 0 && fits)
        layout.legend = {scene.size.width() - width - 24 - kEdge, kEdge, width + 24, lines * line};
}

} // namespace

std::array<double, 4> fitMargins(ViewMode mode)
{
    return mode == ViewMode::TwoD ? std::array<double, 4>{36, 36, 30, 66}
                                  : std::array<double, 4>{60, 44, 60, 64};
}

OverlayLayout layoutOverlay(const OverlayScene &scene, const Occupancy &points, const OverlayLayout *previous)
{
    OverlayLayout layout;
    layoutLegend(scene, layout);
    if (!scene.hint.isEmpty()) {
        const QSizeF size = textSize(scene.font, scene.hint);
        if (size.width() < scene.size.width() - 2 * kEdge)
            layout.hint = {kEdge, scene.size.height() - kEdge - size.height() + 4, size.width(),
                           size.height()};
    }
    if (!scene.emptyText.isEmpty())
        return layout;
    layoutCaptions(scene, layout);
    std::vector<QRectF> obstacles = layout.captions;
    obstacles.push_back(layout.legend);
    obstacles.push_back(layout.hint);
    const QRectF view = QRectF(QPointF(0, 0), scene.size).adjusted(6, 6, -6, -6);
    if (scene.hasNow) {
        const QPointF p = at(scene, scene.now);
        obstacles.emplace_back(p.x() - 14, p.y() - 14, 28, 28);
        const QSizeF size = textSize(scene.font, scene.nowText);
        for (const QPointF &to :
             {QPointF(19, -size.height() / 2), QPointF(-19 - size.width(), -size.height() / 2),
              QPointF(-size.width() / 2, -19 - size.height()), QPointF(-size.width() / 2, 19)}) {
            const QRectF rect(p + to, size);
            const auto meets = [&](const QRectF &o) { return o.intersects(rect); };
            if (!view.contains(rect) || std::any_of(obstacles.begin(), obstacles.end(), meets))
                continue;
            layout.nowText = rect;
            obstacles.push_back(rect);
            break;
        }
    }
    const QFont font = nameFont(scene);
    std::vector<LabelRequest> requests;
    for (std::size_t i = 0; i < scene.names.size(); ++i) {
        const auto v = scene.camera.project(scene.names[i].position);
        LabelRequest request{textSize(font, scene.names[i].text), {v.x, v.y}, {}};
        if (!v.visible)
            request.anchor = {-1e9, -1e9};
        if (previous && i < previous->names.size() && previous->names[i].placed)
            request.previous = previous->names[i].rect.center() - previous->names[i].line.p2();
        requests.push_back(request);
    }
    obstacles.erase(
        std::remove_if(obstacles.begin(), obstacles.end(), [](const QRectF &r) { return r.isEmpty(); }),
        obstacles.end());
    layout.names = layoutLabels(requests, view, obstacles, points);
    return layout;
}

} // namespace statescape::ui
