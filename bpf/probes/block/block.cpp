// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/probes/block/block.h"

#include "bpf/probe_program.h"

#include <array>
#include <block.skel.h>
#include <cassert>
#include <cstddef>

namespace statescape::bpf {
namespace {
constexpr std::array<Hook, SS_BLOCK_HOOKS> kHooks{{
    {"block_rq_complete"},
    {"block_rq_issue", false, "queue and device times where the queue keeps no statistics"},
    {"block_bio_queue", false, "I/O by process"},
}};

Opened open(const KernelTraits &traits)
{
    using schema::Slot;
    assert(slotAtWord(Slot::BlockDeviceNs, Slot::BlockReads, offsetof(ss_block_bank, device_ns)));
    assert(slotAtWord(Slot::BlockDeviceHistogram, Slot::BlockReads, offsetof(ss_block_bank, device)));
    auto *skeleton = block_bpf::open();
    if (skeleton) {
        skeleton->rodata->task_mask = traits.taskCells - 1;
        skeleton->rodata->per_entity = traits.perEntity;
        skeleton->rodata->issue_has_queue = traits.issueHasQueue;
        skeleton->rodata->bio_has_queue = traits.bioHasQueue;
    }
    return adopt(skeleton);
}
} // namespace

const ProbeProgram &blockProbe()
{
    static constexpr ProbeProgram kProgram{schema::Probe::Block,
                                           kHooks,
                                           sizeof(ss_block_bank),
                                           offsetof(ss_block_bank, hits) / 8,
                                           offsetof(ss_block_bank, untimed) / 8,
                                           open,
                                           SS_INFLIGHT_CELLS};
    return kProgram;
}

} // namespace statescape::bpf
