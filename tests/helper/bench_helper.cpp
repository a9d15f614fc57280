// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// What the probes cost the machine: the helper's own CPU time and memory, and what each event pays.
#include "core/base/clock.h"
#include "helper_client.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <poll.h>
#include <sched.h>
#include <string>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace statescape;

namespace {
const std::string kHelper = STATESCAPE_BIN "/statescape-helper";
constexpr std::uint64_t kIntervalNs = 250'000'000;
constexpr double kNsPerMs = 1e6;

struct Row {
    std::string name;
    double value = 0;
    std::string unit;
    std::string peer = {};
    std::optional<double> peerValue = {};
    std::string note = {};
};

void print(const Row &row)
{
    std::printf(R"({"group":"probes","name":"%s","value":%.6g,"unit":"%s","peer":)", row.name.c_str(),
                row.value, row.unit.c_str());
    if (row.peerValue)
        std::printf(R"("%s","peer_value":%.6g,"ratio":%.4g)", row.peer.c_str(), *row.peerValue,
                    *row.peerValue / row.value);
    else
        std::printf(R"(null,"peer_value":null,"ratio":null)");
    std::printf(R"(,"note":"%s"})"
                "\n",
                row.note.c_str());
    std::fflush(stdout);
}

void pinToOneCpu()
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN)) - 1, &one);
    ::sched_setaffinity(0, sizeof(one), &one);
}

double clockNs(clockid_t clock)
{
    timespec now{};
    ::clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

/// Runs @p body in a child on one CPU. @return what it returns.
template <class Body>
double measuredInChild(Body body)
{
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return 0;
    if (::fork() == 0) {
        pinToOneCpu();
        const double value = body();
        [[maybe_unused]] const auto written = ::write(ends[1], &value, sizeof(value));
        ::_exit(0);
    }
    double value = 0;
    [[maybe_unused]] const auto got = ::read(ends[0], &value, sizeof(value));
    ::close(ends[0]);
    ::close(ends[1]);
    ::wait(nullptr);
    return value;
}

/// @return ns of CPU per getppid(), the least of many short runs: what others do only adds.
double getppidNs()
{
    constexpr int kCalls = 100'000;
    double best = 1e18;
    for (int round = 0; round < 20; ++round) {
        const double begin = clockNs(CLOCK_PROCESS_CPUTIME_ID);
        for (int i = 0; i < kCalls; ++i)
            ::syscall(SYS_getppid);
        best = std::min(best, (clockNs(CLOCK_PROCESS_CPUTIME_ID) - begin) / kCalls);
    }
    return best;
}

/// @return ns of both processes' CPU per round trip of a byte between them on one CPU: two switches, four
/// system calls.
double roundTripNs()
{
    constexpr int kTrips = 20'000;
    std::array<int, 2> there{};
    std::array<int, 2> back{};
    if (::pipe(there.data()) != 0 || ::pipe(back.data()) != 0)
        return 0;
    char byte = 0;
    const pid_t other = ::fork();
    if (other == 0) {
        ::close(there[1]);
        while (::read(there[0], &byte, 1) == 1 && ::write(back[1], &byte, 1) == 1) {
        }
        ::_exit(0);
    }
    clockid_t clock{};
    ::clock_getcpuclockid(other, &clock);
    const auto both = [&] { return clockNs(CLOCK_PROCESS_CPUTIME_ID) + clockNs(clock); };
    double best = 1e18;
    for (int round = 0; round < 20; ++round) {
        const double begin = both();
        for (int i = 0; i < kTrips; ++i)
            if (::write(there[1], &byte, 1) != 1 || ::read(back[0], &byte, 1) != 1)
                return 0;
        best = std::min(best, (both() - begin) / kTrips);
    }
    return best;
}

/// bpftrace counting one tracepoint, while it lives.
class Bpftrace {
public:
    explicit Bpftrace(const char *program)
    {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0)
            return;
        m_pid = ::fork();
        if (m_pid == 0) {
            ::dup2(ends[1], STDOUT_FILENO);
            ::dup2(::open("/dev/null", O_WRONLY), STDERR_FILENO);
            // A mount namespace of its own, for machines where tracefs is not mounted.
            ::execlp("unshare", "unshare", "-m", "sh", "-c",
                     "[ -d /sys/kernel/tracing/events ] || mount -t tracefs none /sys/kernel/tracing; exec "
                     "bpftrace -e \"$0\"",
                     program, nullptr);
            ::_exit(127);
        }
        ::close(ends[1]);
        m_output.reset(ends[0]);
        pollfd readable{ends[0], POLLIN, 0};
        std::array<char, 256> text{};
        // It says "Attaching" and then takes its time.
        m_attached = ::poll(&readable, 1, 10'000) > 0 && ::read(ends[0], text.data(), text.size()) > 0;
        ::sleep(2);
        m_attached = m_attached && ::waitpid(m_pid, nullptr, WNOHANG) == 0;
    }
    ~Bpftrace()
    {
        ::kill(m_pid, SIGINT);
        ::usleep(300'000);
        ::kill(m_pid, SIGKILL);
        ::waitpid(m_pid, nullptr, 0);
    }
    Bpftrace(const Bpftrace &) = delete;
    Bpftrace &operator=(const Bpftrace &) = delete;
    [[nodiscard]] bool attached() const { return m_attached; }

private:
    pid_t m_pid = -1;
    bool m_attached = false;
    base::Fd m_output;
};

/// Waits until the cost measurement, which slows every event, is over.
std::unique_ptr<HelperClient> settledHelper()
{
    auto client = std::make_unique<HelperClient>(kHelper);
    client->receiveA<wire::Hello>();
    ::usleep(1'500'000);
    return client;
}

void helperItself()
{
    const double begin = clockNs(CLOCK_MONOTONIC);
    HelperClient client(kHelper);
    const auto hello = client.receiveA<wire::Hello>();
    if (!hello)
        return;
    print({"start to hello", (clockNs(CLOCK_MONOTONIC) - begin) / kNsPerMs, "ms"});
    client.send(wire::Start{kIntervalNs});
    auto states = hello->probes;
    std::optional<wire::RawSample> first;
    std::optional<wire::RawSample> last;
    while (!first || last->timeNs - first->timeNs < 20'000'000'000) {
        auto message = client.receive();
        if (!message)
            return;
        if (auto *update = std::get_if<wire::ProbeUpdate>(&*message))
            states[static_cast<std::size_t>(update->state.probe)] = update->state;
        if (auto *sample = std::get_if<wire::RawSample>(&*message)) {
            last = std::move(*sample);
            if (!first && last->sequence == 8)
                first = last;
        }
    }
    const auto wall = static_cast<double>(last->timeNs - first->timeNs);
    print({"helper CPU at 250 ms, all probes",
           100 * static_cast<double>(last->helperCpuNs - first->helperCpuNs) / wall,
           "% of CPU",
           {},
           {},
           "20 s; goal below 0.5"});
    print(
        {"helper resident", static_cast<double>(last->helperRssBytes) / 1e6, "MB", {}, {}, "goal below 40"});
    double share = 0;
    for (std::size_t i = 0; i < schema::kProbeCount; ++i) {
        const auto rate = static_cast<double>(last->events[i] - first->events[i]) * 1e9 / wall;
        if (states[i].available && states[i].nsPerEvent >= 0) {
            share += rate * states[i].nsPerEvent / 1e7;
            print({std::string(schema::probes()[i].key) + " probe, one event",
                   states[i].nsPerEvent,
                   "ns",
                   {},
                   {},
                   states[i].reason.empty() ? "measured, empty program subtracted" : states[i].reason});
        }
    }
    print({"all probes at this machine's rates",
           share,
           "% of CPU",
           {},
           {},
           "events per second times ns per event"});
}

void addedPerCall(const char *name, double (*measure)(), const char *peerName, const char *program)
{
    std::vector<double> off;
    std::vector<double> on;
    std::vector<double> peer;
    for (int round = 0; round < 3; ++round) {
        off.push_back(measuredInChild(measure));
        {
            const auto helper = settledHelper();
            on.push_back(measuredInChild(measure));
        }
        if (const Bpftrace other(program); other.attached())
            peer.push_back(measuredInChild(measure));
    }
    const double base = std::ranges::min(off);
    char note[64];
    std::snprintf(note, sizeof(note), "without probes %.0f ns", base);
    Row row{name, std::ranges::min(on) - base, "ns", peerName, {}, note};
    if (!peer.empty() && std::ranges::min(peer) > base)
        row.peerValue = std::ranges::min(peer) - base;
    print(row);
}
} // namespace

int main()
{
    if (::geteuid() != 0)
        std::fprintf(stderr, "bench_helper: without root only the /proc probes are measured\n");
    helperItself();
    addedPerCall("added to getppid, all probes on", getppidNs, "bpftrace count() of sys_exit by id",
                 "tracepoint:raw_syscalls:sys_exit { @[args->id] = count(); }");
    addedPerCall(
        "added to a pipe round trip, all probes on", roundTripNs,
        "bpftrace run-queue histogram and sys_exit count",
        "tracepoint:raw_syscalls:sys_exit { @[args->id] = count(); } "
        "tracepoint:sched:sched_wakeup { @q[args->pid] = nsecs; } "
        "tracepoint:sched:sched_switch { if (@q[args->next_pid]) { @h = hist(nsecs - @q[args->next_pid]); "
        "delete(@q[args->next_pid]); } }");
    return 0;
}
