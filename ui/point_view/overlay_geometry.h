// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Shared by the parts of the overlay, layout and painting; not for others.
#include "ui/point_view/overlay.h"

#include <QFontMetricsF>
#include <QTextCursor>
#include <QTextDocument>
#include <algorithm>
#include <cmath>

namespace statescape::ui::overlay {

inline constexpr double kEdge = 14;   ///< between texts and the edge of the view, logical px
inline constexpr double kHandle = 6;  ///< radius of a polygon's closing handle
inline constexpr double kCardPad = 7; ///< between a card's edge and its text
inline constexpr double kBarHeight = 150;
inline constexpr double kBarWidth = 12;
inline constexpr double kBarTop = 12; ///< between a colour scale's title and its bar

inline QPointF at(const OverlayScene &scene, const Vec3 &p)
{
    const auto v = scene.camera.project(p);
    return {v.x, v.y};
}

inline bool inFront(const OverlayScene &scene, const Vec3 &p)
{
    return scene.camera.project(p).visible;
}

inline QSizeF textSize(const QFont &font, const QString &text)
{
    const QFontMetricsF metrics(font);
    return {std::ceil(metrics.horizontalAdvance(text)) + 2, std::ceil(metrics.height())};
}

inline QFont nameFont(const OverlayScene &scene)
{
    QFont font = scene.font;
    font.setBold(true);
    return font;
}

inline void fillDocument(QTextDocument &document, const OverlayScene &scene, const QString &text)
{
    document.setDefaultFont(scene.font);
    document.setDocumentMargin(0);
    Qt::mightBeRichText(text) ? document.setHtml(text) : document.setPlainText(text);
    document.setTextWidth(std::min(document.idealWidth() + 1, scene.size.width() * 0.45));
}

/// Where texts may be: inside the edge and below messages.
inline QRectF room(const OverlayScene &scene)
{
    return QRectF(QPointF(0, 0), scene.size).adjusted(kEdge, kEdge + scene.topInset, -kEdge, -kEdge + 4);
}

struct Axis {
    Vec3 low, high; ///< the arrow points to where values grow
};

/// Edges of the box that have no points behind them on the screen: of the floor's the two lowest on the
/// screen, and the upright one farthest left.
inline std::array<Axis, 3> boxAxes(const OverlayScene &scene)
{
    const Box &b = scene.box;
    const auto height = [&](double x, double z) { return at(scene, {x, b.low[1], z}).y(); };
    const Vec3 c = b.centre();
    const double x = height(b.low[0], c[2]) > height(b.high[0], c[2]) ? b.low[0] : b.high[0];
    const double z = height(c[0], b.low[2]) > height(c[0], b.high[2]) ? b.low[2] : b.high[2];
    Vec3 left = b.corner(0);
    for (const int corner : {1, 4, 5})
        if (at(scene, b.corner(corner)).x() < at(scene, left).x())
            left = b.corner(corner);
    Vec3 top = left;
    top[1] = b.high[1];
    return {{{{b.low[0], b.low[1], z}, {b.high[0], b.low[1], z}},
             {left, top},
             {{x, b.low[1], b.low[2]}, {x, b.low[1], b.high[2]}}}};
}

struct FlatAxes {
    QPointF corner, right, top;
};

inline FlatAxes flatAxes(const OverlayScene &scene)
{
    const double line = QFontMetricsF(scene.font).height();
    const QPointF corner(kEdge + 8, scene.size.height() - 2 * line - kEdge - 8);
    return {corner, {scene.size.width() - kEdge, corner.y()}, {corner.x(), kEdge + scene.topInset}};
}

/// The axis lines as drawn, px.
inline std::vector<QLineF> axisLines(const OverlayScene &scene)
{
    std::vector<QLineF> out;
    if (scene.box.empty)
        return out;
    if (scene.camera.mode() == ViewMode::TwoD) {
        const auto axes = flatAxes(scene);
        return {QLineF(axes.corner, axes.right), QLineF(axes.corner, axes.top)};
    }
    for (const Axis &axis : boxAxes(scene))
        if (inFront(scene, axis.low) && inFront(scene, axis.high))
            out.emplace_back(at(scene, axis.low), at(scene, axis.high));
    return out;
}

inline QRectF kept(QRectF rect, const QRectF &in)
{
    rect.moveLeft(std::clamp(rect.left(), in.left(), std::max(in.left(), in.right() - rect.width())));
    rect.moveTop(std::clamp(rect.top(), in.top(), std::max(in.top(), in.bottom() - rect.height())));
    return rect;
}

QPen hairline(const QColor &colour);
void paintText(QPainter &painter, const OverlayScene &scene, const QRectF &rect, const QString &text,
               const QColor &colour);
void paintArrow(QPainter &painter, const QPointF &from, const QPointF &to);
void layoutCaptions(const OverlayScene &scene, OverlayLayout &layout);
void layoutLegends(const OverlayScene &scene, OverlayLayout &layout);
void paintLegend(QPainter &painter, const OverlayScene &scene, const QRectF &rect);
void paintColourScale(QPainter &painter, const OverlayScene &scene, const QRectF &rect);
void paintDrawing(QPainter &painter, const OverlayScene &scene, const OverlayLayout &layout);
void paintOutline(QPainter &painter, const OverlayScene &scene, const OverlayLayout &layout);
void paintBrush(QPainter &painter, const OverlayScene &scene);

} // namespace statescape::ui::overlay
