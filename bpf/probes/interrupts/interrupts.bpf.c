// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#include "bpf/probes/interrupts/interrupts.h"

#define SS_BANK struct ss_interrupts_bank
#include "bpf/common.bpf.h"

// @source include/linux/interrupt.h
enum vector { HI, TIMER, NET_TX, NET_RX, BLOCK, IRQ_POLL, TASKLET, SCHED, HRTIMER, RCU };

static __always_inline __u32 time_of(__u32 vector)
{
    switch (vector) {
    case TIMER:
    case HRTIMER:
        return SS_IRQ_TIMER;
    case NET_TX:
        return SS_IRQ_NET_TX;
    case NET_RX:
        return SS_IRQ_NET_RX;
    case BLOCK:
    case IRQ_POLL:
        return SS_IRQ_BLOCK;
    case SCHED:
        return SS_IRQ_SCHED;
    case RCU:
        return SS_IRQ_RCU;
    }
    return SS_IRQ_TASKLET;
}

// One softirq runs at a time on a CPU, and hard interrupts may come in between.
static __always_inline int on_softirq_entry(void)
{
    struct ss_interrupts_bank *bank = ss_bank();
    if (!bank)
        return 0;
    bank->hits[SS_SOFTIRQ_ENTRY]++;
    bank->soft_since_ns = bpf_ktime_get_ns();
    return 0;
}

static __always_inline int on_softirq_exit(__u32 vector)
{
    struct ss_interrupts_bank *bank = ss_bank();
    if (!bank)
        return 0;
    bank->hits[SS_SOFTIRQ_EXIT]++;
    __u64 since = bank->soft_since_ns;
    bank->soft_since_ns = 0;
    __u64 now = bpf_ktime_get_ns();
    __u32 time = time_of(vector);
    // Ties the check to the register that is used, which the verifier wants to see.
    asm volatile("" : "+r"(time));
    if (since && now > since && time < SS_IRQ_TIMES)
        bank->ns[time] += now - since;
    return 0;
}

// Handlers run with interrupts off, so those of devices and of the timer share words without nesting.
static __always_inline int on_hard_entry(__u32 hook)
{
    struct ss_interrupts_bank *bank = ss_bank();
    if (!bank)
        return 0;
    bank->hits[hook]++;
    bank->hard_since_ns = bpf_ktime_get_ns();
    return 0;
}

static __always_inline int on_hard_exit(__u32 hook)
{
    struct ss_interrupts_bank *bank = ss_bank();
    if (!bank)
        return 0;
    bank->hits[hook]++;
    __u64 since = bank->hard_since_ns;
    bank->hard_since_ns = 0;
    __u64 now = bpf_ktime_get_ns();
    if (!since || now <= since)
        return 0;
    bank->ns[SS_IRQ_HARD] += now - since;
    if (bank->soft_since_ns)
        bank->soft_since_ns += now - since;
    return 0;
}

SEC("tp_btf/softirq_entry")
int softirq_entry_btf(void *ctx)
{
    return on_softirq_entry();
}

SEC("raw_tp/softirq_entry")
int softirq_entry_raw(void *ctx)
{
    return on_softirq_entry();
}

SEC("tp_btf/softirq_exit")
int softirq_exit_btf(__u64 *ctx)
{
    return on_softirq_exit(ctx[0]);
}

SEC("raw_tp/softirq_exit")
int softirq_exit_raw(__u64 *ctx)
{
    return on_softirq_exit(ctx[0]);
}

SEC("tp_btf/irq_handler_entry")
int irq_handler_entry_btf(void *ctx)
{
    return on_hard_entry(SS_HANDLER_ENTRY);
}

SEC("raw_tp/irq_handler_entry")
int irq_handler_entry_raw(void *ctx)
{
    return on_hard_entry(SS_HANDLER_ENTRY);
}

SEC("tp_btf/irq_handler_exit")
int irq_handler_exit_btf(void *ctx)
{
    return on_hard_exit(SS_HANDLER_EXIT);
}

SEC("raw_tp/irq_handler_exit")
int irq_handler_exit_raw(void *ctx)
{
    return on_hard_exit(SS_HANDLER_EXIT);
}

SEC("tp_btf/local_timer_entry")
int local_timer_entry_btf(void *ctx)
{
    return on_hard_entry(SS_LOCAL_TIMER_ENTRY);
}

SEC("raw_tp/local_timer_entry")
int local_timer_entry_raw(void *ctx)
{
    return on_hard_entry(SS_LOCAL_TIMER_ENTRY);
}

SEC("tp_btf/local_timer_exit")
int local_timer_exit_btf(void *ctx)
{
    return on_hard_exit(SS_LOCAL_TIMER_EXIT);
}

SEC("raw_tp/local_timer_exit")
int local_timer_exit_raw(void *ctx)
{
    return on_hard_exit(SS_LOCAL_TIMER_EXIT);
}
