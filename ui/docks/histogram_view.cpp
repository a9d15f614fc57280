// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/histogram_view.h"

#include "ui/docks/histogram_bars.h"
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

using namespace bars;
using session::BinCounts;
using session::FeatureBins;

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
            QToolTip::showText(help->globalPos(),
                               QStringLiteral("<b>%1</b><br>%2<br>%3")
                                   .arg(m_key.toHtmlEscaped(), summary().toHtmlEscaped(),
                                        tr("≈ is the median; all and selected are each drawn to their own "
                                           "height")),
                               this);
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

} // namespace statescape::ui
