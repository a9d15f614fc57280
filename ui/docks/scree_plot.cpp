// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/scree_plot.h"

#include "ui/kit/theme.h"

#include <QApplication>
#include <QChart>
#include <QGraphicsLayout>
#include <QToolTip>

#include <algorithm>

namespace statescape::ui {
namespace {
constexpr std::size_t kMost = 12; // components drawn
} // namespace

ScreePlot::ScreePlot(QWidget *parent)
    : QChartView(new QChart, parent)
    , m_bars(new QStackedBarSeries)
    , m_shown(new QBarSet(tr("shown")))
    , m_others(new QBarSet(tr("not shown")))
    , m_together(new QLineSeries)
    , m_names(new QBarCategoryAxis)
    , m_percent(new QValueAxis)
{
    m_bars->append(m_shown);
    m_bars->append(m_others);
    m_bars->setBarWidth(0.7);
    m_together->setPointsVisible(true);
    QChart *chart = this->chart();
    chart->addSeries(m_bars);
    chart->addSeries(m_together);
    chart->addAxis(m_names, Qt::AlignBottom);
    chart->addAxis(m_percent, Qt::AlignLeft);
    for (QAbstractSeries *series :
         {static_cast<QAbstractSeries *>(m_bars), static_cast<QAbstractSeries *>(m_together)}) {
        series->attachAxis(m_names);
        series->attachAxis(m_percent);
    }
    chart->legend()->hide();
    chart->setMargins(QMargins(0, 2, 0, 0));
    chart->layout()->setContentsMargins(0, 0, 0, 0);
    chart->setBackgroundVisible(false);
    m_percent->setRange(0, 100);
    m_percent->setTickCount(3);
    m_percent->setLabelFormat(QStringLiteral("%.0f %%"));
    m_names->setGridLineVisible(false);
    m_names->setTruncateLabels(false);
    setFrameShape(NoFrame);
    setRenderHint(QPainter::Antialiasing);
    setBackgroundBrush(Qt::NoBrush);
    viewport()->setAutoFillBackground(false);
    setFocusPolicy(Qt::NoFocus);
    setAccessibleName(tr("Share of the variance of each component"));
    connect(m_bars, &QAbstractBarSeries::clicked, this, [this](int component) {
        if (component < m_choosable)
            Q_EMIT componentWanted(component);
    });
    connect(m_bars, &QAbstractBarSeries::hovered, this, &ScreePlot::tell);
    applyTheme();
}

QSize ScreePlot::sizeHint() const
{
    return {240, fontMetrics().height() * 9};
}

void ScreePlot::setShares(const std::vector<double> &shares, const std::vector<int> &shown, int choosable)
{
    m_choosable = choosable;
    m_shares.assign(shares.begin(), shares.begin() + std::ptrdiff_t(std::min(kMost, shares.size())));
    m_shown->remove(0, m_shown->count());
    m_others->remove(0, m_others->count());
    m_names->clear();
    m_together->clear();
    QStringList names, words;
    double together = 0;
    for (std::size_t i = 0; i < m_shares.size(); ++i) {
        const double percent = 100 * m_shares[i];
        const bool is = std::find(shown.begin(), shown.end(), int(i)) != shown.end();
        m_shown->append(is ? percent : 0);
        m_others->append(is ? 0 : percent);
        together += percent;
        m_together->append(double(i), std::min(together, 100.0));
        names << QString::number(i + 1);
        words << tr("PC%1 %2 %%3").arg(i + 1).arg(percent, 0, 'f', 1).arg(is ? tr(", shown") : QString());
    }
    m_names->append(names);
    if (!names.isEmpty())
        m_names->setRange(names.first(), names.last());
    setAccessibleDescription(words.join(QStringLiteral("; ")));
}

void ScreePlot::tell(bool on, int component)
{
    if (!on || component < 0 || std::size_t(component) >= m_shares.size()) {
        QToolTip::hideText();
        return;
    }
    double together = 0;
    for (int i = 0; i <= component; ++i)
        together += 100 * m_shares[std::size_t(i)];
    QToolTip::showText(QCursor::pos(),
                       tr("PC%1: %2 % of the variance, %3 % with those before it")
                           .arg(component + 1)
                           .arg(100 * m_shares[std::size_t(component)], 0, 'f', 1)
                           .arg(together, 0, 'f', 1),
                       this);
}

void ScreePlot::applyTheme()
{
    const Theme theme = currentTheme();
    QFont small = QApplication::font();
    small.setPointSizeF(std::max(6.0, small.pointSizeF() * 0.85));
    m_shown->setBrush(theme.positive);
    m_shown->setPen(QPen(theme.text, 1));
    QColor quiet = theme.muted;
    quiet.setAlpha(120);
    m_others->setBrush(quiet);
    m_others->setPen(Qt::NoPen);
    m_together->setPen(QPen(theme.text, 1.2));
    m_together->setMarkerSize(4);
    for (QAbstractAxis *axis :
         {static_cast<QAbstractAxis *>(m_names), static_cast<QAbstractAxis *>(m_percent)}) {
        axis->setLabelsBrush(theme.muted);
        axis->setLabelsFont(small);
        axis->setLinePen(QPen(theme.line));
        axis->setGridLinePen(QPen(theme.line, 1, Qt::DotLine));
    }
}

void ScreePlot::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        applyTheme();
    QChartView::changeEvent(event);
}

} // namespace statescape::ui
