// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#include "bpf/probes/memory/memory.h"

#define SS_BANK struct ss_memory_bank
#include "bpf/common.bpf.h"

// A task sleeps and moves to another CPU while it reclaims, so its start is kept by task, not by CPU.
SS_ARRAY(pending, SS_RECLAIM_CELLS, struct ss_pending);

static __always_inline struct ss_pending *pending_of(__u32 tid)
{
    __u32 index = tid & (SS_RECLAIM_CELLS - 1);
    return bpf_map_lookup_elem(&pending, &index);
}

static __always_inline int on_begin(__u32 hook)
{
    struct ss_memory_bank *bank = ss_bank();
    __u32 tid = bpf_get_current_pid_tgid();
    struct ss_pending *pending = pending_of(tid);
    if (!bank || !pending)
        return 0;
    bank->hits[hook]++;
    if (pending->owner && pending->owner != tid)
        bank->collisions++;
    pending->owner = tid;
    pending->since_ns = bpf_ktime_get_ns();
    return 0;
}

// Both kinds of reclaim run in the task that needs memory, never one inside the other, so they share words.
static __always_inline int on_end(__u32 hook)
{
    struct ss_memory_bank *bank = ss_bank();
    __u32 tid = bpf_get_current_pid_tgid();
    struct ss_pending *pending = pending_of(tid);
    if (!bank || !pending)
        return 0;
    bank->hits[hook]++;
    bank->reclaims++;
    if (pending->owner != tid)
        return 0;
    pending->owner = 0;
    __u64 now = bpf_ktime_get_ns();
    if (now < pending->since_ns)
        return 0;
    bank->reclaim_ns += now - pending->since_ns;
    ss_observe(bank->reclaim, now - pending->since_ns);
    return 0;
}

static __always_inline int on_victim(void)
{
    struct ss_memory_bank *bank = ss_bank();
    if (!bank)
        return 0;
    bank->hits[SS_MARK_VICTIM]++;
    bank->oom_kills++;
    return 0;
}

SEC("tp_btf/mm_vmscan_direct_reclaim_begin")
int mm_vmscan_direct_reclaim_begin_btf(void *ctx)
{
    return on_begin(SS_RECLAIM_BEGIN);
}

SEC("raw_tp/mm_vmscan_direct_reclaim_begin")
int mm_vmscan_direct_reclaim_begin_raw(void *ctx)
{
    return on_begin(SS_RECLAIM_BEGIN);
}

SEC("tp_btf/mm_vmscan_direct_reclaim_end")
int mm_vmscan_direct_reclaim_end_btf(void *ctx)
{
    return on_end(SS_RECLAIM_END);
}

SEC("raw_tp/mm_vmscan_direct_reclaim_end")
int mm_vmscan_direct_reclaim_end_raw(void *ctx)
{
    return on_end(SS_RECLAIM_END);
}

SEC("tp_btf/mm_vmscan_memcg_reclaim_begin")
int mm_vmscan_memcg_reclaim_begin_btf(void *ctx)
{
    return on_begin(SS_GROUP_RECLAIM_BEGIN);
}

SEC("raw_tp/mm_vmscan_memcg_reclaim_begin")
int mm_vmscan_memcg_reclaim_begin_raw(void *ctx)
{
    return on_begin(SS_GROUP_RECLAIM_BEGIN);
}

SEC("tp_btf/mm_vmscan_memcg_reclaim_end")
int mm_vmscan_memcg_reclaim_end_btf(void *ctx)
{
    return on_end(SS_GROUP_RECLAIM_END);
}

SEC("raw_tp/mm_vmscan_memcg_reclaim_end")
int mm_vmscan_memcg_reclaim_end_raw(void *ctx)
{
    return on_end(SS_GROUP_RECLAIM_END);
}

SEC("tp_btf/mark_victim")
int mark_victim_btf(void *ctx)
{
    return on_victim();
}

SEC("raw_tp/mark_victim")
int mark_victim_raw(void *ctx)
{
    return on_victim();
}
