/* SPDX-FileCopyrightText: Statescape contributors */
/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
#pragma once

#include "bpf/shared.h"

enum ss_tcp_hook {
    SS_TCP_RETRANSMIT,
    SS_TCP_SEND_RESET,
    SS_TCP_RECEIVE_RESET,
    SS_TCP_SET_STATE,
    SS_TCP_HOOKS
};

struct ss_tcp_bank {
    __u64 retransmits;
    __u64 resets_sent;
    __u64 resets_received;
    __u64 connects;
    __u64 connects_failed;
    __u64 accepts;
    __u64 closes;
    __u64 state_changes;
    __u64 hits[SS_TCP_HOOKS];
    __u64 pad[4];
};
SS_STATIC_ASSERT(sizeof(struct ss_tcp_bank) % 64 == 0);
