// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/strip/time_strip.h"

#include "ui/kit/text.h"
#include "ui/strip/time_strip_parts.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QToolTip>
#include <QWheelEvent>

#include <cmath>

namespace statescape::ui {
namespace {

constexpr double kLeastSeconds = 60;
constexpr int kDragPx = 4;

SelectionOp opOf(Qt::KeyboardModifiers modifiers)
{
    const bool add = modifiers.testFlag(Qt::ControlModifier), remove = modifiers.testFlag(Qt::AltModifier);
    return add && remove ? SelectionOp::Intersect
           : add         ? SelectionOp::Add
           : remove      ? SelectionOp::Subtract
                         : SelectionOp::Replace;
}

} // namespace

TimeStrip::TimeStrip(QWidget *parent)
    : QWidget(parent)
    , m_plot(new QCustomPlot(this))
{
    auto *box = new QHBoxLayout(this);
    box->setContentsMargins(0, 0, 0, 0);
    box->addWidget(m_plot);
    m_parts = std::make_unique<Parts>(m_plot);
    m_plot->setFocusPolicy(Qt::NoFocus);
    m_plot->setMinimumHeight(120);
    m_plot->installEventFilter(this);
    m_plot->setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("States over time"));
    applyTheme();
}

TimeStrip::~TimeStrip() = default;

void TimeStrip::setSnapshot(SnapshotPtr snapshot, std::size_t first)
{
    m_snapshot = std::move(snapshot);
    m_first = first;
    rebuild();
}

void TimeStrip::setSelection(RowMaskPtr mask)
{
    m_selection = std::move(mask);
    if (m_snapshot) {
        const auto runs = selectedRuns(*m_snapshot, *m_selection);
        m_parts->marks->setRuns(runs);
        m_parts->tint->setRuns(runs);
    }
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

void TimeStrip::setLine(const LineChoice &choice)
{
    m_choice = choice;
    m_parts->valueMax = 0;
    rebuild();
}

void TimeStrip::setAlarmThreshold(double threshold)
{
    m_threshold = threshold;
    rebuild();
}

void TimeStrip::rebuild()
{
    if (!m_snapshot)
        return;
    Parts &p = *m_parts;
    p.data = makeStripData(*m_snapshot, m_first, m_choice);
    p.states->setRuns(p.data.states);
    p.labels->setRuns(p.data.labels);
    QVector<QCPGraphData> line;
    line.reserve(qsizetype(p.data.time.size()));
    double largest = 0;
    for (std::size_t i = 0; i < p.data.time.size(); ++i) {
        line.append(QCPGraphData(p.data.time[i], p.data.value[i]));
        if (std::isfinite(p.data.value[i]))
            largest = std::max(largest, p.data.value[i]);
    }
    p.line->data()->set(line, true);
    // The scale follows upwards at once and downwards late, so that the line does not dance.
    if (p.data.isAbnormality)
        p.valueMax = 1;
    else if (largest > p.valueMax || largest < 0.4 * p.valueMax)
        p.valueMax = largest > 0 ? largest * 1.15 : 1;
    p.value->setRange(0, p.valueMax * 1.06);
    const QFontMetrics metrics(p.lineName->font());
    p.lineName->setText(metrics.elidedText(p.data.lineName, Qt::ElideRight, 98));
    p.top->setText(p.data.time.empty() || p.data.isAbnormality ? QString()
                   : m_choice.kind == LineChoice::Kind::Feature && !p.data.lineName.isEmpty()
                       ? valueText(p.valueMax, p.data.unit)
                       : QString::number(p.valueMax, 'g', 2) + QStringLiteral(" σ"));
    const bool alarm = p.data.isAbnormality && m_threshold < 1;
    p.threshold->setVisible(alarm);
    p.alarmText->setVisible(alarm);
    p.threshold->start->setCoords(0, m_threshold);
    p.threshold->end->setCoords(1, m_threshold);
    p.alarmText->position->setCoords(0, m_threshold);
    p.emptyText->setVisible(p.data.states.empty());
    p.emptyText->setText(m_snapshot->samples.rows() == 0 ? tr("no samples yet")
                         : m_snapshot->model             ? tr("no sample in this span")
                                                         : tr("no model yet: label some points and train"));
    updateOutlook();
    updateRange();
    setSelection(m_selection);
    setAccessibleDescription(summary());
}

void TimeStrip::updateOutlook()
{
    Parts &p = *m_parts;
    const auto &outlook = m_snapshot->outlook;
    const std::size_t n = m_snapshot->samples.rows();
    QVector<QCPGraphData> low, mid, high;
    if (outlook && m_snapshot->live && n > 0 && p.data.isAbnormality) {
        const double step = double(m_snapshot->intervalNs) * 1e-9;
        const double start = secondsOf(*m_snapshot, m_snapshot->samples.timeNs(n - 1));
        for (std::size_t i = 0; i < outlook->abnormality.size(); ++i) {
            const double at = start + double(i + 1) * step;
            mid.append(QCPGraphData(at, double(outlook->abnormality[i])));
            if (i < outlook->low.size() && i < outlook->high.size()) {
                low.append(QCPGraphData(at, double(outlook->low[i])));
                high.append(QCPGraphData(at, double(outlook->high[i])));
            }
        }
    }
    p.low->data()->set(low, true);
    p.high->data()->set(high, true);
    p.ahead->data()->set(mid, true);
    // What is coming can only be said while samples come.
    p.outlookText->setVisible(outlook.has_value() && m_snapshot->live && n > 0);
    if (!outlook || !m_snapshot->live || n == 0)
        return;
    p.outlookText->position->setCoords(secondsOf(*m_snapshot, m_snapshot->samples.timeNs(n - 1)), 0);
    const QString within = durationText(outlook->horizonNs);
    const bool likely = outlook->probability >= 0.1 && !outlook->state.empty();
    p.outlookText->setText(
        likely
            ? tr("a run of %1 within %2, likely %3")
                  .arg(qt(outlook->state), within)
                  .arg(outlook->probability, 0, 'f', 2)
            : tr("no negative run expected within %1 (%2)").arg(within).arg(outlook->probability, 0, 'f', 2));
    const Theme theme = currentTheme();
    p.outlookText->setColor(likely ? theme.negative : theme.muted);
}

void TimeStrip::updateRange()
{
    Parts &p = *m_parts;
    const std::size_t n = m_snapshot->samples.rows();
    const bool any = n > 0;
    const double last =
        any ? secondsOf(*m_snapshot, m_snapshot->samples.timeNs(n - 1)) : double(base::realtimeNs()) * 1e-9;
    p.now->setVisible(any && m_snapshot->live);
    p.nowText->setVisible(any && m_snapshot->live);
    p.now->start->setCoords(last, 0);
    p.now->end->setCoords(last, 1);
    p.nowText->position->setCoords(last, 0);
    if (m_zoomed)
        return;
    const double first = any ? secondsOf(*m_snapshot, m_snapshot->samples.timeNs(std::min(m_first, n - 1))) -
                                   double(m_snapshot->intervalNs) * 1e-9
                             : last;
    double ahead = 0;
    if (m_snapshot->outlook)
        ahead = double(m_snapshot->outlook->abnormality.size() * m_snapshot->intervalNs) * 1e-9;
    double from = first, to = last;
    if (m_snapshot->live) {
        from = std::min(first, last - kLeastSeconds);
        to = last + std::clamp(ahead, 0.03 * (last - from), 0.16 * (last - from));
    } else if (to - from < 1) {
        to = from + 1;
    }
    p.setRange(from, to);
}

QString TimeStrip::summary() const
{
    if (!m_snapshot || m_snapshot->samples.rows() == 0)
        return tr("no samples yet");
    const auto &samples = m_snapshot->samples;
    QString text = tr("%1 samples from %2 to %3")
                       .arg(countText(samples.rows()), localTime(m_snapshot->anchor, samples.timeNs(0)),
                            localTime(m_snapshot->anchor, samples.timeNs(samples.rows() - 1)));
    if (m_snapshot->model && !m_parts->data.states.empty())
        text += tr(", %1 runs of states, now %2")
                    .arg(m_parts->data.states.size())
                    .arg(qt(m_parts->data.states.back().style.name));
    return text + tr(", %1 selected intervals").arg(selectedRuns(*m_snapshot, *m_selection).size());
}

std::uint64_t TimeStrip::timeAt(int pixel) const
{
    return m_snapshot->anchor.toMonotonicNs(std::int64_t(m_parts->time->pixelToCoord(pixel) * 1e9));
}

QPoint TimeStrip::pointAt(std::uint64_t timeNs) const
{
    if (!m_snapshot)
        return {};
    const double x = m_parts->time->coordToPixel(secondsOf(*m_snapshot, timeNs));
    return m_plot->mapTo(this, QPoint(int(std::lround(x)), m_parts->lines->center().y()));
}

QImage TimeStrip::toImage(const QSize &size)
{
    return m_plot->toPixmap(size.width(), size.height()).toImage();
}

void TimeStrip::applyTheme()
{
    const Theme theme = currentTheme();
    m_plot->setBackground(theme.window);
    m_parts->applyTheme(theme);
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

void TimeStrip::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        applyTheme();
    QWidget::changeEvent(event);
}

void TimeStrip::finishDrag(const QPoint &at, Qt::KeyboardModifiers modifiers)
{
    const int from = std::min(*m_dragFrom, at.x()), to = std::max(*m_dragFrom, at.x());
    m_dragFrom.reset();
    m_parts->bandAbove->setRuns({});
    m_parts->bandBelow->setRuns({});
    m_plot->replot(QCustomPlot::rpQueuedReplot);
    // A click selects nothing: an empty interval clears, as in the point view.
    if (to - from < kDragPx)
        Q_EMIT intervalSelected(1, 0, opOf(modifiers));
    else
        Q_EMIT intervalSelected(timeAt(from), timeAt(to), opOf(modifiers));
}

bool TimeStrip::eventFilter(QObject *watched, QEvent *event)
{
    if (watched != m_plot || !m_snapshot)
        return QWidget::eventFilter(watched, event);
    switch (event->type()) {
    case QEvent::MouseButtonPress: {
        const auto *mouse = static_cast<QMouseEvent *>(event);
        if (mouse->button() != Qt::LeftButton)
            return false;
        setFocus(Qt::MouseFocusReason);
        m_dragFrom = mouse->position().toPoint().x();
        return true;
    }
    case QEvent::MouseMove: {
        const auto *mouse = static_cast<QMouseEvent *>(event);
        const QPoint at = mouse->position().toPoint();
        if (!m_dragFrom) {
            showTip(at);
            return true;
        }
        const double a = m_parts->time->pixelToCoord(*m_dragFrom), b = m_parts->time->pixelToCoord(at.x());
        m_parts->bandAbove->setRuns({{std::min(a, b), std::max(a, b)}});
        m_parts->bandBelow->setRuns({{std::min(a, b), std::max(a, b)}});
        QToolTip::showText(m_plot->mapToGlobal(at), durationText(std::uint64_t(std::abs(b - a) * 1e9)),
                           m_plot);
        m_plot->replot(QCustomPlot::rpQueuedReplot);
        return true;
    }
    case QEvent::MouseButtonRelease: {
        const auto *mouse = static_cast<QMouseEvent *>(event);
        if (m_dragFrom && mouse->button() == Qt::LeftButton)
            finishDrag(mouse->position().toPoint(), mouse->modifiers());
        return true;
    }
    case QEvent::MouseButtonDblClick:
        m_dragFrom.reset();
        m_zoomed = false;
        updateRange();
        m_plot->replot(QCustomPlot::rpQueuedReplot);
        return true;
    case QEvent::Wheel: {
        const auto *wheel = static_cast<QWheelEvent *>(event);
        const double factor = std::pow(0.85, wheel->angleDelta().y() / 120.0);
        m_zoomed = true;
        m_parts->time->scaleRange(factor, m_parts->time->pixelToCoord(wheel->position().x()));
        m_parts->setRange(m_parts->time->range().lower, m_parts->time->range().upper);
        m_plot->replot(QCustomPlot::rpQueuedReplot);
        return true;
    }
    default:
        return QWidget::eventFilter(watched, event);
    }
}

void TimeStrip::showTip(const QPoint &at)
{
    const auto &samples = m_snapshot->samples;
    if (samples.rows() == 0 || at.x() < m_parts->lines->left() || at.x() > m_parts->lines->right()) {
        QToolTip::hideText();
        return;
    }
    const std::size_t row = samples.lowerBound(timeAt(at.x()));
    if (row >= samples.rows()) {
        QToolTip::hideText();
        return;
    }
    QString text =
        QStringLiteral("<b>%1</b>")
            .arg(localTime(m_snapshot->anchor, samples.timeNs(row), QStringLiteral("HH:mm:ss.zzz")));
    if (m_snapshot->model && m_snapshot->scores && row < m_snapshot->scores->size()) {
        const auto &score = (*m_snapshot->scores)[row];
        text += tr("<br>state %1, confidence %2<br>abnormality %3")
                    .arg(qt(stateStyle(*m_snapshot, score.cluster).name).toHtmlEscaped())
                    .arg(double(score.confidence), 0, 'f', 2)
                    .arg(double(score.abnormality), 0, 'f', 2);
    }
    if (m_snapshot->labels && row < m_snapshot->labels->size() && m_snapshot->classNames)
        text += tr("<br>label: %1")
                    .arg(labelText((*m_snapshot->labels)[row], *m_snapshot->classNames).toHtmlEscaped());
    if (m_choice.kind == LineChoice::Kind::Feature)
        if (const int column = samples.schema().indexOf(m_choice.key.toStdString()); column >= 0)
            text += QStringLiteral("<br>%1: %2")
                        .arg(m_parts->data.lineName.toHtmlEscaped(),
                             valueText(double(samples.at(row, std::size_t(column))), m_parts->data.unit));
    QToolTip::showText(m_plot->mapToGlobal(at + QPoint(0, 8)), text, m_plot);
}

void TimeStrip::keyPressEvent(QKeyEvent *event)
{
    if (!m_snapshot || m_snapshot->samples.rows() == 0 ||
        (event->key() != Qt::Key_Left && event->key() != Qt::Key_Right)) {
        QWidget::keyPressEvent(event);
        return;
    }
    const auto &samples = m_snapshot->samples;
    if (!m_parts->cursor->visible())
        m_cursor = m_anchor = samples.rows() - 1;
    const std::size_t before = std::min(m_cursor, samples.rows() - 1);
    const std::size_t step = event->modifiers().testFlag(Qt::ControlModifier) ? 10 : 1;
    m_cursor = event->key() == Qt::Key_Left ? before - std::min(before, step)
                                            : std::min(before + step, samples.rows() - 1);
    if (!event->modifiers().testFlag(Qt::ShiftModifier))
        m_anchor = m_cursor;
    const double at = secondsOf(*m_snapshot, samples.timeNs(m_cursor));
    m_parts->cursor->setVisible(true);
    m_parts->cursor->start->setCoords(at, 0);
    m_parts->cursor->end->setCoords(at, 1);
    m_plot->replot(QCustomPlot::rpQueuedReplot);
    if (event->modifiers().testFlag(Qt::ShiftModifier))
        Q_EMIT intervalSelected(samples.timeNs(std::min(m_cursor, m_anchor)),
                                samples.timeNs(std::max(m_cursor, m_anchor)), SelectionOp::Replace);
}

} // namespace statescape::ui
