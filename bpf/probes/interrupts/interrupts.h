/* SPDX-FileCopyrightText: Statescape contributors */
/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
#pragma once

#include "bpf/shared.h"

enum ss_interrupts_hook {
    SS_SOFTIRQ_ENTRY,
    SS_SOFTIRQ_EXIT,
    SS_HANDLER_ENTRY,
    SS_HANDLER_EXIT,
    SS_LOCAL_TIMER_ENTRY,
    SS_LOCAL_TIMER_EXIT,
    SS_INTERRUPTS_HOOKS
};

/* In the order of the catalogue's slots. */
enum ss_interrupts_time {
    SS_IRQ_HARD,
    SS_IRQ_TIMER,
    SS_IRQ_NET_RX,
    SS_IRQ_NET_TX,
    SS_IRQ_BLOCK,
    SS_IRQ_SCHED,
    SS_IRQ_RCU,
    SS_IRQ_TASKLET,
    SS_IRQ_TIMES
};

struct ss_interrupts_bank {
    __u64 ns[SS_IRQ_TIMES];
    __u64 hits[SS_INTERRUPTS_HOOKS];
    __u64 hard_since_ns; /* of the handler that runs; 0: none that began while the probe was attached */
    __u64 soft_since_ns; /* the same of a softirq, later by what hard interrupts took out of it */
};
SS_STATIC_ASSERT(sizeof(struct ss_interrupts_bank) == 128);
