// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#include "bpf/probes/drops/drops.h"

#define SS_BANK struct ss_drops_bank
#include "bpf/common.bpf.h"

// Since 5.17 (c504e5c2f964) the tracepoint brings a reason.
const volatile __u8 has_reason = 1;
// User space fills it: what a number means differs between kernels.
const volatile __u8 drop_group[SS_DROP_REASONS] = {};

static __always_inline int on_free(__u32 reason)
{
    struct ss_drops_bank *bank = ss_bank();
    if (!bank)
        return 0;
    bank->hits[SS_KFREE_SKB]++;
    __u64 group = reason < SS_DROP_REASONS ? drop_group[reason] : SS_DROP_OTHER;
    if (group == SS_DROP_NONE)
        return 0;
    bank->all++;
    // Ties the check to the register that is used, which the verifier wants to see.
    asm volatile("" : "+r"(group));
    if (group < SS_DROP_GROUPS)
        bank->groups[group]++;
    return 0;
}

SEC("tp_btf/kfree_skb")
int kfree_skb_btf(__u64 *ctx)
{
    return on_free(has_reason ? (__u32)ctx[2] : SS_DROP_REASONS);
}

SEC("raw_tp/kfree_skb")
int kfree_skb_raw(__u64 *ctx)
{
    return on_free(has_reason ? (__u32)ctx[2] : SS_DROP_REASONS);
}
