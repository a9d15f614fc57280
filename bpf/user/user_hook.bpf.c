// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#include "bpf/user/user_hook.h"

#define SS_BANK struct ss_user_bank
#include "bpf/common.bpf.h"

// One object for all of a user's hooks: user space loads the one or two programs that the probe needs, with
// these constants.
const volatile __u32 in_flight_mask = SS_HOOK_CELLS - 1;
const volatile __u8 user_stack =
    0; // the hook is in a program: stacks of different processes have the same addresses
const volatile __u8 preemptible =
    0; // the kernel runs the program with preemption on (uprobes), two at a time on a CPU
const volatile __u32 field_offset = 0;
const volatile __u8 field_bytes = 0;
const volatile __u8 field_signed = 0;

SS_ARRAY(inflight, SS_HOOK_CELLS, struct ss_pending);

// The field's name decides the offset, whatever else the kernel's structure has.
struct pt_regs___stack {
    unsigned long sp;
} __attribute__((preserve_access_index));

static __always_inline void add(__u64 *word, __u64 amount)
{
    if (preemptible)
        __sync_fetch_and_add(word, amount);
    else
        *word += amount;
}

static __always_inline void observe(struct ss_user_bank *bank, __u64 value)
{
    __u64 bucket = ss_bucket(value);
    // Ties the check to the register that is used, which the verifier wants to see.
    asm volatile("" : "+r"(bucket));
    if (bucket < SS_BUCKETS)
        add(&bank->histogram[bucket], 1);
}

static __always_inline int count(void)
{
    struct ss_user_bank *bank = ss_bank();
    if (!bank)
        return 0;
    add(&bank->events, 1);
    add(&bank->hits, 1);
    return 0;
}

static __always_inline struct ss_pending *pending_of(__u64 owner)
{
    __u32 index = (owner * 0x9e3779b97f4a7c15ULL) >> 40;
    index &= in_flight_mask;
    return bpf_map_lookup_elem(&inflight, &index);
}

static __always_inline int begin(__u64 owner)
{
    struct ss_user_bank *bank = ss_bank();
    struct ss_pending *pending = pending_of(owner);
    if (!bank || !pending)
        return 0;
    add(&bank->begins, 1);
    pending->since_ns = bpf_ktime_get_ns();
    ss_barrier();
    pending->owner = owner;
    return 0;
}

static __always_inline int end(__u64 owner)
{
    __u64 now = bpf_ktime_get_ns();
    struct ss_user_bank *bank = ss_bank();
    struct ss_pending *pending = pending_of(owner);
    if (!bank || !pending)
        return 0;
    add(&bank->events, 1);
    add(&bank->hits, 1);
    __u64 since = pending->since_ns;
    // Another call took the cell, or it began before the probe was there.
    if (pending->owner != owner || since > now) {
        add(&bank->untimed, 1);
        return 0;
    }
    pending->owner = 0;
    add(&bank->ns, now - since);
    observe(bank, now - since);
    return 0;
}

SEC("raw_tp")
int count_raw(void *ctx)
{
    return count();
}

SEC("kprobe")
int count_probe(void *ctx)
{
    return count();
}

SEC("fentry")
int count_fentry(void *ctx)
{
    return count();
}

SEC("tp")
int count_event(void *ctx)
{
    return count();
}

static __always_inline __u64 read_field(void *ctx)
{
    // Reads at an offset that is no constant for the compiler are forbidden on the context itself.
    void *at = ctx + field_offset;
    union {
        __u8 b1;
        __u16 b2;
        __u32 b4;
        __u64 b8;
    } value = {};
    switch (field_bytes) {
    case 1:
        bpf_probe_read_kernel(&value.b1, 1, at);
        return field_signed ? (__s64)(__s8)value.b1 : value.b1;
    case 2:
        bpf_probe_read_kernel(&value.b2, 2, at);
        return field_signed ? (__s64)(__s16)value.b2 : value.b2;
    case 4:
        bpf_probe_read_kernel(&value.b4, 4, at);
        return field_signed ? (__s64)(__s32)value.b4 : value.b4;
    }
    bpf_probe_read_kernel(&value.b8, 8, at);
    return value.b8;
}

SEC("tp")
int field_event(void *ctx)
{
    struct ss_user_bank *bank = ss_bank();
    if (!bank)
        return 0;
    bank->events++;
    bank->hits++;
    __u64 value = read_field(ctx);
    // Buckets have no room below zero; what is too large for the shift is in the last one anyway.
    if (field_signed && (__s64)value < 0)
        value = 0;
    else if (value >> (64 - SS_BUCKET_SHIFT - 1))
        value = ~0ULL >> (SS_BUCKET_SHIFT + 1);
    observe(bank, value << SS_BUCKET_SHIFT);
    return 0;
}

// What a call's begin and end have in common, and no other call under way: where its return address lies on
// the stack.
static __always_inline __u64 frame_of(struct pt_regs___stack *regs, __u64 popped)
{
    __u64 frame = regs->sp - popped;
    return user_stack ? frame ^ (bpf_get_current_pid_tgid() << 40) : frame;
}

SEC("kprobe")
int begin_probe(void *ctx)
{
    return begin(frame_of(ctx, 0));
}

SEC("kretprobe")
int end_probe(void *ctx)
{
    return end(frame_of(ctx, sizeof(long)));
}

// Both programs run inside one trampoline and get the same arguments at the same address.
static __always_inline __u64 address_of(void *ctx)
{
    __u64 address = 0;
    bpf_probe_read_kernel(&address, sizeof(address), &ctx);
    return address;
}

SEC("fentry")
int begin_fentry(void *ctx)
{
    return begin(address_of(ctx));
}

SEC("fexit")
int end_fexit(void *ctx)
{
    return end(address_of(ctx));
}
