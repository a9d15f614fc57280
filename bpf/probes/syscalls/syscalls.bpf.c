// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#include "bpf/probes/syscalls/syscalls.h"

#define SS_BANK struct ss_syscalls_bank
#include "bpf/compat.bpf.h"
#include "bpf/tasks.bpf.h"

// @source include/uapi/asm-generic/errno.h, include/linux/errno.h
#define EINTR 4
#define EAGAIN 11
#define ETIMEDOUT 110
#define EINPROGRESS 115
#define ERESTARTSYS 512
#define ERESTARTNOINTR 513
#define ERESTARTNOHAND 514
#define ERESTART_RESTARTBLOCK 516

// User space fills it from the table of names in syscalls.cpp.
const volatile __u8 syscall_class[SS_SYSCALL_NUMBERS] = {};
// From the table of names in errno_classes.cpp.
const volatile __u8 errno_class[SS_ERRNO_NUMBERS] = {};

static __always_inline bool is_again(__u64 error, __u32 class)
{
    switch (error) {
    case EAGAIN:
    case EINTR:
    case EINPROGRESS:
    case ERESTARTSYS:
    case ERESTARTNOINTR:
    case ERESTARTNOHAND:
    case ERESTART_RESTARTBLOCK:
        return true;
    case ETIMEDOUT:
        return class == SS_SYS_LOCK;
    }
    return false;
}

static __always_inline int on_exit(struct pt_regs *regs, long result, bool direct)
{
    struct ss_syscalls_bank *bank = ss_bank();
    struct ss_control *control = ss_control();
    if (!bank || !control)
        return 0;
    bank->hits[SS_SYS_EXIT]++;

    __u64 number = SS_READ(direct, regs, orig_ax);
    __u32 class = SS_SYS_OTHER;
    struct task_struct *task = ss_current(direct);
    if (number < SS_SYSCALL_NUMBERS && !ss_is_compat(task, direct))
        class = syscall_class[number];
    if (class >= SS_SYS_CLASSES)
        class = SS_SYS_OTHER;
    bank->classes[class]++;

    bool failed = false;
    __u64 error = -result;
    if (error - 1 < 4095) {
        if (is_again(error, class)) {
            bank->again++;
        } else {
            bank->failed++;
            failed = true;
            __u32 kind = error < SS_ERRNO_NUMBERS ? errno_class[error] : SS_ERRNO_OTHER;
            if (kind < SS_ERRNO_CLASSES)
                bank->errors[kind]++;
        }
    }

    struct ss_task *cell = ss_current_cell(SS_READ(direct, task, pid), control->epoch);
    if (cell) {
        cell->syscalls++;
        if (per_entity && failed)
            cell->failed++;
        ss_touch(cell, control->epoch);
    }
    return 0;
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
