// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#include "bpf/probes/process/process.h"

#define SS_BANK struct ss_process_bank
#include "bpf/tasks.bpf.h"

static __always_inline int on_fork(struct task_struct *child, bool direct)
{
    struct ss_process_bank *bank = ss_bank();
    if (!bank)
        return 0;
    bank->hits[SS_PROCESS_FORK]++;
    if (SS_READ(direct, child, pid) == SS_READ(direct, child, tgid))
        bank->forks++;
    else
        bank->threads++;
    return 0;
}

SEC("tp_btf/sched_process_fork")
int sched_process_fork_btf(__u64 *ctx)
{
    return on_fork((void *)ctx[1], true);
}

SEC("raw_tp/sched_process_fork")
int sched_process_fork_raw(__u64 *ctx)
{
    return on_fork((void *)ctx[1], false);
}

static __always_inline int on_exec(void)
{
    struct ss_process_bank *bank = ss_bank();
    if (!bank)
        return 0;
    bank->hits[SS_PROCESS_EXEC]++;
    bank->execs++;
    // A process gone before the interval ends is known only by this name.
    __u32 tid = bpf_get_current_pid_tgid();
    struct ss_task *cell = ss_cell(tid);
    if (cell && cell->tid == tid)
        bpf_get_current_comm(cell->comm, sizeof(cell->comm));
    return 0;
}

SEC("tp_btf/sched_process_exec")
int sched_process_exec_btf(void *ctx)
{
    return on_exec();
}

SEC("raw_tp/sched_process_exec")
int sched_process_exec_raw(void *ctx)
{
    return on_exec();
}

static __always_inline int on_exit(void)
{
    struct ss_process_bank *bank = ss_bank();
    if (!bank)
        return 0;
    bank->hits[SS_PROCESS_EXIT]++;
    bank->exits++;
    return 0;
}

SEC("tp_btf/sched_process_exit")
int sched_process_exit_btf(void *ctx)
{
    return on_exit();
}

SEC("raw_tp/sched_process_exit")
int sched_process_exit_raw(void *ctx)
{
    return on_exit();
}
