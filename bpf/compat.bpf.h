// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#pragma once

#include "bpf/common.bpf.h"

// @source arch/x86/include/asm/thread_info.h
#define TS_COMPAT 0x2

/// @return the task that runs; asking for it once and reading its fields is cheaper than a helper for each.
static __always_inline struct task_struct *ss_current(bool direct)
{
    return direct ? bpf_get_current_task_btf() : (void *)bpf_get_current_task();
}

/// @return whether @p task, the one that runs, is in a call of the 32-bit table, which has other numbers.
static __always_inline bool ss_is_compat(struct task_struct *task, bool direct)
{
    if (!bpf_core_field_exists(task->thread_info.status))
        return false;
    return SS_READ(direct, task, thread_info.status) & TS_COMPAT;
}
