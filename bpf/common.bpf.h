// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#pragma once

// Needs in front of it: the probe's own header and SS_BANK, the type of its bank.

#include <linux/bpf.h>

#include "bpf/kernel_types.h"
#include "bpf/shared.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <stdbool.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

// User space creates the maps at their true sizes and hands them over (bpf_map__reuse_fd), so all probes
// share one task table. A bank's word has exactly one writing program: the kernel keeps a program from
// nesting in itself on a CPU (and counts it as a recursion miss), so that plain increments lose nothing.
#define SS_ARRAY(name, entries, value_type)                                                                  \
    struct {                                                                                                 \
        __uint(type, BPF_MAP_TYPE_ARRAY);                                                                    \
        __uint(map_flags, BPF_F_MMAPABLE);                                                                   \
        __uint(max_entries, entries);                                                                        \
        __type(key, __u32);                                                                                  \
        __type(value, value_type);                                                                           \
    } name SEC(".maps")

SS_ARRAY(banks, 1, SS_BANK);

#define SS_READ(direct, pointer, field) ((direct) ? (pointer)->field : BPF_CORE_READ(pointer, field))

// Loads in program order as seen by user space; x86 keeps the order of stores.
#define ss_barrier() asm volatile("" ::: "memory")

static __always_inline SS_BANK *ss_bank(void)
{
    __u32 cpu = bpf_get_smp_processor_id();
    return bpf_map_lookup_elem(&banks, &cpu);
}

static __always_inline __u32 ss_bucket(__u64 ns)
{
    __u64 v = ns >> SS_BUCKET_SHIFT;
    if (v < 4)
        return v;
    __u32 e = 0;
    __u64 rest = v;
    if (rest >> 32) {
        rest >>= 32;
        e += 32;
    }
    if (rest >> 16) {
        rest >>= 16;
        e += 16;
    }
    if (rest >> 8) {
        rest >>= 8;
        e += 8;
    }
    if (rest >> 4) {
        rest >>= 4;
        e += 4;
    }
    if (rest >> 2) {
        rest >>= 2;
        e += 2;
    }
    e += rest >> 1;
    __u32 bucket = (e - 1) * 4 + ((v >> (e - 2)) & 3);
    return bucket < SS_BUCKETS ? bucket : SS_BUCKETS - 1;
}

static __always_inline void ss_observe(__u64 *histogram, __u64 ns)
{
    __u64 bucket = ss_bucket(ns);
    // Ties the check to the register that is used, which the verifier wants to see.
    asm volatile("" : "+r"(bucket));
    if (bucket < SS_BUCKETS)
        histogram[bucket]++;
}
