// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/twin_histogram.h"

#include "ui/kit/text.h"
#include "ui/kit/theme.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QVBoxLayout>

#include <cmath>

namespace statescape::ui {
namespace {
using model::Side;

constexpr int kHalf = 38; // px of the tallest bar
constexpr int kGap = 8;   // px between values and the bar of missing ones

QFont smallFont(const QFont &of)
{
    QFont font = of;
    if (font.pointSizeF() > 0)
        font.setPointSizeF(std::max(6.0, font.pointSizeF() * 0.88));
    return font;
}

double scaled(double value, bool logarithmic)
{
    return logarithmic ? std::log1p(std::max(value, 0.0)) : value;
}

/// Round values in [low, high], the roundest first.
std::vector<double> candidates(double low, double high, bool logarithmic)
{
    std::vector<double> out;
    if (logarithmic && high >= 10 * std::max(low, 0.1)) {
        if (low <= 0)
            out.push_back(0);
        for (const double lead : {1.0, 3.0})
            for (int power = -3; power < 16; ++power)
                out.push_back(lead * std::pow(10.0, power));
    } else {
        const double rough = (high - low) / 4;
        const double power = std::pow(10.0, std::floor(std::log10(rough)));
        const double lead = rough / power;
        const double step = power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10);
        for (double value = std::ceil(low / step) * step; value <= high + step * 1e-9; value += step)
            out.push_back(std::abs(value) < step * 1e-9 ? 0.0 : value);
    }
    std::erase_if(out, [&](double value) { return value < low || value > high * (1 + 1e-12); });
    return out;
}

QString percent(double share)
{
    return QStringLiteral("%1 %").arg(100 * share, 0, 'f', share < 0.1 && share > 0 ? 1 : 0);
}

} // namespace

std::vector<AxisTick> ticksFor(const model::TwinHistogram &h, base::Unit unit, double width,
                               const QFontMetrics &metrics)
{
    std::vector<AxisTick> ticks;
    if (h.edges.size() < 2 || !(width > 0))
        return ticks;
    const double low = scaled(h.edges.front(), h.logarithmic), high = scaled(h.edges.back(), h.logarithmic);
    const auto place = [&](double value) {
        return high > low ? (scaled(value, h.logarithmic) - low) / (high - low) : 0.5;
    };
    struct Span {
        double from, to;
    };
    std::vector<Span> taken;
    const auto add = [&](double value) {
        const QString text = qt(base::formatValue(value, unit));
        const double half = metrics.horizontalAdvance(text) / 2.0 + 4, x = place(value) * width;
        const double centre = std::clamp(x, half - 4, std::max(half - 4, width - half + 4));
        for (const Span &other : taken)
            if (centre - half < other.to && centre + half > other.from)
                return;
        taken.push_back({centre - half, centre + half});
        ticks.push_back({value, place(value), text});
    };
    if (high > low)
        for (const double value : candidates(h.edges.front(), h.edges.back(), h.logarithmic))
            add(value);
    if (ticks.size() < 2) {
        add(h.edges.front());
        add(h.edges.back());
    }
    std::sort(ticks.begin(), ticks.end(), [](const auto &a, const auto &b) { return a.value < b.value; });
    return ticks;
}

TwinHistogramPlot::TwinHistogramPlot(QWidget *parent)
    : QWidget(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void TwinHistogramPlot::setHistogram(const model::TwinHistogram &histogram, base::Unit unit)
{
    m_histogram = histogram;
    m_unit = unit;
    m_tallest = 1e-9;
    for (int bar = 0; bar < bars(); ++bar)
        m_tallest = std::max({m_tallest, share(Side::Selected, bar), share(Side::Others, bar)});
    setCurrent(-1);
    update();
}

int TwinHistogramPlot::bars() const
{
    return int(m_histogram.selected.size()) +
           (m_histogram.missingSelected + m_histogram.missingOthers > 0 ? 1 : 0);
}

std::uint64_t TwinHistogramPlot::count(Side side, int bar) const
{
    const bool selected = side == Side::Selected;
    if (isMissingBar(bar))
        return selected ? m_histogram.missingSelected : m_histogram.missingOthers;
    const auto &counts = selected ? m_histogram.selected : m_histogram.others;
    return bar >= 0 && bar < int(counts.size()) ? counts[std::size_t(bar)] : 0;
}

std::uint64_t TwinHistogramPlot::total(Side side) const
{
    std::uint64_t sum = 0;
    for (int bar = 0; bar < bars(); ++bar)
        sum += count(side, bar);
    return sum;
}

double TwinHistogramPlot::share(Side side, int bar) const
{
    const std::uint64_t all = total(side);
    return all == 0 ? 0.0 : double(count(side, bar)) / double(all);
}

void TwinHistogramPlot::setCurrent(int bar)
{
    bar = std::clamp(bar, -1, bars() - 1);
    if (bar == m_current)
        return;
    m_current = bar;
    update();
    Q_EMIT currentChanged(bar);
}

QString TwinHistogramPlot::rangeText(int bar) const
{
    if (isMissingBar(bar))
        return tr("missing");
    if (bar < 0 || m_histogram.edges.size() < std::size_t(bar) + 2)
        return {};
    const QString from = qt(base::formatValue(m_histogram.edges[std::size_t(bar)], m_unit));
    const QString to = qt(base::formatValue(m_histogram.edges[std::size_t(bar) + 1], m_unit));
    if (m_histogram.selected.size() == 1)
        return from == to ? from : tr("%1 to %2").arg(from, to);
    // What lies beyond the 1st and 99th percentile is counted in the outermost bins.
    return bar == 0                                      ? tr("up to %1").arg(to)
           : bar + 1 == int(m_histogram.selected.size()) ? tr("%1 and above").arg(from)
                                                         : tr("%1 to %2").arg(from, to);
}

QSize TwinHistogramPlot::sizeHint() const
{
    return {240, 2 * kHalf + QFontMetrics(smallFont(font())).height() + 12};
}

QRectF TwinHistogramPlot::plotRect() const
{
    const QFontMetrics metrics(smallFont(font()));
    const bool missing = bars() > int(m_histogram.selected.size());
    const int right = missing ? kGap + metrics.horizontalAdvance(tr("missing")) + 2 : 2;
    return QRectF(2, 2, width() - 2 - right, 2 * kHalf + 2);
}

QRectF TwinHistogramPlot::columnOf(int bar) const
{
    const QRectF plot = plotRect();
    if (isMissingBar(bar))
        return {plot.right() + kGap, plot.top(), width() - 2 - plot.right() - kGap, plot.height()};
    const double low = scaled(m_histogram.edges.front(), m_histogram.logarithmic);
    const double range = scaled(m_histogram.edges.back(), m_histogram.logarithmic) - low;
    const auto place = [&](int edge) {
        const double at =
            range > 0 ? (scaled(m_histogram.edges[std::size_t(edge)], m_histogram.logarithmic) - low) / range
                      : double(edge) / double(m_histogram.selected.size());
        return plot.left() + at * plot.width();
    };
    return {place(bar), plot.top(), place(bar + 1) - place(bar), plot.height()};
}

void TwinHistogramPlot::paintSide(QPainter &painter, Side side) const
{
    const Theme theme = currentTheme();
    const bool selected = side == Side::Selected;
    const QRectF plot = plotRect();
    const double axis = plot.center().y();
    const QColor colour = selected ? theme.text : theme.muted;
    double left = 0, right = 0; // tallest bar under either corner
    const QString words = selected ? tr("selected") : tr("others");
    const double room = painter.fontMetrics().horizontalAdvance(words) + 8;
    for (int bar = 0; bar < bars(); ++bar) {
        const QRectF column = columnOf(bar);
        const double height = kHalf * share(side, bar) / m_tallest;
        if (column.left() < plot.left() + room)
            left = std::max(left, height);
        if (column.right() > plot.right() - room && !isMissingBar(bar))
            right = std::max(right, height);
        if (height <= 0)
            continue;
        const double tall = std::max(height, 1.0), gap = column.width() > 3 ? 1 : 0;
        const QRectF box(column.left(), selected ? axis - tall : axis + 1, column.width() - gap, tall);
        painter.fillRect(box, isMissingBar(bar) ? QBrush(colour, Qt::BDiagPattern) : QBrush(colour));
        if (isMissingBar(bar)) {
            painter.setPen(QPen(colour, 1));
            painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5));
        }
    }
    painter.setPen(colour);
    const int height = painter.fontMetrics().height();
    const QRectF line(plot.left() + 2, selected ? plot.top() : plot.bottom() - height, plot.width() - 4,
                      height);
    painter.drawText(line, (left <= right ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter, words);
}

void TwinHistogramPlot::paintAxis(QPainter &painter) const
{
    const Theme theme = currentTheme();
    const QRectF plot = plotRect();
    const QFontMetrics metrics = painter.fontMetrics();
    const double top = plot.bottom() + 4;
    for (const AxisTick &tick : ticksFor(m_histogram, m_unit, plot.width(), metrics)) {
        const double x = plot.left() + tick.at * plot.width(), wide = metrics.horizontalAdvance(tick.text);
        painter.setPen(QPen(theme.line, 1));
        painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom() + 3));
        painter.setPen(theme.muted);
        const double left = std::clamp(x - wide / 2, plot.left(), std::max(plot.left(), plot.right() - wide));
        painter.drawText(QRectF(left, top, wide + 2, metrics.height()), Qt::AlignLeft | Qt::AlignVCenter,
                         tick.text);
    }
    painter.setPen(QPen(theme.muted, 1));
    painter.drawLine(QPointF(plot.left(), plot.center().y() + 0.5),
                     QPointF(width() - 2, plot.center().y() + 0.5));
    if (bars() > int(m_histogram.selected.size())) {
        const QRectF column = columnOf(bars() - 1);
        painter.drawText(QRectF(column.left(), top, column.width() + 2, metrics.height()),
                         Qt::AlignLeft | Qt::AlignVCenter, tr("missing"));
    }
}

void TwinHistogramPlot::paintEvent(QPaintEvent *)
{
    if (m_histogram.edges.size() < 2)
        return;
    QPainter painter(this);
    painter.setFont(smallFont(font()));
    const Theme theme = currentTheme();
    if (m_current >= 0) {
        QColor light = theme.text;
        light.setAlphaF(0.16F);
        painter.fillRect(columnOf(m_current), light);
    }
    paintAxis(painter);
    paintSide(painter, Side::Others);
    paintSide(painter, Side::Selected);
    if (hasFocus()) {
        painter.setPen(QPen(palette().color(QPalette::Highlight), 1));
        painter.drawRect(rect().adjusted(0, 0, -1, -1));
    }
}

void TwinHistogramPlot::keyPressEvent(QKeyEvent *event)
{
    switch (event->key()) {
    case Qt::Key_Left:
        return setCurrent(std::max(0, m_current - 1));
    case Qt::Key_Right:
        return setCurrent(m_current + 1);
    case Qt::Key_Home:
        return setCurrent(0);
    case Qt::Key_End:
        return setCurrent(bars() - 1);
    default:
        QWidget::keyPressEvent(event);
    }
}

void TwinHistogramPlot::mouseMoveEvent(QMouseEvent *event)
{
    for (int bar = 0; bar < bars(); ++bar) {
        const QRectF column = columnOf(bar);
        if (event->position().x() >= column.left() && event->position().x() < column.right())
            return setCurrent(bar);
    }
    setCurrent(-1);
}

void TwinHistogramPlot::leaveEvent(QEvent *)
{
    setCurrent(-1);
}

void TwinHistogramPlot::focusInEvent(QFocusEvent *event)
{
    QWidget::focusInEvent(event);
    if (event->reason() == Qt::MouseFocusReason)
        return;
    int tallest = 0;
    for (int bar = 1; bar < bars(); ++bar)
        if (count(Side::Selected, bar) > count(Side::Selected, tallest))
            tallest = bar;
    setCurrent(tallest);
}

void TwinHistogramPlot::focusOutEvent(QFocusEvent *event)
{
    QWidget::focusOutEvent(event);
    setCurrent(-1);
}

TwinHistogramView::TwinHistogramView(QWidget *parent)
    : QWidget(parent)
    , m_caption(new QLabel)
    , m_plot(new TwinHistogramPlot)
{
    auto *box = new QVBoxLayout(this);
    box->setContentsMargins(0, 0, 0, 0);
    box->setSpacing(2);
    m_caption->setWordWrap(true);
    m_caption->setTextFormat(Qt::RichText);
    m_caption->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    m_caption->setProperty("muted", true);
    // As high as its longest text, so that pointing at a bar does not move the bars.
    m_caption->setMinimumHeight(2 * m_caption->fontMetrics().lineSpacing());
    box->addWidget(m_caption);
    box->addWidget(m_plot);
    connect(m_plot, &TwinHistogramPlot::currentChanged, this, &TwinHistogramView::updateCaption);
}

void TwinHistogramView::setDifference(const model::Difference &difference, const schema::Feature &feature,
                                      const QString &other, const model::TwinHistogram *histogram)
{
    const QString title = qt(feature.title.empty() ? feature.key : feature.title);
    m_other = other;
    m_medians = tr("<b>%1</b>: median %2 selected, %3 in %4")
                    .arg(title.toHtmlEscaped(), valueText(difference.medianSelected, feature.unit),
                         valueText(difference.medianOthers, feature.unit), other.toHtmlEscaped());
    m_plot->setVisible(histogram != nullptr);
    if (histogram)
        m_plot->setHistogram(*histogram, feature.unit);
    m_plot->setAccessibleName(tr("Histograms of %1, selected and %2").arg(title, other));
    m_plot->setToolTip(
        tr("Selected above, %1 below, each as shares of itself%2. Left and Right go from bar to bar.")
            .arg(other, histogram && histogram->logarithmic ? tr("; logarithmic axis") : QString()));
    updateCaption();
}

void TwinHistogramView::updateCaption()
{
    const int bar = m_plot->isHidden() ? -1 : m_plot->current();
    QString text = m_medians;
    if (bar >= 0)
        text =
            tr("%1: <b>%2</b> of the selected (%3), %4 of %5 (%6)")
                .arg(m_plot->rangeText(bar), percent(m_plot->share(Side::Selected, bar)),
                     countText(m_plot->count(Side::Selected, bar)), percent(m_plot->share(Side::Others, bar)),
                     m_other.toHtmlEscaped(), countText(m_plot->count(Side::Others, bar)));
    m_caption->setText(text);
    m_plot->setAccessibleDescription(text.remove(QStringLiteral("<b>")).remove(QStringLiteral("</b>")));
}

} // namespace statescape::ui
