// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/probes/syscall_times/syscall_times.h"

#include "bpf/probe_program.h"
#include "bpf/probes/syscalls/syscall_classes.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <syscall_times.skel.h>

namespace statescape::bpf {
namespace {
constexpr std::array<Hook, SS_SYSCALL_TIMES_HOOKS> kHooks{{{"sys_enter"}, {"sys_exit"}}};

Opened open(const KernelTraits &traits)
{
    using schema::Slot;
    assert(slotAtWord(Slot::SysOtherHistogram, Slot::SysReadHistogram,
                      offsetof(ss_syscall_times_bank, times[SS_SYS_OTHER])));
    auto *skeleton = syscall_times_bpf::open();
    if (skeleton) {
        skeleton->rodata->call_mask = traits.taskCells - 1;
        std::ranges::copy(syscallClasses(), skeleton->rodata->syscall_class);
    }
    return adopt(skeleton);
}
} // namespace

const ProbeProgram &syscallTimesProbe()
{
    static constexpr ProbeProgram kProgram{schema::Probe::SyscallTimes,
                                           kHooks,
                                           sizeof(ss_syscall_times_bank),
                                           offsetof(ss_syscall_times_bank, hits) / 8,
                                           offsetof(ss_syscall_times_bank, untimed) / 8,
                                           open,
                                           kPendingPerTask};
    return kProgram;
}

} // namespace statescape::bpf
