// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/point_view/camera.h"
#include "ui/point_view/drawing.h"
#include "ui/point_view/drawn_area.h"
#include "ui/point_view/morph.h"
#include "ui/point_view/overlay.h"
#include "ui/point_view/point_renderer.h"
#include "ui/point_view/view_bounds.h"

#include <QElapsedTimer>
#include <QTimer>
#include <QWidget>
#include <functional>
#include <memory>
#include <optional>

namespace statescape::ui {

/// The map of samples: points in 2D or 3D with their axes, names and tools.
///
/// Data come in as immutable sets and may be replaced 60 times a second; the view repaints once a frame
/// however often. It does not follow every sample: the fitted box grows only when points leave it, and once a
/// person has moved the view it stays until reset(). The view changes neither points nor selection by itself:
/// it reports what was drawn round and is told the outcome.
///
/// More points than fit a frame are drawn in slices between which input is handled, so that the view never
/// waits for its picture.
///
/// What is drawn keeps its place in the data while the view moves (see AnchoredShape); what it selects is
/// what lies inside its outline as shown when it is closed, to the row.
/// @thread GUI thread.
class PointView : public QWidget {
    Q_OBJECT
public:
    /// Move: pan in 2D, orbit in 3D.
    enum class Tool { Move, Lasso, Rectangle, Polygon, Brush };
    Q_ENUM(Tool)
    /// Automatic: when marks would cover one another, with slack either way so that it does not flicker.
    enum class Density { Automatic, On, Off };
    Q_ENUM(Density)
    /// Grown: the same axes. Morph: other axes; every point goes from its old place to its new one.
    enum class PointsChange { Grown, Morph };
    Q_ENUM(PointsChange)
    using Slab = std::optional<std::pair<double, double>>;

    explicit PointView(QWidget *parent = nullptr);
    ~PointView() override;

    /// @param points null: none. Rows keep their meaning; selection, now, trail and cursor are numbered in
    /// the set shown. A set that begins with the storage of the last costs only what is new.
    void setPoints(std::shared_ptr<const PointSet> points, PointsChange change = PointsChange::Grown);
    [[nodiscard]] const std::shared_ptr<const PointSet> &points() const { return m_points; }
    /// @param styles at most kMaxStyles; those with a name make the legend.
    void setStyles(std::vector<PointStyle> styles);
    /// @param rows one byte a row; null: nothing selected. Shorter than the points: the rest is not selected.
    void setSelection(RowMaskPtr rows);
    [[nodiscard]] RowMaskPtr selection() const { return m_selection; }
    /// What each axis means, e.g. "PC1 41 %: block latency, I/O wait".
    void setAxes(const std::array<QString, 3> &captions);
    void setAxisArrows(std::vector<AxisArrow> arrows);
    void setColourScale(std::optional<ColourScale> scale);
    /// @param row of the newest sample; -1: no ring.
    void setNow(std::int64_t row);
    /// Rows first..last joined by a faint line, oldest first; first < 0: none. Missing rows break it.
    /// @param ages of these rows, 0 now .. 1 as good as gone; empty: by row. A jump of more than a sixth
    /// breaks the line.
    void setTrail(std::int64_t first, std::int64_t last, std::vector<float> ages = {});
    void setNames(std::vector<StateName> names);
    void setEmptyText(const QString &text);
    void setLegendVisible(bool visible);
    void setHintVisible(bool visible);
    /// Fades what is not selected while something is.
    void setDimUnselected(bool dim);
    void setDensity(Density density);
    [[nodiscard]] Density density() const { return m_density; }
    [[nodiscard]] bool densityShown() const { return m_densityShown; }
    void setDepthCue(DepthCue cue);
    [[nodiscard]] DepthCue depthCue() const { return m_depthCue; }
    /// How much of the top is covered by messages; texts keep below. @param px logical
    void setTopInset(int px);
    /// Smooth moves of camera and points; off for people who want none. Never where the desktop has none.
    void setAnimated(bool animated);
    /// Text for a row, plain or rich, for the tooltip and the cursor's card; empty text: none.
    void setTooltipProvider(std::function<QString(std::int64_t row)> provider);

    void setMode(ViewMode mode);
    [[nodiscard]] ViewMode mode() const { return m_mode; }
    void setLens(Lens lens);
    void setAspect(Aspect aspect);
    void setTool(Tool tool);
    [[nodiscard]] Tool tool() const { return m_tool; }
    void setBrushRadius(double logicalPx); ///< clamped to 3..400
    [[nodiscard]] double brushRadius() const { return m_brushRadius; }
    /// What a drawing does while no modifier key says otherwise: the twin of Ctrl and Alt for toolbars.
    void setSelectionOp(SelectionOp op);
    [[nodiscard]] SelectionOp selectionOp() const { return m_baseOp; }
    [[nodiscard]] bool hasOpenLasso() const { return m_drawing.isOpen(); }
    /// Only points between two depths, as Camera::project() gives them, are selected; the others are faint.
    /// The slab stays with the data as the view moves. 3D only.
    void setSlab(const Slab &slab);
    [[nodiscard]] Slab slab() const { return slabFor(m_camera); }
    /// Another shape to show, as one being drawn looks: a saved selection's outline, or for pictures.
    /// @param shape logical px of @p drawnWith, or of camera() when null; it keeps its place in the data.
    void setOpenShape(const std::optional<DrawnShape> &shape, const QString &name = {},
                      const Camera *drawnWith = nullptr);

    /// The cursor goes from point to point with the keyboard; -1: none.
    /// @param centre brings the row to the middle; without, only into the view when it is outside.
    void setCursorRow(std::int64_t row, bool centre = false);
    [[nodiscard]] std::int64_t cursorRow() const { return m_cursor; }
    [[nodiscard]] QString textOf(std::int64_t row) const; ///< of the tooltip provider

    /// Shows all points and follows them as they grow; keeps the angles.
    void fit();
    /// Shows the selected points; without any, all.
    void fitSelection();
    /// fit() from the angles of the start.
    void reset();
    [[nodiscard]] bool followsData() const { return m_follow; }
    [[nodiscard]] const Camera &camera() const { return m_camera; }
    void setCamera(const Camera &camera);

    /// The row shown at @p position (logical px), -1 when none is near.
    [[nodiscard]] std::int64_t rowAt(const QPointF &position) const;
    /// The view as it would be painted at @p size logical px, complete, without a screen. Changes nothing.
    [[nodiscard]] QImage renderToImage(const QSize &size, qreal devicePixelRatio = 1);
    /// Where texts went in the last paint.
    [[nodiscard]] const OverlayLayout &overlayLayout() const { return m_layout; }
    /// Whether the picture on the screen shows every point and nothing is under way.
    [[nodiscard]] bool isSettled() const;

    [[nodiscard]] QSize sizeHint() const override { return {900, 620}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {240, 180}; }

Q_SIGNALS:
    /// A shape, a click or the cursor selected. @p rows has one byte a row of the set shown: what was drawn
    /// round; the owner combines it with @p op. @p area gives the same rows again, see rowsIn().
    void selectionMade(statescape::ui::RowMaskPtr rows, statescape::ui::SelectionOp op,
                       statescape::ui::DrawnArea area);
    void selectionOpChanged(statescape::ui::SelectionOp op);
    void hovered(qint64 row, const QPoint &globalPosition); ///< row -1: no point any more
    void cursorMoved(qint64 row);                           ///< -1: it was left
    void rowActivated(qint64 row);
    void menuRequested(const QPoint &globalPosition, qint64 row);
    void toolChanged(statescape::ui::PointView::Tool tool);
    void brushRadiusChanged(double logicalPx);
    void densityShownChanged(bool shown);
    void slabChanged();
    void followChanged(bool follows);
    void frameTimed(double milliseconds); ///< whole paint of the last frame

protected:
    bool event(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void changeEvent(QEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void wheelEvent(QWheelEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void keyReleaseEvent(QKeyEvent *event) override;
    void focusOutEvent(QFocusEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void contextMenuEvent(QContextMenuEvent *event) override;

private:
    enum class Gesture { None, Move, Draw };

    // point_view.cpp
    void invalidate(); ///< anything but the number of points changed
    [[nodiscard]] bool motionAllowed() const;
    [[nodiscard]] bool isPoint(std::int64_t row) const; ///< has a place and is shown
    [[nodiscard]] Vec3 positionOf(std::int64_t row) const;
    void describe(); ///< tells assistive technology what is shown

    // point_view_points.cpp
    void startMorph(const std::shared_ptr<const PointSet> &old);
    void endMorph();
    void morphTick();
    [[nodiscard]] const PointSet *drawn() const; ///< what is on the screen: during a morph not points()

    // point_view_camera.cpp
    void fitNow(const Box &box, bool animated);
    void moveTo(const Camera &target, bool animated);
    void applyCamera(const Camera &camera);
    void userMoved(const Camera &camera);
    void setFollow(bool follow);
    void tick();
    [[nodiscard]] Slab slabFor(const Camera &camera) const;
    [[nodiscard]] Projection projectionFor(const Camera &camera, const QSizeF &size, qreal ratio) const;

    // point_view_slab.cpp
    void thinSlab(double factor);
    void moveSlab(double share);

    // point_view_frame.cpp
    [[nodiscard]] RasterStyle rasterStyle(qreal ratio) const;
    void paintGroundImage(QImage &image, const OverlayScene &scene, qreal ratio) const;
    void drawSlice(const OverlayScene &scene, qreal ratio, double budgetMs);
    [[nodiscard]] const QImage &withTrail(const OverlayScene &scene, qreal ratio);
    void drawOn();
    void decideDensity();
    void setDensityShown(bool shown);
    [[nodiscard]] bool moving() const;
    void touch(); ///< something moves now

    // point_view_scene.cpp
    [[nodiscard]] OverlayScene makeScene(const Camera &camera, const QSizeF &size) const;
    void addTrail(OverlayScene &scene) const;
    void addDrawing(OverlayScene &scene) const;
    [[nodiscard]] QStringList hints() const;
    [[nodiscard]] Occupancy occupancy(const Camera &camera, const QSizeF &size) const;

    // point_view_drawing.cpp
    void beginDraw(const QPointF &at, Tool tool, Qt::KeyboardModifiers modifiers);
    void commitDraw(Qt::KeyboardModifiers modifiers);
    void cancelDraw();
    void endDraw();
    void commitClick(const QPointF &at, SelectionOp op);
    void emitArea(const DrawnArea &area, SelectionOp op);
    [[nodiscard]] DrawnArea areaOf(DrawnShape shape) const;
    [[nodiscard]] DrawnShape pointShape(std::int64_t row, const Camera &camera) const;
    [[nodiscard]] bool overClosingHandle(const QPointF &at) const;
    [[nodiscard]] SelectionOp opFor(Qt::KeyboardModifiers modifiers) const;
    [[nodiscard]] QString describeDrawing() const;
    void previewChanged();
    void refreshPreview();
    void polygonPress(const QPointF &at, Qt::KeyboardModifiers modifiers);
    [[nodiscard]] bool polygonKey(QKeyEvent *event);

    // point_view_input.cpp, point_view_keys.cpp
    void dragView(const QPointF &delta, bool pan);
    void updatePointer();
    void setHover(std::int64_t row, const QPoint &globalPosition);
    [[nodiscard]] bool wantsKey(const QKeyEvent &event) const;
    [[nodiscard]] bool cursorKey(QKeyEvent *event);
    [[nodiscard]] bool slabKey(QKeyEvent *event);
    [[nodiscard]] bool toolKey(QKeyEvent *event);
    void leaveOne(QKeyEvent *event);

    // point_view_cursor.cpp
    void toggleCursor();
    void moveCursor(const QPointF &direction);
    void stepCursor(std::int64_t from, std::int64_t step);
    void selectCursor(Qt::KeyboardModifiers modifiers);

    std::unique_ptr<PointRenderer> m_renderer;
    std::shared_ptr<const PointSet> m_points;
    Box m_data; ///< of all of m_points
    std::vector<PointStyle> m_styles;
    RowMaskPtr m_selection;
    std::array<QString, 3> m_captions, m_captionsPainted, m_captionsBefore;
    std::vector<AxisArrow> m_arrows;
    std::optional<ColourScale> m_colourScale;
    std::vector<StateName> m_names;
    std::int64_t m_now = -1, m_trailFirst = -1, m_trailLast = -1;
    std::vector<float> m_trailAges;
    QString m_emptyText;
    bool m_legend = true, m_hint = true, m_dim = false, m_animated = true, m_follow = true;
    int m_topInset = 0;
    std::function<QString(std::int64_t)> m_tooltip;
    Density m_density = Density::Automatic;
    bool m_densityShown = false;
    DepthCue m_depthCue = DepthCue::Fog;
    QElapsedTimer m_densitySince;

    ViewMode m_mode = ViewMode::TwoD;
    Camera m_camera;
    Camera m_otherCamera; ///< of the mode not shown
    ViewBounds m_bounds;
    Camera m_from, m_to; ///< of a running animation
    QElapsedTimer m_animation;
    QTimer m_ticker;
    Morph m_morph;
    std::shared_ptr<const PointSet> m_between; ///< points under way
    double m_morphDone = 1;
    QElapsedTimer m_morphClock;
    QTimer m_morphTicker;
    struct DataSlab {
        Vec3 anchor;      ///< its depth is where both are measured from, data units
        double near, far; ///< view units, at axis scale 1
    };
    std::optional<DataSlab> m_slab;

    QImage m_ground, m_frame, m_shown; ///< ground; with points; with the trail
    std::uint64_t m_scene = 1, m_drawnScene = 0;
    std::shared_ptr<const PointSet> m_drawnPoints;
    DrawResult m_result;
    QElapsedTimer m_incomplete; ///< since the picture on the screen has not been complete
    QElapsedTimer m_touched;
    double m_wholeMs = 0; ///< of the last picture drawn at once
    QTimer m_goOn;
    QTimer m_densityTimer;
    OverlayLayout m_layout;
    Camera m_layoutCamera;
    QSize m_layoutSize;

    Tool m_tool = Tool::Move;
    double m_brushRadius = 24;
    Gesture m_gesture = Gesture::None;
    Drawing m_drawing;
    Qt::KeyboardModifiers m_drawModifiers;
    SelectionOp m_baseOp = SelectionOp::Replace;
    struct Preview {
        std::size_t count = 0;
        bool stale = true;
        double costMs = 0;
        RowMaskPtr shown; ///< what would be selected; null: not highlighted
        QElapsedTimer made;
    } m_preview;
    QTimer m_previewTimer;
    std::size_t m_slabCount = 0;
    AnchoredShape m_outline;
    QString m_outlineName;
    bool m_space = false;
    bool m_fitAfterDraw = false;
    bool m_swallowMenu = false;
    bool m_panDrag = false;
    QPointF m_last;
    std::optional<QPointF> m_pointer; ///< while it is over the view
    QPoint m_hoverPosition;
    QTimer m_hoverTimer;
    double m_pickMs = 0; ///< the last look under the pointer took
    std::int64_t m_hover = -1;
    std::int64_t m_cursor = -1;
};

} // namespace statescape::ui

Q_DECLARE_METATYPE(statescape::ui::RowMaskPtr)
Q_DECLARE_METATYPE(statescape::ui::DrawnArea)
