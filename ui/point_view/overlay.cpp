// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/overlay.h"

#include "ui/point_view/line.h"

#include <QFontMetricsF>
#include <algorithm>
#include <cmath>

namespace statescape::ui {
namespace {

constexpr double kEdge = 14;
constexpr int kFloorLines = 8;

QPointF at(const OverlayScene &scene, const Vec3 &p)
{
    const auto v = scene.camera.project(p);
    return {v.x, v.y};
}

bool inFront(const OverlayScene &scene, const Vec3 &p)
{
    return scene.camera.project(p).visible;
}

QSizeF textSize(const QFont &font, const QString &text)
{
    const QFontMetricsF metrics(font);
    return {std::ceil(metrics.horizontalAdvance(text)) + 2, std::ceil(metrics.height())};
}

QFont nameFont(const OverlayScene &scene)
{
    QFont font = scene.font;
    font.setBold(true);
    return font;
}

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

struct Axis {
    Vec3 low, high; ///< the arrow points to where values grow
};

/// Edges of the box that have no points behind them on the screen: the two nearest edges of the floor and the
/// upright one farthest left.
std::array<Axis, 3> boxAxes(const OverlayScene &scene)
{
    const Box &b = scene.box;
    const auto depth = [&](double x, double z) { return scene.camera.project({x, b.low[1], z}).depth; };
    const Vec3 c = b.centre();
    const double x = depth(b.low[0], c[2]) < depth(b.high[0], c[2]) ? b.low[0] : b.high[0];
    const double z = depth(c[0], b.low[2]) < depth(c[0], b.high[2]) ? b.low[2] : b.high[2];
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

struct FlatAxes {
    QPointF corner, right, top;
};

FlatAxes flatAxes(const OverlayScene &scene)
{
    const double line = QFontMetricsF(scene.font).height();
    const QPointF corner(kEdge + 8, scene.size.height() - 2 * line - kEdge - 8);
    return {corner, {scene.size.width() - kEdge, corner.y()}, {corner.x(), kEdge}};
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

QRectF kept(QRectF rect, const QSizeF &view)
{
    rect.moveLeft(std::clamp(rect.left(), kEdge, std::max(kEdge, view.width() - kEdge - rect.width())));
    rect.moveTop(std::clamp(rect.top(), kEdge, std::max(kEdge, view.height() - kEdge - rect.height())));
    return rect;
}

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
    if (scene.showLegend && lines > 0)
        layout.legend = {scene.size.width() - width - 24 - kEdge, kEdge, width + 24, lines * line};
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

std::array<double, 4> fitMargins(ViewMode mode)
{
    return mode == ViewMode::TwoD ? std::array<double, 4>{36, 36, 30, 66}
                                  : std::array<double, 4>{60, 44, 60, 64};
}

void paintGround(QPainter &painter, const OverlayScene &scene)
{
    if (scene.box.empty)
        return;
    painter.setRenderHint(QPainter::Antialiasing);
    scene.camera.mode() == ViewMode::TwoD ? paintFlat(painter, scene) : paintFloor(painter, scene);
}

OverlayLayout layoutOverlay(const OverlayScene &scene, const Occupancy &points, const OverlayLayout *previous)
{
    OverlayLayout layout;
    layoutLegend(scene, layout);
    if (!scene.hint.isEmpty()) {
        const QSizeF size = textSize(scene.font, scene.hint);
        layout.hint = {kEdge, scene.size.height() - kEdge - size.height() + 4, size.width(), size.height()};
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
