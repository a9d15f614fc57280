/* SPDX-FileCopyrightText: Statescape contributors */
/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
#pragma once

#include "bpf/shared.h"

#define SS_VFS_CELLS 8192

/* In the order of the catalogue's slots. */
enum ss_vfs_operation { SS_VFS_READ, SS_VFS_WRITE, SS_VFS_SYNC, SS_VFS_OPERATIONS };

/* Entry and exit of each operation: 2 * operation, and one more; then those of do_fsync. */
#define SS_VFS_FSYNC_CALL (2 * SS_VFS_OPERATIONS)
#define SS_VFS_HOOKS (SS_VFS_FSYNC_CALL + 2)

struct ss_vfs_bank {
    __u64 calls[SS_VFS_OPERATIONS];
    __u64 times[SS_VFS_OPERATIONS][SS_BUCKETS];
    __u64 hits[SS_VFS_HOOKS];
    __u64 untimed; /* calls that ended without a known begin */
    __u64 pad[4];
};
SS_STATIC_ASSERT(sizeof(struct ss_vfs_bank) % 64 == 0);
