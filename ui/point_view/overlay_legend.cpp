// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/overlay_geometry.h"

namespace statescape::ui {
namespace {

void paintVeil(QPainter &painter, const OverlayScene &scene, const QRectF &rect)
{
    QColor veil = scene.colours.background;
    veil.setAlpha(205);
    painter.setPen(Qt::NoPen);
    painter.setBrush(veil);
    painter.drawRoundedRect(rect.adjusted(-6, -4, 6, 4), 4, 4);
}

} // namespace

namespace overlay {

void paintLegend(QPainter &painter, const OverlayScene &scene, const QRectF &rect)
{
    paintVeil(painter, scene, rect);
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

void paintColourScale(QPainter &painter, const OverlayScene &scene, const QRectF &rect)
{
    paintVeil(painter, scene, rect);
    const ColourScale &scale = *scene.colourScale;
    const QFontMetricsF metrics(scene.font);
    const double line = metrics.height() + 3;
    painter.setPen(scene.colours.text);
    painter.drawText(QRectF(rect.left(), rect.top(), rect.width(), line), Qt::AlignVCenter | Qt::AlignLeft,
                     metrics.elidedText(scale.title, Qt::ElideRight, rect.width()));
    const QRectF bar(rect.left(), rect.top() + line + kBarTop, kBarWidth, kBarHeight);
    QLinearGradient gradient(bar.bottomLeft(), bar.topLeft());
    for (std::size_t i = 0; i < scale.ramp.size(); ++i)
        gradient.setColorAt(double(i) / double(scale.ramp.size() - 1), scale.ramp[i].on(scene.colours.dark));
    painter.setPen(Qt::NoPen);
    painter.setBrush(gradient);
    painter.drawRect(bar);
    double lastTop = bar.bottom() + line;
    auto ticks = scale.ticks;
    std::sort(ticks.begin(), ticks.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
    for (const auto &[place, text] : ticks) {
        const double y = bar.bottom() - std::clamp(place, 0.0, 1.0) * bar.height();
        if (y + line / 2 > lastTop)
            continue;
        lastTop = y - line / 2;
        painter.setPen(QPen(scene.colours.axis, 1));
        painter.drawLine(QPointF(bar.right(), y), QPointF(bar.right() + 4, y));
        painter.setPen(scene.colours.muted);
        painter.drawText(QRectF(bar.right() + 8, y - line / 2, rect.right() - bar.right() - 8, line),
                         Qt::AlignVCenter | Qt::TextDontClip,
                         metrics.elidedText(text, Qt::ElideRight, rect.right() - bar.right() - 6));
    }
    if (scale.missingText.isEmpty())
        return;
    const double y = rect.bottom() - line;
    const PointStyle missing = missingStyle(9);
    paintMark(painter, missing.shape, {rect.left() + kBarWidth / 2, y + line / 2}, missing.size,
              QColor::fromRgb(scene.colours.dark ? missing.onDark : missing.onLight));
    painter.setPen(scene.colours.muted);
    painter.drawText(QRectF(rect.left() + 20, y, rect.width() - 20, line),
                     Qt::AlignVCenter | Qt::TextDontClip, scale.missingText);
}

} // namespace overlay

void paintMark(QPainter &painter, Shape shape, const QPointF &centre, double size, const QColor &colour)
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.translate(centre);
    const double r = size / 2;
    const QPen pen(colour, std::max(1.4, r * 0.54), Qt::SolidLine, Qt::FlatCap, Qt::MiterJoin);
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
    case Shape::HollowSquare:
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(colour, std::max(1.3, r * 0.4), Qt::SolidLine, Qt::FlatCap, Qt::MiterJoin));
        painter.drawRect(QRectF(-0.75 * r, -0.75 * r, 1.5 * r, 1.5 * r));
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
