// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/schema/entities.h"
#include "core/schema/plan.h"

#include <array>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

/// Messages between the helper and its user. Values only; encoding is in codec.h.
namespace statescape::wire {

inline constexpr std::uint16_t kProtocolVersion = 3;
inline constexpr std::uint64_t kMinIntervalNs = 50'000'000;
inline constexpr std::uint64_t kMaxIntervalNs = 60'000'000'000;

/// User -> helper, once, first: what to observe. Everything that needs privilege follows from it and ends
/// with Hello.
struct Attach {
    schema::ProbePlan plan;
};

/// How one probe stands.
struct ProbeState {
    schema::Probe probe = schema::Probe::kCount; ///< of the catalogue, or schema::userProbe()
    bool available = false;
    base::Code code = base::Code::Ok; ///< why not
    std::string reason;               ///< the kernel's words, one line
    std::string hint;                 ///< what to do
    float nsPerEvent = -1; ///< cost of one event where few come (cold caches), ns; below 0: not known
    float nsWhenBusy = -1; ///< cost of one event where many come (warm caches), ns; below 0: not known
    bool measured = false; ///< on this machine, not recorded elsewhere
    bool shed = false;     ///< out at the moment, to stay within the budget
};

/// Helper -> user, once, first.
struct Hello {
    std::uint16_t protocol = kProtocolVersion;
    std::uint64_t layoutHash = 0; ///< schema::Layout::hash() of the plan
    std::string helperVersion;
    std::string kernel; ///< uname -r
    std::uint32_t cpusPossible = 0;
    bool privileged = false;        ///< BPF could be loaded at all
    std::uint64_t mapBytes = 0;     ///< kernel memory of all maps
    std::vector<ProbeState> probes; ///< every probe of the catalogue, then the plan's own, in order
};

/// User -> helper: begin, or change the interval. Numbers only.
struct Start {
    std::uint64_t intervalNs = 250'000'000; ///< kMinIntervalNs..kMaxIntervalNs
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

/// What is known of a process or a cgroup. What the kernel's probes count is cumulative since the beginning
/// of the interval in which it came to be told of, so that its first reading is already worth an interval;
/// faults are cumulative since the process or cgroup began.
struct EntityReading {
    std::uint32_t number = 0; ///< the helper's own, never reused for another; it keeps it when it comes back
    std::uint64_t id = 0;     ///< process id, or cgroup id
    std::string name; ///< "postgres", "/system.slice/ssh.service", with the container's name where known
    std::array<std::uint64_t, schema::kEntitySlotCount> words{};
    bool operator==(const EntityReading &) const = default;
};

/// Cumulative losses since the helper's start.
struct Losses {
    std::uint64_t taskCollisions = 0;  ///< tasks that shared a table cell: their waits were not measured
    std::uint64_t missedIntervals = 0; ///< ticks that came too late to be taken
    std::uint64_t writeFailures = 0;   ///< samples that the reader was too slow for
    std::uint64_t readFailures = 0;    ///< /proc files that could not be read or parsed
    std::uint64_t eventsMissed = 0;    ///< kernel events that a probe could not take in, or not wholly
    std::uint64_t entitiesUntold =
        0; ///< readings of processes or cgroups that were active but not among the told
    bool operator==(const Losses &) const = default;
    [[nodiscard]] std::uint64_t total() const
    {
        return taskCollisions + missedIntervals + writeFailures + readFailures + eventsMissed +
               entitiesUntold;
    }
};

/// A probe that the budget let look at a part of the interval only, in windows. Its words grew only in these,
/// so what they tell of the interval is an estimate.
struct Sampled {
    schema::Probe probe = schema::Probe::kCount;
    std::uint64_t seenNs = 0;  ///< of the time since the last sample sent, summed over windows; above 0
    std::uint32_t windows = 0; ///< at least 1; one that spans two samples counts in both
    /// Relative standard error of its number of events as an estimate of the interval's, from how windows
    /// differ; below 0: not known (too few so far).
    float error = -1;
    bool operator==(const Sampled &) const = default;
};

/// Helper -> user, each interval. Everything cumulative except gauges and processes.
struct RawSample {
    std::uint64_t sequence = 0;   ///< counts every tick, also those that were lost
    std::uint64_t timeNs = 0;     ///< CLOCK_MONOTONIC at the read
    std::uint64_t boottimeNs = 0; ///< CLOCK_BOOTTIME at the read
    std::uint32_t onlineCpus = 0;
    std::uint64_t cpuChanges = 0;  ///< grows when the set of online CPUs changes
    std::uint64_t probeMask = 0;   ///< probes whose words are valid; of one that is out they stand still
    std::uint64_t shedMask = 0;    ///< probes that saw nothing of the interval, to stay within the budget
    std::uint64_t helperCpuNs = 0; ///< CPU time of the helper itself
    std::uint64_t helperRssBytes = 0;
    Losses losses;
    std::vector<std::uint64_t> events; ///< kernel events handled, by probe of the layout
    std::vector<std::uint64_t> slots;  ///< words of the layout
    std::vector<Sampled> sampled; ///< probes that saw a part of the interval, ascending; none of shedMask
    std::vector<ProcessUse> processes;   ///< at most kMaxProcesses
    std::vector<EntityReading> entities; ///< at most kMaxEntities; none in a plan about the host
};
inline constexpr std::size_t kMaxProcesses = 32;
inline constexpr std::size_t kMaxEntities = 64;

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

using Message = std::variant<Hello, Start, Stop, RawSample, ProbeUpdate, Problem, Attach>;

} // namespace statescape::wire
