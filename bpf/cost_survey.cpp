// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/cost_survey.h"

#include "core/schema/cost.h"

#include <algorithm>

namespace statescape::bpf {
namespace {
/// What a traced system call pays beside the program, for the slow way in and out of the kernel; recorded.
constexpr double kTracedCallNs = 25;

/// For where nothing can be measured, or rounds scatter.
double recordedWarmNs(schema::Probe probe)
{
    const double program = schema::info(probe).recorded.warmNs;
    const bool call = probe == schema::Probe::Syscalls || probe == schema::Probe::SyscallTimes;
    return program >= 0 && call ? program + kTracedCallNs : program;
}
} // namespace

std::vector<int> programsOf(const LoadedProbe &probe)
{
    std::vector<int> programs;
    for (const auto &hook : probe.hooks())
        if (hook.programFd >= 0)
            programs.push_back(hook.programFd);
    return programs;
}

std::uint64_t eventsOf(const LoadedProbe &probe)
{
    const auto &kind = probe.program();
    std::uint64_t events = 0;
    for (std::uint32_t cpu = 0; cpu < probe.banks().entries(); ++cpu)
        for (std::size_t i = 0; i < kind.hooks.size(); ++i)
            events += load((&probe.banks().as<std::uint64_t>(cpu))[kind.hitsWord + i]);
    return events;
}

LoadedProbe CostSurvey::attach(schema::Probe probe, const std::function<LoadedProbe()> &load)
{
    const auto kind = loadFor(probe);
    const auto before = kind ? timeLoad(*kind) : std::nullopt;
    auto loaded = load();
    if (!before || loaded.missing())
        return loaded;
    if (const auto after = timeLoad(*kind, [&loaded] { return eventsOf(loaded); }))
        m_known[static_cast<std::size_t>(probe)].warmNs = addedPerEvent(*before, *after);
    return loaded;
}

void CostSurvey::start(std::span<const LoadedProbe> probes)
{
    m_meter = CostMeter::start();
    if (!m_meter)
        return;
    for (const auto &probe : probes) {
        auto &known = m_known[static_cast<std::size_t>(probe.program().probe)];
        const auto kind = loadFor(probe.program().probe);
        if (!known.warmNs || !kind)
            continue;
        const auto programs = programsOf(probe);
        const auto before = m_meter->read(programs);
        if (!timeLoad(*kind))
            continue;
        if (const auto program = m_meter->nsPerEvent(before, m_meter->read(programs)))
            known.pathNs = std::max(0.0, *known.warmNs - *program);
    }
    for (const auto &probe : probes)
        m_known[static_cast<std::size_t>(probe.program().probe)].begun = m_meter->read(programsOf(probe));
}

void CostSurvey::fillWarm(wire::ProbeState &state) const
{
    if (!state.available || static_cast<std::size_t>(state.probe) >= m_known.size())
        return;
    const auto &known = m_known[static_cast<std::size_t>(state.probe)];
    state.nsWhenBusy = static_cast<float>(known.warmNs.value_or(recordedWarmNs(state.probe)));
    state.measured = known.warmNs.has_value();
    // The recorded figure is of a machine that was mostly idle; cold is never cheaper than warm.
    state.nsPerEvent = std::max(state.nsPerEvent, state.nsWhenBusy);
}

bool CostSurvey::fillCold(wire::ProbeState &state, std::span<const int> programs, unsigned cpus) const
{
    if (!m_meter || !state.available)
        return false;
    const auto index = static_cast<std::size_t>(state.probe);
    const Known known = index < m_known.size() ? m_known[index] : Known{};
    const auto now = m_meter->read(programs);
    const auto program = m_meter->nsPerEvent(known.begun, now);
    if (!program)
        return false;
    double ns = *program + known.pathNs;
    // In a storm the mean is of warm events, and says only what a cold one costs at least.
    const double seconds = m_meter->seconds();
    const auto rate = static_cast<double>(now.count - known.begun.count) / std::max(seconds, 0.001);
    if (rate > schema::kColdPerCpu * cpus)
        ns = std::max(ns, static_cast<double>(state.nsPerEvent));
    state.nsPerEvent = static_cast<float>(std::max(ns, static_cast<double>(state.nsWhenBusy)));
    state.measured = true;
    return true;
}

} // namespace statescape::bpf
