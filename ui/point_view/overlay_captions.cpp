// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/overlay_geometry.h"

namespace statescape::ui::overlay {
namespace {

constexpr double kLegendFrom = 420; // width of a view that has room for one, px
constexpr double kLegendMark = 24;  // room for a mark before its name, px

/// Beside the middle of an edge, on the far side of it from the points.
QRectF besideEdge(const QLineF &edge, const QPointF &middle, const QSizeF &size)
{
    const QPointF half = edge.center();
    QPointF normal(edge.dy(), -edge.dx());
    const double length = std::hypot(normal.x(), normal.y());
    normal = length > 0 ? normal / length : QPointF(0, 1);
    if (QPointF::dotProduct(normal, half - middle) < 0)
        normal = -normal;
    const double clear =
        8 + std::abs(normal.x()) * size.width() / 2 + std::abs(normal.y()) * size.height() / 2;
    QRectF rect(QPointF(0, 0), size);
    rect.moveCenter(half + normal * clear);
    return rect;
}

} // namespace

void layoutCaptions(const OverlayScene &scene, OverlayLayout &layout)
{
    if (scene.box.empty)
        return;
    const QRectF in = room(scene);
    const bool flat = scene.camera.mode() == ViewMode::TwoD;
    const QPointF middle = at(scene, scene.box.centre());
    const auto axes = boxAxes(scene);
    const auto flatOnes = flatAxes(scene);
    const QFontMetricsF metrics(scene.font);
    for (std::size_t i = 0; i < (flat ? 2 : 3); ++i) {
        if (scene.captions[i].isEmpty() ||
            (!flat && (!inFront(scene, axes[i].low) || !inFront(scene, axes[i].high))))
            continue;
        const QString text = metrics.elidedText(scene.captions[i], Qt::ElideRight, in.width() - 20);
        const QSizeF size = textSize(scene.font, text);
        QRectF ideal;
        if (flat)
            ideal = i == 0 ? QRectF(flatOnes.right + QPointF(-size.width(), 4), size)
                           : QRectF(flatOnes.top + QPointF(10, 0), size);
        else if (i == 1)
            ideal = QRectF(at(scene, axes[i].high) + QPointF(-8, -6 - size.height()), size);
        else
            ideal = besideEdge({at(scene, axes[i].low), at(scene, axes[i].high)}, middle, size);
        layout.captions[i] = nearestFree(kept(ideal, in), in, layout.texts(), layout.axes);
        layout.captionTexts[i] = text;
    }
}

void layoutLegends(const OverlayScene &scene, OverlayLayout &layout)
{
    const double line = QFontMetricsF(scene.font).height() + 3;
    const double right = scene.size.width() - kEdge;
    const double top = kEdge + scene.topInset;
    double below = top;
    if (scene.colourScale && scene.colourScale->ramp.size() > 1) {
        const ColourScale &scale = *scene.colourScale;
        double width = textSize(scene.font, scale.title).width();
        for (const auto &[place, text] : scale.ticks)
            width = std::max(width, kBarWidth + 12 + textSize(scene.font, text).width());
        if (!scale.missingText.isEmpty())
            width = std::max(width, kLegendMark + textSize(scene.font, scale.missingText).width());
        width = std::min(width, scene.size.width() * 0.4);
        const double height =
            line + kBarTop + kBarHeight + line / 2 + (scale.missingText.isEmpty() ? 0 : line + 4);
        if (height < scene.size.height() * 0.7) {
            layout.colourScale = {right - width, top, width, height};
            below += height + 8;
        }
    }
    double width = 0;
    int lines = 0;
    for (const auto &style : scene.styles) {
        if (style.name.empty())
            continue;
        width = std::max(width, textSize(scene.font, QString::fromStdString(style.name)).width());
        ++lines;
    }
    // In a small view it would hide what it explains.
    const bool fits = scene.size.width() >= kLegendFrom && width + kLegendMark < scene.size.width() * 0.35 &&
                      lines * line < scene.size.height() * 0.5 &&
                      below + lines * line < scene.size.height() - 3 * line;
    if (scene.showLegend && lines > 0 && fits)
        layout.legend = {right - width - kLegendMark, below, width + kLegendMark, lines * line};
}

} // namespace statescape::ui::overlay
