// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bpf/attachment.h"
#include "core/base/fd.h"

#include <cstdint>
#include <memory>
#include <string>

namespace statescape::bpf {

/// An event of perf_event_open(2).
struct CounterEvent {
    std::string name;
    std::uint32_t type;
    std::uint64_t config;
};

/// Counters of perf, one group per CPU, without a program: they cost something only when read. Where the CPU
/// has fewer counters than are wanted the kernel lets groups take turns; what was counted then stands for the
/// rest of the time.
class PerfCounters final : public Attachment {
public:
    /// @param events one word each for read(). @param cpusPossible those that are online are counted
    /// @error NotPermitted, NotSupported (no PMU, or not this event), in the kernel's words
    static base::Result<std::unique_ptr<PerfCounters>> open(std::span<const CounterEvent> events,
                                                            std::uint32_t cpusPossible);

    /// @param[out] events groups read since opened
    bool read(std::span<std::uint64_t> words, std::uint64_t &events) override;
    bool suspend() override;
    base::Result<> resume() override;

private:
    struct Reading {
        std::uint64_t enabledNs = 0, runningNs = 0;
        std::vector<std::uint64_t> counts;
    };
    struct Group {
        std::vector<base::Fd> events; ///< the first leads
        Reading last;
    };
    PerfCounters() = default;
    bool readGroup(Group &group);

    std::vector<Group> m_groups;
    std::vector<double> m_totals;
    Reading m_now;
    std::vector<std::uint64_t> m_buffer;
    std::uint64_t m_reads = 0;
};

/// @return the catalogue's hardware probe: cycles, instructions, cache misses, branch misses. @error as
/// open()
base::Result<std::unique_ptr<Attachment>> openHardwareCounters(std::uint32_t cpusPossible);

} // namespace statescape::bpf
