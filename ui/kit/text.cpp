// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/kit/text.h"

#include <QApplication>
#include <QDateTime>
#include <QFontDatabase>

#include <cmath>
#include <cstring>

namespace statescape::ui {

QString countText(std::uint64_t count)
{
    QString text = QString::number(count);
    for (qsizetype at = text.size() - 3; at > 0; at -= 3)
        text.insert(at, QChar(0x2009));
    return text;
}

QString pluralText(std::uint64_t count, const QString &one)
{
    return countText(count) + QLatin1Char(' ') + one + (count == 1 ? QString() : QStringLiteral("s"));
}

QString valueText(double value, base::Unit unit)
{
    return std::isfinite(value) ? qt(base::formatValue(value, unit)) : QStringLiteral("–");
}

QString localTime(const base::ClockAnchor &anchor, std::uint64_t timeNs, const QString &format)
{
    return QDateTime::fromMSecsSinceEpoch(anchor.toRealtimeNs(timeNs) / 1'000'000).toString(format);
}

QString durationText(std::uint64_t ns)
{
    return qt(base::formatDuration(ns));
}

QString errorText(const base::Error &error)
{
    QString text = QStringLiteral("<b>%1</b>").arg(qt(error.message).toHtmlEscaped());
    if (error.sysErrno != 0)
        text += QStringLiteral(" (%1)").arg(
            QString::fromLocal8Bit(std::strerror(error.sysErrno)).toHtmlEscaped());
    if (!error.hint.empty())
        text += QStringLiteral(" · ") + qt(error.hint).toHtmlEscaped();
    return text;
}

QFont figureFont()
{
    QFont font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    const QFont own = QApplication::font();
    if (own.pointSizeF() > 0)
        font.setPointSizeF(std::max(6.0, own.pointSizeF() - 0.5));
    else
        font.setPixelSize(std::max(8, own.pixelSize() - 1));
    return font;
}

} // namespace statescape::ui
