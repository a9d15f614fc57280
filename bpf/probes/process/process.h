/* SPDX-FileCopyrightText: Statescape contributors */
/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
#pragma once

#include "bpf/shared.h"

enum ss_process_hook { SS_PROCESS_FORK, SS_PROCESS_EXEC, SS_PROCESS_EXIT, SS_PROCESS_HOOKS };

struct ss_process_bank {
    __u64 forks;
    __u64 threads;
    __u64 execs;
    __u64 exits;
    __u64 hits[SS_PROCESS_HOOKS];
    __u64 pad[1];
};
SS_STATIC_ASSERT(sizeof(struct ss_process_bank) % 64 == 0);
