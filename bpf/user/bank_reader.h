// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bpf/mapped_array.h"
#include "core/schema/user_probe.h"

#include <cstdint>
#include <span>
#include <vector>

namespace statescape::bpf {

struct BankTotals {
    std::uint64_t runs = 0;    ///< of all programs of the probe
    std::uint64_t untimed = 0; ///< calls that ended without a known begin
};

/// Sums the banks (ss_user_bank) at @p first, @p first + @p step and so on over all CPUs.
/// @param[out] words as schema::userSlots() of a probe that measures @p measure
BankTotals readBanks(const MappedArray &banks, std::uint32_t first, std::uint32_t step,
                     schema::Measure measure, std::span<std::uint64_t> words);

/// Empties the cells of calls under way (ss_pending). While the programs were out calls ended unseen: the
/// next one at the same place on the stack would be timed from their begin. @pre no program that writes them
/// is attached
void forgetCalls(const MappedArray &inflight);

/// Events that the kernel kept from programs that were already running on that CPU. Asking the kernel takes a
/// system call per program, so it is asked every few times only.
class MissCounter {
public:
    [[nodiscard]] std::uint64_t of(std::span<const int> programs) const;

private:
    mutable std::uint64_t m_asked = 0;
    mutable std::uint64_t m_known = 0;
};

} // namespace statescape::bpf
