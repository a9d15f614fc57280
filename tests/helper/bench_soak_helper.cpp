// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// Half an hour of every load at once: whether the helper's memory and that of its kernel maps stay flat.
#include "core/base/clock.h"
#include "helper_client.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace statescape;

namespace {
constexpr std::uint64_t kIntervalNs = 100'000'000;
constexpr std::uint64_t kNsPerS = 1'000'000'000;

void print(const char *name, double value, const char *unit, const std::string &note = {})
{
    std::printf(
        R"({"group":"soak_helper","name":"%s","value":%.6g,"unit":"%s","peer":null,"peer_value":null,"ratio":null,"note":"%s"})"
        "\n",
        name, value, unit, note.c_str());
    std::fflush(stdout);
}

/// stress-ng with every load of the kinds that make events: switches, forks, packets on lo, file I/O.
pid_t startLoad(const std::string &folder, unsigned seconds)
{
    const pid_t pid = ::fork();
    if (pid != 0)
        return pid;
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    std::freopen("/dev/null", "w", stdout);
    std::freopen("/dev/null", "w", stderr);
    const auto timeout = std::to_string(seconds) + "s";
    ::execlp("stress-ng", "stress-ng", "--temp-path", folder.c_str(), "--switch", "1", "--fork", "1", "--udp",
             "1", "--sock", "1", "--hdd", "1", "--hdd-bytes", "64m", "--timeout", timeout.c_str(), nullptr);
    ::_exit(126);
}

/// @return bytes of all BPF maps that the process holds, and how many descriptors it has.
std::pair<std::uint64_t, std::size_t> mapsOf(pid_t pid)
{
    std::uint64_t bytes = 0;
    std::size_t descriptors = 0;
    std::set<std::string> seen;
    std::error_code error;
    for (const auto &entry :
         std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fdinfo", error)) {
        ++descriptors;
        std::ifstream file(entry.path());
        bool map = false;
        std::uint64_t size = 0;
        std::string id;
        for (std::string line; std::getline(file, line);) {
            map = map || line.starts_with("map_type:");
            if (line.starts_with("memlock:"))
                size = std::stoull(line.substr(8));
            if (line.starts_with("map_id:"))
                id = line.substr(7);
        }
        // Probes share maps, each by a descriptor of its own.
        if (map && seen.insert(id).second)
            bytes += size;
    }
    return {bytes, descriptors};
}

struct Reading {
    std::uint64_t rssKb = 0, mapBytes = 0;
    std::size_t descriptors = 0;
};

Reading readingOf(const HelperClient &client)
{
    const auto [bytes, descriptors] = mapsOf(client.pid());
    return {client.status("VmRSS").value_or(0), bytes, descriptors};
}
} // namespace

int main()
{
    const char *asked = std::getenv("STATESCAPE_SOAK_MINUTES");
    const unsigned minutes = asked ? static_cast<unsigned>(std::max(1, std::atoi(asked))) : 30;
    std::string folder = "/tmp/statescape-soak-XXXXXX";
    if (!::mkdtemp(folder.data()))
        return 1;
    schema::ProbePlan plan;
    plan.probes = (std::uint64_t{1} << schema::kProbeCount) - 1;
    // Without a budget nothing is shed, and all of it must last; with one, probes come and go all the time.
    const char *budget = std::getenv("STATESCAPE_SOAK_BUDGET");
    plan.budgetPercent = budget ? std::atof(budget) : 0;
    HelperClient client(STATESCAPE_BIN "/statescape-helper", {0, {}, plan});
    const auto hello = client.receiveA<wire::Hello>(30'000);
    if (!hello || !client.send(wire::Start{kIntervalNs}))
        return 1;
    const pid_t load = startLoad(folder, minutes * 60 + 5);
    std::vector<Reading> readings;
    std::optional<wire::RawSample> first;
    wire::RawSample last;
    std::uint64_t samples = 0;
    std::uint64_t windows = 0;
    const auto begin = base::monotonicNs();
    auto nextReading = begin + 10 * kNsPerS;
    while (base::monotonicNs() - begin < minutes * 60 * kNsPerS) {
        auto sample = client.receiveA<wire::RawSample>(10'000);
        if (!sample)
            break;
        ++samples;
        for (const auto &part : sample->sampled)
            windows += part.windows;
        if (!first)
            first = *sample;
        last = std::move(*sample);
        if (base::monotonicNs() >= nextReading) {
            readings.push_back(readingOf(client));
            nextReading += 10 * kNsPerS;
        }
    }
    ::kill(load, SIGTERM);
    ::waitpid(load, nullptr, 0);
    std::filesystem::remove_all(folder);
    const auto alive = !client.wait(1);
    if (readings.size() < 3 || !alive) {
        std::fputs("the helper ended, or sent nothing\n", stderr);
        return 1;
    }
    // The first seconds fill buffers; what counts is what comes after.
    const auto &early = readings[readings.size() / 10];
    const auto most = *std::ranges::max_element(readings, {}, &Reading::rssKb);
    const double seconds = static_cast<double>(last.timeNs - first->timeNs) / kNsPerS;
    std::uint64_t events = 0;
    for (std::size_t i = 0; i < last.events.size(); ++i)
        events += last.events[i] - first->events[i];
    const auto &now = readings.back();
    print("helper, resident, after a tenth of the time", static_cast<double>(early.rssKb), "kB");
    print("helper, resident, most", static_cast<double>(most.rssKb), "kB");
    print("helper, resident, end", static_cast<double>(now.rssKb), "kB",
          std::to_string(minutes) + " minutes");
    print("kernel maps, after a tenth of the time", static_cast<double>(early.mapBytes) / 1024, "kB");
    print("kernel maps, end", static_cast<double>(now.mapBytes) / 1024, "kB");
    print("descriptors, change",
          static_cast<double>(now.descriptors) - static_cast<double>(early.descriptors), "files");
    print("events", static_cast<double>(events) / seconds, "1/s");
    print("windows of probes that do not fit", static_cast<double>(windows), "windows");
    print("helper, CPU", 100 * static_cast<double>(last.helperCpuNs - first->helperCpuNs) / (seconds * 1e9),
          "% of one");
    print("samples", static_cast<double>(samples), "samples");
    print("intervals missed", static_cast<double>(last.losses.missedIntervals), "samples");
    print("samples dropped", static_cast<double>(last.losses.writeFailures), "samples");
    print("kernel events not taken in",
          static_cast<double>(last.losses.eventsMissed + last.losses.taskCollisions), "events",
          "of " + std::to_string(events));
    return 0;
}
