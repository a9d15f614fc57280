// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/hooks/text_file.h"

#include <string>

namespace statescape::hooks {

/// Whether a kind of hook can be had on this machine at all.
struct Support {
    bool possible = true;
    bool certain = true; ///< false: only trying with privilege will tell
    base::Error error;   ///< when not possible: why, in words, and what to do
};

/// What this kernel can hook. Found by looking, and for fentry, with CAP_BPF and CAP_PERFMON, by trying:
/// never by version.
struct HookSupport {
    Support fentry;
    Support kprobe;
    Support tracepoint;       ///< by name, to count
    Support tracepointFields; ///< classic tracepoints, whose records have fields
    Support uprobe;           ///< user functions and USDT

    static HookSupport detect(const KernelFiles &files = {});
    /// @return for "function:": fentry where it can be, else kprobe.
    [[nodiscard]] const Support &function() const;
};

} // namespace statescape::hooks
