// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/point_view/camera.h"
#include "ui/point_view/overlay.h"
#include "ui/point_view/point_renderer.h"
#include "ui/point_view/view_bounds.h"

#include <QElapsedTimer>
#include <QTimer>
#include <QWidget>
#include <functional>
#include <memory>

namespace statescape::ui {

/// The map of samples: points in 2D or 3D with their axes, names and tools.
///
/// Data come in as immutable sets and may be replaced 60 times a second; the view repaints once a frame
/// however often. It does not follow every sample: the fitted box grows only when points leave it, and once a
/// person has moved the view it stays until reset(). The view changes neither points nor selection by itself:
/// it reports what was drawn round and is told the outcome.
/// @thread GUI thread.
class PointView : public QWidget {
    Q_OBJECT
public:
    /// Move: pan in 2D, orbit in 3D.
    enum class Tool { Move, Lasso, Rectangle };
    Q_ENUM(Tool)

    explicit PointView(QWidget *parent = nullptr);
    ~PointView() override;

    /// @param points null: none. Rows keep their meaning; selection, now and trail are numbered in the set
    /// shown.
    void setPoints(std::shared_ptr<const PointSet> points);
    /// @param styles at most kMaxStyles; those with a name make the legend.
    void setStyles(std::vector<PointStyle> styles);
    /// @param rows one byte a row; null: nothing selected. Shorter than the points: the rest is not selected.
    void setSelection(RowMaskPtr rows);
    [[nodiscard]] RowMaskPtr selection() const { return m_selection; }
    /// What each axis means, e.g. "PC1 41 %: block latency, I/O wait".
    void setAxes(const std::array<QString, 3> &captions);
    /// @param row of the newest sample; -1: no ring.
    void setNow(std::int64_t row);
    /// Rows first..last joined by a faint line, oldest first; first < 0: none.
    void setTrail(std::int64_t first, std::int64_t last);
    void setNames(std::vector<StateName> names);
    void setEmptyText(const QString &text);
    void setLegendVisible(bool visible);
    void setHintVisible(bool visible);
    /// Fades what is not selected while something is.
    void setDimUnselected(bool dim);
    /// Smooth camera moves; off for people who want none.
    void setAnimated(bool animated) { m_animated = animated; }
    /// Text for the tooltip of a row; empty text: no tooltip.
    void setTooltipProvider(std::function<QString(std::int64_t row)> provider)
    {
        m_tooltip = std::move(provider);
    }

    void setMode(ViewMode mode);
    [[nodiscard]] ViewMode mode() const { return m_mode; }
    void setLens(Lens lens);
    void setAspect(Aspect aspect);
    void setTool(Tool tool);
    [[nodiscard]] Tool tool() const { return m_tool; }
    /// What a drawing does while no modifier key says otherwise: the twin of Ctrl and Alt for toolbars.
    void setSelectionOp(SelectionOp op);
    [[nodiscard]] bool hasOpenLasso() const { return m_gesture == Gesture::Draw; }
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
    /// The view as it would be painted at @p size logical px, without a screen. Changes nothing.
    [[nodiscard]] QImage renderToImage(const QSize &size, qreal devicePixelRatio = 1);
    /// Where texts went in the last paint.
    [[nodiscard]] const OverlayLayout &overlayLayout() const { return m_layout; }

    [[nodiscard]] QSize sizeHint() const override { return {900, 620}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {240, 180}; }

Q_SIGNALS:
    /// A lasso, rectangle or click ended. @p rows has one byte a row of the set shown: what was drawn round;
    /// the owner combines it with @p op.
    void selectionMade(statescape::ui::RowMaskPtr rows, statescape::ui::SelectionOp op);
    void hovered(qint64 row, const QPoint &globalPosition); ///< row -1: no point any more
    void rowActivated(qint64 row);
    void menuRequested(const QPoint &globalPosition, qint64 row);
    void toolChanged(statescape::ui::PointView::Tool tool);
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

    void invalidate(); ///< points or camera changed
    void fitNow(const Box &box, bool animated);
    void moveTo(const Camera &target, bool animated);
    void applyCamera(const Camera &camera);
    void userMoved(const Camera &camera);
    void setFollow(bool follow);
    void tick();
    [[nodiscard]] OverlayScene makeScene(const Camera &camera, const QSizeF &size) const;
    [[nodiscard]] Vec3 positionOf(std::int64_t row) const;
    [[nodiscard]] Occupancy occupancy(const Camera &camera, const QSizeF &size) const;
    void drawFrame(QImage &image, const OverlayScene &scene, qreal ratio);
    [[nodiscard]] RasterStyle rasterStyle(qreal ratio) const;
    [[nodiscard]] Projection projectionFor(const Camera &camera, const QSizeF &size, qreal ratio) const;
    void dragView(const QPointF &delta, bool pan);
    void beginDraw(const QPointF &at, Tool shape, Qt::KeyboardModifiers modifiers);
    void extendDraw(const QPointF &at);
    void commitDraw(Qt::KeyboardModifiers modifiers);
    void cancelDraw();
    [[nodiscard]] SelectionOp opFor(Qt::KeyboardModifiers modifiers) const;
    [[nodiscard]] RowMask rowsInside(const QPolygonF &lasso) const;
    [[nodiscard]] QString describeDrawing() const;
    void endDraw();
    void updateCursor();
    void setHover(std::int64_t row, const QPoint &globalPosition);

    std::unique_ptr<PointRenderer> m_renderer;
    std::shared_ptr<const PointSet> m_points;
    std::vector<PointStyle> m_styles;
    RowMaskPtr m_selection;
    std::array<QString, 3> m_captions;
    std::vector<StateName> m_names;
    std::int64_t m_now = -1, m_trailFirst = -1, m_trailLast = -1;
    QString m_emptyText;
    bool m_legend = true, m_hint = true, m_dim = false, m_animated = true, m_follow = true;
    std::function<QString(std::int64_t)> m_tooltip;

    ViewMode m_mode = ViewMode::TwoD;
    Camera m_camera;
    Camera m_otherCamera; ///< of the mode not shown
    ViewBounds m_bounds;
    Camera m_from, m_to; ///< of a running animation
    QElapsedTimer m_animation;
    QTimer m_ticker;

    QImage m_frame; ///< ground and points, without the texts over them
    bool m_frameValid = false;
    OverlayLayout m_layout;

    Tool m_tool = Tool::Move;
    Gesture m_gesture = Gesture::None;
    Tool m_drawing = Tool::Lasso;
    Qt::KeyboardModifiers m_drawModifiers;
    SelectionOp m_baseOp = SelectionOp::Replace;
    QPolygonF m_lasso;
    bool m_space = false;
    bool m_fitAfterDraw = false;
    bool m_swallowMenu = false;
    bool m_panDrag = false;
    QPointF m_last;
    QPoint m_hoverPosition;
    QTimer m_hoverTimer;
    std::int64_t m_hover = -1;
};

} // namespace statescape::ui

Q_DECLARE_METATYPE(statescape::ui::RowMaskPtr)
