// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/point_view.h"

#include <QContextMenuEvent>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QToolTip>
#include <QWheelEvent>
#include <cmath>
#include <utility>

namespace statescape::ui {
namespace {

constexpr double kKeyStep = 24;       // px a key press pans or orbits
constexpr double kKeyZoom = 1.25;     // a key press
constexpr double kWheelZoom = 1.0016; // an eighth of a degree

} // namespace

void PointView::setTool(Tool tool)
{
    if (tool == m_tool)
        return;
    cancelDraw();
    m_tool = tool;
    updateCursor();
    emit toolChanged(tool);
}

void PointView::updateCursor()
{
    if (m_space || m_tool == Tool::Move)
        setCursor(m_gesture == Gesture::Move ? Qt::ClosedHandCursor : Qt::OpenHandCursor);
    else
        setCursor(Qt::CrossCursor);
}

SelectionOp PointView::opFor(Qt::KeyboardModifiers modifiers) const
{
    const bool add = modifiers & Qt::ControlModifier;
    const bool remove = modifiers & Qt::AltModifier;
    return add && remove ? SelectionOp::Intersect
           : add         ? SelectionOp::Add
           : remove      ? SelectionOp::Subtract
                         : m_baseOp;
}

void PointView::setSelectionOp(SelectionOp op)
{
    m_baseOp = op;
    update();
}

RowMask PointView::rowsInside(const QPolygonF &lasso) const
{
    const qreal ratio = devicePixelRatioF();
    std::vector<AreaPoint> polygon;
    for (const QPointF &v : lasso)
        polygon.push_back({v.x() * ratio, v.y() * ratio});
    return m_renderer->select(*m_points, projectionFor(m_camera, size(), ratio), polygon);
}

QString PointView::describeDrawing() const
{
    const QString points = tr("%Ln points", nullptr, int(countRows(rowsInside(m_lasso))));
    switch (opFor(m_drawModifiers)) {
    case SelectionOp::Add:
        return tr("+ add %1").arg(points);
    case SelectionOp::Subtract:
        return tr("− remove %1").arg(points);
    case SelectionOp::Intersect:
        return tr("∩ keep what is among %1").arg(points);
    case SelectionOp::Replace:
        break;
    }
    return points;
}

void PointView::dragView(const QPointF &delta, bool pan)
{
    Camera camera = m_camera;
    if (pan || m_mode == ViewMode::TwoD)
        camera.pan(delta.x(), delta.y());
    else
        camera.orbit(delta.x(), delta.y());
    userMoved(camera);
}

void PointView::beginDraw(const QPointF &at, Tool shape, Qt::KeyboardModifiers modifiers)
{
    // What is drawn round must not slide away beneath the pointer.
    m_ticker.stop();
    m_gesture = Gesture::Draw;
    m_drawing = shape;
    m_drawModifiers = modifiers;
    m_lasso = shape == Tool::Rectangle ? QPolygonF{at, at, at, at} : QPolygonF{at};
    setHover(-1, {});
    update();
}

void PointView::extendDraw(const QPointF &at)
{
    if (m_drawing == Tool::Rectangle)
        m_lasso = QPolygonF{m_lasso[0], QPointF(at.x(), m_lasso[0].y()), at, QPointF(m_lasso[0].x(), at.y())};
    else if (m_lasso.last() != at)
        m_lasso.append(at);
    update();
}

void PointView::cancelDraw()
{
    if (m_gesture == Gesture::Draw)
        endDraw();
}

void PointView::endDraw()
{
    m_gesture = Gesture::None;
    m_lasso.clear();
    updateCursor();
    if (std::exchange(m_fitAfterDraw, false) && m_follow)
        fitNow(m_bounds.box(), true);
    update();
}

void PointView::commitDraw(Qt::KeyboardModifiers modifiers)
{
    // Either end of the drag may hold the key: letting go of Ctrl a moment early must not throw a selection
    // away.
    const SelectionOp op = opFor(m_drawModifiers | modifiers);
    const QSizeF drawn = m_lasso.boundingRect().size();
    const bool click = drawn.width() < 1 && drawn.height() < 1;
    RowMask rows(m_points ? m_points->size() : 0, 0);
    bool nothing = !m_points;
    if (m_points && click) {
        const std::int64_t row = rowAt(m_lasso.first());
        if (row >= 0)
            rows[std::size_t(row)] = 1;
        nothing = row < 0 && op != SelectionOp::Replace;
    } else if (m_points) {
        rows = rowsInside(m_lasso);
    }
    endDraw();
    if (nothing)
        return;
    emit selectionMade(std::make_shared<const RowMask>(std::move(rows)), op);
}

void PointView::mousePressEvent(QMouseEvent *event)
{
    if (m_gesture == Gesture::Draw) { // another button while drawing gives up the drawing, as Esc does
        if (event->button() == Qt::RightButton) {
            m_swallowMenu = true;
            cancelDraw();
        }
        return;
    }
    m_swallowMenu = false;
    m_last = event->position();
    const bool left = event->button() == Qt::LeftButton;
    if (!left && event->button() != Qt::MiddleButton)
        return;
    const bool quickLasso = left && (event->modifiers() & Qt::ShiftModifier) && !m_space;
    if (quickLasso) {
        beginDraw(m_last, m_tool == Tool::Rectangle ? Tool::Rectangle : Tool::Lasso, event->modifiers());
    } else if (!left || m_space || m_tool == Tool::Move) {
        m_gesture = Gesture::Move;
        m_panDrag = !left || m_space;
        updateCursor();
    } else {
        beginDraw(m_last, m_tool, event->modifiers());
    }
}

void PointView::mouseMoveEvent(QMouseEvent *event)
{
    const QPointF at = event->position();
    const QPointF delta = at - m_last;
    m_last = at;
    switch (m_gesture) {
    case Gesture::Move:
        dragView(delta, m_panDrag);
        break;
    case Gesture::Draw:
        if (m_space)
            dragView(delta, true);
        else
            extendDraw(at);
        break;
    case Gesture::None:
        m_hoverPosition = event->globalPosition().toPoint();
        if (!m_hoverTimer.isActive())
            m_hoverTimer.start();
        break;
    }
}

void PointView::mouseReleaseEvent(QMouseEvent *event)
{
    if (m_gesture == Gesture::Draw && event->button() == Qt::LeftButton) {
        commitDraw(event->modifiers());
    } else if (m_gesture == Gesture::Move && event->buttons() == Qt::NoButton) {
        m_gesture = Gesture::None;
        updateCursor();
    }
}

void PointView::mouseDoubleClickEvent(QMouseEvent *event)
{
    const std::int64_t row = rowAt(event->position());
    if (event->button() == Qt::LeftButton && row >= 0)
        emit rowActivated(row);
}

void PointView::wheelEvent(QWheelEvent *event)
{
    const int delta = event->angleDelta().y() != 0 ? event->angleDelta().y() : event->angleDelta().x();
    if (delta == 0)
        return event->ignore();
    Camera camera = m_camera;
    camera.zoomAt(event->position().x(), event->position().y(), std::pow(kWheelZoom, delta));
    userMoved(camera);
    event->accept();
}

void PointView::keyPressEvent(QKeyEvent *event)
{
    const bool shift = event->modifiers() & Qt::ShiftModifier;
    const auto zoom = [this](double factor) {
        Camera camera = m_camera;
        camera.zoomAt(width() / 2.0, height() / 2.0, factor);
        userMoved(camera);
    };
    switch (event->key()) {
    case Qt::Key_Space:
        if (!event->isAutoRepeat()) {
            m_space = true;
            updateCursor();
        }
        return;
    case Qt::Key_Escape:
        if (m_gesture == Gesture::Draw)
            return cancelDraw();
        if (m_tool != Tool::Move)
            return setTool(Tool::Move);
        break;
    case Qt::Key_Left:
        return dragView({-kKeyStep, 0}, shift);
    case Qt::Key_Right:
        return dragView({kKeyStep, 0}, shift);
    case Qt::Key_Up:
        return dragView({0, -kKeyStep}, shift);
    case Qt::Key_Down:
        return dragView({0, kKeyStep}, shift);
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        return zoom(kKeyZoom);
    case Qt::Key_Minus:
        return zoom(1 / kKeyZoom);
    case Qt::Key_Home:
        return reset();
    case Qt::Key_Control:
    case Qt::Key_Alt:
        if (m_gesture == Gesture::Draw) {
            m_drawModifiers |= event->key() == Qt::Key_Control ? Qt::ControlModifier : Qt::AltModifier;
            update();
            return;
        }
        break;
    default:
        break;
    }
    QWidget::keyPressEvent(event);
}

void PointView::keyReleaseEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Space && !event->isAutoRepeat()) {
        m_space = false;
        updateCursor();
        return;
    }
    QWidget::keyReleaseEvent(event);
}

void PointView::focusOutEvent(QFocusEvent *event)
{
    m_space = false;
    updateCursor();
    update();
    QWidget::focusOutEvent(event);
}

void PointView::leaveEvent(QEvent *event)
{
    m_hoverTimer.stop();
    setHover(-1, {});
    QWidget::leaveEvent(event);
}

void PointView::setHover(std::int64_t row, const QPoint &globalPosition)
{
    if (row == m_hover)
        return;
    m_hover = row;
    update();
    emit hovered(row, globalPosition);
}

void PointView::contextMenuEvent(QContextMenuEvent *event)
{
    if (m_gesture == Gesture::None && !std::exchange(m_swallowMenu, false))
        emit menuRequested(event->globalPos(), rowAt(event->pos()));
}

bool PointView::event(QEvent *event)
{
    if (event->type() == QEvent::ToolTip) {
        auto *help = static_cast<QHelpEvent *>(event);
        const std::int64_t row = m_tooltip ? rowAt(help->pos()) : -1;
        const QString text = row >= 0 ? m_tooltip(row) : QString();
        if (text.isEmpty()) {
            QToolTip::hideText();
            event->ignore();
        } else {
            QToolTip::showText(help->globalPos(), text, this);
        }
        return true;
    }
    // Letters and Space belong to the view while it has the focus, not to a button's shortcut.
    if (event->type() == QEvent::ShortcutOverride &&
        static_cast<QKeyEvent *>(event)->key() == Qt::Key_Space) {
        event->accept();
        return true;
    }
    return QWidget::event(event);
}

} // namespace statescape::ui
