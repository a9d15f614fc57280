// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench_pairs.h"

#include "bpf/shared.h"

#include <algorithm>
#include <bpf/bpf.h>
#include <cmath>
#include <fmt/core.h>
#include <numeric>
#include <random>
#include <sched.h>
#include <unistd.h>

namespace pairs {
using namespace statescape;

namespace {
/// @return the rank, from 0, of the lower end of the interval; the upper end is as far from the other side.
std::size_t lowRank(std::size_t count)
{
    // The chance of a rank at most r is that of at most r heads in count throws.
    double chance = std::pow(0.5, static_cast<double>(count));
    double below = chance;
    std::size_t rank = 0;
    while (rank < count / 2) {
        chance *= static_cast<double>(count - rank) / static_cast<double>(rank + 1);
        if (2 * (below + chance) > 0.05)
            break;
        below += chance;
        ++rank;
    }
    return rank;
}

/// What this process leaves behind in the kernel (links that are freed later) is not for the loads' CPU.
class OffTheLastCpu {
public:
    OffTheLastCpu()
    {
        cpu_set_t others;
        CPU_ZERO(&others);
        const auto last = static_cast<std::size_t>(::sysconf(_SC_NPROCESSORS_ONLN) - 1);
        for (std::size_t cpu = 0; cpu < last; ++cpu)
            CPU_SET(cpu, &others);
        m_moved = ::sched_getaffinity(0, sizeof m_before, &m_before) == 0 && last > 0 &&
                  ::sched_setaffinity(0, sizeof others, &others) == 0;
    }
    ~OffTheLastCpu()
    {
        // Who is started later inherits it.
        if (m_moved)
            ::sched_setaffinity(0, sizeof m_before, &m_before);
    }
    OffTheLastCpu(const OffTheLastCpu &) = delete;
    OffTheLastCpu &operator=(const OffTheLastCpu &) = delete;

private:
    cpu_set_t m_before{};
    bool m_moved = false;
};

std::vector<const bpf::ProbeProgram *> programsOf(std::uint64_t probes)
{
    std::vector<const bpf::ProbeProgram *> out;
    for (const auto *program : bpf::allProbes())
        if ((probes & schema::bitOf(program->probe)) != 0)
            out.push_back(program);
    return out;
}
} // namespace

Estimate medianOf(std::vector<double> differences)
{
    if (differences.empty())
        return {};
    std::ranges::sort(differences);
    const auto count = differences.size();
    const auto rank = lowRank(count);
    return {(differences[(count - 1) / 2] + differences[count / 2]) / 2, differences[rank],
            differences[count - 1 - rank], static_cast<int>(count)};
}

std::string text(const Estimate &estimate, const std::string &unit)
{
    return fmt::format("[{:.2f}, {:.2f}] {} in {} pairs", estimate.low, estimate.high, unit, estimate.pairs);
}

std::string verdict(const Estimate &estimate, double limit)
{
    return !estimate.known()        ? "not measured"
           : estimate.high <= limit ? "kept"
           : estimate.low > limit   ? "MISSED"
                                    : "not decided";
}

std::string verdictAgainstHalf(const Estimate &estimate, const Estimate &peer)
{
    return !estimate.known() || !peer.known()            ? "not measured"
           : estimate.high <= peer.low / 2               ? "kept"
           : estimate.low > std::max(0.0, peer.high) / 2 ? "MISSED"
                                                         : "not decided";
}

std::vector<std::vector<double>> slowDowns(const std::vector<Side> &sides, int rounds,
                                           const std::function<double()> &measure)
{
    const OffTheLastCpu here;
    std::mt19937 random(1);
    std::vector<std::size_t> order(sides.size() + 1);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::vector<std::vector<double>> out(sides.size());
    std::vector<double> cost(order.size());
    for (int round = 0; round < rounds; ++round) {
        std::ranges::shuffle(order, random);
        for (const auto which : order) {
            // Nothing, too, comes after text was patched and links were let go: that costs a little by
            // itself.
            sides[which > 0 ? which - 1 : 0].on();
            if (which == 0)
                sides[0].off();
            cost[which] = measure();
            if (which > 0)
                sides[which - 1].off();
        }
        for (std::size_t i = 0; i < sides.size(); ++i)
            if (cost[0] > 0 && cost[i + 1] > 0)
                out[i].push_back(100 * (cost[i + 1] / cost[0] - 1));
    }
    return out;
}

Halves::Halves(std::uint64_t probes)
{
    const auto traits = bpf::KernelTraits::detect();
    if (!traits)
        return;
    auto maps = bpf::SharedMaps::create(*traits);
    if (!maps)
        return;
    m_maps = std::move(*maps);
    m_maps.control.as<ss_control>(0).epoch = 1;
    for (const auto *program : programsOf(probes)) {
        auto banks = bpf::MappedArray::create("ss_bench", program->bankBytes, traits->cpusPossible);
        if (!banks)
            continue;
        auto probe = bpf::LoadedProbe::load(*program, *traits, m_maps, std::move(*banks), m_log);
        if (!probe.missing() && probe.suspend())
            m_probes.push_back(std::move(probe));
    }
}

Side Halves::side()
{
    return {[this] {
                // As the helper's tick does: each task that runs is listed anew.
                ++m_maps.control.as<ss_control>(0).epoch;
                for (auto &probe : m_probes)
                    [[maybe_unused]] const bool back = probe.resume().has_value();
            },
            [this] {
                for (auto &probe : m_probes)
                    probe.suspend();
            }};
}

Empties::Empties(std::uint64_t probes)
{
    const bpf_insn nothing[] = {{BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0},
                                {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}};
    m_program.reset(bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "empty", "GPL", nothing, 2, nullptr));
    for (const auto *program : programsOf(probes))
        for (const auto &hook : program->hooks)
            if (hook.at == bpf::At::Tracepoint)
                m_hooks.emplace_back(hook.name);
}

Side Empties::side()
{
    return {[this] {
                for (const auto &hook : m_hooks)
                    m_links.emplace_back(bpf_raw_tracepoint_open(hook.c_str(), m_program.get()));
            },
            [this] { m_links.clear(); }};
}

} // namespace pairs
