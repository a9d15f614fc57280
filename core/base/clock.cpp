// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/clock.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <limits>

namespace statescape::base {
namespace {
constexpr std::int64_t kNsPerSecond = 1'000'000'000;

std::uint64_t readClock(clockid_t id)
{
    timespec t{};
    clock_gettime(id, &t);
    return static_cast<std::uint64_t>(t.tv_sec) * kNsPerSecond + static_cast<std::uint64_t>(t.tv_nsec);
}

Error badTime(std::string_view text)
{
    return fail(Code::InvalidArgument, "'" + std::string(text) + "' is not a time",
                "use RFC 3339 such as 2026-11-22T10:21:07Z, or +12.5s from the session's start");
}

bool digits(std::string_view text, std::size_t at, std::size_t count, int &out)
{
    if (at + count > text.size())
        return false;
    const auto *first = text.data() + at;
    const auto [end, error] = std::from_chars(first, first + count, out);
    return error == std::errc{} && end == first + count;
}
} // namespace

std::uint64_t monotonicNs()
{
    return readClock(CLOCK_MONOTONIC);
}

std::uint64_t boottimeNs()
{
    return readClock(CLOCK_BOOTTIME);
}

std::int64_t realtimeNs()
{
    return static_cast<std::int64_t>(readClock(CLOCK_REALTIME));
}

ClockAnchor ClockAnchor::now()
{
    ClockAnchor anchor;
    anchor.monotonicNs = base::monotonicNs();
    anchor.realtimeNs = base::realtimeNs();
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::getline(file, anchor.bootId);
    return anchor;
}

std::int64_t ClockAnchor::toRealtimeNs(std::uint64_t timeNs) const
{
    return realtimeNs + static_cast<std::int64_t>(timeNs - monotonicNs);
}

std::uint64_t ClockAnchor::toMonotonicNs(std::int64_t realNs) const
{
    const std::int64_t delta = realNs - realtimeNs;
    if (delta < 0 && static_cast<std::uint64_t>(-delta) > monotonicNs)
        return 0;
    return monotonicNs + static_cast<std::uint64_t>(delta);
}

std::string formatRfc3339(std::int64_t realtime)
{
    std::int64_t seconds = realtime / kNsPerSecond;
    std::int64_t rest = realtime % kNsPerSecond;
    if (rest < 0) {
        rest += kNsPerSecond;
        --seconds;
    }
    const auto time = static_cast<std::time_t>(seconds);
    std::tm parts{};
    gmtime_r(&time, &parts);
    std::array<char, 64> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900,
                  parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                  static_cast<int>(rest / 1'000'000));
    return buffer.data();
}

Result<std::int64_t> parseRfc3339(std::string_view text)
{
    int year = 0;
    int month = 0;
    int day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
    const bool shape = text.size() >= 20 && digits(text, 0, 4, year) && text[4] == '-' &&
                       digits(text, 5, 2, month) && text[7] == '-' && digits(text, 8, 2, day) &&
                       (text[10] == 'T' || text[10] == ' ' || text[10] == 't') && digits(text, 11, 2, hour) &&
                       text[13] == ':' && digits(text, 14, 2, minute) && text[16] == ':' &&
                       digits(text, 17, 2, second);
    if (!shape || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60)
        return badTime(text);
    std::size_t at = 19;
    std::int64_t fraction = 0;
    if (text[at] == '.') {
        std::int64_t scale = kNsPerSecond;
        for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
            scale /= 10;
            fraction += (text[at] - '0') * scale;
        }
    }
    std::int64_t offset = 0;
    if (at < text.size() && (text[at] == 'Z' || text[at] == 'z')) {
        ++at;
    } else {
        int offsetHours = 0;
        int offsetMinutes = 0;
        if (at + 6 != text.size() || (text[at] != '+' && text[at] != '-') ||
            !digits(text, at + 1, 2, offsetHours) || text[at + 3] != ':' ||
            !digits(text, at + 4, 2, offsetMinutes))
            return badTime(text);
        offset = (offsetHours * 60 + offsetMinutes) * 60 * (text[at] == '-' ? -1 : 1);
        at += 6;
    }
    if (at != text.size())
        return badTime(text);
    std::tm parts{};
    parts.tm_year = year - 1900;
    parts.tm_mon = month - 1;
    parts.tm_mday = day;
    parts.tm_hour = hour;
    parts.tm_min = minute;
    parts.tm_sec = second;
    const std::time_t seconds = timegm(&parts);
    if (parts.tm_mday != day)
        return badTime(text);
    // ns since the epoch reach from 1677 to 2262.
    constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / kNsPerSecond - 1;
    const std::int64_t whole = static_cast<std::int64_t>(seconds) - offset;
    if (whole < -kMost || whole > kMost)
        return badTime(text);
    return whole * kNsPerSecond + fraction;
}

Result<std::uint64_t> parseDuration(std::string_view text)
{
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    double scale = 0;
    if (unit.empty() || unit == "s")
        scale = 1e9;
    else if (unit == "ns")
        scale = 1;
    else if (unit == "us" || unit == "µs")
        scale = 1e3;
    else if (unit == "ms")
        scale = 1e6;
    else if (unit == "m" || unit == "min")
        scale = 60e9;
    else if (unit == "h")
        scale = 3600e9;
    else if (unit == "d")
        scale = 86400e9;
    if (error != std::errc{} || scale == 0 || !std::isfinite(value) || value < 0 || value * scale > 9e18)
        return fail(Code::InvalidArgument, "'" + std::string(text) + "' is not a duration",
                    "use a number with ns, us, ms, s, m, h or d, such as 250ms");
    return static_cast<std::uint64_t>(std::llround(value * scale));
}

std::string formatDuration(std::uint64_t ns)
{
    std::array<char, 64> buffer{};
    const auto value = static_cast<double>(ns);
    if (ns < 1'000)
        std::snprintf(buffer.data(), buffer.size(), "%llu ns", static_cast<unsigned long long>(ns));
    else if (ns < 1'000'000)
        std::snprintf(buffer.data(), buffer.size(), "%.4g µs", value / 1e3);
    else if (ns < 1'000'000'000)
        std::snprintf(buffer.data(), buffer.size(), "%.4g ms", value / 1e6);
    else if (ns < 120'000'000'000)
        std::snprintf(buffer.data(), buffer.size(), "%.4g s", value / 1e9);
    else if (ns < 7'200'000'000'000)
        std::snprintf(buffer.data(), buffer.size(), "%d min %d s", static_cast<int>(ns / 60'000'000'000),
                      static_cast<int>(ns / 1'000'000'000 % 60));
    else
        std::snprintf(buffer.data(), buffer.size(), "%.1f h", value / 3600e9);
    return buffer.data();
}

} // namespace statescape::base
