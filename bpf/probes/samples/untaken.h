// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bpf/mapped_array.h"
#include "bpf/online_cpus.h"

#include <cstdint>
#include <vector>

namespace statescape::bpf {

/// CPU samples that were due and not taken because a CPU was hardly sampled: it came back without its event,
/// or its clock slept. The clock's period is fixed, so what is due is known. A few that are late by a period
/// here and there are not counted: a virtual machine always has some.
/// @source kernel/events/core.c perf_swevent_init_hrtimer()
class UntakenSamples {
public:
    /// From now on samples are due.
    void begin(const MappedArray &banks, const OnlineCpus &online, std::uint64_t nowNs);
    /// Adds what was due since begin() or the last look; a CPU owes nothing for a time at whose begin or end
    /// it was offline.
    void look(const MappedArray &banks, const OnlineCpus &online, std::uint64_t nowNs);
    /// @return how many, cumulative.
    [[nodiscard]] std::uint64_t count() const { return m_count; }

private:
    struct Cpu {
        bool online = false;
        std::uint64_t taken = 0;
        double due = 0;        ///< since it was last judged
        std::uint64_t got = 0; ///< of these
    };
    std::vector<Cpu> m_cpus;
    std::uint64_t m_thenNs = 0;
    std::uint64_t m_count = 0;
};

} // namespace statescape::bpf
