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

/// One device pixel: the only pen that QPainter does not turn into a filled outline, some fifty times slower
/// for long lines.
QPen hairline(const QColor &colour)
{
    QPen pen(colour, 1);
    pen.setCosmetic(true);
    return pen;
}

/// Text over points stays readable on a veil of the background.
void paintText(QPainter &painter, const OverlayScene &scene, const QRectF &rect, const QString &text,
               const QColor &colour)
{
    QColor veil = scene.colours.background;
    veil.setAlpha(190);
    painter.setPen(Qt::NoPen);
    painter.setBrush(veil);
    painter.drawRoundedRect(rect.adjusted(-3, -1, 3, 1), 3, 3);
    painter.setPen(colour);
    painter.drawText(rect, Qt::AlignCenter | Qt::TextDontClip, text);
}

void paintArrow(QPainter &painter, const QPointF &from, const QPointF &to)
{
    painter.drawLine(from, to);
    const QLineF line(to, from);
    if (line.length() < 12)
        return;
    for (const double turn : {-22.0, 22.0}) {
        QLineF barb = line;
        barb.setLength(8);
        barb.setAngle(line.angle() + turn);
        painter.drawLine(barb);
    }
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
    painter.setPen(QPen(scene.colours.axis, 1.2));
    for (const Axis &axis : boxAxes(scene))
        if (inFront(scene, axis.low) && inFront(scene, axis.high))
            paintArrow(painter, at(scene, axis.low), at(scene, axis.high));
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
    painter.setPen(QPen(scene.colours.axis, 1.2));
    paintArrow(painter, axes.corner, axes.right);
    paintArrow(painter, axes.corner, axes.top);
}

void paintLegend(QPainter &painter, const OverlayScene &scene, const QRectF &rect)
{
    QColor veil = scene.colours.background;
    veil.setAlpha(190);
    painter.setPen(Qt::NoPen);
    painter.setBrush(veil);
    painter.drawRoundedRect(rect.adjusted(-4, -2, 4, 2), 4, 4);
    const double line = QFontMetricsF(scene.font).height() + 3;
    double y = rect.top();
    for (const auto &style : scene.styles) {
        if (style.name.empty())
            continue;
        const QColor colour = QColor::fromRgb(scene.colours.dark ? style.onDark : style.onLight);
        paintMark(painter, style.shape, {rect.left() + 7, y + line / 2}, std::max(style.size, 5.0F) + 1,
                  colour);
        painter.setPen(scene.colours.muted);
        painter.drawText(QRectF(rect.left() + 20, y, rect.width() - 20, line),
                         Qt::AlignVCenter | Qt::TextDontClip, QString::fromStdString(style.name));
        y += line;
    }
}

void paintNow(QPainter &painter, const OverlayScene &scene, const QRectF &textRect)
{
    const QPointF p = at(scene, scene.now);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(scene.colours.background, 4.5));
    painter.drawEllipse(p, 7, 7);
    QColor faint = scene.colours.text;
    faint.setAlpha(110);
    painter.setPen(QPen(faint, 1.4));
    painter.drawEllipse(p, 12, 12);
    painter.setPen(QPen(scene.colours.text, 2));
    painter.drawEllipse(p, 7, 7);
    if (textRect.isValid())
        paintText(painter, scene, textRect, scene.nowText, scene.colours.text);
}

void paintNames(QPainter &painter, const OverlayScene &scene, const OverlayLayout &layout)
{
    painter.setFont(nameFont(scene));
    for (std::size_t i = 0; i < layout.names.size(); ++i) {
        const auto &place = layout.names[i];
        if (!place.placed)
            continue;
        const QColor colour = scene.names[i].colour.on(scene.colours.dark);
        if (place.leader) {
            QColor line = scene.colours.axis;
            painter.setPen(QPen(line, 1));
            painter.drawLine(place.line);
            painter.setBrush(scene.colours.background);
            painter.drawEllipse(place.line.p2(), 2, 2);
        }
        paintText(painter, scene, place.rect, scene.names[i].text, colour);
    }
    painter.setFont(scene.font);
}

void paintLasso(QPainter &painter, const OverlayScene &scene)
{
    QColor fill = scene.colours.text;
    fill.setAlpha(scene.colours.dark ? 18 : 14);
    painter.setPen(Qt::NoPen);
    painter.setBrush(fill);
    painter.drawPolygon(scene.lasso, Qt::OddEvenFill);
    QPen pen(scene.colours.text, 1.4);
    pen.setDashPattern({4, 3});
    painter.setPen(pen);
    painter.setBrush(Qt::NoBrush);
    painter.drawPolygon(scene.lasso);
    if (scene.lassoText.isEmpty())
        return;
    const QSizeF size = textSize(scene.font, scene.lassoText);
    const QRectF rect = kept({scene.lasso.last() + QPointF(16, 12), size}, scene.size);
    paintText(painter, scene, rect, scene.lassoText, scene.colours.text);
}

} // namespace

void paintGround(QPainter &painter, const OverlayScene &scene)
{
    if (scene.box.empty)
        return;
    painter.setRenderHint(QPainter::Antialiasing);
    scene.camera.mode() == ViewMode::TwoD ? paintFlat(painter, scene) : paintFloor(painter, scene);
}

void drawTrail(const PixelBuffer &out, const OverlayScene &scene, double scale)
{
    const std::size_t n = scene.trail.size();
    const int width = std::max(1, int(std::lround(scale)));
    for (std::size_t i = 1; i < n; ++i) {
        if (!inFront(scene, scene.trail[i - 1]) || !inFront(scene, scene.trail[i]))
            continue;
        const QPointF a = at(scene, scene.trail[i - 1]) * scale;
        const QPointF b = at(scene, scene.trail[i]) * scale;
        const bool steep = std::abs(b.y() - a.y()) > std::abs(b.x() - a.x());
        for (int k = 0; k < width; ++k) {
            const double dx = steep ? k : 0;
            const double dy = steep ? 0 : k;
            blendLine(out, a.x() + dx, a.y() + dy, b.x() + dx, b.y() + dy,
                      scene.colours.text.rgb() & 0xffffffU, 20 + int(130 * i / n));
        }
    }
}

void paintOverlay(QPainter &painter, const OverlayScene &scene, const OverlayLayout &layout)
{
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(scene.font);
    if (!scene.emptyText.isEmpty()) {
        painter.setPen(scene.colours.muted);
        painter.drawText(QRectF(QPointF(0, 0), scene.size), Qt::AlignCenter | Qt::TextWordWrap,
                         scene.emptyText);
        return;
    }
    for (std::size_t i = 0; i < layout.captions.size(); ++i)
        if (layout.captions[i].isValid())
            paintText(painter, scene, layout.captions[i], scene.captions[i], scene.colours.muted);
    paintNames(painter, scene, layout);
    if (scene.hasNow && inFront(scene, scene.now))
        paintNow(painter, scene, layout.nowText);
    if (scene.hasHover && inFront(scene, scene.hover)) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(scene.colours.background, 4));
        painter.drawEllipse(at(scene, scene.hover), 6, 6);
        painter.setPen(QPen(scene.colours.text, 1.6));
        painter.drawEllipse(at(scene, scene.hover), 6, 6);
    }
    if (layout.legend.isValid())
        paintLegend(painter, scene, layout.legend);
    if (layout.hint.isValid())
        paintText(painter, scene, layout.hint, scene.hint, scene.colours.muted);
    if (scene.lasso.size() > 1)
        paintLasso(painter, scene);
}

void paintMark(QPainter &painter, Shape shape, const QPointF &centre, double size, const QColor &colour)
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.translate(centre);
    const double r = size / 2;
    const QPen pen(colour, std::max(1.4, r * 0.54), Qt::SolidLine, Qt::FlatCap);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colour);
    switch (shape) {
    case Shape::Dot:
        painter.drawEllipse(QPointF(0, 0), r, r);
        break;
    case Shape::Square:
        painter.drawRect(QRectF(-0.86 * r, -0.86 * r, 1.72 * r, 1.72 * r));
        break;
    case Shape::Diamond:
        painter.drawPolygon(QPolygonF{{0, -1.12 * r}, {1.12 * r, 0}, {0, 1.12 * r}, {-1.12 * r, 0}});
        break;
    case Shape::TriangleUp:
        painter.drawPolygon(QPolygonF{{0, -1.05 * r}, {1.09 * r, 0.8 * r}, {-1.09 * r, 0.8 * r}});
        break;
    case Shape::TriangleDown:
        painter.drawPolygon(QPolygonF{{0, 1.05 * r}, {1.09 * r, -0.8 * r}, {-1.09 * r, -0.8 * r}});
        break;
    case Shape::Circle:
        painter.setBrush(Qt::NoBrush);
        painter.setPen(pen);
        painter.drawEllipse(QPointF(0, 0), r * 0.77, r * 0.77);
        break;
    case Shape::Cross:
        painter.rotate(45);
        [[fallthrough]];
    case Shape::Plus:
        painter.setPen(pen);
        painter.drawLine(QPointF(-r, 0), QPointF(r, 0));
        painter.drawLine(QPointF(0, -r), QPointF(0, r));
        break;
    }
    painter.restore();
}

} // namespace statescape::ui
