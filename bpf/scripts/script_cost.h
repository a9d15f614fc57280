// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bpf/cost_meter.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace statescape::bpf {

/// What the programs of another process took, while the kernel's statistics were on.
struct ProgramUse {
    CostMeter::Reading reading;
    unsigned programs = 0;
};
/// Adds one file of /proc/PID/fdinfo to @p use, if it is of a BPF program. @param text whatever it holds
void addProgram(std::string_view text, ProgramUse &use);
/// @return of all programs that the process holds; nothing where it may not be looked into (CAP_SYS_PTRACE).
std::optional<ProgramUse> programsOf(pid_t process);

/// A second of a tracer's life.
struct ScriptCost {
    std::optional<double>
        nsPerEvent;         ///< above an empty program, of what the script's maps count as one event
    double tracerShare = 0; ///< of one CPU, by bpftrace itself
    std::string unknown;    ///< why there is no figure; empty when there is one
};
/// Times the programs of a script that runs, by the kernel's statistics, for some of its prints. Needs
/// CAP_SYS_ADMIN and CAP_SYS_PTRACE, which it raises for the two calls.
class ScriptMeter {
public:
    /// @param events counted so far, at the print that has just come
    ScriptMeter(pid_t tracer, std::uint64_t events);
    [[nodiscard]] bool runs() const { return m_meter.has_value() && m_before.has_value(); }
    /// @param events counted now, at the print that has just come
    [[nodiscard]] ScriptCost finish(std::uint64_t events) const;

private:
    pid_t m_tracer;
    std::uint64_t m_events;
    std::optional<CostMeter> m_meter;
    std::optional<ProgramUse> m_before;
    double m_cpuNs = 0;
};

} // namespace statescape::bpf
