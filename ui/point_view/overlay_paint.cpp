// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/overlay_geometry.h"

namespace statescape::ui {

using namespace overlay;

namespace {

void paintRing(QPainter &painter, const OverlayScene &scene, const QPointF &at, double radius, double width)
{
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(scene.colours.background, width + 2.6));
    painter.drawEllipse(at, radius, radius);
    painter.setPen(QPen(scene.colours.text, width));
    painter.drawEllipse(at, radius, radius);
}

void paintNow(QPainter &painter, const OverlayScene &scene, const QRectF &textRect, const QRectF &drawing)
{
    const QPointF p = at(scene, scene.now);
    QColor faint = scene.colours.text;
    faint.setAlpha(scene.colours.highContrast ? 255 : 110);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(faint, 1.4));
    painter.drawEllipse(p, 12, 12);
    paintRing(painter, scene, p, 7, 2);
    if (textRect.isValid() && !textRect.intersects(drawing))
        paintText(painter, scene, textRect, scene.nowText, scene.colours.text);
}

void paintCursor(QPainter &painter, const OverlayScene &scene, const QRectF &card)
{
    const QPointF p = at(scene, scene.cursor);
    paintRing(painter, scene, p, 9, 2);
    for (const QPointF &way : {QPointF(1, 0), QPointF(-1, 0), QPointF(0, 1), QPointF(0, -1)}) {
        painter.setPen(QPen(scene.colours.background, 4.6));
        painter.drawLine(p + way * 9, p + way * 14);
        painter.setPen(QPen(scene.colours.text, 2));
        painter.drawLine(p + way * 9, p + way * 14);
    }
    if (!card.isValid())
        return;
    painter.setPen(QPen(scene.colours.axis, 1));
    painter.setBrush(scene.colours.background);
    painter.drawRoundedRect(card, 4, 4);
    QTextDocument document;
    fillDocument(document, scene, scene.cursorText);
    QTextCursor all(&document);
    all.select(QTextCursor::Document);
    QTextCharFormat format;
    format.setForeground(scene.colours.text);
    all.mergeCharFormat(format);
    painter.save();
    painter.translate(card.topLeft() + QPointF(kCardPad, kCardPad));
    document.drawContents(&painter);
    painter.restore();
}

void paintLeader(QPainter &painter, const OverlayScene &scene, const LabelPlace &place)
{
    painter.setPen(QPen(scene.colours.axis, 1));
    painter.drawLine(place.line);
    painter.setBrush(scene.colours.background);
    painter.drawEllipse(place.line.p2(), 2, 2);
}

void paintNames(QPainter &painter, const OverlayScene &scene, const OverlayLayout &layout)
{
    painter.setFont(nameFont(scene));
    for (std::size_t i = 0; i < layout.names.size(); ++i) {
        const auto &place = layout.names[i];
        if (!place.placed || place.rect.intersects(layout.drawingText))
            continue;
        if (place.leader)
            paintLeader(painter, scene, place);
        paintText(painter, scene, place.rect, scene.names[i].text,
                  scene.names[i].colour.on(scene.colours.dark));
    }
    painter.setFont(scene.font);
}

void paintArrows(QPainter &painter, const OverlayScene &scene, const OverlayLayout &layout)
{
    const Vec3 centre = scene.box.centre();
    for (std::size_t i = 0; i < scene.arrows.size(); ++i) {
        const Vec3 &d = scene.arrows[i].direction;
        const Vec3 tip{centre[0] + d[0], centre[1] + d[1], centre[2] + d[2]};
        if (!inFront(scene, centre) || !inFront(scene, tip))
            continue;
        painter.setPen(QPen(scene.colours.background, 4));
        painter.drawLine(at(scene, centre), at(scene, tip));
        painter.setPen(QPen(scene.colours.text, 1.5));
        paintArrow(painter, at(scene, centre), at(scene, tip));
        if (i >= layout.arrowNames.size() || !layout.arrowNames[i].placed ||
            layout.arrowNames[i].rect.intersects(layout.drawingText))
            continue;
        if (layout.arrowNames[i].leader)
            paintLeader(painter, scene, layout.arrowNames[i]);
        paintText(painter, scene, layout.arrowNames[i].rect, scene.arrows[i].text, scene.colours.text);
    }
}

} // namespace

namespace overlay {

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
    veil.setAlpha(scene.colours.highContrast ? 255 : 205);
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

} // namespace overlay

void paintOverlay(QPainter &painter, const OverlayScene &scene, const OverlayLayout &layout)
{
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(scene.font);
    if (!scene.emptyText.isEmpty()) {
        painter.setPen(scene.colours.muted);
        painter.drawText(QRectF(QPointF(0, 0), scene.size).adjusted(kEdge, scene.topInset, -kEdge, 0),
                         Qt::AlignCenter | Qt::TextWordWrap, scene.emptyText);
        return;
    }
    painter.setOpacity(scene.captionOpacity);
    for (std::size_t i = 0; i < layout.captions.size(); ++i)
        if (layout.captions[i].isValid() && !layout.captions[i].intersects(layout.drawingText))
            paintText(painter, scene, layout.captions[i], layout.captionTexts[i], scene.colours.muted);
    painter.setOpacity(1);
    paintArrows(painter, scene, layout);
    if (!scene.outline.points.empty())
        paintOutline(painter, scene, layout);
    paintNames(painter, scene, layout);
    if (scene.hasNow && inFront(scene, scene.now))
        paintNow(painter, scene, layout.nowText, layout.drawingText);
    if (scene.hasHover && inFront(scene, scene.hover))
        paintRing(painter, scene, at(scene, scene.hover), 6, 1.6);
    if (layout.legend.isValid())
        paintLegend(painter, scene, layout.legend);
    if (layout.colourScale.isValid())
        paintColourScale(painter, scene, layout.colourScale);
    if (layout.hint.isValid())
        paintText(painter, scene, layout.hint, layout.hintText, scene.colours.muted);
    if (layout.slabText.isValid())
        paintText(painter, scene, layout.slabText, scene.slabText, scene.colours.text);
    if (layout.progress.isValid())
        paintText(painter, scene, layout.progress, scene.progressText, scene.colours.muted);
    if (scene.hasCursor && inFront(scene, scene.cursor))
        paintCursor(painter, scene, layout.cursorCard);
    if (scene.drawing)
        paintDrawing(painter, scene, layout);
    if (scene.brush)
        paintBrush(painter, scene);
}

} // namespace statescape::ui
