// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/units.h"

#include <QFont>
#include <QString>

#include <string_view>

namespace statescape::ui {

inline QString qt(std::string_view text)
{
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}
/// @return "2 418", groups of three set apart by a thin space.
QString countText(std::uint64_t count);
/// @return "1 sample", "2 418 samples".
QString pluralText(std::uint64_t count, const QString &one);
/// @return base::formatValue(), a dash for a missing value.
QString valueText(double value, base::Unit unit);
/// @return local time of day, "10:21:07". @param format as QDateTime::toString
QString localTime(const base::ClockAnchor &anchor, std::uint64_t timeNs,
                  const QString &format = QStringLiteral("HH:mm:ss"));
/// @return "32.7 s", "250 ms", "2 min 5 s".
QString durationText(std::uint64_t ns);
/// @return message, reason and hint as rich text, escaped.
QString errorText(const base::Error &error);
/// @return the fixed-width font of the desktop, at most as large as the application's.
QFont figureFont();

} // namespace statescape::ui
