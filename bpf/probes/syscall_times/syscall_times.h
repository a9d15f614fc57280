/* SPDX-FileCopyrightText: Statescape contributors */
/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
#pragma once

#include "bpf/shared.h"

#include "bpf/probes/syscalls/syscalls.h"

enum ss_syscall_times_hook { SS_TIMES_ENTER, SS_TIMES_EXIT, SS_SYSCALL_TIMES_HOOKS };

struct ss_syscall_times_bank {
    __u64 times[SS_SYS_CLASSES][SS_BUCKETS];
    __u64 hits[SS_SYSCALL_TIMES_HOOKS];
    __u64 untimed; /* calls whose cell another task took */
    __u64 pad[5];
};
SS_STATIC_ASSERT(sizeof(struct ss_syscall_times_bank) % 64 == 0);
