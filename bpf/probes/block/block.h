/* SPDX-FileCopyrightText: Statescape contributors */
/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
#pragma once

#include "bpf/shared.h"

enum ss_block_hook { SS_BLOCK_COMPLETE, SS_BLOCK_ISSUE, SS_BLOCK_BIO_QUEUE, SS_BLOCK_HOOKS };

struct ss_block_bank {
    __u64 reads;
    __u64 writes;
    __u64 others;
    __u64 read_bytes;
    __u64 write_bytes;
    __u64 errors;
    __u64 queue_ns;
    __u64 device_ns;
    __u64 queue[SS_BUCKETS];
    __u64 device[SS_BUCKETS];
    __u64 hits[SS_BLOCK_HOOKS];
    __u64 untimed; /* requests completed of which no issue time is known */
    __u64 pad[4];
};
SS_STATIC_ASSERT(sizeof(struct ss_block_bank) % 64 == 0);
