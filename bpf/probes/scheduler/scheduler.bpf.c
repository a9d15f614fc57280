// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#include "bpf/probes/scheduler/scheduler.h"

#define SS_BANK struct ss_scheduler_bank
#include "bpf/tasks.bpf.h"

// @source include/linux/sched.h
#define TASK_UNINTERRUPTIBLE 0x2
#define TASK_NOLOAD 0x400

// Since 5.18 (fa2c3254d7cf) sched_switch brings the state as it was when the decision fell.
const volatile __u8 switch_has_state = 1;

static __always_inline __u32 state_of(struct task_struct *task, bool direct)
{
    if (bpf_core_field_exists(task->__state))
        return SS_READ(direct, task, __state);
    struct task_struct___before_5_14 *old = (void *)task;
    return BPF_CORE_READ(old, state);
}

static __always_inline struct ss_task *cell_of(struct task_struct *task, __u32 tid, __u32 epoch, bool direct)
{
    struct ss_task *cell = ss_cell(tid);
    if (cell && cell->tid != tid) {
        ss_take_over(cell, task, tid, SS_READ(direct, task, tgid), epoch);
        bpf_core_read(cell->comm, sizeof(cell->comm), &task->comm);
    }
    return cell;
}

static __always_inline void leave(struct ss_scheduler_bank *bank, struct ss_control *control,
                                  struct task_struct *task, bool wants_more, __u32 state, __u64 now,
                                  bool direct)
{
    __u32 tid = SS_READ(direct, task, pid);
    __u64 since = bank->running_since_ns ? bank->running_since_ns : control->attached_ns;
    __u64 ran = now > since ? now - since : 0;
    bank->running_since_ns = 0;
    ss_barrier();
    if (tid == 0)
        return;
    bank->switches++;
    bank->oncpu_ns += ran;
    if (wants_more)
        bank->involuntary++;
    struct ss_task *cell = cell_of(task, tid, control->epoch, direct);
    if (!cell)
        return;
    cell->cpu_ns += ran;
    cell->since_ns = now;
    if (per_entity) {
        cell->switches++;
        if (wants_more)
            cell->involuntary++;
    }
    if (wants_more)
        cell->state = SS_TASK_RUNNABLE;
    else if ((state & TASK_UNINTERRUPTIBLE) && !(state & TASK_NOLOAD))
        cell->state = SS_TASK_BLOCKED;
    else
        cell->state = SS_TASK_NONE;
    ss_touch(cell, control->epoch);
}

static __always_inline void enter(struct ss_scheduler_bank *bank, struct ss_control *control,
                                  struct task_struct *task, __u64 now, bool direct)
{
    __u32 tid = SS_READ(direct, task, pid);
    bank->running_tid = tid;
    ss_barrier();
    bank->running_since_ns = now;
    if (tid == 0)
        return;
    struct ss_task *cell = cell_of(task, tid, control->epoch, direct);
    if (!cell)
        return;
    if (cell->state == SS_TASK_RUNNABLE && now >= cell->since_ns && cell->since_ns >= control->attached_ns) {
        __u64 waited = now - cell->since_ns;
        bank->runq_ns += waited;
        ss_observe(bank->runq, waited);
        if (per_entity)
            cell->runq_ns += waited;
    }
    cell->state = SS_TASK_RUNNING;
    cell->since_ns = now;
}

static __always_inline int on_switch(bool preempted, struct task_struct *prev, struct task_struct *next,
                                     __u32 state, bool direct)
{
    struct ss_scheduler_bank *bank = ss_bank();
    struct ss_control *control = ss_control();
    if (!bank || !control)
        return 0;
    __u64 now = bpf_ktime_get_ns();
    bank->hits[SS_SCHED_SWITCH]++;
    leave(bank, control, prev, preempted || state == 0, state, now, direct);
    enter(bank, control, next, now, direct);
    return 0;
}

SEC("tp_btf/sched_switch")
int sched_switch_btf(__u64 *ctx)
{
    struct task_struct *prev = (void *)ctx[1];
    __u32 state = switch_has_state ? (__u32)ctx[3] : state_of(prev, true);
    return on_switch(ctx[0] & 1, prev, (void *)ctx[2], state, true);
}

SEC("raw_tp/sched_switch")
int sched_switch_raw(__u64 *ctx)
{
    struct task_struct *prev = (void *)ctx[1];
    __u32 state = switch_has_state ? (__u32)ctx[3] : state_of(prev, false);
    return on_switch(ctx[0] & 1, prev, (void *)ctx[2], state, false);
}

// Wake-ups are traced with interrupts off, so the two wake-up programs share words of the bank without
// nesting.
static __always_inline int on_wakeup(struct task_struct *task, __u32 hook, bool direct)
{
    __u32 tid = SS_READ(direct, task, pid);
    struct ss_scheduler_bank *bank = ss_bank();
    struct ss_control *control = ss_control();
    if (!bank || !control || tid == 0)
        return 0;
    __u64 now = bpf_ktime_get_ns();
    bank->hits[hook]++;
    bank->wakeups++;
    struct ss_task *cell = cell_of(task, tid, control->epoch, direct);
    if (!cell)
        return 0;
    // A number that came round again still holds the counters of the task that had it before.
    if (hook == SS_SCHED_WAKEUP_NEW && (per_entity || cell->cpu_ns || cell->syscalls)) {
        ss_take_over(cell, task, tid, SS_READ(direct, task, tgid), control->epoch);
        bpf_core_read(cell->comm, sizeof(cell->comm), &task->comm);
    }
    // What began before the probe was attached, for the first time or again, may have ended in between.
    bool known = cell->since_ns >= control->attached_ns;
    if (cell->state == SS_TASK_BLOCKED && now >= cell->since_ns && known) {
        __u64 slept = now - cell->since_ns;
        bank->blocked_ns += slept;
        ss_observe(bank->blocked, slept);
        if (per_entity)
            cell->blocked_ns += slept;
    }
    if (per_entity)
        cell->wakeups++;
    if (cell->state != SS_TASK_RUNNABLE || !known) {
        cell->since_ns = now;
        cell->state = SS_TASK_RUNNABLE;
    }
    return 0;
}

SEC("tp_btf/sched_wakeup")
int sched_wakeup_btf(__u64 *ctx)
{
    return on_wakeup((void *)ctx[0], SS_SCHED_WAKEUP, true);
}

SEC("raw_tp/sched_wakeup")
int sched_wakeup_raw(__u64 *ctx)
{
    return on_wakeup((void *)ctx[0], SS_SCHED_WAKEUP, false);
}

SEC("tp_btf/sched_wakeup_new")
int sched_wakeup_new_btf(__u64 *ctx)
{
    return on_wakeup((void *)ctx[0], SS_SCHED_WAKEUP_NEW, true);
}

SEC("raw_tp/sched_wakeup_new")
int sched_wakeup_new_raw(__u64 *ctx)
{
    return on_wakeup((void *)ctx[0], SS_SCHED_WAKEUP_NEW, false);
}

static __always_inline int on_migrate(void)
{
    struct ss_scheduler_bank *bank = ss_bank();
    if (!bank)
        return 0;
    bank->hits[SS_SCHED_MIGRATE]++;
    bank->migrations++;
    return 0;
}

SEC("tp_btf/sched_migrate_task")
int sched_migrate_task_btf(void *ctx)
{
    return on_migrate();
}

SEC("raw_tp/sched_migrate_task")
int sched_migrate_task_raw(void *ctx)
{
    return on_migrate();
}
