// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace statescape::base {

/// @return CLOCK_MONOTONIC in ns: the clock of every time_ns in Statescape.
std::uint64_t monotonicNs();
/// @return CLOCK_BOOTTIME in ns; runs on during suspend, so its distance from monotonicNs() grows by the time
/// slept.
std::uint64_t boottimeNs();
/// @return CLOCK_REALTIME in ns since the epoch.
std::int64_t realtimeNs();

/// Ties the monotonic clock of one boot to the wall clock.
struct ClockAnchor {
    std::uint64_t monotonicNs = 0;
    std::int64_t realtimeNs = 0;
    std::string bootId; ///< /proc/sys/kernel/random/boot_id, empty where unknown

    static ClockAnchor now();
    /// @param timeNs CLOCK_MONOTONIC, ns. @return wall clock, ns since the epoch.
    [[nodiscard]] std::int64_t toRealtimeNs(std::uint64_t timeNs) const;
    /// @param realNs ns since the epoch. @return CLOCK_MONOTONIC, ns (saturates at 0).
    [[nodiscard]] std::uint64_t toMonotonicNs(std::int64_t realNs) const;
};

/// @return RFC 3339 in UTC with milliseconds, e.g. "2026-11-22T10:21:07.250Z".
std::string formatRfc3339(std::int64_t realtimeNs);
/// @return ns since the epoch. @error InvalidArgument with the offending text.
Result<std::int64_t> parseRfc3339(std::string_view text);
/// Reads "250ms", "60s", "2m", "1.5h", "100us" (a bare number is seconds).
/// @return ns, 0 and above. @error InvalidArgument.
Result<std::uint64_t> parseDuration(std::string_view text);
/// @return the shortest exact-looking text for people: "250 ms", "1.5 s", "2 min 5 s".
std::string formatDuration(std::uint64_t ns);

} // namespace statescape::base
