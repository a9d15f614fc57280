// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace statescape::base {

/// Units a feature may have. Stored by unitKey(), so never reuse a name.
enum class Unit : std::uint8_t {
    None,           ///< dimensionless
    PerSecond,      ///< events per second
    Microseconds,   ///< µs
    Percent,        ///< 0..100
    Bytes,          ///< bytes
    BytesPerSecond, ///< bytes per second
    Count,          ///< things at a time
    PerThousand,    ///< of a thousand, such as misses per 1000 instructions
    Hertz,          ///< cycles per second
};

/// @return the stable key, e.g. "/s", "µs", "%", "B", "B/s", "count", "".
std::string_view unitKey(Unit unit);
/// @return Unit::None for an unknown key.
Unit unitFromKey(std::string_view key);

/// @return @p value for people, three significant digits, scaled, with its unit: "1.84 ms", "20.6 k/s", "0.2
/// %", "4.1 MB".
std::string formatValue(double value, Unit unit);
/// @return a signed difference in the same style: "+12.3 ms".
std::string formatDifference(double value, Unit unit);

} // namespace statescape::base
