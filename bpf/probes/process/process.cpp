// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/probes/process/process.h"

#include "bpf/probe_program.h"

#include <array>
#include <cassert>
#include <cstddef>
#include <process.skel.h>

namespace statescape::bpf {
namespace {
constexpr std::array<Hook, SS_PROCESS_HOOKS> kHooks{
    {{"sched_process_fork"}, {"sched_process_exec"}, {"sched_process_exit"}}};

Opened open(const KernelTraits &traits)
{
    using schema::Slot;
    assert(slotAtWord(Slot::ProcExits, Slot::ProcForks, offsetof(ss_process_bank, exits)));
    auto *skeleton = process_bpf::open();
    if (skeleton)
        skeleton->rodata->task_mask = traits.taskCells - 1;
    return adopt(skeleton);
}
} // namespace

const ProbeProgram &processProbe()
{
    static constexpr ProbeProgram kProgram{schema::Probe::Process,
                                           kHooks,
                                           sizeof(ss_process_bank),
                                           offsetof(ss_process_bank, hits) / 8,
                                           0,
                                           open};
    return kProgram;
}

} // namespace statescape::bpf
