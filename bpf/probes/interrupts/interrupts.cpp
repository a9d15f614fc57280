// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/probes/interrupts/interrupts.h"

#include "bpf/loader.h"

#include <array>
#include <cassert>
#include <cstddef>
#include <interrupts.skel.h>

namespace statescape::bpf {
namespace {
constexpr std::string_view kTimer = "the timer interrupt in the share of hard interrupts";
constexpr std::array<Hook, SS_INTERRUPTS_HOOKS> kHooks{{
    {"softirq_entry"},
    {"softirq_exit"},
    {"irq_handler_entry"},
    {"irq_handler_exit"},
    {"local_timer_entry", false, kTimer},
    {"local_timer_exit", false, kTimer},
}};

Opened open(const KernelTraits &)
{
    using schema::Slot;
    assert(slotAtWord(Slot::IrqTaskletNs, Slot::IrqHardNs, SS_IRQ_TASKLET * sizeof(std::uint64_t)));
    return adopt(interrupts_bpf::open());
}

void forget(const SharedMaps &, const MappedArray &banks, std::uint64_t)
{
    for (std::uint32_t cpu = 0; cpu < banks.entries(); ++cpu) {
        auto &bank = banks.as<ss_interrupts_bank>(cpu);
        bank.hard_since_ns = 0;
        bank.soft_since_ns = 0;
    }
}
} // namespace

const ProbeProgram &interruptsProbe()
{
    static constexpr ProbeProgram kProgram{schema::Probe::Interrupts,
                                           kHooks,
                                           sizeof(ss_interrupts_bank),
                                           offsetof(ss_interrupts_bank, hits) / 8,
                                           0,
                                           open,
                                           0,
                                           forget};
    return kProgram;
}

} // namespace statescape::bpf
