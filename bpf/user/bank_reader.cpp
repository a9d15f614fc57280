// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/user/bank_reader.h"

#include "bpf/cost_meter.h"
#include "bpf/user/user_hook.h"

#include <algorithm>

namespace statescape::bpf {
namespace {
constexpr std::uint64_t kAskEvery = 4;

void addHistogram(const ss_user_bank &bank, std::span<std::uint64_t> words)
{
    for (std::size_t i = 0; i < std::min<std::size_t>(words.size(), SS_BUCKETS); ++i)
        words[i] += load(bank.histogram[i]);
}
} // namespace

BankTotals readBanks(const MappedArray &banks, std::uint32_t first, std::uint32_t step,
                     schema::Measure measure, std::span<std::uint64_t> words)
{
    using schema::Measure;
    BankTotals totals;
    std::ranges::fill(words, 0);
    for (std::uint32_t i = first; i < banks.entries(); i += step) {
        const auto &bank = banks.as<ss_user_bank>(i);
        totals.runs += load(bank.begins) + load(bank.hits);
        totals.untimed += load(bank.untimed);
        words[0] += load(bank.events);
        if (measure == Measure::Errors)
            words[1] += load(bank.errors);
        if (measure == Measure::Latency)
            words[1] += load(bank.ns);
        if (measure == Measure::Latency || measure == Measure::Field)
            addHistogram(bank, words.subspan(measure == Measure::Latency ? 2 : 1));
    }
    return totals;
}

void forgetCalls(const MappedArray &inflight)
{
    for (std::uint32_t i = 0; i < inflight.entries(); ++i)
        inflight.as<ss_pending>(i) = {};
}

std::uint64_t MissCounter::of(std::span<const int> programs) const
{
    if (m_asked++ % kAskEvery != 0)
        return m_known;
    std::uint64_t misses = 0;
    for (const int program : programs)
        misses += recursionMisses(program);
    m_known = std::max(m_known, misses);
    return m_known;
}

} // namespace statescape::bpf
