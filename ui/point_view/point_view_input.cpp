// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/point_view.h"

#include <QContextMenuEvent>
#include <QHelpEvent>
#include <QMouseEvent>
#include <QToolTip>
#include <QWheelEvent>
#include <cmath>
#include <utility>

namespace statescape::ui {
namespace {

constexpr double kWheelZoom = 1.0016; // an eighth of a degree
constexpr int kHoverMs = 12;
constexpr int kRestMs = 120;
constexpr double kSlowPickMs = 8;

} // namespace

void PointView::updatePointer()
{
    if (m_space || m_tool == Tool::Move || m_gesture == Gesture::Move)
        setCursor(m_gesture == Gesture::Move ? Qt::ClosedHandCursor : Qt::OpenHandCursor);
    else
        setCursor(Qt::CrossCursor);
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

void PointView::mousePressEvent(QMouseEvent *event)
{
    const bool left = event->button() == Qt::LeftButton;
    const bool right = event->button() == Qt::RightButton;
    m_last = event->position();
    m_pointer = m_last;
    const bool polygon = m_drawing.isOpen() && m_drawing.kind() == Drawing::Kind::Polygon;
    if (m_space || event->button() == Qt::MiddleButton) {
        m_swallowMenu = right;
        if (m_gesture == Gesture::Draw) // the button of the drawing is held as well; the view moves meanwhile
            return;
        m_gesture = Gesture::Move;
        m_panDrag = !right && !(m_space && (event->modifiers() & Qt::ShiftModifier));
        return updatePointer();
    }
    if (m_gesture == Gesture::Draw || polygon) {
        // Another button while dragging gives up the drawing, as Esc does; corners are not lost so easily.
        m_swallowMenu = right;
        if (right && !polygon)
            cancelDraw();
        else if (left && polygon)
            polygonPress(m_last, event->modifiers());
        return;
    }
    m_swallowMenu = false;
    if (!left)
        return;
    const bool quickLasso = (event->modifiers() & Qt::ShiftModifier) && m_tool != Tool::Polygon;
    if (quickLasso) {
        const bool own = m_tool == Tool::Rectangle || m_tool == Tool::Brush;
        beginDraw(m_last, own ? m_tool : Tool::Lasso, event->modifiers());
    } else if (m_tool == Tool::Move) {
        m_gesture = Gesture::Move;
        m_panDrag = false;
        updatePointer();
    } else if (m_tool == Tool::Polygon) {
        polygonPress(m_last, event->modifiers());
    } else {
        beginDraw(m_last, m_tool, event->modifiers());
    }
}

void PointView::mouseMoveEvent(QMouseEvent *event)
{
    const QPointF at = event->position();
    const QPointF delta = at - m_last;
    m_last = at;
    m_pointer = at;
    if (m_tool == Tool::Brush || m_drawing.isOpen())
        update();
    switch (m_gesture) {
    case Gesture::Move:
        dragView(delta, m_panDrag);
        break;
    case Gesture::Draw:
        if (m_space) {
            const bool orbit =
                (event->buttons() & Qt::RightButton) || (event->modifiers() & Qt::ShiftModifier);
            dragView(delta, !orbit);
        } else {
            m_drawing.extend(m_camera, at);
            previewChanged();
        }
        break;
    case Gesture::None:
        m_hoverPosition = event->globalPosition().toPoint();
        // Where looking takes long, only a pointer that rests is asked about.
        if (!m_drawing.isOpen() && (m_pickMs > kSlowPickMs || !m_hoverTimer.isActive()))
            m_hoverTimer.start(m_pickMs > kSlowPickMs ? kRestMs : kHoverMs);
        break;
    }
}

void PointView::mouseReleaseEvent(QMouseEvent *event)
{
    if (m_gesture == Gesture::Draw && event->button() == Qt::LeftButton) {
        if (m_drawing.kind() == Drawing::Kind::Polygon)
            m_gesture = Gesture::None;
        else
            commitDraw(event->modifiers());
    } else if (m_gesture == Gesture::Move && event->buttons() == Qt::NoButton) {
        m_gesture = Gesture::None;
        updatePointer();
        update();
    }
}

void PointView::mouseDoubleClickEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton)
        return;
    if (m_drawing.isOpen()) {
        if (m_drawing.canClose())
            commitDraw(event->modifiers());
        return;
    }
    const std::int64_t row = rowAt(event->position());
    if (row >= 0)
        emit rowActivated(row);
}

void PointView::wheelEvent(QWheelEvent *event)
{
    const int delta = event->angleDelta().y() != 0 ? event->angleDelta().y() : event->angleDelta().x();
    if (delta == 0)
        return event->ignore();
    event->accept();
    const double factor = std::pow(kWheelZoom, delta);
    if (m_tool == Tool::Brush && !m_space && event->modifiers() == Qt::NoModifier)
        return setBrushRadius(m_brushRadius * factor);
    Camera camera = m_camera;
    camera.zoomAt(event->position().x(), event->position().y(), factor);
    userMoved(camera);
}

void PointView::focusOutEvent(QFocusEvent *event)
{
    m_space = false;
    updatePointer();
    update();
    QWidget::focusOutEvent(event);
}

void PointView::leaveEvent(QEvent *event)
{
    m_hoverTimer.stop();
    m_pointer.reset();
    setHover(-1, {});
    update();
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
    if (m_gesture == Gesture::None && !m_drawing.isOpen() && !std::exchange(m_swallowMenu, false)) {
        const bool keyboard = event->reason() == QContextMenuEvent::Keyboard && isPoint(m_cursor);
        if (!keyboard) {
            emit menuRequested(event->globalPos(), rowAt(event->pos()));
            return;
        }
        const auto v = m_camera.project(positionOf(m_cursor));
        emit menuRequested(mapToGlobal(QPointF(v.x, v.y).toPoint()), m_cursor);
    }
}

bool PointView::event(QEvent *event)
{
    if (event->type() == QEvent::ToolTip) {
        auto *help = static_cast<QHelpEvent *>(event);
        const QString text = m_drawing.isOpen() ? QString() : textOf(rowAt(help->pos()));
        if (text.isEmpty()) {
            QToolTip::hideText();
            event->ignore();
        } else {
            QToolTip::showText(help->globalPos(), text, this);
        }
        return true;
    }
    // What the view does with a key comes before a shortcut of the window while it has the focus.
    if (event->type() == QEvent::ShortcutOverride && wantsKey(*static_cast<QKeyEvent *>(event))) {
        event->accept();
        return true;
    }
    return QWidget::event(event);
}

} // namespace statescape::ui
