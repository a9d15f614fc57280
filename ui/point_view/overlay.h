// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/point_view/area_selection.h"
#include "ui/point_view/axis_arrows.h"
#include "ui/point_view/camera.h"
#include "ui/point_view/colour_scale.h"
#include "ui/point_view/colours.h"
#include "ui/point_view/label_layout.h"
#include "ui/point_view/raster.h"

#include <QFont>
#include <QPainter>
#include <QPolygonF>
#include <QString>
#include <array>
#include <limits>
#include <optional>
#include <vector>

namespace statescape::ui {

/// The name of a state or class and where its points have their middle, data units.
struct StateName {
    QString text;
    ColourPair colour;
    Vec3 position{0, 0, 0};
};

/// A sample on the trail; a missing one (NaN) or a break ends the line there.
struct TrailPoint {
    Vec3 position;
    float age = 0;      ///< 0 now .. 1 as good as gone
    bool joined = true; ///< to the one before
};

/// The shape being drawn and what it holds.
struct OpenDrawing {
    DrawnShape shape; ///< logical px
    QString text;
    bool corners = false; ///< polygon: show its vertices and the handle that closes it
    bool closing = false; ///< the pointer is on that handle
    bool canClose = false;
    std::optional<QPointF> pointer; ///< polygon: where the next vertex would go
};

/// What surrounds the points. Plain values; painting it changes nothing but the places of the names.
struct OverlayScene {
    Camera camera;
    QSizeF size;         ///< logical px
    double topInset = 0; ///< so much of the top is covered by messages, logical px
    Box box;             ///< fitted box, for floor and axes; empty: no axes
    ViewColours colours;
    QFont font;
    std::array<QString, 3> captions;
    double captionOpacity = 1;
    std::vector<StateName> names;
    bool holdNames = false; ///< only data came in: names stay where they are as long as they may
    std::vector<AxisArrow> arrows;
    std::vector<PointStyle> styles; ///< for the legend
    bool showLegend = true;
    std::optional<ColourScale> colourScale;
    QStringList hints;    ///< bottom left, the first that fits
    QString slabText;     ///< above the hint
    QString progressText; ///< bottom right
    QString emptyText;    ///< in the middle, instead of everything else
    bool hasNow = false;
    Vec3 now{0, 0, 0};
    QString nowText;
    std::vector<TrailPoint> trail; ///< oldest first
    bool hasHover = false;
    Vec3 hover{0, 0, 0};
    bool hasCursor = false;
    Vec3 cursor{0, 0, 0};
    QString cursorText;                            ///< beside it, may be rich text
    std::optional<std::pair<double, double>> slab; ///< depths
    std::optional<OpenDrawing> drawing;
    DrawnShape outline; ///< of a saved selection, logical px
    QString outlineName;
    std::optional<QPointF> brush; ///< circle at the pointer
    double brushRadius = 0;
};

/// Where things went, for tests and for keeping names still.
struct OverlayLayout {
    std::array<QRectF, 3> captions;
    std::array<QString, 3> captionTexts; ///< shortened to fit
    QRectF legend, colourScale, hint, slabText, progress, nowText, cursorCard, outlineName;
    QRectF drawingText; ///< at the pointer; what it covers is not painted
    QString hintText;
    std::vector<LabelPlace> names;
    std::vector<QString> nameTexts;
    std::vector<LabelPlace> arrowNames;
    std::vector<QLineF> axes; ///< drawn axis lines
    /// Everything with text that must not overlap, valid ones only.
    [[nodiscard]] std::vector<QRectF> texts() const;
};

/// Room that a fit keeps free: left, top, right, bottom, logical px.
std::array<double, 4> fitMargins(ViewMode mode, double topInset = 0);
/// Floor, axes and the faces of the depth slab, under the points.
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
/// The corners of the cut of the plane at @p depth through the box, on the screen, in order; empty: none.
QPolygonF slabFace(const OverlayScene &scene, double depth);

} // namespace statescape::ui
