// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/probes/scheduler/scheduler.h"

#include "bpf/probe_program.h"

#include <array>
#include <cassert>
#include <cstddef>
#include <scheduler.skel.h>

namespace statescape::bpf {
namespace {
constexpr std::array<Hook, SS_SCHED_HOOKS> kHooks{
    {{"sched_switch"}, {"sched_wakeup"}, {"sched_wakeup_new"}, {"sched_migrate_task"}}};

Opened open(const KernelTraits &traits)
{
    using schema::Slot;
    assert(slotAtWord(Slot::SchedOnCpuNs, Slot::SchedSwitches, offsetof(ss_scheduler_bank, oncpu_ns)));
    assert(
        slotAtWord(Slot::SchedBlockedHistogram, Slot::SchedSwitches, offsetof(ss_scheduler_bank, blocked)));
    auto *skeleton = scheduler_bpf::open();
    if (skeleton) {
        skeleton->rodata->task_mask = traits.taskCells - 1;
        skeleton->rodata->switch_has_state = traits.switchHasState;
    }
    return adopt(skeleton);
}
} // namespace

const ProbeProgram &schedulerProbe()
{
    static constexpr ProbeProgram kProgram{schema::Probe::Scheduler,
                                           kHooks,
                                           sizeof(ss_scheduler_bank),
                                           offsetof(ss_scheduler_bank, hits) / 8,
                                           0,
                                           150,
                                           open};
    return kProgram;
}

} // namespace statescape::bpf
