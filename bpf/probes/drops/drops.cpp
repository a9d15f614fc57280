// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/probes/drops/drops.h"

#include "bpf/probe_program.h"
#include "bpf/probes/drops/reasons.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <drops.skel.h>

namespace statescape::bpf {
namespace {
constexpr std::array<Hook, SS_DROPS_HOOKS> kHooks{{{"kfree_skb"}}};

Opened open(const KernelTraits &traits)
{
    using schema::Slot;
    assert(slotAtWord(Slot::DropOther, Slot::DropAll, offsetof(ss_drops_bank, groups[SS_DROP_OTHER])));
    auto *skeleton = drops_bpf::open();
    if (skeleton) {
        skeleton->rodata->has_reason = traits.dropHasReason;
        std::ranges::copy(dropGroups(traits.dropReasons), skeleton->rodata->drop_group);
    }
    return adopt(skeleton);
}
} // namespace

const ProbeProgram &dropsProbe()
{
    static constexpr ProbeProgram kProgram{
        schema::Probe::Drops, kHooks, sizeof(ss_drops_bank), offsetof(ss_drops_bank, hits) / 8, 0, open};
    return kProgram;
}

} // namespace statescape::bpf
