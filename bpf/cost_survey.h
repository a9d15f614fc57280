// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bpf/calibration.h"
#include "bpf/cost_meter.h"
#include "bpf/loader.h"
#include "core/wire/messages.h"

#include <array>
#include <functional>
#include <optional>
#include <span>

namespace statescape::bpf {

/// Finds out while the probes are attached, and in the second after, what their events cost here. Not
/// thread-safe.
class CostSurvey {
public:
    /// Runs @p load between two timings of the load that calls @p probe: what an event costs where many come.
    LoadedProbe attach(schema::Probe probe, const std::function<LoadedProbe()> &load);
    /// All are attached: where permitted begins to measure what an event costs where few come.
    void start(std::span<const LoadedProbe> probes);
    [[nodiscard]] bool running() const { return m_meter.has_value(); }

    /// Fills in what is known when the probe is attached; the rest stays as recorded.
    void fillWarm(wire::ProbeState &state) const;
    /// Ends the second for one probe. @param programs of the probe @param cpus of this machine
    /// @return whether the state changed
    bool fillCold(wire::ProbeState &state, std::span<const int> programs, unsigned cpus) const;

private:
    struct Known {
        std::optional<double> warmNs;
        double pathNs = 0; ///< the kernel's own part, which its statistics do not see
        CostMeter::Reading begun;
    };
    std::array<Known, schema::kProbeCount> m_known{};
    std::optional<CostMeter> m_meter;
};

/// @return the probe's programs that are in the kernel.
std::vector<int> programsOf(const LoadedProbe &probe);
/// @return events handled since it was attached.
std::uint64_t eventsOf(const LoadedProbe &probe);

} // namespace statescape::bpf
