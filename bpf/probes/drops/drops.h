/* SPDX-FileCopyrightText: Statescape contributors */
/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
#pragma once

#include "bpf/shared.h"

/* Numbers of the kernel's own reasons; those of subsystems have bits above 16. */
#define SS_DROP_REASONS 256

/* In the order of the catalogue's slots. */
enum ss_drop_group {
    SS_DROP_NO_SOCKET,
    SS_DROP_BAD_PACKET,
    SS_DROP_FULL,
    SS_DROP_FILTERED,
    SS_DROP_OTHER,
    SS_DROP_GROUPS,
    SS_DROP_NONE = 255 /* no drop at all */
};

enum ss_drops_hook { SS_KFREE_SKB, SS_DROPS_HOOKS };

struct ss_drops_bank {
    __u64 all;
    __u64 groups[SS_DROP_GROUPS];
    __u64 hits[SS_DROPS_HOOKS];
    __u64 pad[1];
};
SS_STATIC_ASSERT(sizeof(struct ss_drops_bank) == 64);
