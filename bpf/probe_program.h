// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bpf/kernel_traits.h"
#include "core/schema/catalogue.h"

#include <cstddef>
#include <cstdint>
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

struct SharedMaps;
class MappedArray;

enum class At : std::uint8_t {
    Tracepoint, ///< programs <name>_btf (tp_btf), else <name>_raw (raw_tp)
    Entry,      ///< <name>_fentry, else <name>_kprobe; the Exit of the same name follows in the table
    Exit,       ///< <name>_fexit, else <name>_kretprobe; always of the same family as its Entry
    Clock,      ///< <name>_perf, on a cpu-clock event of Hook::hertz on each CPU that is online
};

/// One program that is to run somewhere. The object has a twin of it, the same body over another kind of
/// context, for kernels that refuse the first.
struct Hook {
    std::string_view name;
    bool essential = true;
    std::string_view without = {}; ///< what is missing when a hook that is not essential fails
    At at = At::Tracepoint;
    std::uint32_t hertz = 0;
};

/// @return the endings of the names of a hook's programs, in the order they are tried.
std::span<const std::string_view> programSuffixes(At at);

/// ProbeProgram::pendingCells: as many cells as the table of tasks has.
inline constexpr std::uint32_t kPendingPerTask = ~std::uint32_t{0};

/// The user half of a probe.
struct ProbeProgram {
    schema::Probe probe;
    std::span<const Hook> hooks;
    std::size_t bankBytes;  ///< one CPU's counters; the probe's slots come first, in catalogue order
    std::size_t hitsWord;   ///< first of one word per hook: events handled
    std::size_t missesWord; ///< a word that counts events not measured; 0: none
    Opened (*open)(const KernelTraits &traits); ///< object is null on failure, errno is set
    std::uint32_t pendingCells = 0;             ///< of the map "pending", ss_pending each
    /// Called before every attach, also after a suspension: what began before must not be timed. The cells of
    /// "pending" are empty by then.
    void (*forget)(const SharedMaps &maps, const MappedArray &banks, std::uint64_t nowNs) = nullptr;
    /// Called once, attached: finds by trying which hooks see only what others of the probe see as well.
    /// @return them, a bit each; they are let go of for good and are not missing.
    std::uint64_t (*redundant)(const MappedArray &banks) = nullptr;
};

const ProbeProgram &schedulerProbe();
const ProbeProgram &syscallsProbe();
const ProbeProgram &memoryProbe();
const ProbeProgram &blockProbe();
const ProbeProgram &tcpProbe();
const ProbeProgram &processProbe();
const ProbeProgram &interruptsProbe();
const ProbeProgram &dropsProbe();
const ProbeProgram &samplesProbe();
const ProbeProgram &locksProbe();
const ProbeProgram &vfsProbe();
const ProbeProgram &syscallTimesProbe();
/// All of them, in catalogue order.
std::span<const ProbeProgram *const> allProbes();

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
