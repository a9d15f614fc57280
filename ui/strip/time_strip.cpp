// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/strip/time_strip.h"

#include "ui/kit/text.h"
#include "ui/strip/time_strip_parts.h"

#include <QHBoxLayout>

#include <cmath>

namespace statescape::ui {
namespace {
constexpr int kNameWidth = 98; // px, of names beside the lines

constexpr double kLeastSeconds = 60;
constexpr int kFrameMs = 16;
constexpr double kLeastSamples = 8; // shown at the closest zoom

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
    m_frame.setSingleShot(true);
    m_frame.setTimerType(Qt::PreciseTimer);
    m_sinceFrame.start();
    connect(&m_frame, &QTimer::timeout, this, &TimeStrip::drawNow);
    // A resized plot draws itself.
    connect(m_plot, &QCustomPlot::afterLayout, this, [this] { m_parts->scene.forget(); });
    applyTheme();
}

TimeStrip::~TimeStrip() = default;

const StripData &TimeStrip::data() const
{
    return m_parts->scene.data;
}

void TimeStrip::schedule()
{
    if (!m_frame.isActive())
        m_frame.start(std::max(0, kFrameMs - int(m_sinceFrame.elapsed())));
}

void TimeStrip::drawNow()
{
    m_frame.stop();
    updateScale();
    m_plot->replot(QCustomPlot::rpImmediateRefresh);
    m_sinceFrame.restart();
}

void TimeStrip::reset()
{
    m_parts->scene.data.reset();
    m_parts->scene.snapshot.reset();
    m_parts->scene.selection = std::make_shared<RowMask>();
    m_parts->scene.forget();
    m_span = Span::Picture;
    m_cursor = m_anchor = -1;
    m_parts->valueMax = 0;
    m_parts->cursor->setVisible(false);
}

void TimeStrip::setSnapshot(SnapshotPtr snapshot, std::size_t first)
{
    m_parts->scene.snapshot = std::move(snapshot);
    m_first = first;
    const bool several = m_parts->scene.snapshot && session::perEntity(*m_parts->scene.snapshot);
    m_parts->stateName->setText(several ? tr("worst state") : tr("state"));
    rebuild();
}

void TimeStrip::setSelection(RowMaskPtr mask)
{
    m_parts->scene.selection = mask ? std::move(mask) : std::make_shared<RowMask>();
    setAccessibleDescription(summary());
    schedule();
}

void TimeStrip::setLine(const LineChoice &choice)
{
    if (choice == m_choice)
        return;
    m_choice = choice;
    m_parts->valueMax = 0;
    rebuild();
}

void TimeStrip::setAlarmThreshold(double threshold)
{
    m_threshold = threshold;
    rebuild();
}

void TimeStrip::setCursorRow(std::int64_t row)
{
    if (row == m_cursor)
        return;
    m_cursor = row;
    m_anchor = row;
    updateCursor();
    schedule();
}

void TimeStrip::updateCursor()
{
    Parts &p = *m_parts;
    const auto &s = p.scene.snapshot;
    const bool any = s && m_cursor >= 0 && std::size_t(m_cursor) < s->samples.rows();
    p.cursor->setVisible(any);
    if (!any)
        return;
    const double at = p.scene.endOf(std::size_t(m_cursor));
    p.cursor->start->setCoords(at, 0);
    p.cursor->end->setCoords(at, 1);
}

void TimeStrip::rebuild()
{
    Parts &p = *m_parts;
    const auto &s = p.scene.snapshot;
    if (!s)
        return;
    p.scene.data.update(*s, m_choice);
    p.scene.forget();
    const StripData &data = p.scene.data;
    const QFontMetrics metrics(p.lineName->font());
    // Beside the line there is room for two short lines: what it shows, and that it is of the worst.
    QStringList lines = data.lineName().split(QStringLiteral(", "));
    if (lines.size() > 1 && metrics.horizontalAdvance(data.lineName()) > kNameWidth) {
        const QString last = lines.takeLast();
        lines = {lines.join(QStringLiteral(", ")), last};
    } else {
        lines = {data.lineName()};
    }
    for (QString &line : lines)
        line = metrics.elidedText(line, Qt::ElideRight, kNameWidth);
    p.lineName->setText(lines.join(QLatin1Char('\n')));
    const bool alarm = data.isAbnormality() && m_threshold < 1;
    p.threshold->setVisible(alarm);
    p.alarmText->setVisible(alarm);
    p.threshold->start->setCoords(0, m_threshold);
    p.threshold->end->setCoords(1, m_threshold);
    p.alarmText->position->setCoords(0, m_threshold);
    p.emptyText->setVisible(data.states().empty());
    p.emptyText->setText(s->samples.rows() == 0 ? tr("no samples yet: record, import or open a session")
                         : s->model             ? tr("not scored yet")
                                                : tr("no model yet: label some points and train"));
    updateOutlook();
    updateRange();
    updateCursor();
    setAccessibleDescription(summary());
    schedule();
}

void TimeStrip::updateScale()
{
    Parts &p = *m_parts;
    const StripData &data = p.scene.data;
    const auto &columns = p.scene.columns(p.time);
    MinMax::Range seen;
    if (!columns.empty())
        seen = data.line().over(columns.front(), columns.back() + std::size_t(1));
    const double largest = seen.empty() ? 0 : double(seen.high);
    // The scale follows upwards at once and downwards late, so that the line does not dance.
    if (data.isAbnormality())
        p.valueMax = 1;
    else if (largest > p.valueMax || largest < 0.4 * p.valueMax)
        p.valueMax = largest > 0 ? largest * 1.15 : 1;
    const double lowest = seen.empty() ? 0 : double(seen.low);
    p.valueMin = lowest < 0 ? lowest * 1.15 : 0;
    p.value->setRange(p.valueMin, p.valueMax * 1.06);
    p.top->setText(columns.empty() || data.line().size() == 0 ? QString()
                   : data.isAbnormality()                     ? QStringLiteral("1")
                                                              : data.lineText(p.valueMax));
}

void TimeStrip::updateOutlook()
{
    Parts &p = *m_parts;
    const auto &s = *p.scene.snapshot;
    const auto &outlook = s.outlook;
    const std::size_t n = s.samples.rows();
    QVector<QCPGraphData> low, mid, high;
    if (outlook && s.live && n > 0 && p.scene.data.isAbnormality()) {
        const double step = double(s.intervalNs) * 1e-9;
        const double start = p.scene.endOf(n - 1);
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
    p.outlookText->setVisible(outlook.has_value() && s.live && n > 0);
    if (!outlook || !s.live || n == 0)
        return;
    p.outlookText->position->setCoords(p.scene.endOf(n - 1), 0);
    const QString within = durationText(outlook->horizonNs);
    const bool likely = outlook->probability >= 0.1 && !outlook->state.empty();
    p.outlookText->setText(
        likely
            ? tr("a run of %1 within %2, likely %3")
                  .arg(session::perEntity(s) && s.entities
                           ? tr("%1 in %2")
                                 .arg(qt(outlook->state),
                                      qt(schema::entityText(s.samples.schema().entityKind(), *s.entities,
                                                            outlook->entity)))
                           : qt(outlook->state),
                       within)
                  .arg(outlook->probability, 0, 'f', 2)
            : tr("no negative run expected within %1 (%2)").arg(within).arg(outlook->probability, 0, 'f', 2));
    const Theme theme = currentTheme();
    p.outlookText->setColor(likely ? theme.negative : theme.muted);
}

std::pair<double, double> TimeStrip::whole(std::size_t fromRow) const
{
    const auto &s = *m_parts->scene.snapshot;
    const std::size_t n = s.samples.rows();
    const double last = n > 0 ? m_parts->scene.endOf(n - 1) : double(base::realtimeNs()) * 1e-9;
    const double first =
        n > 0 ? m_parts->scene.endOf(std::min(fromRow, n - 1)) - double(s.intervalNs) * 1e-9 : last;
    if (!s.live)
        return {first, std::max(last, first + 1)};
    const double ahead = s.outlook ? double(s.outlook->abnormality.size() * s.intervalNs) * 1e-9 : 0;
    const double from = std::min(first, last - kLeastSeconds);
    return {from, last + std::clamp(ahead, 0.03 * (last - from), 0.16 * (last - from))};
}

void TimeStrip::updateRange()
{
    Parts &p = *m_parts;
    const auto &s = *p.scene.snapshot;
    const std::size_t n = s.samples.rows();
    const double lastBefore = p.now->start->key();
    const double last = n > 0 ? p.scene.endOf(n - 1) : double(base::realtimeNs()) * 1e-9;
    for (QCPLayerable *part : {static_cast<QCPLayerable *>(p.now), static_cast<QCPLayerable *>(p.nowText)})
        part->setVisible(n > 0 && s.live);
    p.now->start->setCoords(last, 0);
    p.now->end->setCoords(last, 1);
    p.nowText->position->setCoords(last, 0);
    const QCPRange shown = p.time->range();
    if (m_span == Span::Follow && lastBefore > 0)
        p.setRange(shown.lower + last - lastBefore, shown.upper + last - lastBefore);
    if (m_span == Span::Picture || m_span == Span::All) {
        const auto [from, to] = whole(m_span == Span::All ? 0 : m_first);
        p.setRange(from, to);
    }
    p.scene.forget();
}

std::pair<double, double> TimeStrip::range() const
{
    return {m_parts->time->range().lower, m_parts->time->range().upper};
}

void TimeStrip::setRange(double from, double to)
{
    const auto &s = m_parts->scene.snapshot;
    if (!s || s->samples.rows() == 0)
        return;
    const auto [least, most] = whole(0);
    const double interval = s->intervalNs != 0 ? double(s->intervalNs) * 1e-9 : 1;
    const double length =
        std::clamp(to - from, std::min(kLeastSamples * interval, most - least), most - least);
    from = std::clamp((from + to - length) / 2, least, most - length);
    to = from + length;
    m_span = length >= (most - least) * 0.999                               ? Span::All
             : s->live && to >= m_parts->scene.endOf(s->samples.rows() - 1) ? Span::Follow
                                                                            : Span::Stay;
    m_parts->setRange(from, to);
    m_parts->scene.forget();
    schedule();
}

void TimeStrip::zoom(double factor, double at)
{
    const auto [from, to] = range();
    setRange(at - (at - from) * factor, at + (to - at) * factor);
}

void TimeStrip::pan(double seconds)
{
    const auto [from, to] = range();
    setRange(from + seconds, to + seconds);
}

void TimeStrip::showAll()
{
    m_span = Span::All;
    if (m_parts->scene.snapshot)
        updateRange();
    schedule();
}

void TimeStrip::toggleAll()
{
    m_span = m_span == Span::All ? Span::Picture : Span::All;
    updateRange();
    schedule();
}

QString TimeStrip::summary() const
{
    const auto &s = m_parts->scene.snapshot;
    if (!s || s->samples.rows() == 0)
        return tr("no samples yet");
    const StripData &data = m_parts->scene.data;
    QString text = tr("%1 samples from %2 to %3")
                       .arg(countText(s->samples.rows()), localTime(s->anchor, s->samples.timeNs(0)),
                            localTime(s->anchor, s->samples.timeNs(s->samples.rows() - 1)));
    if (s->model && !data.states().empty())
        text += tr(", %1 runs of states, now %2")
                    .arg(data.states().size())
                    .arg(qt(StripData::stateLook(*s, data.states().back().key).style.name));
    const RowMask &mask = *m_parts->scene.selection;
    std::size_t intervals = 0;
    std::uint8_t before = 0;
    for (const std::uint8_t flag : mask) {
        intervals += flag & std::uint8_t(~before);
        before = flag;
    }
    return text + tr(", %1 selected intervals").arg(intervals);
}

QPoint TimeStrip::pointAt(std::uint64_t timeNs) const
{
    if (!m_parts->scene.snapshot)
        return {};
    const double x = m_parts->time->coordToPixel(secondsOf(*m_parts->scene.snapshot, timeNs));
    return m_plot->mapTo(this, QPoint(int(std::lround(x)), m_parts->lines->center().y()));
}

QImage TimeStrip::toImage(const QSize &size)
{
    m_parts->scene.forget();
    updateScale();
    QImage image = m_plot->toPixmap(size.width(), size.height()).toImage();
    m_parts->scene.forget();
    return image;
}

void TimeStrip::applyTheme()
{
    const Theme theme = currentTheme();
    m_plot->setBackground(theme.window);
    m_parts->applyTheme(theme);
    schedule();
}

void TimeStrip::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        applyTheme();
    QWidget::changeEvent(event);
}

} // namespace statescape::ui
