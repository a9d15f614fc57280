// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/probes/memory/memory.h"

#include "bpf/probe_program.h"

#include <array>
#include <cassert>
#include <cstddef>
#include <memory.skel.h>

namespace statescape::bpf {
namespace {
constexpr std::string_view kGroups = "reclaim inside the limit of a memory cgroup";
constexpr std::array<Hook, SS_MEMORY_HOOKS> kHooks{{
    {"mm_vmscan_direct_reclaim_begin"},
    {"mm_vmscan_direct_reclaim_end"},
    {"mm_vmscan_memcg_reclaim_begin", false, kGroups},
    {"mm_vmscan_memcg_reclaim_end", false, kGroups},
    {"mark_victim"},
}};

Opened open(const KernelTraits &)
{
    using schema::Slot;
    assert(slotAtWord(Slot::MemReclaimHistogram, Slot::MemReclaims, offsetof(ss_memory_bank, reclaim)));
    return adopt(memory_bpf::open());
}
} // namespace

const ProbeProgram &memoryProbe()
{
    static constexpr ProbeProgram kProgram{schema::Probe::Memory,
                                           kHooks,
                                           sizeof(ss_memory_bank),
                                           offsetof(ss_memory_bank, hits) / 8,
                                           offsetof(ss_memory_bank, collisions) / 8,
                                           open,
                                           SS_RECLAIM_CELLS};
    return kProgram;
}

} // namespace statescape::bpf
