/* SPDX-FileCopyrightText: Statescape contributors */
/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
#pragma once

#include "bpf/shared.h"

/* One CPU's counters of one interface, in the order of schema::userSlots(). */
struct ss_packets_bank {
    __u64 packets; /* received */
    __u64 bytes;
    __u64 tcp;
    __u64 udp;
    __u64 icmp;
    __u64 other;
    __u64 ipv6;
    __u64 sizes[SS_BUCKETS]; /* bytes << 8 */
    __u64 sent_packets;      /* the socket filter only, as sent_bytes */
    __u64 sent_bytes;
    __u64 paused; /* written by user space: count nothing */
    __u64 pad[6];
};
SS_STATIC_ASSERT(sizeof(struct ss_packets_bank) % 64 == 0);
