/* SPDX-FileCopyrightText: Statescape contributors */
/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
#pragma once

#include "bpf/shared.h"

#define SS_SYSCALL_NUMBERS 512

/* In the order of the catalogue's slots. */
enum ss_syscall_class {
    SS_SYS_READ,
    SS_SYS_WRITE,
    SS_SYS_SYNC,
    SS_SYS_POLL,
    SS_SYS_LOCK,
    SS_SYS_NET,
    SS_SYS_MEMORY,
    SS_SYS_FILE,
    SS_SYS_PROCESS,
    SS_SYS_TIME,
    SS_SYS_OTHER,
    SS_SYS_CLASSES
};

#define SS_ERRNO_NUMBERS 256

/* In the order of the catalogue's slots. */
enum ss_errno_class {
    SS_ERRNO_PERMISSION,
    SS_ERRNO_NOT_FOUND,
    SS_ERRNO_RESOURCE,
    SS_ERRNO_NETWORK,
    SS_ERRNO_INVALID,
    SS_ERRNO_OTHER,
    SS_ERRNO_CLASSES
};

enum ss_syscalls_hook { SS_SYS_EXIT, SS_SYSCALLS_HOOKS };

struct ss_syscalls_bank {
    __u64 classes[SS_SYS_CLASSES];
    __u64 failed;
    __u64 again;
    __u64 errors[SS_ERRNO_CLASSES];
    __u64 hits[SS_SYSCALLS_HOOKS];
    __u64 pad[4];
};
SS_STATIC_ASSERT(sizeof(struct ss_syscalls_bank) % 64 == 0);
