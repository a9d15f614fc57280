// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/kit/text.h"
#include "ui/models/row_selection.h"
#include "ui/models/seen.h"
#include "ui/strip/time_strip.h"
#include "ui/strip/time_strip_parts.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QToolTip>
#include <QWheelEvent>

#include <cmath>

namespace statescape::ui {
namespace {
constexpr int kDragPx = 4;
constexpr double kZoomStep = 0.85;
constexpr double kPanShare = 0.25; // of what is shown, per step
} // namespace

std::uint64_t TimeStrip::timeAt(int pixel) const
{
    return m_parts->scene.snapshot->anchor.toMonotonicNs(
        std::int64_t(m_parts->time->pixelToCoord(pixel) * 1e9));
}

bool TimeStrip::eventFilter(QObject *watched, QEvent *event)
{
    if (watched != m_plot || !m_parts->scene.snapshot)
        return QWidget::eventFilter(watched, event);
    switch (event->type()) {
    case QEvent::MouseButtonPress:
        press(*static_cast<QMouseEvent *>(event));
        return true;
    case QEvent::MouseMove:
        move(*static_cast<QMouseEvent *>(event));
        return true;
    case QEvent::MouseButtonRelease:
        release(*static_cast<QMouseEvent *>(event));
        return true;
    case QEvent::MouseButtonDblClick:
        m_dragFrom.reset();
        toggleAll();
        return true;
    case QEvent::Wheel:
        wheel(*static_cast<QWheelEvent *>(event));
        return true;
    default:
        return QWidget::eventFilter(watched, event);
    }
}

void TimeStrip::press(const QMouseEvent &mouse)
{
    setFocus(Qt::MouseFocusReason);
    const int x = mouse.position().toPoint().x();
    const bool left = mouse.button() == Qt::LeftButton;
    if (mouse.button() == Qt::MiddleButton || (left && mouse.modifiers().testFlag(Qt::ShiftModifier))) {
        m_panFrom = x;
        m_plot->setCursor(Qt::ClosedHandCursor);
    } else if (left) {
        m_dragFrom = x;
    }
}

void TimeStrip::move(const QMouseEvent &mouse)
{
    const QPoint at = mouse.position().toPoint();
    if (m_panFrom) {
        pan(m_parts->time->pixelToCoord(*m_panFrom) - m_parts->time->pixelToCoord(at.x()));
        m_panFrom = at.x();
        return;
    }
    if (!m_dragFrom) {
        showTip(at);
        return;
    }
    const double a = m_parts->time->pixelToCoord(*m_dragFrom), b = m_parts->time->pixelToCoord(at.x());
    m_parts->bandAbove->setInterval(std::min(a, b), std::max(a, b));
    m_parts->bandBelow->setInterval(std::min(a, b), std::max(a, b));
    QToolTip::showText(m_plot->mapToGlobal(at), durationText(std::uint64_t(std::abs(b - a) * 1e9)), m_plot);
    schedule();
}

void TimeStrip::release(const QMouseEvent &mouse)
{
    if (m_panFrom) {
        m_panFrom.reset();
        m_plot->unsetCursor();
    } else if (m_dragFrom && mouse.button() == Qt::LeftButton) {
        finishDrag(mouse.position().toPoint(), mouse.modifiers());
    }
}

void TimeStrip::finishDrag(const QPoint &at, Qt::KeyboardModifiers modifiers)
{
    const int from = std::min(*m_dragFrom, at.x()), to = std::max(*m_dragFrom, at.x());
    m_dragFrom.reset();
    m_parts->bandAbove->setInterval(1, 0);
    m_parts->bandBelow->setInterval(1, 0);
    schedule();
    // A click selects nothing: an empty interval clears, as in the point view.
    if (to - from < kDragPx)
        Q_EMIT intervalSelected(1, 0, selectionOp(modifiers));
    else
        Q_EMIT intervalSelected(timeAt(from), timeAt(to), selectionOp(modifiers));
}

void TimeStrip::wheel(const QWheelEvent &wheel)
{
    const QPoint turned = wheel.angleDelta();
    const auto [from, to] = range();
    // With Alt, Qt gives a vertical wheel as a horizontal one.
    if (turned.x() != 0 || wheel.modifiers().testFlag(Qt::ShiftModifier))
        pan(-kPanShare * (to - from) * double(turned.x() != 0 ? turned.x() : turned.y()) / 120.0);
    else
        zoom(std::pow(kZoomStep, turned.y() / 120.0), m_parts->time->pixelToCoord(wheel.position().x()));
}

QString TimeStrip::tipOf(std::size_t row) const
{
    const auto &s = *m_parts->scene.snapshot;
    const StripData &data = m_parts->scene.data;
    QString text = QStringLiteral("<b>%1</b>")
                       .arg(localTime(s.anchor, s.samples.timeNs(row), QStringLiteral("d MMM HH:mm:ss.zzz")));
    if (session::perEntity(s)) {
        const std::size_t worst = StripData::worstOf(s, row);
        text += tr("<br>worst of the interval: %1").arg(qt(session::entityText(s, worst)).toHtmlEscaped());
        row = worst;
    }
    if (s.model && s.scores && row < s.scores->size()) {
        const auto &score = (*s.scores)[row];
        text += tr("<br>state %1, %2 %3<br>abnormality %4 (0 to 1)")
                    .arg(qt(stateStyle(s, score.cluster).name).toHtmlEscaped(), confidenceWord(*s.model))
                    .arg(double(score.confidence), 0, 'f', 2)
                    .arg(double(score.abnormality), 0, 'f', 2);
    }
    if (s.labels && row < s.labels->size() && s.classNames && !(*s.labels)[row].empty())
        text += tr("<br>label: %1").arg(labelText((*s.labels)[row], *s.classNames).toHtmlEscaped());
    if (row < data.line().size() && !data.isAbnormality()) {
        const float value = data.line()[row];
        text += QStringLiteral("<br>%1: %2")
                    .arg(data.lineName().toHtmlEscaped(),
                         std::isfinite(value)     ? data.lineText(double(value)).toHtmlEscaped()
                         : data.lineColumn() >= 0 ? tr("missing, %1").arg(missingText(value))
                                                  : tr("missing"));
        const feature::Seen *seen =
            data.lineColumn() >= 0 && std::isfinite(value)
                ? seenOf(s.samples, s.samples.schema()[std::size_t(data.lineColumn())], row)
                : nullptr;
        if (seen)
            text += QStringLiteral("<br><i>%1</i>").arg(estimateText(*seen));
    }
    return text;
}

void TimeStrip::showTip(const QPoint &at)
{
    const auto &samples = m_parts->scene.snapshot->samples;
    if (samples.rows() == 0 || at.x() < m_parts->lines->left() || at.x() > m_parts->lines->right()) {
        QToolTip::hideText();
        return;
    }
    const std::size_t row = samples.lowerBound(timeAt(at.x()));
    if (row >= samples.rows()) {
        QToolTip::hideText();
        return;
    }
    QToolTip::showText(m_plot->mapToGlobal(at + QPoint(0, 8)), tipOf(row), m_plot);
}

void TimeStrip::keyPressEvent(QKeyEvent *event)
{
    const auto &s = m_parts->scene.snapshot;
    const std::size_t n = s ? s->samples.rows() : 0;
    if (n == 0) {
        QWidget::keyPressEvent(event);
        return;
    }
    const auto [from, to] = range();
    const double middle = m_cursor >= 0 && std::size_t(m_cursor) < n
                              ? std::clamp(m_parts->scene.endOf(std::size_t(m_cursor)), from, to)
                              : (from + to) / 2;
    switch (event->key()) {
    case Qt::Key_Left:
    case Qt::Key_Right:
    case Qt::Key_Home:
    case Qt::Key_End:
        moveCursor(*event);
        return;
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        zoom(kZoomStep, middle);
        return;
    case Qt::Key_Minus:
        zoom(1 / kZoomStep, middle);
        return;
    case Qt::Key_PageUp:
        pan(-kPanShare * (to - from));
        return;
    case Qt::Key_PageDown:
        pan(kPanShare * (to - from));
        return;
    case Qt::Key_0:
        toggleAll();
        return;
    default:
        QWidget::keyPressEvent(event);
    }
}

void TimeStrip::moveCursor(const QKeyEvent &key)
{
    const auto &s = *m_parts->scene.snapshot;
    const auto last = std::int64_t(s.samples.rows()) - 1;
    const std::int64_t step = key.modifiers().testFlag(Qt::ControlModifier) ? 10 : 1;
    const std::int64_t before = m_cursor < 0 ? last : std::min(m_cursor, last);
    std::int64_t row = before;
    switch (key.key()) {
    case Qt::Key_Left:
        row = before - step;
        break;
    case Qt::Key_Right:
        row = before + step;
        break;
    case Qt::Key_Home:
        row = 0;
        break;
    default:
        row = last;
    }
    row = std::clamp<std::int64_t>(row, 0, last);
    const bool extend = key.modifiers().testFlag(Qt::ShiftModifier);
    const std::int64_t anchor = !extend ? row : m_anchor < 0 ? before : std::min(m_anchor, last);
    m_cursor = row;
    m_anchor = anchor;
    updateCursor();
    const double at = m_parts->scene.endOf(std::size_t(row));
    if (const auto [from, to] = range(); at < from || at > to)
        setRange(at - (to - from) / 2, at + (to - from) / 2);
    schedule();
    Q_EMIT cursorMoved(row);
    m_anchor = anchor; // whoever heard of it may have set the cursor, which ends an extension
    if (extend)
        Q_EMIT intervalSelected(s.samples.timeNs(std::size_t(std::min(row, anchor))),
                                s.samples.timeNs(std::size_t(std::max(row, anchor))), SelectionOp::Replace);
}

} // namespace statescape::ui
