// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/probes/scheduler/scheduler.h"

#include "bpf/loader.h"

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
        skeleton->rodata->per_entity = traits.perEntity;
        skeleton->rodata->switch_has_state = traits.switchHasState;
    }
    return adopt(skeleton);
}

// Who runs is not known before a CPU's first switch; nobody is timed until then.
void forget(const SharedMaps &maps, const MappedArray &banks, std::uint64_t nowNs)
{
    maps.control.as<ss_control>(0).attached_ns = nowNs;
    for (std::uint32_t cpu = 0; cpu < banks.entries(); ++cpu) {
        auto &bank = banks.as<ss_scheduler_bank>(cpu);
        bank.running_tid = 0;
        bank.running_since_ns = nowNs;
    }
}
} // namespace

const ProbeProgram &schedulerProbe()
{
    static constexpr ProbeProgram kProgram{schema::Probe::Scheduler,
                                           kHooks,
                                           sizeof(ss_scheduler_bank),
                                           offsetof(ss_scheduler_bank, hits) / 8,
                                           0,
                                           open,
                                           0,
                                           forget};
    return kProgram;
}

} // namespace statescape::bpf
