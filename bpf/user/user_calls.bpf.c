// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#include "bpf/user/user_hook.h"

#define SS_BANK struct ss_calls_bank
#include "bpf/common.bpf.h"

// @source arch/x86/include/asm/thread_info.h
#define TS_COMPAT 0x2
// Codes for the kernel alone, which starts the call again or makes them EINTR. @source include/linux/errno.h
#define ERESTARTSYS 512
#define ERESTART_RESTARTBLOCK 516

const volatile __u8 call_table[SS_CALL_NUMBERS] = {};
const volatile __u32 call_count = 0;
const volatile __u8 any_timed = 0; // without, there is no map of calls that began
const volatile __u32 call_mask = SS_CALL_CELLS - 1;

SS_ARRAY(calls, 1, struct ss_user_bank); // one per CPU and watched call
SS_ARRAY(inflight, SS_CALL_CELLS, struct ss_pending);

static __always_inline bool is_compat(bool direct)
{
    struct task_struct *task = direct ? bpf_get_current_task_btf() : (void *)bpf_get_current_task();
    if (!bpf_core_field_exists(task->thread_info.status))
        return false;
    return SS_READ(direct, task, thread_info.status) & TS_COMPAT;
}

static __always_inline __u8 entry_of(__u64 number)
{
    return number < SS_CALL_NUMBERS ? call_table[number] : 0;
}

// A task is in one system call at a time.
static __always_inline struct ss_pending *pending_of(__u32 tid)
{
    __u32 index = tid & call_mask;
    return bpf_map_lookup_elem(&inflight, &index);
}

static __always_inline __u64 owner_of(__u32 tid, __u64 number)
{
    return number << 32 | tid;
}

static __always_inline int on_enter(__u64 number, bool direct)
{
    struct ss_calls_bank *bank = ss_bank();
    if (!bank)
        return 0;
    bank->enters++;
    if (!(entry_of(number) & SS_CALL_TIMED) || is_compat(direct))
        return 0;
    __u32 tid = bpf_get_current_pid_tgid();
    struct ss_pending *pending = pending_of(tid);
    if (!pending)
        return 0;
    pending->since_ns = bpf_ktime_get_ns();
    ss_barrier();
    pending->owner = owner_of(tid, number);
    return 0;
}

static __always_inline void time_call(struct ss_user_bank *call, __u64 number)
{
    __u32 tid = bpf_get_current_pid_tgid();
    struct ss_pending *pending = pending_of(tid);
    if (!pending)
        return;
    __u64 now = bpf_ktime_get_ns();
    __u64 since = pending->since_ns;
    if (pending->owner != owner_of(tid, number) || since > now) {
        call->untimed++;
        return;
    }
    pending->owner = 0;
    call->ns += now - since;
    ss_observe(call->histogram, now - since);
}

static __always_inline int on_exit(struct pt_regs *regs, long result, bool direct)
{
    struct ss_calls_bank *bank = ss_bank();
    if (!bank)
        return 0;
    bank->exits++;
    __u64 number = SS_READ(direct, regs, orig_ax);
    __u8 entry = entry_of(number);
    if (!entry || is_compat(direct))
        return 0;
    // The child of a fork comes out of a call that only its parent made.
    if ((entry & SS_CALL_FORKS) && result == 0)
        return 0;
    __u32 index = bpf_get_smp_processor_id() * call_count + (entry & SS_CALL_PLACE) - 1;
    struct ss_user_bank *call = bpf_map_lookup_elem(&calls, &index);
    if (!call)
        return 0;
    call->events++;
    __u64 error = -result;
    if (error - 1 < 4095 && !(error >= ERESTARTSYS && error <= ERESTART_RESTARTBLOCK))
        call->errors++;
    if (any_timed && (entry & SS_CALL_TIMED))
        time_call(call, number);
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
