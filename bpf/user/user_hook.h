/* SPDX-FileCopyrightText: Statescape contributors */
/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
#pragma once

#include "bpf/shared.h"

/* Cells for calls that have begun and not ended, 16 bytes each. */
#define SS_HOOK_CELLS 4096
#define SS_CALL_CELLS 16384

/* System calls that one program watches, and the numbers there are. */
#define SS_MAX_CALLS 32
#define SS_CALL_NUMBERS 512

/* What the table of system calls says of a number: place in the list + 1 (0: nobody asked), and flags. */
#define SS_CALL_PLACE 0x3f
#define SS_CALL_TIMED 0x40
#define SS_CALL_FORKS 0x80 /* returns a second time, with 0, in the child */

/* One CPU's counters of one probe. Each word has one writing program. */
struct ss_user_bank {
    __u64 events;
    __u64 errors;
    __u64 ns;
    __u64 histogram[SS_BUCKETS]; /* ns, or values of a field << SS_BUCKET_SHIFT */
    __u64 begins;                /* runs of the program at the entry */
    __u64 hits;                  /* runs of the program that counts */
    __u64 untimed;               /* calls that ended without a known begin */
    __u64 pad[2];
};
SS_STATIC_ASSERT(sizeof(struct ss_user_bank) % 64 == 0);

/* One CPU's counters of the system call programs, whatever was called. */
struct ss_calls_bank {
    __u64 enters;
    __u64 exits;
    __u64 pad[6];
};
SS_STATIC_ASSERT(sizeof(struct ss_calls_bank) == 64);
