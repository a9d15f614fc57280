// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/forecast/forecast.h"

#include <algorithm>
#include <fmt/format.h>

namespace statescape::forecast {
using base::Code;

namespace {
constexpr int kMaxStates = 1024;
constexpr int kMaxHorizon = 100000;
} // namespace

Transitions::Transitions(int count, std::vector<std::uint64_t> counts)
    : m_count(count)
    , m_counts(std::move(counts))
    , m_totals(static_cast<std::size_t>(count), 0)
{
    for (int from = 0; from < count; ++from)
        for (int to = 0; to < count; ++to)
            m_totals[static_cast<std::size_t>(from)] += m_counts[at(from, to)];
}

base::Result<Transitions> Transitions::fit(std::span<const int> states, int count)
{
    if (count < 1 || count > kMaxStates)
        return base::fail(Code::InvalidArgument, fmt::format("{} states, wanted 1 to {}", count, kMaxStates));
    std::vector<std::uint64_t> counts(static_cast<std::size_t>(count) * static_cast<std::size_t>(count), 0);
    for (std::size_t i = 0; i < states.size(); ++i) {
        if (states[i] >= count)
            return base::fail(Code::InvalidArgument,
                              fmt::format("state {} at {} of {} states", states[i], i, count));
        if (i > 0 && states[i] >= 0 && states[i - 1] >= 0)
            ++counts[static_cast<std::size_t>(states[i - 1]) * static_cast<std::size_t>(count) +
                     static_cast<std::size_t>(states[i])];
    }
    return Transitions(count, std::move(counts));
}

double Transitions::probability(int from, int to) const
{
    return static_cast<double>(m_counts[at(from, to)] + 1) /
           static_cast<double>(m_totals[static_cast<std::size_t>(from)] +
                               static_cast<std::uint64_t>(m_count));
}

std::vector<double> Transitions::firstBad(int now, std::span<const std::uint8_t> bad, int horizon) const
{
    const auto count = static_cast<std::size_t>(m_count);
    std::vector<double> first;
    if (now < 0 || now >= m_count || bad.size() != count)
        return first;
    // Mass that has not yet been bad; what enters a bad state leaves it for good.
    std::vector<double> mass(count, 0);
    mass[static_cast<std::size_t>(now)] = 1;
    for (int h = 0; h < std::min(horizon, kMaxHorizon); ++h) {
        std::vector<double> next(count, 0);
        double entered = 0;
        for (int from = 0; from < m_count; ++from) {
            const double here = mass[static_cast<std::size_t>(from)];
            if (here <= 0)
                continue;
            for (int to = 0; to < m_count; ++to) {
                const double moved = here * probability(from, to);
                if (bad[static_cast<std::size_t>(to)] != 0)
                    entered += moved;
                else
                    next[static_cast<std::size_t>(to)] += moved;
            }
        }
        first.push_back(entered);
        mass = std::move(next);
    }
    return first;
}

double Transitions::badWithin(int now, std::span<const std::uint8_t> bad, int horizon) const
{
    double sum = 0;
    for (const double chance : firstBad(now, bad, horizon))
        sum += chance;
    return std::min(sum, 1.0);
}

Transitions::Due Transitions::nextBad(int now, std::span<const std::uint8_t> bad, int horizon,
                                      double share) const
{
    const auto first = firstBad(now, bad, horizon);
    double total = 0;
    for (const double chance : first)
        total += chance;
    const double wanted = total * std::clamp(share, 0.0, 1.0);
    Due best;
    if (!(wanted > 0))
        return best;
    std::size_t from = 0;
    double held = 0;
    for (std::size_t to = 0; to < first.size(); ++to) {
        held += first[to];
        while (from < to && held - first[from] >= wanted)
            held -= first[from++];
        const int length = static_cast<int>(to - from);
        if (held >= wanted * (1 - 1e-12) && (best.earliest == 0 || length < best.latest - best.earliest))
            best = {static_cast<int>(from) + 1, static_cast<int>(to) + 1, std::min(held, 1.0)};
    }
    return best;
}

Run presentRun(std::span<const int> states)
{
    if (states.empty())
        return {};
    Run run{states.back(), 0};
    for (std::size_t i = states.size(); i > 0 && states[i - 1] == run.state; --i)
        ++run.length;
    return run;
}

} // namespace statescape::forecast
