// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/feature/absence.h"
#include "core/feature/feature_frame.h"
#include "core/wire/messages.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace statescape::feature {

/// Turns the helper's cumulative samples into features of a plan about the host. One per stream; not
/// thread-safe. A counter that went down, a suspend or a CPU hot-plug inside the interval gives missing
/// values with that reason. What a probe saw in windows only is made an estimate of the whole interval
/// (FeatureFrame::seen): rates are those of the part seen, durations are weighed (sampling.h).
class Deriver {
public:
    /// @param probes standings from Hello: decides NotSupported or NoPermission for probes that are off.
    Deriver(std::shared_ptr<const schema::Layout> layout, std::span<const wire::ProbeState> probes);

    void update(const wire::ProbeState &state) { m_absence.update(state); }
    /// @pre raw.slots.size() == layout words
    /// @return the sample; the first one after construction or reset() is all Warmup but for gauges.
    FeatureFrame derive(const wire::RawSample &raw);
    /// Forget the previous sample: the helper was started again.
    void reset() { m_previous.reset(); }
    /// @return ticks skipped between samples so far (gaps in RawSample::sequence).
    [[nodiscard]] std::uint64_t gaps() const { return m_gaps; }

private:
    std::shared_ptr<const schema::Layout> m_layout;
    Absence m_absence;
    std::optional<wire::RawSample> m_previous;
    std::uint64_t m_gaps = 0;
};

/// @param counts differences per bucket of one histogram, schema::kHistogramBuckets @param q 0..1
/// @return the quantile in µs, interpolated inside its bucket; nothing when there are no counts.
std::optional<double> histogramQuantile(std::span<const std::uint64_t> counts, double q);
/// @param counts weighed, none below 0
std::optional<double> histogramQuantile(std::span<const double> counts, double q);

} // namespace statescape::feature
