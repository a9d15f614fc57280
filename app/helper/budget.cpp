// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/helper/budget.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

namespace statescape::helper {
namespace {
constexpr double kSavedSeconds = 9; ///< the rest of the ten is for what the last windows overdraw
constexpr double kSmoothSeconds = 0.5;
constexpr std::uint64_t kSecondNs = 1'000'000'000;
constexpr std::uint64_t kLeastWindowNs = 10'000'000;
constexpr std::uint64_t kWindowsPerInterval = 4;
constexpr std::uint64_t kLeastPeriodNs = 100'000'000;
constexpr std::uint64_t kMostPeriodNs = 60 * kSecondNs;
/// Of what a probe may spend, for coming and going, where fewer windows would also do.
constexpr double kForMoving = 1.0 / 3;
/// A probe that comes back may take the whole to this share of the budget, so that the next ripple does not
/// throw it out again.
constexpr double kFits = 0.8;
constexpr int kFitsInARow = 3;
/// Where one is out, those that are in leave it so much for its windows.
constexpr double kMostBesideWindows = 0.5;
/// What a storm may overdraw before it is seen: a dear probe takes some 30 % of a CPU.
constexpr double kStormNsPerSecond = 0.3e9;
constexpr std::uint64_t kLeastStepNs = 20'000'000;
constexpr std::uint64_t kMostStepNs = 200'000'000;
/// Of the account: kept for the windows of a probe that has just gone out, and what is aimed at then.
constexpr double kReserve = 0.25;
constexpr double kTarget = 0.4;
/// What putting a probe back and taking it out takes before anybody has done it, each.
constexpr double kUsualMoveNs = 400'000;
/// Who waits this long for the kernel comes too soon after the last time.
constexpr std::uint64_t kLongWaitNs = 20'000'000;
constexpr std::uint64_t kLongPauseNs = 500'000'000;

std::uint64_t rounded(double ns)
{
    return static_cast<std::uint64_t>(std::clamp(ns, 0.0, 1e15));
}
} // namespace

Budget::Budget(double percent, std::uint32_t seed)
    : m_income(percent * 1e7)
    , m_capacity(m_income * kSavedSeconds)
    , m_credit(m_capacity)
    , m_random(seed)
{}

void Budget::cannotLeave(schema::Probe probe)
{
    of(probe).mode = Mode::Fixed;
    of(probe).moving = false;
}

void Budget::cannotReturn(schema::Probe probe)
{
    of(probe).mode = Mode::Lost;
    of(probe).moving = false;
}

// Waiting is the kernel's: a tracepoint that was just let go of may be taken again after a grace period only,
// which a storm makes long (@source kernel/tracepoint.c, tp_rcu_cond_sync).
void Budget::moved(schema::Probe name, bool in, std::uint64_t nowNs, std::uint64_t cpuNs,
                   std::uint64_t wallNs)
{
    auto &probe = of(name);
    probe.moving = false;
    const auto ns = static_cast<double>(cpuNs);
    auto &known = in ? probe.moveIn : probe.moveOut;
    known = known == 0 ? ns : known + 0.3 * (ns - known);
    m_credit -= ns;
    if (!in)
        return;
    if (wallNs > cpuNs + kLongWaitNs)
        probe.pauseNs = std::clamp(2 * probe.pauseNs, kLongPauseNs, kMostPeriodNs / 2);
    else
        probe.pauseNs -= probe.pauseNs / 16;
    // The window is as long as planned from when it is really open, and what some hooks saw before tells
    // nothing of what it costs.
    probe.windowCost = 0;
    probe.fromNs = nowNs;
    probe.untilNs = nowNs + probe.plan.windowNs;
}

double Budget::standing() const
{
    double sum = 0;
    for (const auto &probe : m_probes)
        if (probe.mode == Mode::On || probe.mode == Mode::Fixed)
            sum += probe.cost;
    return sum;
}

double Budget::leastPrice(const Probe &probe)
{
    return (probe.moveIn > 0 ? probe.moveIn : kUsualMoveNs) +
           (probe.moveOut > 0 ? probe.moveOut : kUsualMoveNs) +
           probe.cost * static_cast<double>(kLeastWindowNs) / 1e9;
}

// What the others leave over, and what the account has above or below its aim, over the next ten seconds. Of
// that each has first what one short window a second or interval takes; the rest is shared alike.
double Budget::shareOf(const Probe &probe) const
{
    const double seconds = static_cast<double>(std::max(m_intervalNs, kSecondNs)) / 1e9;
    double all = 0;
    double count = 0;
    for (const auto &one : m_probes)
        if (isSampled(one)) {
            all += leastPrice(one) / seconds;
            ++count;
        }
    const double saved = (m_credit - kTarget * m_capacity) / 10;
    const double total = std::max(m_income - standing() + saved, 0.0);
    const double least = leastPrice(probe) / seconds;
    return all > total ? total * least / all : least + (total - all) / std::max(count, 1.0);
}

// As many windows in each interval as can be had without spending most on coming and going; then one in each
// interval, or in each second where intervals are shorter, whatever that takes; then one in so many intervals
// as pay for it.
Budget::Plan Budget::planFor(const Probe &probe) const
{
    const double least = leastPrice(probe);
    const double moves = least - probe.cost * static_cast<double>(kLeastWindowNs) / 1e9;
    const double share = shareOf(probe);
    if (share <= 0 || m_intervalNs == 0)
        return {};
    const auto pays = [&](std::uint64_t periodNs, double forMoving) {
        const double income = share * static_cast<double>(periodNs) / 1e9;
        return least <= income && moves <= forMoving * income &&
               periodNs >= std::max(kLeastPeriodNs, probe.pauseNs + kLeastWindowNs);
    };
    std::uint64_t periodNs = 0;
    const auto finest = std::max<std::uint64_t>(kWindowsPerInterval, m_intervalNs / kSecondNs);
    for (auto parts = finest; parts > 0 && periodNs == 0; --parts)
        if (pays(m_intervalNs / parts, kForMoving))
            periodNs = m_intervalNs / parts;
    const auto inASecond = std::max<std::uint64_t>(1, kSecondNs / m_intervalNs);
    for (std::uint64_t intervals = 1; intervals <= inASecond && periodNs == 0; ++intervals)
        if (pays(intervals * m_intervalNs, 1))
            periodNs = intervals * m_intervalNs;
    if (periodNs == 0) {
        const double needed =
            std::max(least / share * 1e9, static_cast<double>(probe.pauseNs + kLeastWindowNs));
        if (needed > static_cast<double>(std::max(kMostPeriodNs, m_intervalNs)))
            return {};
        periodNs = m_intervalNs * rounded(std::ceil(needed / static_cast<double>(m_intervalNs)));
    }
    const double left = share * static_cast<double>(periodNs) / 1e9 - moves;
    const double longest = static_cast<double>(std::max(periodNs / 2, kLeastWindowNs));
    const double window = probe.cost > 0 ? left / probe.cost * 1e9 : longest;
    return {periodNs, rounded(std::clamp(window, static_cast<double>(kLeastWindowNs), longest))};
}

std::string Budget::reasonOf(const Probe &probe, double total) const
{
    std::array<char, 200> text{};
    const int size =
        std::snprintf(text.data(), text.size(), "cost %.2g %% of a CPU, over the budget of %.2g %%",
                      total / 1e7, m_income / 1e7);
    const auto at = static_cast<std::size_t>(std::max(size, 0));
    const auto rest = text.size() - at;
    const auto windowMs = static_cast<double>(probe.plan.windowNs) / 1e6;
    const auto period = static_cast<double>(probe.plan.periodNs) / 1e9;
    if (probe.plan.periodNs == 0)
        std::snprintf(text.data() + at, rest, "; not seen while that lasts");
    else if (period <= 1)
        std::snprintf(text.data() + at, rest, "; seen for %.2g ms of each second", windowMs / period);
    else
        std::snprintf(text.data() + at, rest, "; seen for %.2g ms every %.2g s", windowMs, period);
    return text.data();
}

void Budget::book(std::span<const bpf::Expense> expenses, unsigned cpus, double seconds)
{
    const double weight = 1 - std::exp(-seconds / kSmoothSeconds);
    m_credit += m_income * seconds;
    for (const auto &expense : expenses) {
        auto &probe = of(expense.probe);
        const auto grown = expense.events - std::min(probe.events, expense.events);
        probe.events = expense.events;
        const double cost = schema::costPerSecond(expense.cost, static_cast<double>(grown) / seconds, cpus);
        m_credit -= cost * seconds;
        if (probe.mode == Mode::On || probe.mode == Mode::Fixed)
            probe.cost += weight * (cost - probe.cost);
        if (probe.mode == Mode::Open)
            probe.windowCost += cost * seconds;
    }
    m_credit = std::min(m_credit, m_capacity);
}

/// @return the end of a slot that begins at @p begin: where an interval ends, or a part of one.
std::uint64_t Budget::slotEnd(std::uint64_t begin, std::uint64_t period) const
{
    const auto grid = std::min(period, m_intervalNs);
    const auto base = m_tickNs % grid;
    return (begin + period - base) / grid * grid + base;
}

/// Finds the next slot after the present one, and a place in it.
void Budget::schedule(Probe &probe)
{
    probe.plan = planFor(probe);
    const auto period = probe.plan.periodNs == 0 ? m_intervalNs : probe.plan.periodNs;
    auto begin = std::max(m_nowNs, probe.slotEndNs);
    probe.slotEndNs = slotEnd(begin, period);
    if (probe.slotEndNs - begin < 2 * probe.plan.windowNs) {
        begin = probe.slotEndNs;
        probe.slotEndNs = slotEnd(begin, period);
    }
    const auto most = std::max(probe.slotEndNs - begin, probe.plan.windowNs + 1) - probe.plan.windowNs;
    // It takes a while until it is in, and it is to be out before the slot ends.
    const auto room = std::max<std::uint64_t>(most - std::min(most, period / 50), 1);
    probe.fromNs = begin + std::uniform_int_distribution<std::uint64_t>(0, room - 1)(m_random);
    // Not into the kernel's grace period.
    probe.fromNs = std::max(probe.fromNs, m_nowNs + std::min(probe.pauseNs, period / 2));
}

/// @return whether the window that ends now was one too many to keep it out.
bool Budget::comesBack(Probe &probe)
{
    const double seconds =
        std::max(static_cast<double>(m_nowNs - std::min(m_nowNs, probe.fromNs)) / 1e9, 1e-3);
    const double cost = probe.windowCost / seconds;
    probe.cost += 0.5 * (cost - probe.cost);
    const bool last = std::ranges::count_if(m_probes, isSampled) == 1;
    const bool fits = standing() + cost <= (last ? kFits : kFits * kMostBesideWindows) * m_income;
    probe.fitted = fits ? probe.fitted + 1 : 0;
    return probe.fitted >= kFitsInARow && m_credit > 0;
}

void Budget::openOrClose(schema::Probe name, Step &step)
{
    auto &probe = of(name);
    if (probe.moving)
        return;
    if (probe.mode == Mode::Open) {
        // One that became dearer while it is let in does not make the others wait for ever.
        const double planned = probe.cost * static_cast<double>(probe.plan.windowNs) / 1e9;
        const bool overdrawn = m_credit < 0 && probe.windowCost > 2 * planned + 0.1 * m_income;
        if (m_nowNs < probe.untilNs && !overdrawn)
            return;
        if (comesBack(probe)) {
            double away = 0;
            for (const auto &one : m_probes)
                away += isSampled(one) ? one.cost : 0;
            probe.mode = Mode::On;
            step.told.push_back({name, false, {}});
            tellOthers(name, standing() + away, step);
            return;
        }
        probe.mode = Mode::Closed;
        probe.moving = true;
        step.close.push_back(name);
        schedule(probe);
        return;
    }
    if (probe.mode != Mode::Closed || m_nowNs < probe.fromNs)
        return;
    if (m_nowNs + probe.plan.windowNs / 2 > probe.slotEndNs || probe.plan.periodNs == 0) {
        schedule(probe);
        return;
    }
    const double price =
        probe.moveIn + probe.moveOut + probe.cost * static_cast<double>(probe.plan.windowNs) / 1e9;
    if (m_credit < std::min(price, m_capacity / 2)) {
        probe.fromNs = m_nowNs + kLeastStepNs;
        return;
    }
    probe.mode = Mode::Open;
    probe.moving = true;
    probe.windowCost = 0;
    probe.fromNs = m_nowNs;
    probe.untilNs = m_nowNs + probe.plan.windowNs;
    step.open.push_back(name);
}

void Budget::tellOthers(schema::Probe but, double total, Step &step)
{
    for (std::size_t i = 0; i < m_probes.size(); ++i)
        if (const auto &probe = m_probes[i]; static_cast<schema::Probe>(i) != but && isSampled(probe)) {
            auto shown = probe;
            shown.plan = planFor(probe);
            step.told.push_back({static_cast<schema::Probe>(i), true, reasonOf(shown, total)});
        }
}

// All that is too much at once: while one of them is still in, nothing is left for those that are out.
void Budget::shedDearest(std::span<const bpf::Expense> expenses, Step &step)
{
    const double total = standing();
    const double most = someOut() ? kMostBesideWindows * m_income : m_income;
    bool any = false;
    while (standing() > most) {
        const bpf::Expense *dearest = nullptr;
        for (const auto &expense : expenses)
            if (of(expense.probe).mode == Mode::On && of(expense.probe).cost > 0 &&
                (!dearest || of(expense.probe).cost > of(dearest->probe).cost))
                dearest = &expense;
        if (!dearest)
            break;
        of(dearest->probe).mode = Mode::Closed;
        of(dearest->probe).moving = true;
        of(dearest->probe).fitted = 0;
        any = true;
        step.close.push_back(dearest->probe);
    }
    if (!any)
        return;
    // Of this interval it has seen a part; for the next ones all that are out share what is left now.
    for (auto &one : m_probes)
        if (one.mode == Mode::Closed) {
            one.slotEndNs = slotEnd(m_nowNs, m_intervalNs);
            schedule(one);
        }
    tellOthers(schema::Probe::kCount, total, step);
}

std::uint64_t Budget::nextStep() const
{
    const double reserve = std::max(m_credit - kReserve * m_capacity, 0.0);
    std::uint64_t next = std::clamp(rounded(reserve / kStormNsPerSecond * 1e9), kLeastStepNs, kMostStepNs);
    for (const auto &probe : m_probes) {
        if (!isSampled(probe) || probe.moving)
            continue;
        const auto at = probe.mode == Mode::Open ? probe.untilNs : probe.fromNs;
        next = std::min(next, at > m_nowNs ? at - m_nowNs : 0);
    }
    return std::max<std::uint64_t>(next, 100'000);
}

Budget::Step Budget::step(std::uint64_t nowNs, std::span<const bpf::Expense> expenses, unsigned cpus,
                          std::uint64_t intervalNs, std::uint64_t tickNs)
{
    Step step;
    const double seconds = static_cast<double>(nowNs - std::min(nowNs, m_nowNs)) / 1e9;
    const bool first = m_nowNs == 0;
    m_nowNs = std::max(m_nowNs, nowNs);
    m_intervalNs = intervalNs;
    m_tickNs = tickNs;
    if (first) {
        for (const auto &expense : expenses)
            of(expense.probe).events = expense.events;
    } else if (seconds > 0) {
        book(expenses, cpus, seconds);
        for (const auto &expense : expenses)
            openOrClose(expense.probe, step);
        if (m_credit < (someOut() ? kTarget : kReserve) * m_capacity)
            shedDearest(expenses, step);
    }
    step.nextNs = nextStep();
    return step;
}

} // namespace statescape::helper
