// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/units.h"

#include <array>
#include <cmath>
#include <cstdio>

namespace statescape::base {
namespace {
constexpr std::array<std::string_view, 9> kKeys{"", "/s", "µs", "%", "B", "B/s", "count", "‰", "Hz"};

std::string threeDigits(double value)
{
    std::array<char, 32> buffer{};
    const double magnitude = std::fabs(value);
    const char *format = magnitude >= 99.95 ? "%.0f" : magnitude >= 9.995 ? "%.1f" : "%.2f";
    std::snprintf(buffer.data(), buffer.size(), format, value);
    std::string text = buffer.data();
    if (text.find('.') != std::string::npos) {
        while (text.back() == '0')
            text.pop_back();
        if (text.back() == '.')
            text.pop_back();
    }
    return text == "-0" ? "0" : text;
}

std::string scaled(double value, const std::array<std::string_view, 5> &prefixes, std::string_view unit)
{
    std::size_t step = 0;
    while (std::fabs(value) >= 999.5 && step + 1 < prefixes.size()) {
        value /= 1000;
        ++step;
    }
    std::string out = threeDigits(value);
    const std::string suffix = std::string(prefixes[step]).append(unit);
    if (!suffix.empty())
        out.append(" ").append(suffix);
    return out;
}
} // namespace

std::string_view unitKey(Unit unit)
{
    return kKeys.at(static_cast<std::size_t>(unit));
}

Unit unitFromKey(std::string_view key)
{
    for (std::size_t i = 0; i < kKeys.size(); ++i)
        if (kKeys[i] == key)
            return static_cast<Unit>(i);
    return Unit::None;
}

std::string formatValue(double value, Unit unit)
{
    static constexpr std::array<std::string_view, 5> metric{"", "k", "M", "G", "T"};
    if (!std::isfinite(value))
        return "–";
    switch (unit) {
    case Unit::Microseconds:
        if (std::fabs(value) < 999.5)
            return threeDigits(value) + " µs";
        if (std::fabs(value) < 999.5e3)
            return threeDigits(value / 1e3) + " ms";
        return threeDigits(value / 1e6) + " s";
    case Unit::Percent:
        return threeDigits(value) + " %";
    case Unit::PerSecond:
        return scaled(value, metric, "/s");
    case Unit::Bytes:
        return scaled(value, metric, "B");
    case Unit::BytesPerSecond:
        return scaled(value, metric, "B/s");
    case Unit::PerThousand:
        return threeDigits(value) + " ‰";
    case Unit::Hertz:
        return scaled(value, metric, "Hz");
    case Unit::Count:
    case Unit::None:
        return scaled(value, metric, "");
    }
    return threeDigits(value);
}

std::string formatDifference(double value, Unit unit)
{
    const std::string text = formatValue(value, unit);
    return value > 0 ? "+" + text : text;
}

} // namespace statescape::base
