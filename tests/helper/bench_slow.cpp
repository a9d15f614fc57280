// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench_loads.h"
#include "bench_pairs.h"
#include "bench_parts.h"
#include "bench_watchers.h"
#include "core/base/clock.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>

namespace parts {
using namespace statescape;
using bench::Peer;
using load::Kind;
using pairs::Estimate;

namespace {
// What the default set does, as far as a script of bpftrace can say it.
const std::string kCallScript =
    "tracepoint:raw_syscalls:sys_exit { @[args->id] = count(); if (args->ret < 0) "
    "{ @failed = count(); } }";
const std::string kSwitchScript =
    "tracepoint:sched:sched_wakeup,tracepoint:sched:sched_wakeup_new { @q[args->pid] = nsecs; } "
    "tracepoint:sched:sched_switch { if (args->prev_state == 0) { @q[args->prev_pid] = nsecs; } "
    "if (@q[args->next_pid]) { @h = hist(nsecs - @q[args->next_pid]); delete(@q[args->next_pid]); } }";
const std::string kOtherScript =
    "tracepoint:irq:softirq_entry { @since[cpu] = nsecs; } tracepoint:irq:softirq_exit /@since[cpu]/ "
    "{ @irq[args->vec] = sum(nsecs - @since[cpu]); } tracepoint:block:block_rq_complete { @io = count(); } "
    "tracepoint:sched:sched_process_fork,tracepoint:sched:sched_process_exec { @p = count(); } "
    "tracepoint:skb:kfree_skb { @drop = count(); } profile:hz:99 { @cpu[cpu] = count(); }";

constexpr int kToolRounds = 6; ///< the fewest that have an interval of 95 %

struct Load {
    Kind kind;
    std::string name;
    double limit;     ///< %
    int rounds;       ///< pairs of one short run each
    double toolBlock; ///< s a round beside another program
    int budgetRounds; ///< of kBudgetBlocks each
    double settle;    ///< s that a budget gets to find out
};
const std::vector<Load> &loads()
{
    static const std::vector<Load> kLoads{
        {Kind::Compiles, "compile", 1, 200, 1.2, 8, 2},
        {Kind::FileRequests, "file server", 3, 150, 0.6, 4, 3},
        {Kind::RoundTrips, "pipe ping-pong", 15, 100, 0.6, 4, 3},
        {Kind::StressSwitches, "stress-ng --switch", 15, 8, 1, 4, 3},
    };
    return kLoads;
}

std::uint64_t everything()
{
    return schema::ProbePlan{}.probes;
}

std::function<double()> meanOf(load::Standing &standing, double seconds)
{
    return [&standing, seconds] { return standing.run(seconds).value_or(load::Cost{}).mean; };
}

/// How much dearer a load is with the kernel halves of the default set at their hooks, and with programs that
/// do nothing at the same. Measured once a run of the bench.
struct Alone {
    Estimate ours, empty;
    double withoutNs = 0;
};
const Alone &withoutBudget(Kind kind, int rounds)
{
    static std::map<Kind, Alone> known;
    const auto [at, fresh] = known.try_emplace(kind);
    if (!fresh)
        return at->second;
    load::Standing standing(kind);
    pairs::Halves halves(everything());
    pairs::Empties empties(everything());
    std::vector<pairs::Side> sides{halves.side()};
    // Dear loads have no time for the comparison.
    if (kind != Kind::Compiles && kind != Kind::StressSwitches && kind != Kind::SparseTurns)
        sides.push_back(empties.side());
    auto &alone = at->second;
    alone.withoutNs = standing.run(0.3).value_or(load::Cost{}).mean;
    const auto measure = meanOf(standing, 0);
    if (alone.withoutNs <= 0)
        return alone;
    const auto slower = pairs::slowDowns(sides, rounds, measure);
    alone.ours = pairs::medianOf(slower[0]);
    if (slower.size() > 1)
        alone.empty = pairs::medianOf(slower[1]);
    return alone;
}

/// Blocks of several loads beside a program that takes seconds to start.
std::map<Kind, Estimate> besideTool(const std::vector<std::string> &command, const std::vector<Load> &which)
{
    std::map<Kind, std::unique_ptr<load::Standing>> standing;
    for (const auto &one : which)
        standing[one.kind] = std::make_unique<load::Standing>(one.kind);
    const auto measure = [&] {
        std::map<Kind, double> cost;
        for (const auto &one : which)
            cost[one.kind] = meanOf(*standing[one.kind], one.toolBlock)();
        return cost;
    };
    std::map<Kind, std::vector<double>> slower;
    for (int round = 0; round < kToolRounds; ++round) {
        auto off = measure();
        const watch::Tool tool(command);
        if (!tool.runs())
            return {};
        auto on = measure();
        for (const auto &one : which)
            if (off[one.kind] > 0 && on[one.kind] > 0)
                slower[one.kind].push_back(100 * (on[one.kind] / off[one.kind] - 1));
    }
    std::map<Kind, Estimate> out;
    for (auto &[kind, values] : slower)
        out[kind] = pairs::medianOf(values);
    return out;
}

/// The helper with its budget, which needs its time: blocks of a second, before it and beside it. What its
/// windows cost is in the mean of a block.
struct Budgeted {
    Estimate cpu, wall;
};
Budgeted withBudget(const Load &one)
{
    constexpr int kBlocks = 3;
    load::Standing standing(one.kind);
    std::vector<double> cpu;
    std::vector<double> wall;
    const auto blocks = [&] {
        std::vector<load::Cost> out;
        for (int i = 0; i < kBlocks; ++i)
            out.push_back(standing.run(1).value_or(load::Cost{}));
        return out;
    };
    const auto beside = [&] {
        const watch::Helper helper(1, kIntervalNs);
        if (!helper.works())
            return std::vector<load::Cost>{};
        standing.run(one.settle);
        return blocks();
    };
    for (int round = 0; round < one.budgetRounds; ++round) {
        // In turn, so that a machine that becomes slower falls on both.
        const bool first = round % 2 == 0;
        auto off = first ? blocks() : std::vector<load::Cost>{};
        const auto on = beside();
        if (!first)
            off = blocks();
        for (std::size_t i = 0; i < std::min(on.size(), off.size()); ++i)
            if (on[i].mean > 0 && off[i].mean > 0) {
                cpu.push_back(100 * (on[i].mean / off[i].mean - 1));
                wall.push_back(100 * (on[i].wall / off[i].wall - 1));
            }
    }
    return {pairs::medianOf(cpu), pairs::medianOf(wall)};
}

std::string judged(const Estimate &estimate, double limit, const Estimate &peer)
{
    return fmt::format("{}; limit {:g} %: {}; half of bpftrace's {}: {}", pairs::text(estimate, "%"), limit,
                       pairs::verdict(estimate, limit), pairs::text(peer, "%"),
                       pairs::verdictAgainstHalf(estimate, peer));
}
} // namespace

void slowDowns()
{
    const auto peers =
        besideTool(watch::Tool::bpftrace(kCallScript + " " + kSwitchScript + " " + kOtherScript), loads());
    for (const auto &one : loads()) {
        const auto found = peers.find(one.kind);
        const Estimate peer = found == peers.end() ? Estimate{} : found->second;
        const auto &alone = withoutBudget(one.kind, one.rounds);
        if (alone.withoutNs <= 0)
            continue;
        const auto budgeted = withBudget(one);
        row(one.name + ", slow-down, default set", budgeted.cpu.value, "%", {"bpftrace", peer.value},
            "budget 1 %, in the long run, CPU time " + judged(budgeted.cpu, one.limit, peer) +
                fmt::format("; by the clock {:.2f} {}", budgeted.wall.value,
                            pairs::text(budgeted.wall, "%")));
        row(one.name + ", slow-down, no budget", alone.ours.value, "%", {"bpftrace", peer.value},
            fmt::format("without {:.2f} us a turn; ", alone.withoutNs / 1e3) +
                judged(alone.ours, one.limit, peer));
        if (alone.empty.known())
            row(one.name + ", slow-down, empty programs at the same hooks", alone.empty.value, "%", {},
                pairs::text(alone.empty, "%") + "; what no program at them can go below");
    }
}

void addedNs()
{
    struct Added {
        std::string name, tool;
        Load load;
        double perTurn;
        std::string script;
    };
    const std::vector<Added> all{
        {"added to a system call, default set",
         "syscount",
         {Kind::SystemCalls, {}, 0, 150, 0.4, 0, 0},
         1,
         kCallScript},
        {"added to a switch, default set",
         "runqlat",
         {Kind::RoundTrips, {}, 0, 100, 0.4, 0, 0},
         2,
         kCallScript + " " + kSwitchScript},
    };
    for (const auto &one : all) {
        const auto &alone = withoutBudget(one.load.kind, one.load.rounds);
        const double unit = alone.withoutNs / one.perTurn / 100;
        const auto ns = [&](const Estimate &slower) {
            return Estimate{slower.value * unit, slower.low * unit, slower.high * unit, slower.pairs};
        };
        const auto beside = [&](const std::vector<std::string> &command) {
            auto found = besideTool(command, {one.load});
            return ns(found[one.load.kind]);
        };
        const auto ours = ns(alone.ours);
        const auto peer = beside(watch::Tool::bpftrace(one.script));
        row(one.name, ours.value, "ns", {"bpftrace", peer.value},
            fmt::format("without {:.0f} ns; {}; empty programs {:.0f} ns; half of bpftrace's {}: {}",
                        100 * unit, pairs::text(ours, "ns"), ns(alone.empty).value, pairs::text(peer, "ns"),
                        pairs::verdictAgainstHalf(ours, peer)));
        if (const auto tool = beside({one.tool}); tool.known())
            row(one.name + ", beside libbpf-tools", ours.value, "ns", {one.tool, tool.value},
                one.tool + " does a part of it");
    }
}

namespace {
void modelError(const std::string &name, Kind kind, int rounds)
{
    constexpr double kSeconds = 2;
    constexpr int kStarts = 3;
    const auto &alone = withoutBudget(kind, rounds);
    if (!alone.ours.known())
        return;
    load::Standing standing(kind);
    std::vector<double> said;
    double cpuShare = 0;
    for (int start = 0; start < kStarts; ++start) {
        watch::Helper helper(0, kIntervalNs);
        if (!helper.works())
            return;
        // In its first seconds the helper makes a load of its own to measure by, which is no idle machine.
        ::usleep(2'500'000);
        const auto share = [&](const std::function<void()> &work) {
            const double nsBegun = helper.modelledNs();
            const auto begun = base::monotonicNs();
            work();
            return (helper.modelledNs() - nsBegun) / static_cast<double>(base::monotonicNs() - begun);
        };
        const double idle = share([] { ::usleep(1'000'000); });
        const double busy = share([&] { cpuShare = standing.run(kSeconds).value_or(load::Cost{}).share; });
        said.push_back(100 * (busy - idle));
    }
    const auto share = [&](double slower) { return 100 * cpuShare * slower / (100 + slower); };
    const double truth = share(alone.ours.value);
    const double model = pairs::medianOf(said).value;
    const bool told = alone.ours.low > 0;
    row("model: " + name, model, "% of CPU", {"truth", std::max(0.0, truth)},
        fmt::format("truth [{:.2f}, {:.2f}] in {} pairs; {}", share(alone.ours.low), share(alone.ours.high),
                    alone.ours.pairs,
                    told ? fmt::format("the model says {:.2f} of it", model / truth)
                         : "not told apart from 0"));
}
} // namespace

void modelErrors()
{
    modelError("a machine almost at rest", Kind::SparseTurns, 40);
    modelError("compile", Kind::Compiles, 120);
    modelError("file server", Kind::FileRequests, 150);
    modelError("pipe ping-pong", Kind::RoundTrips, 100);
    modelError("system calls in a storm", Kind::SystemCalls, 150);
}

void eachAlone()
{
    for (const Kind kind : {Kind::FileRequests, Kind::RoundTrips}) {
        const auto &name = std::ranges::find(loads(), kind, &Load::kind)->name;
        load::Standing standing(kind);
        std::vector<std::string> names;
        std::vector<std::unique_ptr<pairs::Halves>> halves;
        std::vector<std::unique_ptr<pairs::Empties>> empties;
        std::vector<pairs::Side> sides;
        for (const auto *program : bpf::allProbes()) {
            const auto bit = schema::bitOf(program->probe);
            if ((everything() & bit) == 0)
                continue;
            names.emplace_back(schema::info(program->probe).key);
            halves.push_back(std::make_unique<pairs::Halves>(bit));
            sides.push_back(halves.back()->side());
            empties.push_back(std::make_unique<pairs::Empties>(bit));
            sides.push_back(empties.back()->side());
        }
        const auto slower = pairs::slowDowns(sides, 60, meanOf(standing, 0));
        for (std::size_t i = 0; i < names.size(); ++i) {
            const auto ours = pairs::medianOf(slower[2 * i]);
            const auto empty = pairs::medianOf(slower[2 * i + 1]);
            row(name + ", slow-down, " + names[i] + " alone", ours.value, "%", {},
                pairs::text(ours, "%") + fmt::format("; empty programs at its hooks {:.2f} ", empty.value) +
                    pairs::text(empty, "%"));
        }
    }
}

} // namespace parts
