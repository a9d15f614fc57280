// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#pragma once

#include "bpf/common.bpf.h"

// @source arch/x86/include/asm/thread_info.h
#define TS_COMPAT 0x2

/// @return whether the task that runs is in a call of the 32-bit table, which has other numbers.
static __always_inline bool ss_is_compat(bool direct)
{
    struct task_struct *task = direct ? bpf_get_current_task_btf() : (void *)bpf_get_current_task();
    if (!bpf_core_field_exists(task->thread_info.status))
        return false;
    return SS_READ(direct, task, thread_info.status) & TS_COMPAT;
}
