// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

namespace statescape::helper {

/// What the loop of this plan does beyond what every loop does. All that is not asked for kills.
struct SandboxNeeds {
    bool names = false; ///< opens files of /proc and the cgroup tree, for the names of processes and cgroups
    bool reattach = false; ///< puts programs that it holds back on their raw tracepoints
    bool perf = false;     ///< switches perf events that it holds off and on
    bool relink = false;   ///< hangs programs that it holds back on perf events that it holds
    bool child = false;    ///< waits for a script's process
};

/// From here on any system call but the few that the loop needs kills the process. Files: what is open; with
/// needs.names also what lies below /proc and the cgroup tree, for reading, where the kernel has Landlock,
/// and otherwise whatever this user may read. @pre no-new-privs
/// @error NotSupported on a kernel without seccomp filters, Io
base::Result<> enterSandbox(const SandboxNeeds &needs);

} // namespace statescape::helper
