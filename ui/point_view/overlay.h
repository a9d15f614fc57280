// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/point_view/camera.h"
#include "ui/point_view/colours.h"
#include "ui/point_view/label_layout.h"
#include "ui/point_view/raster.h"

#include <QFont>
#include <QPainter>
#include <QPolygonF>
#include <QString>
#include <array>
#include <vector>

namespace statescape::ui {

/// The name of a state or class and where its points have their middle, data units.
struct StateName {
    QString text;
    ColourPair colour;
    Vec3 position{0, 0, 0};
};

/// What surrounds the points. Plain values; painting it changes nothing but the places of the names.
struct OverlayScene {
    Camera camera;
    QSizeF size; ///< logical px
    Box box;     ///< fitted box, for floor and axes; empty: no axes
    ViewColours colours;
    QFont font;
    std::array<QString, 3> captions;
    std::vector<StateName> names;
    std::vector<PointStyle> styles; ///< for the legend
    bool showLegend = true;
    QString hint;      ///< bottom left
    QString emptyText; ///< in the middle, instead of everything else
    bool hasNow = false;
    Vec3 now{0, 0, 0};
    QString nowText;
    std::vector<Vec3> trail; ///< oldest first
    bool hasHover = false;
    Vec3 hover{0, 0, 0};
    QPolygonF lasso; ///< open selection, logical px
    QString lassoText;
};

/// Where things went, for tests and for keeping names still.
struct OverlayLayout {
    std::vector<QRectF> captions;
    QRectF legend, hint, nowText;
    std::vector<LabelPlace> names;
};

/// Room that a fit keeps free: left, top, right, bottom, logical px.
std::array<double, 4> fitMargins(ViewMode mode);
/// Floor and axes, under the points.
void paintGround(QPainter &painter, const OverlayScene &scene);
/// The path of the last samples, over the points, fainter the older. @param scale device px per logical px.
void drawTrail(const PixelBuffer &out, const OverlayScene &scene, double scale);
/// Where everything with text goes. @param previous last frame's layout, or null.
OverlayLayout layoutOverlay(const OverlayScene &scene, const Occupancy &points,
                            const OverlayLayout *previous);
/// Everything over the points.
void paintOverlay(QPainter &painter, const OverlayScene &scene, const OverlayLayout &layout);
/// One mark as the raster draws it, smooth, for legends. @param centre,size logical px.
void paintMark(QPainter &painter, Shape shape, const QPointF &centre, double size, const QColor &colour);

} // namespace statescape::ui
