// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
// Does nothing at a hook that fires often: what the kernel's run-time statistics show for it is their own
// floor.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("tp_btf/sys_exit")
int floor_btf(void *ctx)
{
    return 0;
}
