// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// What the probes cost the machine, beside bpftrace and the tools of libbpf doing the same work; each row
// with the limit it has to keep.
#include "bench_loads.h"
#include "bench_watchers.h"
#include "core/base/clock.h"
#include "tests/bench/row.h"

#include <cmath>
#include <fmt/core.h>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <sys/utsname.h>

using namespace statescape;
using bench::Peer;

namespace {
constexpr int kRounds = 3;
constexpr std::uint64_t kIntervalNs = 250'000'000;

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

void row(const std::string &name, double value, const std::string &unit, const Peer &peer,
         const std::string &note)
{
    bench::printRow("probes", name, value, unit, peer, note);
}

std::string verdict(double value, double limit, const std::string &unit)
{
    return fmt::format("limit {:g} {}: {}", limit, unit, value <= limit ? "kept" : "MISSED");
}

double median(std::vector<double> values)
{
    if (values.empty())
        return 0;
    std::ranges::sort(values);
    return values[values.size() / 2];
}

/// @return bytes of the maps of a process as the kernel books them, and of those with an entry per CPU.
std::pair<double, double> mapsOf(pid_t pid, std::uint32_t cpus)
{
    double all = 0;
    double perCpu = 0;
    std::error_code ignored;
    std::map<std::string, bool> seen;
    for (const auto &entry :
         std::filesystem::directory_iterator(fmt::format("/proc/{}/fdinfo", pid), ignored)) {
        std::ifstream file(entry.path());
        std::map<std::string, std::string> words;
        for (std::string key, value; file >> key >> value;)
            words[key] = value;
        if (!words.contains("map_id:") || !seen.emplace(words["map_id:"], true).second)
            continue;
        const double bytes = std::strtod(words["memlock:"].c_str(), nullptr);
        all += bytes;
        if (words["max_entries:"] == std::to_string(cpus))
            perCpu += bytes / cpus;
    }
    return {all, perCpu};
}

void startAndMemory()
{
    std::vector<double> starts;
    for (int round = 0; round < kRounds; ++round) {
        watch::Helper helper(1, kIntervalNs);
        if (!helper.works())
            return;
        starts.push_back(helper.helloMs());
        if (round + 1 < kRounds)
            continue;
        row("start to hello", median(starts), "ms", {},
            "cost measured on the way; " + verdict(median(starts), 500, "ms"));
        const auto cpus = helper.hello().cpusPossible;
        const auto [booked, perCpu] = mapsOf(helper.pid(), cpus);
        const double told = static_cast<double>(helper.hello().mapBytes);
        row("kernel memory of all maps", told / 1e6, "MB", {},
            fmt::format("{} CPUs; the kernel books {:.2f} MB for them; {}", cpus, booked / 1e6,
                        verdict(std::max(told, booked) / 1e6, 16, "MB")));
        row("kernel memory for each further CPU", perCpu / 1024, "KiB", {},
            "maps with an entry per CPU; " + verdict(perCpu / 1024, 256, "KiB"));
        row("helper resident", static_cast<double>(helper.sample().helperRssBytes) / 1e6, "MB", {},
            "all of it");
    }
}

/// @return % of one CPU that the helper takes in @p seconds.
double helperShare(watch::Helper &helper, unsigned seconds)
{
    const auto first = helper.sample();
    ::sleep(seconds);
    const auto last = helper.sample();
    return 100 * static_cast<double>(last.helperCpuNs - first.helperCpuNs) /
           static_cast<double>(last.timeNs - first.timeNs);
}

void helperItself()
{
    {
        const load::Pacer calls(200'000);
        watch::Helper helper(0, 1'000'000'000);
        if (!helper.works())
            return;
        const auto before = helper.sample();
        const double share = helperShare(helper, 8);
        const auto after = helper.sample();
        std::uint64_t events = 0;
        for (std::size_t i = 0; i < after.events.size(); ++i)
            events += after.events[i] - before.events[i];
        const double rate =
            static_cast<double>(events) * 1e9 / static_cast<double>(after.timeNs - before.timeNs);
        row("helper CPU at 1 Hz, 200,000 events/s", share, "% of CPU", {},
            fmt::format("{:.0f} events/s came; {}", rate, verdict(share, 0.3, "%")));
    }
    watch::Helper helper(1, kIntervalNs);
    const double share = helperShare(helper, 6);
    row("helper CPU at 250 ms, with a budget", share, "% of CPU", {}, verdict(share, 0.5, "%"));
    for (const auto &state : helper.states())
        if (state.available && state.nsPerEvent >= 0)
            row(std::string(schema::info(state.probe).key) + ", one event", state.nsPerEvent, "ns", {},
                fmt::format("{}; where many come {}", state.measured ? "measured here" : "recorded",
                            state.nsWhenBusy >= 0 ? fmt::format("{:.0f} ns", state.nsWhenBusy)
                                                  : "not measured"));
}

using Watcher = std::function<bool(const std::function<void()> &)>;

Watcher nobody()
{
    return [](const auto &work) {
        work();
        return true;
    };
}
Watcher ours(double budgetPercent)
{
    return [=](const auto &work) {
        const watch::Helper helper(budgetPercent, kIntervalNs);
        work();
        return helper.works();
    };
}
Watcher tool(const std::vector<std::string> &command)
{
    return [=](const auto &work) {
        const watch::Tool tool(command);
        if (tool.runs())
            work();
        return tool.runs();
    };
}

/// Least time under each watcher in turn, in rounds, so that what the machine does besides falls on all
/// alike.
void addedNs(const std::string &name, load::Cost (*measure)(double), double perTurn,
             const std::vector<std::string> &bpftrace, const std::string &toolName)
{
    const std::vector<std::pair<std::string, Watcher>> watchers{
        {"off", nobody()}, {"on", ours(0)}, {"bpftrace", tool(bpftrace)}, {toolName, tool({toolName})}};
    std::map<std::string, double> least;
    for (int round = 0; round < kRounds; ++round)
        for (const auto &[who, watcher] : watchers)
            watcher([&] {
                const double ns = measure(1).least;
                auto &best = least.try_emplace(who, ns).first->second;
                best = std::min(best, ns);
            });
    const auto added = [&](const std::string &who) {
        return least.contains(who) ? (least[who] - least["off"]) / perTurn : 0.0;
    };
    const double value = added("on");
    const double half = added("bpftrace") / 2;
    row(name, value, "ns", {"bpftrace", added("bpftrace")},
        fmt::format("without {:.0f} ns; limit half of bpftrace's, {:.0f} ns: {}", least["off"] / perTurn,
                    half, value <= half || half <= 0 ? "kept" : "MISSED"));
    if (least.contains(toolName))
        row(name + ", beside libbpf-tools", value, "ns", {toolName, added(toolName)},
            toolName + " does a part of it");
}

struct Load {
    std::string name;
    double limit;
    std::function<std::optional<load::Cost>(double seconds)> measure;
};

/// What a load pays for being watched. The work itself is the least of many short runs; a budget is judged by
/// the mean over the time after the first seconds of the load, with its looks in it: that is what a user has
/// of it.
void slowDowns()
{
    constexpr double kShort = 1.5;
    constexpr double kSettle = 4;
    constexpr double kLong = 6;
    const std::vector<Load> loads{
        {"compile", 1, load::compiles},
        {"file server", 3, load::fileRequests},
        {"pipe ping-pong", 15, load::roundTrips},
        {"stress-ng --switch", 15, load::stressSwitches},
    };
    const std::vector<std::pair<std::string, Watcher>> watchers{
        {"off", nobody()},
        {"on", ours(1)},
        {"bpftrace", tool(watch::Tool::bpftrace(kCallScript + " " + kSwitchScript + " " + kOtherScript))},
        {"without budget", ours(0)}};
    std::map<std::string, std::map<std::string, std::vector<load::Cost>>> costs;
    for (int round = 0; round < 2; ++round)
        for (const auto &[who, watcher] : watchers)
            watcher([&, &who = who] {
                for (const auto &one : loads) {
                    if (who == "on")
                        one.measure(kSettle);
                    if (const auto cost = one.measure(who == "on" ? kLong : kShort * (who == "off" ? 2 : 1)))
                        costs[one.name][who].push_back(*cost);
                }
            });
    for (const auto &one : loads) {
        auto &by = costs[one.name];
        if (by["off"].empty())
            continue;
        const auto least = [&](const std::string &who) {
            return by[who].empty() ? 0.0 : std::ranges::min(by[who], {}, &load::Cost::least).least;
        };
        const auto mean = [&](const std::string &who) {
            return by[who].empty() ? 0.0 : std::ranges::min(by[who], {}, &load::Cost::mean).mean;
        };
        const auto slower = [&](const std::string &who) { return 100 * (least(who) / least("off") - 1); };
        const double peer = std::max(0.0, by["bpftrace"].empty() ? 0.0 : slower("bpftrace"));
        const double long_ = 100 * (mean("on") / mean("off") - 1);
        const double scatter =
            100 * (std::ranges::max(by["off"], {}, &load::Cost::mean).mean / mean("off") - 1);
        const auto half = [&](double value) {
            return fmt::format("half of bpftrace's: {}",
                               value <= std::max(peer / 2, 0.3) ? "kept" : "MISSED");
        };
        row(one.name + ", slow-down, default set", long_, "%", {"bpftrace", peer},
            fmt::format("budget 1 %, in the long run; off scatters by {:.1f} %; {}; {}", scatter,
                        verdict(long_, one.limit, "%"), half(long_)));
        if (!by["without budget"].empty())
            row(one.name + ", slow-down, no budget", slower("without budget"), "%", {"bpftrace", peer},
                fmt::format("without {:.2f} us a turn; {}; {}", least("off") / 1e3,
                            verdict(slower("without budget"), one.limit, "%"),
                            half(slower("without budget"))));
    }
}

/// What the model says the probes take of a CPU beside what a load has to pay for them.
void modelError(const std::string &name, const std::function<std::optional<load::Cost>(double)> &measure)
{
    constexpr double kSeconds = 2;
    std::vector<load::Cost> off;
    std::vector<load::Cost> on;
    std::vector<double> said;
    for (int round = 0; round < kRounds; ++round) {
        off.push_back(measure(kSeconds).value_or(load::Cost{}));
        watch::Helper helper(0, kIntervalNs);
        if (!helper.works() || off.back().least <= 0)
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
        const double busy = share([&] { on.push_back(measure(kSeconds).value_or(load::Cost{})); });
        said.push_back(busy - idle);
    }
    const double without = std::ranges::min(off, {}, &load::Cost::least).least;
    const auto best = std::ranges::min(on, {}, &load::Cost::least);
    const double truth = 100 * best.share * (1 - without / best.least);
    const double model = 100 * median(said);
    row("model: " + name, model, "% of CPU", {"truth", truth},
        fmt::format("{:.0f} ns a turn without, {:.0f} with; the model says {:.2f} of the truth", without,
                    best.least, truth > 0 ? model / truth : 0));
}

/// Which of the default set a load pays for; asked for by name, by people who want to make one cheaper.
void eachAlone()
{
    const std::vector<Load> loads{{"file server", 3, load::fileRequests},
                                  {"pipe ping-pong", 15, load::roundTrips}};
    std::map<std::string, std::map<std::string, double>> least;
    for (int round = 0; round < kRounds; ++round)
        for (const char *set : {"", "scheduler", "syscalls", "interrupts", "tcp", "drops", "samples"}) {
            const auto measure = [&] {
                for (const auto &one : loads) {
                    const double cost = one.measure(1)->least;
                    auto &best = least[one.name].try_emplace(set, cost).first->second;
                    best = std::min(best, cost);
                }
            };
            if (*set == 0) {
                measure();
                continue;
            }
            const watch::Helper helper(0, kIntervalNs, schema::bitOf(schema::probeFromKey(set)));
            measure();
        }
    for (const auto &one : loads)
        for (const auto &[set, cost] : least[one.name])
            if (!set.empty())
                row(one.name + ", slow-down, " + set + " alone", 100 * (cost / least[one.name][""] - 1), "%",
                    {}, fmt::format("{:.2f} us a turn without", least[one.name][""] / 1e3));
}

void million()
{
    watch::Helper helper(0, kIntervalNs);
    if (!helper.works())
        return;
    const auto first = helper.sample();
    std::thread storm([] { load::stressSwitches(4); });
    ::sleep(2);
    const auto last = helper.sample();
    storm.join();
    const auto slot = schema::slotOffset(schema::Slot::SchedSwitches);
    const double seconds = static_cast<double>(last.timeNs - first.timeNs) / 1e9;
    row("context switches counted in a storm",
        static_cast<double>(last.slots[slot] - first.slots[slot]) / seconds, "/s", {},
        fmt::format("helper {:.2f} % of a CPU meanwhile; {} events missed",
                    100 * static_cast<double>(last.helperCpuNs - first.helperCpuNs) / 1e9 / seconds,
                    last.losses.eventsMissed - first.losses.eventsMissed));
}
} // namespace

int main(int argc, char **argv)
{
    if (::geteuid() != 0) {
        std::fprintf(stderr, "bench_helper: needs root; nothing measured\n");
        return 0;
    }
    const std::string only = argc > 1 ? argv[1] : "";
    const auto wanted = [&](const char *part) { return only.empty() || only == part; };
    if (wanted("start"))
        startAndMemory();
    if (wanted("helper"))
        helperItself();
    if (wanted("added")) {
        addedNs("added to a system call, default set", load::systemCalls, 1,
                watch::Tool::bpftrace(kCallScript), "syscount");
        addedNs("added to a switch, default set", load::roundTrips, 2,
                watch::Tool::bpftrace(kCallScript + " " + kSwitchScript), "runqlat");
    }
    if (wanted("slow"))
        slowDowns();
    if (wanted("model")) {
        modelError("a machine almost at rest", load::sparseTurns);
        modelError("compile", load::compiles);
        modelError("pipe ping-pong", load::roundTrips);
        modelError("system calls in a storm", load::systemCalls);
    }
    if (only == "alone")
        eachAlone();
    if (wanted("storm"))
        million();
    return 0;
}
