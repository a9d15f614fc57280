// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/helper/budget.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

namespace statescape::helper {
namespace {
constexpr double kWindowSeconds = 10;
constexpr double kSmoothSeconds = 0.5;
constexpr std::uint64_t kTryNs = 10'000'000;
constexpr std::uint64_t kLeastOutNs = 1'000'000'000;
constexpr std::uint64_t kMostOutNs = 60'000'000'000;
constexpr double kLookIntervals = 3;
/// A probe that comes back may take the whole to this share of the budget, so that the next ripple does not
/// throw it out again.
constexpr double kFits = 0.8;
constexpr int kFitsInARow = 3;
/// What a storm may overdraw before it is seen: a dear probe takes some 30 % of a CPU.
constexpr double kStormNsPerSecond = 0.3e9;
constexpr double kLeastStepNs = 20e6;
constexpr double kMostStepNs = 200e6;
constexpr double kMostToldSeconds = 3600;
} // namespace

Budget::Budget(double percent)
    : m_income(percent * 1e7)
    , m_capacity(m_income * kWindowSeconds)
    , m_credit(m_capacity)
{}

void Budget::cannotLeave(schema::Probe probe)
{
    of(probe).mode = Mode::Fixed;
}

void Budget::cannotReturn(schema::Probe probe)
{
    of(probe).mode = Mode::Lost;
}

double Budget::standing() const
{
    double sum = 0;
    for (const auto &probe : m_probes)
        if (probe.mode == Mode::On || probe.mode == Mode::Fixed)
            sum += probe.cost;
    return sum;
}

double Budget::lookCost(const Probe &probe) const
{
    return probe.cost * kLookIntervals * static_cast<double>(m_intervalNs) / 1e9;
}

/// @return what a probe that is away may spend, ns per s.
double Budget::allowance() const
{
    const auto away = static_cast<double>(std::ranges::count_if(m_probes, isAway));
    return std::max(m_income - standing(), 0.0) / std::max(away, 1.0);
}

// Tries take at most half of it; the rest pays for looks.
std::uint64_t Budget::nextTry(const Probe &probe) const
{
    const double left = std::max(allowance(), 0.05 * m_income);
    const double pause = 2 * probe.cost * static_cast<double>(kTryNs) / left;
    return m_nowNs + std::clamp(static_cast<std::uint64_t>(std::min(pause, 1e12)), kLeastOutNs, kMostOutNs);
}

std::string Budget::reasonOf(const Probe &probe, double total) const
{
    std::array<char, 160> text{};
    const int size =
        std::snprintf(text.data(), text.size(), "cost %.2g %% of a CPU, over the budget of %.2g %%",
                      total / 1e7, m_income / 1e7);
    const double left = allowance();
    const double every = left > 0 ? lookCost(probe) / left : kMostToldSeconds;
    if (size > 0 && every < kMostToldSeconds)
        std::snprintf(text.data() + size, text.size() - static_cast<std::size_t>(size),
                      "; while that lasts looked at about every %.0f s", std::max(1.0, every));
    return text.data();
}

void Budget::book(std::span<const bpf::Expense> expenses, unsigned cpus, double seconds)
{
    const double weight = 1 - std::exp(-seconds / kSmoothSeconds);
    double left = m_income * seconds;
    for (const auto &expense : expenses) {
        auto &probe = of(expense.probe);
        const auto grown = expense.events - std::min(probe.events, expense.events);
        probe.events = expense.events;
        if (probe.mode == Mode::Out || probe.mode == Mode::Lost)
            continue;
        const double cost = schema::costPerSecond(expense.cost, static_cast<double>(grown) / seconds, cpus);
        probe.cost += (probe.mode == Mode::Tried ? 1.0 : weight) * (cost - probe.cost);
        (isAway(probe) ? probe.saved : left) -= cost * seconds;
    }
    share(left);
}

// First what was overdrawn is made good; then those that are away save for a look, each alike.
void Budget::share(double left)
{
    const double debt = std::clamp(-m_credit, 0.0, std::max(0.0, left));
    m_credit += left > 0 ? debt : left;
    left = std::max(0.0, left) - debt;
    const auto away = static_cast<double>(std::ranges::count_if(m_probes, isAway));
    double rest = away > 0 ? 0 : left;
    for (auto &probe : m_probes) {
        if (!isAway(probe))
            continue;
        const double most = lookCost(probe) + m_income;
        probe.saved += left / away;
        rest += std::max(0.0, probe.saved - most);
        probe.saved = std::min(probe.saved, most);
    }
    m_credit = std::min(m_credit + rest, m_capacity);
}

/// @return whether it is still being tried or looked at.
bool Budget::endTry(schema::Probe name, Step &step)
{
    auto &probe = of(name);
    if (probe.mode != Mode::Tried && probe.mode != Mode::Looked)
        return false;
    // One that became dearer while it is looked at does not make the next look wait for ever.
    const bool overdrawn = probe.mode == Mode::Looked && probe.saved < -lookCost(probe) / 2;
    if (m_nowNs < probe.untilNs && !overdrawn)
        return true;
    if (standing() + probe.cost <= kFits * m_income && m_credit > -m_capacity) {
        // A storm has holes.
        if (probe.mode == Mode::Tried && ++probe.fitted < kFitsInARow) {
            probe.untilNs = m_nowNs + kTryNs;
            return true;
        }
        probe.mode = Mode::On;
        m_credit += std::exchange(probe.saved, 0);
        step.told = name;
        return false;
    }
    if (probe.mode == Mode::Tried && probe.saved >= lookCost(probe)) {
        probe.mode = Mode::Looked;
        probe.untilNs = m_nowNs + static_cast<std::uint64_t>(kLookIntervals) * m_intervalNs;
        return true;
    }
    probe.mode = Mode::Out;
    probe.untilNs = nextTry(probe);
    step.suspend = name;
    return false;
}

void Budget::shedDearest(std::span<const bpf::Expense> expenses, Step &step)
{
    const double total = standing();
    const bpf::Expense *dearest = nullptr;
    for (const auto &expense : expenses)
        if (of(expense.probe).mode == Mode::On && of(expense.probe).cost > 0 &&
            (!dearest || of(expense.probe).cost > of(dearest->probe).cost))
            dearest = &expense;
    if (!dearest)
        return;
    auto &probe = of(dearest->probe);
    probe.mode = Mode::Out;
    probe.untilNs = nextTry(probe);
    step.suspend = step.told = dearest->probe;
    step.shed = true;
    step.reason = reasonOf(probe, total);
}

// The one that has waited longest.
void Budget::tryOne(std::span<const bpf::Expense> expenses, Step &step)
{
    if (m_credit < -m_capacity || standing() >= m_income)
        return;
    const bpf::Expense *first = nullptr;
    for (const auto &expense : expenses)
        if (of(expense.probe).mode == Mode::Out && m_nowNs >= of(expense.probe).untilNs &&
            (!first || of(expense.probe).untilNs < of(first->probe).untilNs))
            first = &expense;
    if (!first)
        return;
    of(first->probe).mode = Mode::Tried;
    of(first->probe).untilNs = m_nowNs + kTryNs;
    of(first->probe).fitted = 0;
    step.resume = first->probe;
}

Budget::Step Budget::step(std::uint64_t nowNs, std::span<const bpf::Expense> expenses, unsigned cpus,
                          std::uint64_t intervalNs)
{
    Step step;
    step.nextNs = static_cast<std::uint64_t>(
        std::clamp(m_capacity / kStormNsPerSecond * 1e9, kLeastStepNs, kMostStepNs));
    const double seconds = static_cast<double>(nowNs - std::min(nowNs, m_nowNs)) / 1e9;
    const bool first = m_nowNs == 0 || seconds <= 0;
    m_nowNs = nowNs;
    m_intervalNs = intervalNs;
    if (first) {
        for (const auto &expense : expenses)
            of(expense.probe).events = expense.events;
        return step;
    }
    book(expenses, cpus, seconds);
    bool busy = false;
    for (const auto &expense : expenses) {
        busy = endTry(expense.probe, step) || busy;
        if (of(expense.probe).mode == Mode::Tried)
            step.nextNs = kTryNs;
    }
    if (busy || step.suspend || step.told)
        return step;
    if (m_credit < 0 && standing() > m_income)
        shedDearest(expenses, step);
    else
        tryOne(expenses, step);
    if (step.resume)
        step.nextNs = kTryNs;
    return step;
}

} // namespace statescape::helper
