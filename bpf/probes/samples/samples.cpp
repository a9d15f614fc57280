// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/probes/samples/samples.h"

#include "bpf/probe_program.h"

#include <array>
#include <cassert>
#include <cstddef>
#include <samples.skel.h>

namespace statescape::bpf {
namespace {
constexpr std::array<Hook, SS_SAMPLES_HOOKS> kHooks{{{"cpu_clock", true, {}, At::Clock, SS_SAMPLES_HERTZ}}};

Opened open(const KernelTraits &)
{
    using schema::Slot;
    assert(slotAtWord(Slot::SampleAll, Slot::SampleUser, offsetof(ss_samples_bank, all)));
    return adopt(samples_bpf::open());
}
} // namespace

const ProbeProgram &samplesProbe()
{
    static constexpr ProbeProgram kProgram{schema::Probe::Samples,
                                           kHooks,
                                           sizeof(ss_samples_bank),
                                           offsetof(ss_samples_bank, hits) / 8,
                                           0,
                                           open};
    return kProgram;
}

} // namespace statescape::bpf
