/* SPDX-FileCopyrightText: Statescape contributors */
/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
#pragma once

/* What the kernel halves of all probes and user space share. Plain C, fixed widths, no padding. */

#include <linux/types.h>

#ifdef __cplusplus
#define SS_STATIC_ASSERT(condition) static_assert(condition)
#else
#define SS_STATIC_ASSERT(condition) _Static_assert(condition, #condition)
#endif

/* Same rule as schema::bucketOf(). */
#define SS_BUCKETS 120
#define SS_BUCKET_SHIFT 8 /* 256 ns */

#define SS_MAX_TASK_CELLS 65536
#define SS_ACTIVE_CELLS 2048
#define SS_INFLIGHT_CELLS 4096
#define SS_RECLAIM_CELLS 1024

enum ss_task_state {
    SS_TASK_NONE = 0,     /* sleeping, dead or not seen yet: nothing is being timed */
    SS_TASK_RUNNABLE = 1, /* in a run queue since since_ns */
    SS_TASK_RUNNING = 2,  /* on a CPU since since_ns */
    SS_TASK_BLOCKED = 3,  /* in uninterruptible sleep since since_ns */
};

/* One task; index in the table is tid & (cells - 1). Counters are cumulative since tid took the cell over. The
 * first cache line is what every switch writes; a plan about the host needs no more. */
struct ss_task {
    __u32 tid; /* 0 while the cell changes hands */
    __u32 tgid;
    char comm[16];
    __u64 since_ns;
    __u64 cpu_ns;
    __u64 syscalls;
    __u64 io_bytes;
    __u32 state;  /* enum ss_task_state */
    __u32 epoch;  /* the last epoch in which a counter grew */
    __u64 runq_ns;
    __u64 blocked_ns;
    __u32 switches; /* these four may wrap */
    __u32 involuntary;
    __u32 wakeups;
    __u32 failed;           /* system calls */
    __u64 start_ns;         /* CLOCK_BOOTTIME; tells tasks of one number apart */
    __u64 process_start_ns; /* of the thread group's leader */
    __u64 read_bytes;       /* of io_bytes; the rest was written */
    __u64 cgroup;           /* id in the default hierarchy when last touched */
};
SS_STATIC_ASSERT(sizeof(struct ss_task) == 128);

/* One CPU's list of the cells whose counters grew, one side per parity of the epoch: while the kernel fills
 * one, user space reads the other, so nothing is ever cleared under a reader. */
struct ss_active {
    __u64 collisions; /* cells taken from a task that was still being timed or active */
    __u64 overflows;  /* active cells that found the list full */
    __u32 epoch[2];
    __u32 count[2];
    __u64 pad[4];
    __u32 cells[2][SS_ACTIVE_CELLS];
};
SS_STATIC_ASSERT(sizeof(struct ss_active) % 64 == 0);

/* Written by user space, except for block_needs_issue. */
struct ss_control {
    __u32 epoch;
    __u32 block_needs_issue; /* a completed request had no issue time of its own */
    __u64 attached_ns;       /* CLOCK_MONOTONIC just before the scheduler probe was last attached */
    __u64 pad[6];
};
SS_STATIC_ASSERT(sizeof(struct ss_control) == 64);

/* Something timed from a begin to an end event: a request in its device, a task in reclaim. */
struct ss_pending {
    __u64 owner;
    __u64 since_ns;
};
SS_STATIC_ASSERT(sizeof(struct ss_pending) == 16);
