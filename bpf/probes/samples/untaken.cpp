// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/probes/samples/untaken.h"

#include "bpf/probes/samples/samples.h"

#include <cmath>

namespace statescape::bpf {
namespace {
constexpr double kJudged = 10; // fewer due tell nothing of a CPU
constexpr double kHardly = 0.5;
} // namespace

void UntakenSamples::begin(const MappedArray &banks, const OnlineCpus &online, std::uint64_t nowNs)
{
    m_cpus.resize(banks.entries());
    for (std::uint32_t i = 0; i < banks.entries(); ++i) {
        m_cpus[i].online = online.has(i);
        m_cpus[i].taken = load(banks.as<ss_samples_bank>(i).all);
    }
    m_thenNs = nowNs;
}

void UntakenSamples::look(const MappedArray &banks, const OnlineCpus &online, std::uint64_t nowNs)
{
    if (m_cpus.size() != banks.entries() || nowNs <= m_thenNs)
        return;
    const double due = static_cast<double>(nowNs - m_thenNs) * SS_SAMPLES_HERTZ / 1e9;
    for (std::uint32_t i = 0; i < banks.entries(); ++i) {
        auto &cpu = m_cpus[i];
        const auto taken = load(banks.as<ss_samples_bank>(i).all);
        const bool here = online.has(i);
        if (here && cpu.online) {
            cpu.due += due;
            cpu.got += taken - cpu.taken;
        }
        cpu.taken = taken;
        cpu.online = here;
        if (cpu.due < kJudged)
            continue;
        if (static_cast<double>(cpu.got) < kHardly * cpu.due)
            m_count += static_cast<std::uint64_t>(std::llround(cpu.due - static_cast<double>(cpu.got)));
        cpu.due = 0;
        cpu.got = 0;
    }
    m_thenNs = nowNs;
}

} // namespace statescape::bpf
