// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/loading_bars.h"

#include "ui/kit/theme.h"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

#include <cmath>

namespace statescape::ui {

QString loadingWords(const std::vector<Loading> &loadings, std::size_t most)
{
    QStringList parts;
    for (std::size_t i = 0; i < std::min(most, loadings.size()); ++i)
        parts << (loadings[i].weight >= 0 ? LoadingBars::tr("%1 rises") : LoadingBars::tr("%1 falls"))
                     .arg(loadings[i].title);
    return parts.join(QStringLiteral(", "));
}

LoadingBars::LoadingBars(QWidget *parent)
    : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

void LoadingBars::setLoadings(std::vector<Loading> loadings)
{
    m_loadings = std::move(loadings);
    QStringList rows;
    for (const Loading &loading : m_loadings)
        rows << QStringLiteral("%1 %2").arg(loading.title).arg(loading.weight, 0, 'f', 2);
    setAccessibleDescription(rows.join(QStringLiteral(", ")));
    updateGeometry();
    update();
}

int LoadingBars::rowHeight() const
{
    return fontMetrics().height() + 4;
}

QSize LoadingBars::sizeHint() const
{
    return {fontMetrics().averageCharWidth() * 26, rowHeight() * int(m_loadings.size())};
}

bool LoadingBars::event(QEvent *event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto *help = static_cast<QHelpEvent *>(event);
        const auto row = std::size_t(std::max(0, help->pos().y() / rowHeight()));
        if (row < m_loadings.size())
            QToolTip::showText(help->globalPos(),
                               tr("<b>%1</b><br>weighs %2 on this axis (−1 to 1), so it %3 along it")
                                   .arg(m_loadings[row].key.toHtmlEscaped())
                                   .arg(m_loadings[row].weight, 0, 'f', 2)
                                   .arg(m_loadings[row].weight >= 0 ? tr("rises") : tr("falls")),
                               this);
        return true;
    }
    return QWidget::event(event);
}

void LoadingBars::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const Theme theme = currentTheme();
    const int height = rowHeight(), names = width() * 55 / 100;
    const int figure = fontMetrics().horizontalAdvance(QStringLiteral("−0.88")) + 4;
    const double room = (width() - names - figure - 8) / 2.0, middle = names + 4 + room;
    double largest = 0.01;
    for (const Loading &loading : m_loadings)
        largest = std::max(largest, std::abs(loading.weight));
    for (std::size_t i = 0; i < m_loadings.size(); ++i) {
        const Loading &loading = m_loadings[i];
        const QRect line(0, int(i) * height, width(), height);
        painter.setPen(theme.text);
        painter.drawText(line.adjusted(0, 0, -(width() - names), 0), Qt::AlignLeft | Qt::AlignVCenter,
                         fontMetrics().elidedText(loading.title, Qt::ElideRight, names - 4));
        const double length = room * loading.weight / largest;
        const QRectF bar(std::min(middle, middle + length), line.top() + height / 2.0 - 4,
                         std::max(1.0, std::abs(length)), 8);
        painter.fillRect(bar, loading.weight >= 0 ? theme.negative : theme.positive);
        painter.setPen(theme.muted);
        QString text = QString::number(std::abs(loading.weight), 'f', 2);
        text.prepend(loading.weight >= 0 ? QLatin1Char('+') : QChar(0x2212));
        painter.drawText(line, Qt::AlignRight | Qt::AlignVCenter, text);
    }
    painter.setPen(theme.line);
    painter.drawLine(QPointF(middle, 0), QPointF(middle, rowHeight() * double(m_loadings.size())));
}

} // namespace statescape::ui
