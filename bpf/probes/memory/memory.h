/* SPDX-FileCopyrightText: Statescape contributors */
/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
#pragma once

#include "bpf/shared.h"

enum ss_memory_hook {
    SS_RECLAIM_BEGIN,
    SS_RECLAIM_END,
    SS_GROUP_RECLAIM_BEGIN,
    SS_GROUP_RECLAIM_END,
    SS_MARK_VICTIM,
    SS_MEMORY_HOOKS
};

struct ss_memory_bank {
    __u64 reclaims;
    __u64 reclaim_ns;
    __u64 oom_kills;
    __u64 reclaim[SS_BUCKETS];
    __u64 hits[SS_MEMORY_HOOKS];
    __u64 collisions;
    __u64 pad[7];
};
SS_STATIC_ASSERT(sizeof(struct ss_memory_bank) % 64 == 0);
