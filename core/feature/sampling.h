// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/feature/feature_frame.h"
#include "core/schema/plan.h"
#include "core/wire/messages.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

/// What a probe that looked at an interval in windows tells of the whole of it.
namespace statescape::feature {

/// What a probe saw of an interval.
struct SeenPart {
    double seenNs = 0;   ///< in all windows together
    double windowNs = 0; ///< one window's length, on average
    float share = 1;     ///< of the interval, above 0, below 1
    float error = -1;    ///< see wire::Sampled::error
};
/// @return nothing when @p probe saw all of the interval of @p intervalNs that ends with @p raw.
/// @pre covers(raw, probe)
std::optional<SeenPart> seenPart(const wire::RawSample &raw, schema::Probe probe, std::uint64_t intervalNs);

/// seenPart() of every probe of a layout.
class SeenParts {
public:
    /// @param intervalNs 0: there is no interval, so no part of one
    SeenParts(const wire::RawSample &raw, std::size_t probes, std::uint64_t intervalNs);
    /// @return null where it saw all, or nothing.
    [[nodiscard]] const SeenPart *of(schema::Probe probe) const;
    /// @return @p counted in the part that @p probe saw, as it would be in the whole interval.
    [[nodiscard]] std::uint64_t whole(schema::Probe probe, std::uint64_t counted) const;
    /// What a sample says of it. @param columns bit per probe that has a column in it
    [[nodiscard]] std::vector<Seen> told(const schema::Layout &layout, std::uint64_t columns) const;

private:
    std::uint64_t m_intervalNs;
    std::vector<std::optional<SeenPart>> m_parts;
};

/// Durations whose beginning and end were both seen, as if windows had cut none off.
struct DurationEstimate {
    std::array<double, schema::kHistogramBuckets> counts{};
    double scale = 1;    ///< of the sum of the durations seen
    bool usable = false; ///< they are short against a window; else what was seen says nothing of the rest
};
/// One of length L that begins at random lies whole in a window of length w, of those that end in it, with
/// probability (w - L) / w, so it stands for w / (w - L) (Horvitz and Thompson 1952). Above w / 2 the weight
/// stays 2. Usable when the 99th percentile that follows is at most w / 4. Durations longer than a window
/// leave no trace: when they are more than a few, only shorter ones are told of.
/// @param counts per bucket, schema::kHistogramBuckets
DurationEstimate estimateDurations(std::span<const std::uint64_t> counts, double windowNs);

} // namespace statescape::feature
