// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/diagnostic_chart.h"

#include "ui/kit/theme.h"

#include <QAbstractAxis>
#include <QApplication>
#include <QChart>
#include <QGraphicsLayout>
#include <QHelpEvent>
#include <QToolTip>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace statescape::ui {

QString figureText(double value, int digits)
{
    if (!std::isfinite(value))
        return QStringLiteral("–");
    const double unit = std::pow(10.0, digits);
    const double rounded = std::round(value * unit) / unit;
    // Adding zero takes the sign off a zero.
    return QString::number(rounded + 0.0, 'f', digits).replace(QLatin1Char('-'), QChar(0x2212));
}

DiagnosticChart::DiagnosticChart(const QString &name, QWidget *parent)
    : QChartView(parent)
{
    setRenderHint(QPainter::Antialiasing);
    setAccessibleName(name);
    setFrameShape(QFrame::NoFrame);
    setBackgroundBrush(Qt::NoBrush);
    viewport()->setAutoFillBackground(false);
    setFocusPolicy(Qt::NoFocus);
    setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    chart()->legend()->hide();
    chart()->setBackgroundVisible(false);
    chart()->layout()->setContentsMargins(0, 0, 0, 0);
}

QSize DiagnosticChart::sizeHint() const
{
    return {fontMetrics().averageCharWidth() * 30, fontMetrics().height() * lines()};
}

QSize DiagnosticChart::minimumSizeHint() const
{
    return {120, sizeHint().height()};
}

QFont DiagnosticChart::smallFont()
{
    QFont small = QApplication::font();
    if (small.pointSizeF() > 0)
        small.setPointSizeF(std::max(6.5, small.pointSizeF() * 0.88));
    return small;
}

void DiagnosticChart::clear()
{
    chart()->removeAllSeries();
    for (QAbstractAxis *axis : chart()->axes()) {
        chart()->removeAxis(axis);
        delete axis;
    }
}

void DiagnosticChart::redraw()
{
    clear();
    // The outermost labels reach beyond the plot by half their size.
    const QFontMetrics metrics(smallFont());
    chart()->setMargins(
        QMargins(0, metrics.height() * 2 / 3, metrics.horizontalAdvance(QStringLiteral("00")), 0));
    fill();
    updateGeometry();
}

void DiagnosticChart::addAxis(QAbstractAxis *axis, Qt::Alignment side, const QString &title)
{
    const Theme theme = currentTheme();
    const QFont small = smallFont();
    axis->setLabelsBrush(theme.muted);
    axis->setLabelsFont(small);
    axis->setLinePen(QPen(theme.line));
    axis->setGridLinePen(QPen(theme.line, 1, Qt::DotLine));
    if (!title.isEmpty()) {
        axis->setTitleText(title);
        axis->setTitleFont(small);
        axis->setTitleBrush(theme.muted);
    }
    chart()->addAxis(axis, side);
}

void DiagnosticChart::addSeries(QAbstractSeries *series)
{
    chart()->addSeries(series);
    for (QAbstractAxis *axis : chart()->axes())
        series->attachAxis(axis);
}

double DiagnosticChart::pixelsTo(const QPointF &value, const QPointF &at) const
{
    const QPointF away = chart()->mapToPosition(value) - at;
    return std::hypot(away.x(), away.y());
}

void DiagnosticChart::changeEvent(QEvent *event)
{
    QChartView::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        redraw();
}

bool DiagnosticChart::viewportEvent(QEvent *event)
{
    if (event->type() != QEvent::ToolTip)
        return QChartView::viewportEvent(event);
    const auto *help = static_cast<QHelpEvent *>(event);
    const QString tip = chart()->series().isEmpty() ? QString() : tipAt(mapToScene(help->pos()));
    if (tip.isEmpty())
        QToolTip::hideText();
    else
        QToolTip::showText(help->globalPos(), tip, this);
    return true;
}

void DiagnosticChart::wheelEvent(QWheelEvent *event)
{
    event->ignore(); // the dock scrolls
}

} // namespace statescape::ui
