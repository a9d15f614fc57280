// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// What the probes cost the machine, beside bpftrace and the tools of libbpf doing the same work; each row
// with the limit it has to keep.
#include "bench_loads.h"
#include "bench_parts.h"
#include "bench_watchers.h"

#include <fmt/core.h>
#include <fstream>
#include <map>
#include <thread>

using namespace statescape;
using bench::Peer;
using parts::row;
using parts::verdict;

namespace {
constexpr int kRounds = 3;
constexpr std::uint64_t kIntervalNs = 250'000'000;

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

void million()
{
    watch::Helper helper(0, kIntervalNs);
    if (!helper.works())
        return;
    const auto first = helper.sample();
    std::thread storm([] { load::Standing(load::Kind::StressSwitches).run(4); });
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
    if (wanted("added"))
        parts::addedNs();
    if (wanted("slow"))
        parts::slowDowns();
    if (wanted("model"))
        parts::modelErrors();
    if (only == "alone")
        parts::eachAlone();
    if (wanted("storm"))
        million();
    return 0;
}
