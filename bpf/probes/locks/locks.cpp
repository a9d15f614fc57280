// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/probes/locks/locks.h"

#include "bpf/probe_program.h"

#include <array>
#include <cassert>
#include <cstddef>
#include <locks.skel.h>

namespace statescape::bpf {
namespace {
constexpr std::array<Hook, SS_LOCKS_HOOKS> kHooks{{{"contention_begin"}, {"contention_end"}}};

Opened open(const KernelTraits &)
{
    using schema::Slot;
    assert(slotAtWord(Slot::LockWaitHistogram, Slot::LockContended, offsetof(ss_locks_bank, wait)));
    return adopt(locks_bpf::open());
}
} // namespace

const ProbeProgram &locksProbe()
{
    static constexpr ProbeProgram kProgram{schema::Probe::Locks,
                                           kHooks,
                                           sizeof(ss_locks_bank),
                                           offsetof(ss_locks_bank, hits) / 8,
                                           offsetof(ss_locks_bank, untimed) / 8,
                                           open,
                                           SS_LOCK_CELLS};
    return kProgram;
}

} // namespace statescape::bpf
