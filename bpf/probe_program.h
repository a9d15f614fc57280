// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bpf/kernel_traits.h"
#include "core/schema/catalogue.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

struct bpf_object;

namespace statescape::bpf {

/// An opened, not yet loaded object and what keeps it alive.
struct Opened {
    std::shared_ptr<void> owner;
    bpf_object *object = nullptr;
};

/// A hook has two programs in the object: <name>_btf and <name>_raw, the same body over two kinds of context.
struct Hook {
    std::string_view name;
    bool essential = true;
    std::string_view without = {}; ///< what is missing when a hook that is not essential fails
};

/// The user half of a probe.
struct ProbeProgram {
    schema::Probe probe;
    std::span<const Hook> hooks;
    std::size_t bankBytes;  ///< one CPU's counters; the probe's slots come first, in catalogue order
    std::size_t hitsWord;   ///< first of one word per hook: events handled
    std::size_t missesWord; ///< a word that counts events not measured; 0: none
    float recordedNs;       ///< ns per event from the probe's README, for where it cannot be measured
    Opened (*open)(const KernelTraits &traits); ///< object is null on failure, errno is set
};

const ProbeProgram &schedulerProbe();
const ProbeProgram &syscallsProbe();
const ProbeProgram &memoryProbe();
const ProbeProgram &blockProbe();
const ProbeProgram &tcpProbe();
const ProbeProgram &processProbe();

/// Wraps a generated skeleton.
template <class Skeleton>
Opened adopt(Skeleton *skeleton)
{
    if (!skeleton)
        return {};
    return {std::shared_ptr<void>(skeleton, [](void *p) { Skeleton::destroy(static_cast<Skeleton *>(p)); }),
            skeleton->obj};
}

/// @return whether a bank's word @p word is where the catalogue puts @p slot, counted from the probe's first
/// slot.
inline bool slotAtWord(schema::Slot slot, schema::Slot first, std::size_t byteOffset)
{
    return (schema::slotOffset(slot) - schema::slotOffset(first)) * sizeof(std::uint64_t) == byteOffset;
}

} // namespace statescape::bpf
