// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/histogram_view.h"

#include "ui/kit/text.h"
#include "ui/kit/theme.h"
#include "ui/models/row_selection.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QToolButton>
#include <QToolTip>

#include <cmath>

namespace statescape::ui {
namespace {

using session::BinCounts;
using session::FeatureBins;

constexpr int kPerBar = FeatureBins::kBins / HistogramView::kBars;
static_assert(kPerBar * HistogramView::kBars == FeatureBins::kBins);
constexpr int kSide = 6, kGap = 8;

std::uint64_t barOf(const BinCounts &counts, int bar)
{
    if (bar == HistogramView::kBeyondBar)
        return counts[FeatureBins::kBeyond];
    if (bar == HistogramView::kMissingBar)
        return counts[FeatureBins::kMissing];
    std::uint64_t sum = 0;
    for (int i = 0; i < kPerBar; ++i)
        sum += counts[std::size_t(bar * kPerBar + i)];
    return sum;
}

std::uint64_t totalOf(const BinCounts &counts)
{
    std::uint64_t sum = 0;
    for (const std::uint64_t count : counts)
        sum += count;
    return sum;
}

} // namespace

HistogramView::HistogramView(const schema::Feature &feature, QWidget *parent)
    : QWidget(parent)
    , m_key(qt(feature.key))
    , m_title(qt(feature.title.empty() ? feature.key : feature.title))
    , m_unit(feature.unit)
    , m_pin(new QToolButton(this))
    , m_close(new QToolButton(this))
{
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAccessibleName(tr("Histogram of %1").arg(m_title));
    m_pin->setText(tr("pin"));
    m_pin->setCheckable(true);
    m_pin->setToolTip(tr("Keep this histogram, whatever is selected"));
    m_pin->setAccessibleName(tr("Pin %1").arg(m_title));
    m_close->setText(QStringLiteral("×"));
    m_close->setToolTip(tr("Take this histogram away"));
    m_close->setAccessibleName(tr("Close %1").arg(m_title));
    for (QToolButton *button : {m_pin, m_close}) {
        button->setAutoRaise(true);
        QFont small = button->font();
        small.setPointSizeF(std::max(6.0, small.pointSizeF() * 0.85));
        button->setFont(small);
    }
    connect(m_pin, &QToolButton::clicked, this, &HistogramView::pinWanted);
    connect(m_close, &QToolButton::clicked, this, &HistogramView::closeWanted);
}

QSize HistogramView::sizeHint() const
{
    return {fontMetrics().averageCharWidth() * 38, fontMetrics().height() * 10};
}

QSize HistogramView::minimumSizeHint() const
{
    return {fontMetrics().averageCharWidth() * 27, fontMetrics().height() * 9};
}

void HistogramView::show(std::shared_ptr<const FeatureBins> bins, RowMaskPtr selection)
{
    m_bins = std::move(bins);
    m_selection = std::move(selection);
    m_counted = false;
    update();
}

void HistogramView::setPinned(bool pinned)
{
    m_pin->setChecked(pinned);
}

void HistogramView::countSelected()
{
    if (m_counted || !m_bins)
        return;
    m_selected = m_selection ? m_bins->count(*m_selection) : BinCounts{};
    m_counted = true;
    setAccessibleDescription(summary());
}

std::vector<std::uint64_t> HistogramView::all() const
{
    std::vector<std::uint64_t> out;
    for (int bar = 0; m_bins && bar < kBars + 2; ++bar)
        out.push_back(barOf(m_bins->all(), bar));
    return out;
}

std::vector<std::uint64_t> HistogramView::selected()
{
    countSelected();
    std::vector<std::uint64_t> out;
    for (int bar = 0; m_bins && bar < kBars + 2; ++bar)
        out.push_back(barOf(m_selected, bar));
    return out;
}

QString HistogramView::summary()
{
    if (!m_bins)
        return tr("being counted");
    countSelected();
    const auto median = [&](const BinCounts &counts) {
        const auto value = m_bins->median(counts);
        return value ? tr("median about %1").arg(valueText(*value, m_unit)) : tr("no median");
    };
    const std::uint64_t selected = totalOf(m_selected);
    return (selected == 0 ? QString()
                          : tr("%1 selected, %2; ").arg(countText(selected), median(m_selected))) +
           tr("all %1, %2").arg(countText(totalOf(m_bins->all())), median(m_bins->all()));
}

bool HistogramView::hasBeyond() const
{
    return m_bins && m_bins->all()[FeatureBins::kBeyond] > 0;
}

bool HistogramView::hasMissing() const
{
    return m_bins && m_bins->all()[FeatureBins::kMissing] > 0;
}

QFont HistogramView::fineFont() const
{
    QFont fine = font();
    fine.setPointSizeF(std::max(6.0, fine.pointSizeF() * 0.85));
    return fine;
}

int HistogramView::asideWidth() const
{
    return QFontMetrics(fineFont()).horizontalAdvance(tr("missing"));
}

QRectF HistogramView::plot() const
{
    const int line = fontMetrics().height();
    const int aside = (hasBeyond() ? asideWidth() + kGap : 0) + (hasMissing() ? asideWidth() + kGap : 0);
    return QRectF(rect()).adjusted(kSide, 3 * line + 8, -kSide - aside, -line - 4);
}

QRectF HistogramView::barRect(int bar) const
{
    const QRectF box = plot();
    if (bar < kBars)
        return {box.left() + box.width() * bar / kBars, box.top(), box.width() / kBars, box.height()};
    const double left = box.right() + kGap + (bar == kMissingBar && hasBeyond() ? asideWidth() + kGap : 0);
    return {left, box.top(), double(asideWidth()), box.height()};
}

QPoint HistogramView::placeOfBar(int bar) const
{
    return barRect(bar).center().toPoint();
}

int HistogramView::barAt(int x) const
{
    const QRectF box = plot();
    if (hasMissing() && x >= barRect(kMissingBar).left() - kGap / 2.0)
        return kMissingBar;
    if (hasBeyond() && x >= barRect(kBeyondBar).left() - kGap / 2.0)
        return kBeyondBar;
    return std::clamp(int((x - box.left()) / box.width() * kBars), 0, kBars - 1);
}

QString HistogramView::valueAt(int bin) const
{
    return valueText(m_bins->edge(bin), m_unit);
}

QString HistogramView::intervalText(int from, int to) const
{
    if (from == kMissingBar)
        return tr("%1 missing").arg(m_title);
    if (from == kBeyondBar)
        return tr("%1 below %2 or above %3").arg(m_title, valueAt(0), valueAt(FeatureBins::kBins));
    return tr("%1 %2 to %3").arg(m_title, valueAt(from * kPerBar), valueAt((to + 1) * kPerBar));
}

QString HistogramView::tipOf(int bar)
{
    countSelected();
    const std::uint64_t selected = totalOf(m_selected);
    QString text = QStringLiteral("<b>%1</b><br>").arg(intervalText(bar, bar).toHtmlEscaped()) +
                   tr("%1 of all %2")
                       .arg(countText(barOf(m_bins->all(), bar)), pluralText(m_bins->rows(), tr("sample")));
    if (selected > 0)
        text += tr("<br>%1 of %2 selected").arg(countText(barOf(m_selected, bar)), countText(selected));
    return text + tr("<br>Drag selects; Ctrl adds, Alt removes");
}

bool HistogramView::event(QEvent *event)
{
    if (event->type() == QEvent::ToolTip && m_bins) {
        const auto *help = static_cast<QHelpEvent *>(event);
        if (plot().top() < help->pos().y())
            QToolTip::showText(help->globalPos(), tipOf(barAt(help->pos().x())), this);
        else
            QToolTip::showText(help->globalPos(), m_key, this);
        return true;
    }
    return QWidget::event(event);
}

void HistogramView::resizeEvent(QResizeEvent *event)
{
    int right = width();
    for (QToolButton *button : {m_close, m_pin}) {
        const QSize size = button->sizeHint();
        right -= size.width();
        button->setGeometry(right, 0, size.width(), fontMetrics().height() + 4);
    }
    QWidget::resizeEvent(event);
}

void HistogramView::choose(int from, int to, SelectionOp op)
{
    if (!m_bins)
        return;
    if (from > to)
        std::swap(from, to);
    // What lies beyond and what is missing is no part of an interval of values.
    if (to >= kBars && from < kBars)
        to = kBars - 1;
    if (to >= kBars)
        from = to;
    const auto first = std::uint8_t(from < kBars         ? from * kPerBar
                                    : from == kBeyondBar ? FeatureBins::kBeyond
                                                         : FeatureBins::kMissing);
    const auto last = std::uint8_t(to < kBars ? to * kPerBar + kPerBar - 1 : first);
    Q_EMIT intervalWanted(first, last, intervalText(from, to), op);
}

void HistogramView::mousePressEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton || !m_bins || event->position().y() < plot().top())
        return;
    m_from = m_to = barAt(int(event->position().x()));
    m_dragging = true;
    update();
}

void HistogramView::mouseMoveEvent(QMouseEvent *event)
{
    if (!m_dragging)
        return;
    m_to = barAt(int(event->position().x()));
    QToolTip::showText(event->globalPosition().toPoint(),
                       intervalText(std::min(m_from, m_to), std::max(m_from, m_to)), this);
    update();
}

void HistogramView::mouseReleaseEvent(QMouseEvent *event)
{
    if (!m_dragging || event->button() != Qt::LeftButton)
        return;
    m_dragging = false;
    choose(m_from, barAt(int(event->position().x())), selectionOp(event->modifiers()));
    m_from = m_to = -1;
    update();
}

void HistogramView::keyPressEvent(QKeyEvent *event)
{
    const int last = hasMissing() ? kMissingBar : hasBeyond() ? kBeyondBar : kBars - 1;
    const auto valid = [&](int bar, int step) {
        return bar == kBeyondBar && !hasBeyond() ? bar + step : bar;
    };
    const int step = event->key() == Qt::Key_Left ? -1 : event->key() == Qt::Key_Right ? 1 : 0;
    if (step != 0) {
        m_to = m_to < 0 ? (step > 0 ? 0 : last) : std::clamp(valid(m_to + step, step), 0, last);
        if (!event->modifiers().testFlag(Qt::ShiftModifier) || m_from < 0)
            m_from = m_to;
        setAccessibleDescription(m_bins ? intervalText(std::min(m_from, m_to), std::max(m_from, m_to))
                                        : QString());
    } else if ((event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) && m_to >= 0) {
        choose(m_from, m_to, selectionOp(event->modifiers()));
    } else if (event->key() == Qt::Key_Escape && m_to >= 0) {
        m_from = m_to = -1;
    } else {
        QWidget::keyPressEvent(event);
        return;
    }
    update();
}

void HistogramView::paintBars(QPainter &painter, const BinCounts &counts, bool quiet) const
{
    std::uint64_t most = 0;
    for (int bar = 0; bar < kBars; ++bar)
        most = std::max(most, barOf(counts, bar));
    const std::uint64_t total = totalOf(counts);
    const auto heightOf = [&](int bar, double full) {
        const std::uint64_t count = barOf(counts, bar);
        const double of = double(bar < kBars ? most : total);
        // One sample among a million is still to be seen.
        return count == 0 || of <= 0 ? 0.0 : std::max(1.5, full * double(count) / of);
    };
    QPolygonF steps;
    for (int bar = 0; bar < kBars + 2; ++bar) {
        if ((bar == kBeyondBar && !hasBeyond()) || (bar == kMissingBar && !hasMissing()))
            continue;
        QRectF box = barRect(bar);
        const double bottom = box.bottom();
        box.setTop(bottom - heightOf(bar, box.height()));
        if (quiet) {
            painter.fillRect(bar < kBars ? box.adjusted(0, 0, -0.5, 0) : box, painter.brush());
        } else if (bar < kBars) {
            steps << QPointF(box.left(), box.top()) << QPointF(box.right(), box.top());
        } else if (box.height() > 0) {
            painter.drawRect(box.adjusted(box.width() / 4, 0, -box.width() / 4, 0));
        }
    }
    if (steps.isEmpty())
        return;
    steps.prepend(QPointF(steps.first().x(), plot().bottom()));
    steps.append(QPointF(steps.last().x(), plot().bottom()));
    painter.drawPolygon(steps);
}

void HistogramView::paintMedian(QPainter &painter, const BinCounts &counts, const QColor &colour) const
{
    const auto median = m_bins->median(counts);
    if (!median)
        return;
    const QRectF box = plot();
    const double x = box.left() + box.width() * std::clamp(m_bins->placeOf(*median), 0.0, 1.0);
    painter.setPen(QPen(colour, 1, Qt::DashLine));
    painter.drawLine(QPointF(x, box.top() - 3), QPointF(x, box.bottom()));
}

void HistogramView::paintAxis(QPainter &painter) const
{
    const Theme theme = currentTheme();
    const QRectF box = plot();
    painter.setPen(theme.line);
    painter.drawLine(box.bottomLeft(), box.bottomRight());
    painter.setPen(theme.muted);
    const QFontMetricsF metrics(painter.font());
    const auto below = [&](const QRectF &over, Qt::Alignment alignment, const QString &text) {
        painter.drawText(QRectF(over.left(), box.bottom() + 2, over.width(), metrics.height()),
                         int(alignment) | Qt::TextDontClip, text);
    };
    const QString low = valueAt(0), middle = valueAt(FeatureBins::kBins / 2),
                  high = valueAt(FeatureBins::kBins) + (m_bins->logarithmic() ? tr(", log") : QString());
    below(box, Qt::AlignLeft, low);
    below(box, Qt::AlignRight, high);
    if (metrics.horizontalAdvance(low + middle + high) + 30 < box.width())
        below(box, Qt::AlignHCenter, middle);
    if (hasBeyond())
        below(barRect(kBeyondBar), Qt::AlignHCenter, tr("beyond"));
    if (hasMissing())
        below(barRect(kMissingBar), Qt::AlignHCenter, tr("missing"));
}

void HistogramView::paintTexts(QPainter &painter)
{
    const Theme theme = currentTheme();
    const QFontMetrics metrics(font());
    const int line = metrics.height();
    painter.setPen(theme.text);
    painter.drawText(QRect(kSide, 2, m_pin->x() - kSide - 4, line), Qt::AlignLeft | Qt::AlignVCenter,
                     metrics.elidedText(m_title, Qt::ElideRight, m_pin->x() - kSide - 4));
    painter.setFont(fineFont());
    const QFontMetrics fine(fineFont());
    const auto write = [&](int row, const QColor &colour, const QString &text) {
        painter.setPen(colour);
        painter.drawText(QRect(kSide, row * line + 4, width() - 2 * kSide, line),
                         Qt::AlignLeft | Qt::AlignVCenter,
                         fine.elidedText(text, Qt::ElideRight, width() - 2 * kSide));
    };
    if (!m_bins)
        return write(1, theme.muted, tr("counting…"));
    const auto about = [&](const BinCounts &counts) {
        const auto median = m_bins->median(counts);
        return median ? QStringLiteral("≈ ") + valueText(*median, m_unit) : QStringLiteral("–");
    };
    write(1, theme.muted, tr("all %1 %2").arg(countText(totalOf(m_bins->all())), about(m_bins->all())));
    if (totalOf(m_selected) > 0)
        write(2, theme.positive, tr("selected %1 %2").arg(countText(totalOf(m_selected)), about(m_selected)));
}

void HistogramView::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const Theme theme = currentTheme();
    countSelected();
    if (m_bins) {
        const auto shade = [](QColor colour, int alpha) {
            colour.setAlpha(alpha);
            return colour;
        };
        if (m_to >= 0) {
            const QRectF a = barRect(m_from), b = barRect(m_to);
            painter.fillRect((a | b).adjusted(0, -4, 0, 0), shade(theme.text, 40));
        }
        painter.setPen(Qt::NoPen);
        painter.setBrush(shade(theme.muted, 130));
        paintBars(painter, m_bins->all(), true);
        if (totalOf(m_selected) > 0) {
            painter.setPen(QPen(theme.positive, 1.3));
            painter.setBrush(QBrush(shade(theme.positive, 70)));
            paintBars(painter, m_selected, false);
            paintMedian(painter, m_selected, theme.positive);
        }
        painter.setBrush(Qt::NoBrush);
        paintMedian(painter, m_bins->all(), theme.muted);
        painter.setFont(fineFont());
        paintAxis(painter);
        painter.setFont(font());
    }
    paintTexts(painter);
    if (hasFocus()) {
        painter.setPen(theme.positive);
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(rect().adjusted(0, 0, -1, -1), 4, 4);
    }
}

} // namespace statescape::ui
