/* SPDX-FileCopyrightText: Statescape contributors */
/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
#pragma once

#include "bpf/shared.h"

#define SS_LOCK_CELLS 4096

enum ss_locks_hook { SS_CONTENTION_BEGIN, SS_CONTENTION_END, SS_LOCKS_HOOKS };

struct ss_locks_bank {
    __u64 contended;
    __u64 spun;
    __u64 wait_ns;
    __u64 wait[SS_BUCKETS];
    __u64 hits[SS_LOCKS_HOOKS];
    __u64 untimed; /* waits whose begin was not kept */
    __u64 pad[2];
};
SS_STATIC_ASSERT(sizeof(struct ss_locks_bank) % 64 == 0);
