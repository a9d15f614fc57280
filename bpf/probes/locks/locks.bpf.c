// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#include "bpf/probes/locks/locks.h"

#define SS_BANK struct ss_locks_bank
#include "bpf/common.bpf.h"

// @source include/trace/events/lock.h
#define LCB_F_SPIN 1
// In a cell's owner, whose other bits come from addresses.
#define SLEPT 1ULL

SS_ARRAY(pending, SS_LOCK_CELLS, struct ss_pending);

// A task that waits for one lock can be interrupted by a handler that waits for another, so the lock belongs
// to the key; idle tasks all have number 0, so that the task is known by its address.
static __always_inline __u64 key_of(__u64 lock)
{
    return (lock ^ (bpf_get_current_task() * 0x9e3779b97f4a7c15ULL)) & ~SLEPT;
}

static __always_inline struct ss_pending *pending_of(__u64 key)
{
    __u32 index = (key * 0x9e3779b97f4a7c15ULL) >> 52;
    return bpf_map_lookup_elem(&pending, &index);
}

static __always_inline int on_begin(__u64 lock, __u32 flags)
{
    struct ss_locks_bank *bank = ss_bank();
    __u64 key = key_of(lock);
    struct ss_pending *cell = pending_of(key);
    if (!bank || !cell)
        return 0;
    bank->hits[SS_CONTENTION_BEGIN]++;
    __u64 slept = flags & LCB_F_SPIN ? 0 : SLEPT;
    // A mutex is waited for by spinning first and by sleeping then: one wait, told in two begins.
    if ((cell->owner & ~SLEPT) == key) {
        cell->owner |= slept;
        return 0;
    }
    cell->since_ns = bpf_ktime_get_ns();
    ss_barrier();
    cell->owner = key | slept;
    return 0;
}

static __always_inline int on_end(__u64 lock)
{
    struct ss_locks_bank *bank = ss_bank();
    __u64 key = key_of(lock);
    struct ss_pending *cell = pending_of(key);
    if (!bank || !cell)
        return 0;
    bank->hits[SS_CONTENTION_END]++;
    bank->contended++;
    __u64 owner = cell->owner;
    __u64 since = cell->since_ns;
    __u64 now = bpf_ktime_get_ns();
    if ((owner & ~SLEPT) != key || since > now) {
        bank->untimed++;
        return 0;
    }
    cell->owner = 0;
    if (!(owner & SLEPT))
        bank->spun++;
    bank->wait_ns += now - since;
    ss_observe(bank->wait, now - since);
    return 0;
}

// The verifier allows no arithmetic on a typed pointer, so its bits take a detour.
static __always_inline __u64 address_of(void *lock)
{
    __u64 address = 0;
    bpf_probe_read_kernel(&address, sizeof(address), &lock);
    return address;
}

SEC("tp_btf/contention_begin")
int contention_begin_btf(__u64 *ctx)
{
    return on_begin(address_of((void *)ctx[0]), ctx[1]);
}

SEC("raw_tp/contention_begin")
int contention_begin_raw(__u64 *ctx)
{
    return on_begin(ctx[0], ctx[1]);
}

SEC("tp_btf/contention_end")
int contention_end_btf(__u64 *ctx)
{
    return on_end(address_of((void *)ctx[0]));
}

SEC("raw_tp/contention_end")
int contention_end_raw(__u64 *ctx)
{
    return on_end(ctx[0]);
}
