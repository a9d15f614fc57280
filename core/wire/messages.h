// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/schema/catalogue.h"

#include <array>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

/// Messages between the helper and its user. Values only; encoding is in codec.h.
namespace statescape::wire {

inline constexpr std::uint16_t kProtocolVersion = 1;
inline constexpr std::uint64_t kMinIntervalNs = 50'000'000;
inline constexpr std::uint64_t kMaxIntervalNs = 60'000'000'000;

/// How one probe stands.
struct ProbeState {
    schema::Probe probe = schema::Probe::kCount;
    bool available = false;
    base::Code code = base::Code::Ok; ///< why not
    std::string reason;               ///< the kernel's words, one line
    std::string hint;                 ///< what to do
    float nsPerEvent = -1;            ///< measured cost of one event, ns; below 0: not measured
};

/// Helper -> user, once, first.
struct Hello {
    std::uint16_t protocol = kProtocolVersion;
    std::uint64_t schemaHash = 0; ///< catalogueHash()
    std::string helperVersion;
    std::string kernel; ///< uname -r
    std::uint32_t cpusPossible = 0;
    bool privileged = false;        ///< BPF could be loaded at all
    std::vector<ProbeState> probes; ///< every probe of the catalogue, in order
};

/// User -> helper: begin, or change the interval. Numbers only.
struct Start {
    std::uint64_t intervalNs = 250'000'000; ///< kMinIntervalNs..kMaxIntervalNs
    std::uint32_t probeMask = ~0U;          ///< bit per probe: which to report
};
/// User -> helper: no more samples until the next Start.
struct Stop {};

/// A process that stood out in the interval.
struct ProcessUse {
    std::uint32_t pid = 0;
    std::array<char, 16> comm{}; ///< zero-padded, not necessarily terminated
    std::uint64_t cpuNs = 0;     ///< on a CPU in the interval
    std::uint64_t ioBytes = 0;   ///< block I/O issued in the interval
    std::uint64_t syscalls = 0;  ///< system calls returned in the interval
    bool operator==(const ProcessUse &) const = default;
};

/// Cumulative losses since the helper's start.
struct Losses {
    std::uint64_t taskCollisions = 0;  ///< tasks that shared a table cell: their waits were not measured
    std::uint64_t missedIntervals = 0; ///< ticks that came too late to be taken
    std::uint64_t writeFailures = 0;   ///< samples that the reader was too slow for
    std::uint64_t readFailures = 0;    ///< /proc files that could not be read or parsed
    std::uint64_t eventsMissed = 0;    ///< kernel events that a probe could not take in, or not wholly
    bool operator==(const Losses &) const = default;
    [[nodiscard]] std::uint64_t total() const
    {
        return taskCollisions + missedIntervals + writeFailures + readFailures + eventsMissed;
    }
};

/// Helper -> user, each interval. Everything cumulative except gauges and processes.
struct RawSample {
    std::uint64_t sequence = 0;   ///< counts every tick, also those that were lost
    std::uint64_t timeNs = 0;     ///< CLOCK_MONOTONIC at the read
    std::uint64_t boottimeNs = 0; ///< CLOCK_BOOTTIME at the read
    std::uint32_t onlineCpus = 0;
    std::uint64_t cpuChanges = 0;  ///< grows when the set of online CPUs changes
    std::uint32_t probeMask = 0;   ///< probes whose slots are valid
    std::uint64_t helperCpuNs = 0; ///< CPU time of the helper itself
    std::uint64_t helperRssBytes = 0;
    Losses losses;
    std::array<std::uint64_t, schema::kProbeCount> events{}; ///< kernel events handled, by probe
    std::vector<std::uint64_t> slots;                        ///< schema::slotWords()
    std::vector<ProcessUse> processes;                       ///< at most kMaxProcesses
};
inline constexpr std::size_t kMaxProcesses = 32;

/// Helper -> user: a probe's standing changed.
struct ProbeUpdate {
    ProbeState state;
};

/// Helper -> user: a request was refused, or the helper ends.
struct Problem {
    base::Code code = base::Code::Internal;
    std::string message;
    std::string hint;
};

using Message = std::variant<Hello, Start, Stop, RawSample, ProbeUpdate, Problem>;

/// @return hash over slot and feature tables: both ends must agree on the layout.
std::uint64_t catalogueHash();

} // namespace statescape::wire
