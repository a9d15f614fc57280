// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/overlay_geometry.h"

#include <QImage>

namespace statescape::ui::overlay {
namespace {

QPolygonF polygonOf(const DrawnShape &shape)
{
    QPolygonF out;
    for (const AreaPoint &p : shape.points)
        out.append({p.x, p.y});
    return out;
}

/// The edge of everything within the radius of the path. Its outline as a path would take a union of as many
/// circles as the pointer made stops; rubbing the inside out again costs two strokes.
void paintStroke(QPainter &painter, const OverlayScene &scene, const DrawnShape &shape, const QColor &fill,
                 double line)
{
    const qreal ratio = painter.device()->devicePixelRatioF();
    const QRectF view(QPointF(0, 0), scene.size);
    QPolygonF path = polygonOf(shape);
    if (path.size() == 1)
        path.append(path.first() + QPointF(0.01, 0));
    const double r = shape.radius;
    const QRectF box = path.boundingRect().adjusted(-r - 3, -r - 3, r + 3, r + 3).intersected(view);
    if (box.isEmpty())
        return;
    QImage layer((box.size() * ratio).toSize() + QSize(2, 2), QImage::Format_ARGB32_Premultiplied);
    layer.setDevicePixelRatio(ratio);
    layer.fill(Qt::transparent);
    {
        QPainter ring(&layer);
        ring.setRenderHint(QPainter::Antialiasing);
        ring.translate(-box.topLeft());
        ring.setPen(QPen(scene.colours.text, 2 * r + line, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
        ring.drawPolyline(path);
        ring.setCompositionMode(QPainter::CompositionMode_Source);
        ring.setPen(QPen(fill, std::max(2 * r - line, 0.1), Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
        ring.drawPolyline(path);
    }
    painter.drawImage(box.topLeft(), layer);
}

void paintArea(QPainter &painter, const OverlayScene &scene, const DrawnShape &shape, bool closed)
{
    QColor fill = scene.colours.text;
    fill.setAlpha(scene.colours.dark ? 18 : 14);
    const double line = scene.colours.highContrast ? 2.4 : 1.4;
    if (shape.kind == DrawnShape::Kind::Stroke)
        return paintStroke(painter, scene, shape, fill, line);
    const QPolygonF polygon = polygonOf(shape);
    painter.setPen(Qt::NoPen);
    painter.setBrush(fill);
    painter.drawPolygon(polygon, Qt::OddEvenFill);
    QPen pen(scene.colours.text, line);
    pen.setDashPattern({4, 3});
    painter.setPen(pen);
    painter.setBrush(Qt::NoBrush);
    closed ? painter.drawPolygon(polygon) : painter.drawPolyline(polygon);
}

void paintCorners(QPainter &painter, const OverlayScene &scene, const OpenDrawing &drawing)
{
    const QPolygonF polygon = polygonOf(drawing.shape);
    if (drawing.pointer && !drawing.closing) {
        QColor faint = scene.colours.text;
        faint.setAlpha(130);
        QPen pen(faint, 1);
        pen.setDashPattern({2, 4});
        painter.setPen(pen);
        painter.drawLine(polygon.last(), *drawing.pointer);
        if (polygon.size() > 1)
            painter.drawLine(*drawing.pointer, polygon.first());
    }
    painter.setPen(Qt::NoPen);
    painter.setBrush(scene.colours.text);
    for (qsizetype i = 1; i < polygon.size(); ++i)
        painter.drawRect(QRectF(polygon[i] - QPointF(2.5, 2.5), QSizeF(5, 5)));
    const double r = drawing.closing ? kHandle + 2 : kHandle;
    painter.setPen(QPen(scene.colours.text, drawing.canClose ? 1.8 : 1));
    painter.setBrush(drawing.closing ? scene.colours.text : scene.colours.background);
    painter.drawEllipse(polygon.first(), r, r);
}

} // namespace

void paintDrawing(QPainter &painter, const OverlayScene &scene, const OverlayLayout &layout)
{
    const OpenDrawing &drawing = *scene.drawing;
    if (drawing.shape.points.empty()) {
        if (layout.drawingText.isValid())
            paintText(painter, scene, layout.drawingText, drawing.text, scene.colours.text);
        return;
    }
    const bool single = drawing.shape.points.size() == 1 && drawing.shape.kind == DrawnShape::Kind::Polygon;
    if (!single)
        paintArea(painter, scene, drawing.shape, !drawing.corners);
    if (drawing.corners)
        paintCorners(painter, scene, drawing);
    if (layout.drawingText.isValid())
        paintText(painter, scene, layout.drawingText, drawing.text, scene.colours.text);
}

void paintOutline(QPainter &painter, const OverlayScene &scene, const OverlayLayout &layout)
{
    paintArea(painter, scene, scene.outline, true);
    if (!layout.outlineName.isValid())
        return;
    painter.setFont(nameFont(scene));
    paintText(painter, scene, layout.outlineName, scene.outlineName, scene.colours.text);
    painter.setFont(scene.font);
}

void paintBrush(QPainter &painter, const OverlayScene &scene)
{
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(scene.colours.background, 3));
    painter.drawEllipse(*scene.brush, scene.brushRadius, scene.brushRadius);
    painter.setPen(QPen(scene.colours.text, scene.colours.highContrast ? 2 : 1.2));
    painter.drawEllipse(*scene.brush, scene.brushRadius, scene.brushRadius);
}

} // namespace statescape::ui::overlay
