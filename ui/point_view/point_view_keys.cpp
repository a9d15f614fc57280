// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/point_view.h"

#include <QKeyEvent>
#include <cmath>

namespace statescape::ui {
namespace {

constexpr double kKeyStep = 24;    // px a key press pans or orbits
constexpr double kKeyZoom = 1.25;  // a key press
constexpr double kKeyBrush = 1.15; // likewise

} // namespace

bool PointView::wantsKey(const QKeyEvent &event) const
{
    const bool plain = !(event.modifiers() & (Qt::ControlModifier | Qt::AltModifier | Qt::MetaModifier));
    const bool polygon = m_drawing.isOpen() && m_drawing.kind() == Drawing::Kind::Polygon;
    switch (event.key()) {
    case Qt::Key_Space:
        return true;
    case Qt::Key_K:
    case Qt::Key_Left:
    case Qt::Key_Right:
    case Qt::Key_Up:
    case Qt::Key_Down:
    case Qt::Key_Home:
        return plain;
    case Qt::Key_BracketLeft:
    case Qt::Key_BraceLeft:
    case Qt::Key_BraceRight:
        return plain && m_mode == ViewMode::ThreeD;
    case Qt::Key_BracketRight:
        return m_mode == ViewMode::ThreeD;
    case Qt::Key_Comma:
    case Qt::Key_Period:
        return plain && m_tool == Tool::Brush;
    case Qt::Key_Backspace:
        return polygon;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        return polygon || m_cursor >= 0;
    case Qt::Key_End:
    case Qt::Key_PageUp:
    case Qt::Key_PageDown:
        return plain && m_cursor >= 0;
    case Qt::Key_Escape:
        return m_drawing.isOpen() || m_cursor >= 0 || m_tool != Tool::Move || slab();
    default:
        return false;
    }
}

bool PointView::cursorKey(QKeyEvent *event)
{
    if (event->key() == Qt::Key_K && !(event->modifiers() & ~Qt::KeypadModifier)) {
        toggleCursor();
        return true;
    }
    if (m_cursor < 0)
        return false;
    const auto rows = std::int64_t(m_points->size());
    const bool shift = event->modifiers() & Qt::ShiftModifier; // moves the view, as without a cursor
    switch (event->key()) {
    case Qt::Key_Left:
        return shift ? false : (moveCursor({-1, 0}), true);
    case Qt::Key_Right:
        return shift ? false : (moveCursor({1, 0}), true);
    case Qt::Key_Up:
        return shift ? false : (moveCursor({0, -1}), true);
    case Qt::Key_Down:
        return shift ? false : (moveCursor({0, 1}), true);
    case Qt::Key_PageUp:
        stepCursor(m_cursor - 1, -1);
        return true;
    case Qt::Key_PageDown:
        stepCursor(m_cursor + 1, 1);
        return true;
    case Qt::Key_Home:
        stepCursor(std::int64_t(m_points->first), 1);
        return true;
    case Qt::Key_End:
        stepCursor(rows - 1, -1);
        return true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        selectCursor(event->modifiers());
        return true;
    default:
        return false;
    }
}

bool PointView::toolKey(QKeyEvent *event)
{
    switch (event->key()) {
    case Qt::Key_Space:
        if (!event->isAutoRepeat()) {
            m_space = true;
            updatePointer();
            update();
        }
        return true;
    case Qt::Key_Comma:
    case Qt::Key_Period:
        if (m_tool != Tool::Brush)
            return false;
        setBrushRadius(event->key() == Qt::Key_Comma ? m_brushRadius / kKeyBrush : m_brushRadius * kKeyBrush);
        return true;
    case Qt::Key_Control:
    case Qt::Key_Alt:
        if (!m_drawing.isOpen())
            return false;
        m_drawModifiers |= event->key() == Qt::Key_Control ? Qt::ControlModifier : Qt::AltModifier;
        previewChanged();
        update();
        return true;
    default:
        return false;
    }
}

void PointView::leaveOne(QKeyEvent *event)
{
    if (m_drawing.isOpen())
        cancelDraw();
    else if (m_cursor >= 0)
        setCursorRow(-1);
    else if (m_tool != Tool::Move)
        setTool(Tool::Move);
    else if (slab())
        setSlab({});
    else
        QWidget::keyPressEvent(event);
}

void PointView::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Escape)
        return leaveOne(event);
    if (toolKey(event) || polygonKey(event) || cursorKey(event) || slabKey(event))
        return;
    const bool shift = event->modifiers() & Qt::ShiftModifier;
    const auto zoom = [this](double factor) {
        Camera camera = m_camera;
        camera.zoomAt(width() / 2.0, height() / 2.0, factor);
        userMoved(camera);
    };
    switch (event->key()) {
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
    default:
        QWidget::keyPressEvent(event);
    }
}

void PointView::keyReleaseEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Space && !event->isAutoRepeat()) {
        m_space = false;
        updatePointer();
        update();
        return;
    }
    QWidget::keyReleaseEvent(event);
}

} // namespace statescape::ui
