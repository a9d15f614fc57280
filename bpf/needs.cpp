// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/needs.h"

#include <fstream>
#include <linux/capability.h>

namespace statescape::bpf {
using base::Rights;
using schema::bitOf;
using schema::Probe;

namespace {
constexpr auto kByPerfEvents = bitOf(Probe::Samples) | bitOf(Probe::Hardware);

/// Kernels of Debian and others have a level 3, which asks for CAP_SYS_ADMIN where CAP_PERFMON does
/// elsewhere.
Rights toOpenPerfEvents()
{
    int level = 0;
    std::ifstream("/proc/sys/kernel/perf_event_paranoid") >> level;
    return level > 2 ? Rights{CAP_PERFMON, CAP_SYS_ADMIN} : Rights{CAP_PERFMON};
}

bool byPerfEvents(std::uint64_t probes)
{
    return (probes & kByPerfEvents) != 0;
}
} // namespace

Rights needsOfShipped()
{
    return {CAP_BPF, CAP_PERFMON};
}

Rights needsOf(const schema::UserProbe &probe)
{
    switch (probe.kind) {
    case schema::HookKind::Xdp:
        return {CAP_NET_ADMIN};
    case schema::HookKind::Packets:
        return {CAP_NET_RAW};
    case schema::HookKind::Tracepoint: // its number and fields are in tracefs, which is root's
        return toOpenPerfEvents().with({CAP_DAC_READ_SEARCH});
    case schema::HookKind::Function:
    case schema::HookKind::Kprobe:
    case schema::HookKind::UserFunction:
    case schema::HookKind::Usdt:
        return toOpenPerfEvents();
    default:
        return {};
    }
}

Rights needsOf(const schema::ProbePlan &plan)
{
    auto needs = needsOfShipped();
    if (byPerfEvents(plan.probes))
        needs = needs.with(toOpenPerfEvents());
    for (const auto &probe : plan.user)
        needs = needs.with(needsOf(probe));
    return needs;
}

void nameMissing(wire::ProbeState &state, const schema::ProbePlan &plan, const std::string &program)
{
    if (state.available || state.code != base::Code::NotPermitted)
        return;
    const auto index = static_cast<std::size_t>(state.probe);
    const bool users = index >= schema::kProbeCount && index - schema::kProbeCount < plan.user.size();
    // A file capability to become root would be for everybody who may start the helper; the script's own hint
    // stays.
    if (users && plan.user[index - schema::kProbeCount].kind == schema::HookKind::Script)
        return;
    auto needs = needsOfShipped();
    if (users)
        needs = needs.with(needsOf(plan.user[index - schema::kProbeCount]));
    if (index < schema::kProbeCount && byPerfEvents(bitOf(state.probe)))
        needs = needs.with(toOpenPerfEvents());
    const auto permitted = Rights::permitted();
    const auto missing = needs.without(permitted);
    if (missing.empty()) {
        state.hint =
            "this kernel or container refuses it although no right is missing; run outside the container";
        return;
    }
    state.reason += (state.reason.empty() ? "missing " : "; missing ") + missing.names();
    // A sysctl is a smaller thing to give than CAP_SYS_ADMIN.
    const Rights admin{CAP_SYS_ADMIN};
    if (missing == admin) {
        state.hint =
            "sudo sysctl kernel.perf_event_paranoid=2, or start as root: this kernel's level 3 asks for it";
        return;
    }
    // What the file has already is kept: the command replaces it.
    const Rights mayHave{CAP_BPF,       CAP_PERFMON, CAP_SYS_ADMIN,      CAP_SYS_NICE,
                         CAP_NET_ADMIN, CAP_NET_RAW, CAP_DAC_READ_SEARCH};
    state.hint = "sudo setcap " + needsOf(plan).without(admin).with(permitted.within(mayHave)).names() +
                 "+ep " + program;
}

} // namespace statescape::bpf
