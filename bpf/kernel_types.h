// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#pragma once

// The kernel's own structures, cut down to the fields the probes read. CO-RE finds the true offsets when
// loading, so neither order nor size matters here. A "___x" suffix is another version of the same structure.
// @source include/linux/sched.h, arch/x86/include/asm/{ptrace,thread_info}.h, include/linux/blk-mq.h,
// blk_types.h, net/sock.h

#include <linux/types.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct thread_info {
    __u32 status;
};

// Since 5.5 (67c0496e87d1) a plain number, as old as the mapped arrays (fc9702273e2e) that every probe needs.
struct kernfs_node {
    __u64 id;
};

struct cgroup {
    struct kernfs_node *kn;
};

struct css_set {
    struct cgroup *dfl_cgrp;
};

struct task_struct {
    struct thread_info thread_info;
    unsigned int __state;
    int pid;
    int tgid;
    char comm[16];
    __u64 start_boottime;
    struct task_struct *group_leader;
    struct css_set *cgroups;
};

// Before 5.14 (2f064a59a11f) the field had no underscores and was a signed long.
struct task_struct___before_5_14 {
    volatile long state;
};

struct pt_regs {
    unsigned long orig_ax;
};

struct request {
    unsigned int cmd_flags;
    unsigned int __data_len;
    __u64 start_time_ns;
    __u64 io_start_time_ns;
};

struct bvec_iter {
    unsigned int bi_size;
};

struct bio {
    __u32 bi_opf;
    struct bvec_iter bi_iter;
};

struct sock {
    __u16 sk_protocol;
};

#pragma clang attribute pop
