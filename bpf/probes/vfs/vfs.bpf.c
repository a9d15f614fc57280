// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#include "bpf/probes/vfs/vfs.h"

#define SS_BANK struct ss_vfs_bank
#include "bpf/common.bpf.h"

SS_ARRAY(pending, SS_VFS_CELLS, struct ss_pending);

// The field's name decides the offset, whatever else the kernel's structure has.
struct pt_regs___stack {
    unsigned long sp;
} __attribute__((preserve_access_index));

static __always_inline struct ss_pending *pending_of(__u64 frame)
{
    __u32 index = ((frame >> 3) * 0x9e3779b97f4a7c15ULL) >> 51;
    return bpf_map_lookup_elem(&pending, &index);
}

// A call is known by where it lies on its stack, so that one inside another of the same function (overlayfs,
// FUSE) is another.
static __always_inline int on_entry(__u32 operation, __u64 frame)
{
    struct ss_vfs_bank *bank = ss_bank();
    struct ss_pending *cell = pending_of(frame);
    if (!bank || !cell)
        return 0;
    bank->hits[2 * operation]++;
    cell->since_ns = bpf_ktime_get_ns();
    ss_barrier();
    cell->owner = frame;
    return 0;
}

static __always_inline int on_exit(__u32 operation, __u64 frame)
{
    __u64 now = bpf_ktime_get_ns();
    struct ss_vfs_bank *bank = ss_bank();
    struct ss_pending *cell = pending_of(frame);
    if (!bank || !cell)
        return 0;
    bank->hits[2 * operation + 1]++;
    bank->calls[operation]++;
    __u64 owner = cell->owner;
    __u64 since = cell->since_ns;
    // An empty cell: the call began before the probe was there.
    if (owner != frame || since > now) {
        if (owner)
            bank->untimed++;
        return 0;
    }
    cell->owner = 0;
    ss_observe(bank->times[operation], now - since);
    return 0;
}

// Both programs of a function run inside one trampoline and get the same arguments at the same address. The
// verifier allows no arithmetic on it, so its bits take a detour.
static __always_inline __u64 frame_of(void *ctx)
{
    __u64 address = 0;
    bpf_probe_read_kernel(&address, sizeof(address), &ctx);
    return address;
}

// Where the return address lies, which is popped by the time the second program runs.
static __always_inline __u64 return_slot(void *ctx, __u64 popped)
{
    return ((struct pt_regs___stack *)ctx)->sp - popped;
}

SEC("fentry/vfs_read")
int vfs_read_fentry(void *ctx)
{
    return on_entry(SS_VFS_READ, frame_of(ctx));
}

SEC("fexit/vfs_read")
int vfs_read_fexit(void *ctx)
{
    return on_exit(SS_VFS_READ, frame_of(ctx));
}

SEC("kprobe/vfs_read")
int vfs_read_kprobe(void *ctx)
{
    return on_entry(SS_VFS_READ, return_slot(ctx, 0));
}

SEC("kretprobe/vfs_read")
int vfs_read_kretprobe(void *ctx)
{
    return on_exit(SS_VFS_READ, return_slot(ctx, sizeof(long)));
}

SEC("fentry/vfs_write")
int vfs_write_fentry(void *ctx)
{
    return on_entry(SS_VFS_WRITE, frame_of(ctx));
}

SEC("fexit/vfs_write")
int vfs_write_fexit(void *ctx)
{
    return on_exit(SS_VFS_WRITE, frame_of(ctx));
}

SEC("kprobe/vfs_write")
int vfs_write_kprobe(void *ctx)
{
    return on_entry(SS_VFS_WRITE, return_slot(ctx, 0));
}

SEC("kretprobe/vfs_write")
int vfs_write_kretprobe(void *ctx)
{
    return on_exit(SS_VFS_WRITE, return_slot(ctx, sizeof(long)));
}

SEC("fentry/vfs_fsync_range")
int vfs_fsync_range_fentry(void *ctx)
{
    return on_entry(SS_VFS_SYNC, frame_of(ctx));
}

SEC("fexit/vfs_fsync_range")
int vfs_fsync_range_fexit(void *ctx)
{
    return on_exit(SS_VFS_SYNC, frame_of(ctx));
}

SEC("kprobe/vfs_fsync_range")
int vfs_fsync_range_kprobe(void *ctx)
{
    return on_entry(SS_VFS_SYNC, return_slot(ctx, 0));
}

SEC("kretprobe/vfs_fsync_range")
int vfs_fsync_range_kretprobe(void *ctx)
{
    return on_exit(SS_VFS_SYNC, return_slot(ctx, sizeof(long)));
}
