// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#include "bpf/probes/block/block.h"

#define SS_BANK struct ss_block_bank
#include "bpf/tasks.bpf.h"

// @source include/linux/blk_types.h
#define REQ_OP_MASK 0xff
#define REQ_OP_READ 0
#define REQ_OP_WRITE 1

// Until 5.10 (a54895fa057c) both hooks carried the queue in front.
const volatile __u8 issue_has_queue = 0;
const volatile __u8 bio_has_queue = 0;

SS_ARRAY(pending, SS_INFLIGHT_CELLS, struct ss_pending);

// The compiler would make of the choice one load at a computed place, and arithmetic on a context that is a
// list of arguments is refused (seen on 5.10).
static __always_inline void *argument(__u64 *ctx, bool second)
{
    if (!second)
        return (void *)ctx[0];
    void *value = (void *)ctx[1];
    asm volatile("" : "+r"(value));
    return value;
}

// The verifier allows no arithmetic on a typed pointer, so its bits take a detour.
static __always_inline __u64 address_of(struct request *request)
{
    __u64 address = 0;
    bpf_probe_read_kernel(&address, sizeof(address), &request);
    return address;
}

static __always_inline struct ss_pending *pending_of(__u64 address)
{
    // Requests lie at multiples of 64 bytes; the multiplier spreads what their size leaves regular.
    __u32 index = ((address >> 6) * 0x9e3779b97f4a7c15ULL) >> 52;
    return bpf_map_lookup_elem(&pending, &index);
}

// A request's own io_start_time_ns is set only where the queue keeps statistics (QUEUE_FLAG_STATS). When the
// first completion shows that it is not, issues are noted from then on.
static __always_inline __u64 issue_time(struct request *request, struct ss_control *control, bool direct)
{
    __u64 issued = SS_READ(direct, request, io_start_time_ns);
    if (issued)
        return issued;
    control->block_needs_issue = 1;
    __u64 address = address_of(request);
    struct ss_pending *pending = pending_of(address);
    if (!pending || pending->owner != address)
        return 0;
    pending->owner = 0;
    return pending->since_ns;
}

static __always_inline void time_request(struct ss_block_bank *bank, struct ss_control *control,
                                         struct request *request, bool direct)
{
    __u64 now = bpf_ktime_get_ns();
    __u64 begun = SS_READ(direct, request, start_time_ns);
    __u64 issued = issue_time(request, control, direct);
    if (!issued || issued > now) {
        bank->untimed++;
        return;
    }
    bank->device_ns += now - issued;
    ss_observe(bank->device, now - issued);
    if (!begun)
        return;
    // A plug's cached clock can put the issue some ns before the start.
    __u64 queued = issued > begun ? issued - begun : 0;
    bank->queue_ns += queued;
    ss_observe(bank->queue, queued);
}

static __always_inline int on_complete(struct request *request, __u8 error, __u32 bytes, bool direct)
{
    struct ss_block_bank *bank = ss_bank();
    struct ss_control *control = ss_control();
    if (!bank || !control)
        return 0;
    bank->hits[SS_BLOCK_COMPLETE]++;
    __u32 operation = SS_READ(direct, request, cmd_flags) & REQ_OP_MASK;
    __u32 length = SS_READ(direct, request, __data_len);
    bool read = operation == REQ_OP_READ;
    bool write = operation == REQ_OP_WRITE;
    // A read or write without bytes is the end of a flush sequence whose data was reported before.
    if ((read || write) && length == 0)
        return 0;
    if (read)
        bank->read_bytes += bytes;
    else if (write)
        bank->write_bytes += bytes;
    // Only the last part of a request that completes in parts counts as the request.
    if (bytes < length)
        return 0;
    if (read)
        bank->reads++;
    else if (write)
        bank->writes++;
    else
        bank->others++;
    if (error)
        bank->errors++;
    time_request(bank, control, request, direct);
    return 0;
}

SEC("tp_btf/block_rq_complete")
int block_rq_complete_btf(__u64 *ctx)
{
    return on_complete((void *)ctx[0], ctx[1], ctx[2], true);
}

SEC("raw_tp/block_rq_complete")
int block_rq_complete_raw(__u64 *ctx)
{
    return on_complete((void *)ctx[0], ctx[1], ctx[2], false);
}

static __always_inline int on_issue(struct request *request)
{
    struct ss_block_bank *bank = ss_bank();
    struct ss_control *control = ss_control();
    if (!bank || !control || !control->block_needs_issue)
        return 0;
    bank->hits[SS_BLOCK_ISSUE]++;
    __u64 address = address_of(request);
    struct ss_pending *pending = pending_of(address);
    if (!pending)
        return 0;
    pending->since_ns = bpf_ktime_get_ns();
    ss_barrier();
    pending->owner = address;
    return 0;
}

SEC("tp_btf/block_rq_issue")
int block_rq_issue_btf(__u64 *ctx)
{
    return on_issue(argument(ctx, issue_has_queue));
}

SEC("raw_tp/block_rq_issue")
int block_rq_issue_raw(__u64 *ctx)
{
    return on_issue(argument(ctx, issue_has_queue));
}

// The task that hands a bio to the block layer is the one that caused it; later hooks may run in a kernel
// worker.
static __always_inline int on_bio(struct bio *bio, bool direct)
{
    struct ss_block_bank *bank = ss_bank();
    struct ss_control *control = ss_control();
    if (!bank || !control)
        return 0;
    bank->hits[SS_BLOCK_BIO_QUEUE]++;
    struct ss_task *cell = ss_current_cell((__u32)bpf_get_current_pid_tgid(), control->epoch);
    if (!cell)
        return 0;
    __u32 operation = SS_READ(direct, bio, bi_opf) & REQ_OP_MASK;
    __u32 bytes = SS_READ(direct, bio, bi_iter.bi_size);
    // A discard of a deleted file names gigabytes and moves none.
    if (operation > REQ_OP_WRITE)
        return 0;
    cell->io_bytes += bytes;
    if (per_entity && operation == REQ_OP_READ) {
        ss_barrier(); // never more than the whole
        cell->read_bytes += bytes;
    }
    ss_touch(cell, control->epoch);
    return 0;
}

SEC("tp_btf/block_bio_queue")
int block_bio_queue_btf(__u64 *ctx)
{
    return on_bio(argument(ctx, bio_has_queue), true);
}

SEC("raw_tp/block_bio_queue")
int block_bio_queue_raw(__u64 *ctx)
{
    return on_bio(argument(ctx, bio_has_queue), false);
}
