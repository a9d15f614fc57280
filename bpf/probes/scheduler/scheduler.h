/* SPDX-FileCopyrightText: Statescape contributors */
/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
#pragma once

#include "bpf/shared.h"

enum ss_scheduler_hook {
    SS_SCHED_SWITCH,
    SS_SCHED_WAKEUP,
    SS_SCHED_WAKEUP_NEW,
    SS_SCHED_MIGRATE,
    SS_SCHED_HOOKS
};

/* One CPU's counters: the catalogue's scheduler slots in their order, then what is for the reader alone. */
struct ss_scheduler_bank {
    __u64 switches;
    __u64 involuntary;
    __u64 wakeups;
    __u64 migrations;
    __u64 oncpu_ns;
    __u64 runq_ns;
    __u64 blocked_ns;
    __u64 runq[SS_BUCKETS];
    __u64 blocked[SS_BUCKETS];
    __u64 pad1; /* what every switch writes shares a cache line */
    __u64 hits[SS_SCHED_HOOKS];
    __u64 running_since_ns; /* 0 while being changed, and before the first switch on this CPU */
    __u32 running_tid;      /* 0: idle */
    __u32 pad0;
    __u64 pad[2];
};
SS_STATIC_ASSERT(sizeof(struct ss_scheduler_bank) % 64 == 0);
