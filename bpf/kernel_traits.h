// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <vector>

namespace statescape::bpf {

/// What differs between kernels and is told to the programs as constants before they load.
struct KernelTraits {
    std::uint32_t cpusPossible = 1;
    std::uint32_t taskCells = 32768;      ///< a power of two, at most SS_MAX_TASK_CELLS
    bool switchHasState = true;           ///< sched_switch has a fourth argument (5.18)
    bool issueHasQueue = false;           ///< block_rq_issue has the queue in front (until 5.10)
    bool bioHasQueue = false;             ///< block_bio_queue has the queue in front (until 5.10)
    bool dropHasReason = true;            ///< kfree_skb has a third argument (5.17)
    std::vector<std::string> dropReasons; ///< enum skb_drop_reason by number, empty where there is none
    bool perEntity = false;               ///< of the plan: tasks keep what samples per process or cgroup need

    /// Reads the signatures of the tracepoints from the kernel's own BTF.
    /// @error NotSupported without BTF
    static base::Result<KernelTraits> detect();
};

} // namespace statescape::bpf
