// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/histogram_bars.h"
#include "ui/docks/histogram_view.h"
#include "ui/kit/text.h"
#include "ui/kit/theme.h"

#include <QPainter>
#include <QToolButton>

namespace statescape::ui {

using namespace bars;
using session::BinCounts;
using session::FeatureBins;

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
