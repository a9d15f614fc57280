// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#include "bpf/probes/vfs/vfs.h"

#define SS_BANK struct ss_vfs_bank
#include "bpf/common.bpf.h"

SS_ARRAY(pending, SS_VFS_CELLS, struct ss_pending);

// The field's name decides the offset, whatever else the kernel's structure has.
struct pt_regs___stack {
    unsigned long ax;
    unsigned long sp;
} __attribute__((preserve_access_index));

static __always_inline struct ss_pending *pending_of(__u64 frame)
{
    __u32 index = ((frame >> 3) * 0x9e3779b97f4a7c15ULL) >> 51;
    return bpf_map_lookup_elem(&pending, &index);
}

// A call is known by where it lies on its stack, so that one inside another of the same function (overlayfs,
// FUSE) is another.
static __always_inline int on_entry(__u32 hook, __u64 frame)
{
    struct ss_vfs_bank *bank = ss_bank();
    struct ss_pending *cell = pending_of(frame);
    if (!bank || !cell)
        return 0;
    bank->hits[hook]++;
    cell->since_ns = bpf_ktime_get_ns();
    ss_barrier();
    cell->owner = frame;
    return 0;
}

// Two programs write the words of syncs, and one may take the CPU from the other.
static __always_inline void count(struct ss_vfs_bank *bank, __u32 operation)
{
    if (operation == SS_VFS_SYNC)
        __sync_fetch_and_add(&bank->calls[operation], 1);
    else
        bank->calls[operation]++;
}

static __always_inline void observe(struct ss_vfs_bank *bank, __u32 operation, __u64 ns)
{
    if (operation != SS_VFS_SYNC) {
        ss_observe(bank->times[operation], ns);
        return;
    }
    __u64 bucket = ss_bucket(ns);
    asm volatile("" : "+r"(bucket));
    if (bucket < SS_BUCKETS)
        __sync_fetch_and_add(&bank->times[operation][bucket], 1);
}

static __always_inline int on_exit(__u32 operation, __u32 hook, __u64 frame, bool called)
{
    __u64 now = bpf_ktime_get_ns();
    struct ss_vfs_bank *bank = ss_bank();
    struct ss_pending *cell = pending_of(frame);
    if (!bank || !cell)
        return 0;
    bank->hits[hook]++;
    if (called)
        count(bank, operation);
    __u64 owner = cell->owner;
    __u64 since = cell->since_ns;
    // An empty cell: the call began before the probe was there.
    if (owner != frame || since > now) {
        if (owner && called)
            __sync_fetch_and_add(&bank->untimed, 1);
        return 0;
    }
    cell->owner = 0;
    if (called)
        observe(bank, operation, now - since);
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
    return on_entry(2 * SS_VFS_READ, frame_of(ctx));
}

SEC("fexit/vfs_read")
int vfs_read_fexit(void *ctx)
{
    return on_exit(SS_VFS_READ, 2 * SS_VFS_READ + 1, frame_of(ctx), true);
}

SEC("kprobe/vfs_read")
int vfs_read_kprobe(void *ctx)
{
    return on_entry(2 * SS_VFS_READ, return_slot(ctx, 0));
}

SEC("kretprobe/vfs_read")
int vfs_read_kretprobe(void *ctx)
{
    return on_exit(SS_VFS_READ, 2 * SS_VFS_READ + 1, return_slot(ctx, sizeof(long)), true);
}

SEC("fentry/vfs_write")
int vfs_write_fentry(void *ctx)
{
    return on_entry(2 * SS_VFS_WRITE, frame_of(ctx));
}

SEC("fexit/vfs_write")
int vfs_write_fexit(void *ctx)
{
    return on_exit(SS_VFS_WRITE, 2 * SS_VFS_WRITE + 1, frame_of(ctx), true);
}

SEC("kprobe/vfs_write")
int vfs_write_kprobe(void *ctx)
{
    return on_entry(2 * SS_VFS_WRITE, return_slot(ctx, 0));
}

SEC("kretprobe/vfs_write")
int vfs_write_kretprobe(void *ctx)
{
    return on_exit(SS_VFS_WRITE, 2 * SS_VFS_WRITE + 1, return_slot(ctx, sizeof(long)), true);
}

SEC("fentry/vfs_fsync_range")
int vfs_fsync_range_fentry(void *ctx)
{
    return on_entry(2 * SS_VFS_SYNC, frame_of(ctx));
}

SEC("fexit/vfs_fsync_range")
int vfs_fsync_range_fexit(void *ctx)
{
    return on_exit(SS_VFS_SYNC, 2 * SS_VFS_SYNC + 1, frame_of(ctx), true);
}

SEC("kprobe/vfs_fsync_range")
int vfs_fsync_range_kprobe(void *ctx)
{
    return on_entry(2 * SS_VFS_SYNC, return_slot(ctx, 0));
}

SEC("kretprobe/vfs_fsync_range")
int vfs_fsync_range_kretprobe(void *ctx)
{
    return on_exit(SS_VFS_SYNC, 2 * SS_VFS_SYNC + 1, return_slot(ctx, sizeof(long)), true);
}

// fsync(2) and fdatasync(2) where the compiler has put vfs_fsync_range() into them. A number that is no open
// file's never gets there.
#define EBADF 9

SEC("fentry/do_fsync")
int do_fsync_fentry(void *ctx)
{
    return on_entry(SS_VFS_FSYNC_CALL, frame_of(ctx));
}

SEC("fexit/do_fsync")
int do_fsync_fexit(__u64 *ctx)
{
    return on_exit(SS_VFS_SYNC, SS_VFS_FSYNC_CALL + 1, frame_of(ctx), (int)ctx[2] != -EBADF);
}

SEC("kprobe/do_fsync")
int do_fsync_kprobe(void *ctx)
{
    return on_entry(SS_VFS_FSYNC_CALL, return_slot(ctx, 0));
}

SEC("kretprobe/do_fsync")
int do_fsync_kretprobe(void *ctx)
{
    int result = ((struct pt_regs___stack *)ctx)->ax;
    return on_exit(SS_VFS_SYNC, SS_VFS_FSYNC_CALL + 1, return_slot(ctx, sizeof(long)), result != -EBADF);
}
