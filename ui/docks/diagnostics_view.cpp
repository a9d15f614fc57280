// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/diagnostics_view.h"

#include "ui/kit/section.h"
#include "ui/kit/text.h"
#include "ui/kit/theme.h"
#include "ui/picture/marks.h"

#include <QApplication>
#include <QBarCategoryAxis>
#include <QBarSeries>
#include <QBarSet>
#include <QChart>
#include <QChartView>
#include <QGraphicsLayout>
#include <QHorizontalBarSeries>
#include <QLineSeries>
#include <QStackedBarSeries>
#include <QVBoxLayout>
#include <QValueAxis>

#include <algorithm>
#include <cmath>

namespace statescape::ui {
namespace {

QChartView *makeChart(const QString &name)
{
    auto *view = new QChartView;
    view->setMinimumHeight(150);
    view->setRenderHint(QPainter::Antialiasing);
    view->setAccessibleName(name);
    view->setFrameShape(QFrame::NoFrame);
    view->setBackgroundBrush(Qt::NoBrush);
    view->chart()->legend()->hide();
    view->chart()->setMargins(QMargins(0, 0, 0, 0));
    view->chart()->setBackgroundVisible(false);
    view->chart()->layout()->setContentsMargins(0, 0, 0, 0);
    return view;
}

void styleAxis(QAbstractAxis *axis, const Theme &theme, const QString &title = {})
{
    QFont small = QApplication::font();
    small.setPointSizeF(std::max(6.5, small.pointSizeF() * 0.88));
    axis->setLabelsBrush(theme.muted);
    axis->setLabelsFont(small);
    axis->setLinePen(QPen(theme.line));
    axis->setGridLinePen(QPen(theme.line));
    if (!title.isEmpty()) {
        axis->setTitleText(title);
        axis->setTitleFont(small);
        axis->setTitleBrush(theme.muted);
    }
}

void clear(QChart *chart)
{
    chart->removeAllSeries();
    for (QAbstractAxis *axis : chart->axes()) {
        chart->removeAxis(axis);
        delete axis;
    }
}

void fillScree(QChart *chart, const model::Model &model)
{
    clear(chart);
    const Theme theme = currentTheme();
    const auto ratios = model.explainedVarianceRatio();
    const std::size_t shown = std::min<std::size_t>(ratios.size(), 10);
    auto *bars = new QBarSeries;
    auto *set = new QBarSet(QObject::tr("variance explained, %"));
    set->setColor(theme.positive);
    set->setBorderColor(Qt::transparent);
    auto *sum = new QLineSeries;
    sum->setPen(QPen(theme.text, 1.4));
    QStringList names;
    double total = 0;
    for (std::size_t i = 0; i < shown; ++i) {
        *set << 100 * ratios[i];
        total += 100 * ratios[i];
        sum->append(double(i), total);
        names << QStringLiteral("PC%1").arg(i + 1);
    }
    bars->append(set);
    bars->setBarWidth(0.65);
    chart->addSeries(bars);
    chart->addSeries(sum);
    auto *x = new QBarCategoryAxis;
    x->append(names);
    auto *y = new QValueAxis;
    y->setRange(0, 100);
    y->setTickCount(3);
    y->setLabelFormat(QStringLiteral("%.0f %%"));
    styleAxis(x, theme);
    styleAxis(y, theme);
    x->setGridLineVisible(false);
    chart->addAxis(x, Qt::AlignBottom);
    chart->addAxis(y, Qt::AlignLeft);
    for (QAbstractSeries *series : chart->series()) {
        series->attachAxis(x);
        series->attachAxis(y);
    }
}

void fillSilhouette(QChart *chart, const model::Model &model)
{
    clear(chart);
    const Theme theme = currentTheme();
    const auto &states = model.states();
    auto *bars = new QHorizontalBarSeries;
    QStringList names;
    double low = 0;
    // Qt Charts counts categories from below; the first state belongs on top.
    auto *set = new QBarSet(QObject::tr("silhouette, −1 to 1"));
    for (std::size_t i = states.size(); i-- > 0;) {
        *set << (std::isfinite(states[i].silhouette) ? states[i].silhouette : 0.0);
        names << QStringLiteral("%1 %2").arg(signOf(stateStyle(model, int(i), nullptr).shape),
                                             qt(states[i].name));
        low = std::min(low, states[i].silhouette);
    }
    set->setColor(theme.positive);
    set->setBorderColor(Qt::transparent);
    bars->append(set);
    bars->setBarWidth(0.6);
    chart->addSeries(bars);
    auto *y = new QBarCategoryAxis;
    // Equal names would fold into one bar.
    names.removeDuplicates();
    y->append(names);
    auto *x = new QValueAxis;
    x->setRange(low < 0 ? -1 : 0, 1);
    x->setTickCount(low < 0 ? 5 : 3);
    x->setLabelFormat(QStringLiteral("%.1f"));
    styleAxis(x, theme);
    styleAxis(y, theme);
    y->setGridLineVisible(false);
    chart->addAxis(x, Qt::AlignBottom);
    chart->addAxis(y, Qt::AlignLeft);
    bars->attachAxis(x);
    bars->attachAxis(y);
}

} // namespace

DiagnosticsView::DiagnosticsView(QWidget *parent)
    : QWidget(parent)
    , m_scree(makeChart(tr("Variance explained by each component")))
    , m_silhouette(makeChart(tr("Silhouette of each state")))
{
    auto *box = new QVBoxLayout(this);
    box->setContentsMargins(0, 4, 0, 0);
    box->addWidget(new Heading(tr("Variance explained, % · line: sum")));
    box->addWidget(m_scree);
    box->addWidget(new Heading(tr("Silhouette of each state, −1 to 1")));
    box->addWidget(m_silhouette);
}

void DiagnosticsView::show(const model::Model &model)
{
    fillScree(m_scree->chart(), model);
    fillSilhouette(m_silhouette->chart(), model);
    m_silhouette->setMinimumHeight(40 + 26 * int(std::max<std::size_t>(3, model.states().size())));
}

} // namespace statescape::ui
