// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#include "bpf/probes/samples/samples.h"

#define SS_BANK struct ss_samples_bank
#include "bpf/common.bpf.h"

// What the program gets: struct bpf_perf_event_data, which begins with the registers as ptrace shows them.
// @source arch/x86/include/uapi/asm/ptrace.h struct pt_regs: cs is the 18th
struct clock_context {
    unsigned long before_cs[17];
    unsigned long cs;
};
#define PRIVILEGE_MASK 3

SEC("perf_event")
int cpu_clock_perf(struct clock_context *ctx)
{
    struct ss_samples_bank *bank = ss_bank();
    if (!bank)
        return 0;
    bank->hits[SS_SAMPLE_CLOCK]++;
    // The idle task's number is 0 on every CPU.
    if ((__u32)bpf_get_current_pid_tgid() == 0)
        bank->idle++;
    else if (ctx->cs & PRIVILEGE_MASK)
        bank->user++;
    else
        bank->kernel++;
    bank->all++;
    return 0;
}
