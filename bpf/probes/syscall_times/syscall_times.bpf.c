// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#include "bpf/probes/syscall_times/syscall_times.h"

#define SS_BANK struct ss_syscall_times_bank
#include "bpf/common.bpf.h"
#include "bpf/compat.bpf.h"

// Codes for the kernel alone, which starts the call again or makes them EINTR. @source include/linux/errno.h
#define ERESTARTSYS 512
#define ERESTART_RESTARTBLOCK 516
// Stands for calls of the 32-bit table and for numbers above ours; in no class of the table.
#define OTHER_CALL (SS_SYSCALL_NUMBERS - 1)
#define RESTART_SYSCALL 219 // @source arch/x86/entry/syscalls/syscall_64.tbl

// A cell's owner: thread, call, and whether the call was broken off; since_ns then is the time it took so
// far.
#define CALL_SHIFT 32
#define BROKEN_OFF (1ULL << 63)

const volatile __u32 call_mask = SS_MAX_TASK_CELLS - 1;
// User space fills it from the table of names in syscalls.cpp.
const volatile __u8 syscall_class[SS_SYSCALL_NUMBERS] = {};

SS_ARRAY(pending, 1, struct ss_pending);

// A task is in one system call at a time.
static __always_inline struct ss_pending *pending_of(__u32 tid)
{
    __u32 index = tid & call_mask;
    return bpf_map_lookup_elem(&pending, &index);
}

static __always_inline __u64 owner_of(__u32 tid, __u64 number)
{
    return number << CALL_SHIFT | tid;
}

static __always_inline __u64 number_of(__u64 number, bool direct)
{
    return number < SS_SYSCALL_NUMBERS && !ss_is_compat(ss_current(direct), direct) ? number : OTHER_CALL;
}

static __always_inline void observe(struct ss_syscall_times_bank *bank, __u64 owner, __u64 ns)
{
    __u64 class = syscall_class[(owner >> CALL_SHIFT) & (SS_SYSCALL_NUMBERS - 1)];
    // Ties the check to the register that is used, which the verifier wants to see.
    asm volatile("" : "+r"(class));
    if (class < SS_SYS_CLASSES)
        ss_observe(bank->times[class], ns);
}

static __always_inline int on_enter(__u64 raw, bool direct)
{
    __u32 tid = bpf_get_current_pid_tgid();
    struct ss_syscall_times_bank *bank = ss_bank();
    struct ss_pending *cell = pending_of(tid);
    if (!bank || !cell)
        return 0;
    bank->hits[SS_TIMES_ENTER]++;
    __u64 number = number_of(raw, direct);
    __u64 owner = owner_of(tid, number);
    __u64 before = cell->owner;
    __u64 now = bpf_ktime_get_ns();
    if ((before & BROKEN_OFF) && (__u32)before == tid) {
        // Begun again by the kernel, with no handler in between: one call.
        if (number == RESTART_SYSCALL)
            owner = before & ~BROKEN_OFF;
        if ((before & ~BROKEN_OFF) == owner)
            now -= cell->since_ns;
        else
            observe(bank, before, cell->since_ns);
    }
    cell->since_ns = now;
    ss_barrier();
    cell->owner = owner;
    return 0;
}

static __always_inline int on_exit(struct pt_regs *regs, long result, bool direct)
{
    __u64 now = bpf_ktime_get_ns();
    __u32 tid = bpf_get_current_pid_tgid();
    struct ss_syscall_times_bank *bank = ss_bank();
    struct ss_pending *cell = pending_of(tid);
    if (!bank || !cell)
        return 0;
    bank->hits[SS_TIMES_EXIT]++;
    __u64 number = number_of(SS_READ(direct, regs, orig_ax), direct);
    __u64 owner = cell->owner;
    // Empty, or this thread's own of another call: begun before the probe was there, the child's way out of a
    // fork, or rt_sigreturn, which comes out as the call that a signal interrupted.
    bool same = owner == owner_of(tid, number) || (number == RESTART_SYSCALL && (__u32)owner == tid);
    if (!same || (owner & BROKEN_OFF)) {
        if (owner && (__u32)owner != tid)
            bank->untimed++;
        return 0;
    }
    __u64 took = now > cell->since_ns ? now - cell->since_ns : 0;
    __u64 error = -result;
    if (error - ERESTARTSYS <= ERESTART_RESTARTBLOCK - ERESTARTSYS) {
        cell->since_ns = took;
        ss_barrier();
        cell->owner = owner | BROKEN_OFF;
        return 0;
    }
    cell->owner = 0;
    observe(bank, owner, took);
    return 0;
}

SEC("tp_btf/sys_enter")
int sys_enter_btf(__u64 *ctx)
{
    return on_enter(ctx[1], true);
}

SEC("raw_tp/sys_enter")
int sys_enter_raw(__u64 *ctx)
{
    return on_enter(ctx[1], false);
}

SEC("tp_btf/sys_exit")
int sys_exit_btf(__u64 *ctx)
{
    return on_exit((void *)ctx[0], ctx[1], true);
}

SEC("raw_tp/sys_exit")
int sys_exit_raw(__u64 *ctx)
{
    return on_exit((void *)ctx[0], ctx[1], false);
}
