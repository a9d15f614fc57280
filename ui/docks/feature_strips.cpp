// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/feature_strips.h"

#include "ui/kit/text.h"
#include "ui/kit/theme.h"

#include <QHelpEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace statescape::ui {
namespace {
constexpr int kGap = 8;

QString unitText(const schema::Feature &feature)
{
    const QString unit = qt(base::unitKey(feature.unit));
    return feature.unit == base::Unit::None ? QObject::tr("number") : unit;
}
} // namespace

FeatureStrips::FeatureStrips(QWidget *parent)
    : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    setAccessibleName(tr("Columns that this probe adds"));
}

void FeatureStrips::setFeatures(std::vector<schema::Feature> features)
{
    m_features = std::move(features);
    m_report = {};
    QStringList texts;
    for (const auto &feature : m_features)
        texts << QStringLiteral("%1, %2").arg(qt(feature.title), unitText(feature));
    setAccessibleDescription(texts.join(QStringLiteral("; ")));
    updateGeometry();
    update();
}

void FeatureStrips::setReport(session::TrialReport report)
{
    m_report = std::move(report);
    update();
}

void FeatureStrips::clearReport()
{
    setReport({});
}

int FeatureStrips::rowHeight() const
{
    return fontMetrics().height() + 8;
}

QSize FeatureStrips::sizeHint() const
{
    return {320, std::max<int>(1, int(m_features.size())) * rowHeight()};
}

QSize FeatureStrips::minimumSizeHint() const
{
    return {200, sizeHint().height()};
}

void FeatureStrips::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const Theme theme = currentTheme();
    const QFontMetrics figures(figureFont());
    int names = 0;
    for (const auto &feature : m_features)
        names = std::max(names, fontMetrics().horizontalAdvance(qt(feature.title)) + 2);
    names = std::min(names, width() / 2);
    const int values = figures.horizontalAdvance(QStringLiteral("999.9 MB/s "));
    for (std::size_t i = 0; i < m_features.size(); ++i) {
        const auto &feature = m_features[i];
        const QRect row(0, int(i) * rowHeight(), width(), rowHeight());
        painter.setFont(font());
        painter.setPen(theme.text);
        painter.drawText(row.adjusted(0, 0, names - row.width(), 0), Qt::AlignVCenter | Qt::AlignLeft,
                         fontMetrics().elidedText(qt(feature.title), Qt::ElideMiddle, names));
        const bool tried = i < m_report.values.size() && !m_report.values[i].empty();
        painter.setPen(theme.muted);
        if (tried) {
            painter.setFont(figureFont());
            painter.setPen(theme.text);
        }
        painter.drawText(row, Qt::AlignVCenter | Qt::AlignRight,
                         tried ? valueText(double(m_report.values[i].back()), feature.unit)
                               : unitText(feature));
        if (tried)
            drawLine(painter, QRectF(row).adjusted(names + kGap, 3, -values, -3), i);
    }
}

void FeatureStrips::drawLine(QPainter &painter, const QRectF &place, std::size_t feature) const
{
    const auto &values = m_report.values[feature];
    if (place.width() < 20)
        return;
    const Theme theme = currentTheme();
    double most = 0;
    for (const float value : values)
        if (std::isfinite(value))
            most = std::max(most, double(value));
    const double seconds = std::max(1e-9, double(m_report.lengthNs) / 1e9);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(theme.line, 1));
    painter.drawLine(place.bottomLeft(), place.bottomRight());
    painter.setPen(QPen(theme.positive, 1.4));
    QPainterPath line;
    bool on = false;
    for (std::size_t i = 0; i < values.size() && i < m_report.seconds.size(); ++i) {
        if (!std::isfinite(values[i])) {
            on = false; // a gap, not a zero
            continue;
        }
        const QPointF at(place.left() + place.width() * std::min(1.0, m_report.seconds[i] / seconds),
                         place.bottom() - (most > 0 ? place.height() * double(values[i]) / most : 0));
        if (on) {
            line.lineTo(at);
        } else {
            // A value between two gaps shows as a dot.
            line.moveTo(at - QPointF(0.7, 0));
            line.lineTo(at);
        }
        on = true;
    }
    painter.drawPath(line);
    painter.restore();
}

bool FeatureStrips::event(QEvent *event)
{
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    const auto *help = static_cast<QHelpEvent *>(event);
    const std::size_t row = std::size_t(std::max(0, help->pos().y() / rowHeight()));
    if (row < m_features.size()) {
        const auto &feature = m_features[row];
        QToolTip::showText(help->globalPos(),
                           QStringLiteral("<b>%1</b><br>%2<br>%3, %4")
                               .arg(qt(feature.key).toHtmlEscaped(), qt(feature.description).toHtmlEscaped(),
                                    qt(schema::featureKindKey(feature.kind)), unitText(feature)),
                           this);
    } else {
        QToolTip::hideText();
    }
    return true;
}

} // namespace statescape::ui
