// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#pragma once

// The table of tasks that the scheduler, syscalls, block and process probes share.

#include "bpf/common.bpf.h"

const volatile __u32 task_mask = SS_MAX_TASK_CELLS - 1;
// Off for plans about the host: the verifier then leaves out what only samples per process or cgroup need.
const volatile __u8 per_entity = 0;

SS_ARRAY(tasks, 1, struct ss_task);
SS_ARRAY(active, 1, struct ss_active);
SS_ARRAY(control, 1, struct ss_control);

static __always_inline struct ss_control *ss_control(void)
{
    __u32 zero = 0;
    return bpf_map_lookup_elem(&control, &zero);
}

static __always_inline struct ss_task *ss_cell(__u32 tid)
{
    __u32 index = tid & task_mask;
    return bpf_map_lookup_elem(&tasks, &index);
}

static __always_inline struct ss_active *ss_active(void)
{
    __u32 cpu = bpf_get_smp_processor_id();
    return bpf_map_lookup_elem(&active, &cpu);
}

/// Empties the cell for @p tid, which is @p task; the caller fills comm. A sleeping or dead owner had nothing
/// to lose.
static __always_inline void ss_take_over(struct ss_task *cell, struct task_struct *task, __u32 tid,
                                         __u32 tgid, __u32 epoch)
{
    if (cell->tid && cell->tid != tid && (cell->state != SS_TASK_NONE || cell->epoch == epoch)) {
        struct ss_active *list = ss_active();
        if (list)
            list->collisions++;
    }
    cell->tid = 0;
    ss_barrier();
    cell->tgid = tgid;
    cell->since_ns = 0;
    cell->cpu_ns = 0;
    cell->syscalls = 0;
    cell->io_bytes = 0;
    cell->state = SS_TASK_NONE;
    cell->epoch = 0;
    if (per_entity) {
        cell->cgroup = 0;
        cell->read_bytes = 0;
        cell->runq_ns = 0;
        cell->blocked_ns = 0;
        cell->switches = 0;
        cell->involuntary = 0;
        cell->wakeups = 0;
        cell->failed = 0;
        cell->start_ns = BPF_CORE_READ(task, start_boottime);
        cell->process_start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
    }
    ss_barrier();
    cell->tid = tid;
}

/// Lists the cell, which is the running task's, once per epoch. An entry lost to a race only comes an epoch
/// later: the counters are cumulative.
static __always_inline void ss_touch(struct ss_task *cell, __u32 epoch)
{
    if (cell->epoch == epoch)
        return;
    cell->epoch = epoch;
    if (per_entity) {
        struct task_struct *task = (void *)bpf_get_current_task();
        cell->cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
    }
    struct ss_active *list = ss_active();
    if (!list)
        return;
    __u32 side = epoch & 1;
    if (list->epoch[side] != epoch) {
        list->count[side] = 0;
        ss_barrier();
        list->epoch[side] = epoch;
    }
    __u32 at = list->count[side];
    if (at >= SS_ACTIVE_CELLS) {
        list->overflows++;
        return;
    }
    list->cells[side][at & (SS_ACTIVE_CELLS - 1)] = cell->tid & task_mask;
    ss_barrier();
    list->count[side] = at + 1;
}

/// @return the cell of the task that runs here, its own by now; null for the idle task.
static __always_inline struct ss_task *ss_current_cell(__u32 tid, __u32 epoch)
{
    if (tid == 0)
        return 0;
    struct ss_task *cell = ss_cell(tid);
    if (!cell)
        return 0;
    if (cell->tid != tid) {
        ss_take_over(cell, (void *)bpf_get_current_task(), tid, bpf_get_current_pid_tgid() >> 32, epoch);
        bpf_get_current_comm(cell->comm, sizeof(cell->comm));
    }
    return cell;
}
