// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench_loads.h"

#include "core/base/fd.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace load {
namespace {
using statescape::base::Fd;

void pinToOneCpu()
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<std::size_t>(::sysconf(_SC_NPROCESSORS_ONLN) - 1), &one);
    ::sched_setaffinity(0, sizeof one, &one);
}

double clockNs(clockid_t clock)
{
    timespec now{};
    ::clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

double cpuOfChildrenNs()
{
    rusage use{};
    ::getrusage(RUSAGE_CHILDREN, &use);
    const auto ns = [](const timeval &time) {
        return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_usec) * 1e3;
    };
    return ns(use.ru_utime) + ns(use.ru_stime);
}

/// @param cpu ns of CPU of all that takes part @param turns of a short run
template <class Clock, class Turn>
Cost measured(double seconds, int turns, Clock cpu, Turn turn)
{
    const double begun = clockNs(CLOCK_MONOTONIC);
    const double cpuBegun = cpu();
    Cost cost{1e18, 0, 0, 0};
    double done = 0;
    double now = begun;
    while (done == 0 || now - begun < seconds * 1e9) {
        const double before = cpu();
        for (int i = 0; i < turns; ++i)
            if (!turn())
                return {};
        cost.least = std::min(cost.least, (cpu() - before) / turns);
        done += turns;
        now = clockNs(CLOCK_MONOTONIC);
    }
    cost.mean = (cpu() - cpuBegun) / done;
    cost.share = (cpu() - cpuBegun) / (now - begun);
    cost.wall = (now - begun) / done;
    return cost;
}

/// Answers with rounds as long as somebody asks.
template <class Clock, class Turn>
void serve(int channel, int turns, Clock cpu, Turn turn)
{
    double seconds = 0;
    while (::read(channel, &seconds, sizeof seconds) == sizeof seconds) {
        const Cost cost = measured(seconds, turns, cpu, turn);
        if (::write(channel, &cost, sizeof cost) != sizeof cost)
            return;
    }
}

/// Starts a process that takes part and dies with this one.
template <class Body>
pid_t partner(int channel, Body body)
{
    const pid_t other = ::fork();
    if (other != 0)
        return other;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::close(channel);
    body();
    ::_exit(0);
}

/// @return ns of CPU of this process and of @p other, where there is one.
auto cpuWith(pid_t other)
{
    clockid_t clock{};
    if (other != 0)
        ::clock_getcpuclockid(other, &clock);
    return [other, clock] { return clockNs(CLOCK_PROCESS_CPUTIME_ID) + (other != 0 ? clockNs(clock) : 0.0); };
}

/// Serves @p file to one connection after the other.
[[noreturn]] void serveFile(int listener, const char *file)
{
    std::vector<char> buffer(65536);
    while (true) {
        const Fd peer(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
        char request[64];
        if (!peer.valid() || ::read(peer.get(), request, sizeof request) <= 0)
            continue;
        const Fd source(::open(file, O_RDONLY | O_CLOEXEC));
        struct stat about {};
        ::fstat(source.get(), &about);
        for (ssize_t got = 1; (got = ::read(source.get(), buffer.data(), buffer.size())) > 0;)
            if (::write(peer.get(), buffer.data(), static_cast<std::size_t>(got)) != got)
                break;
    }
}

bool fetch(const sockaddr_in &address)
{
    const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(socket.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0 ||
        ::write(socket.get(), "GET /", 5) != 5)
        return false;
    std::array<char, 65536> buffer;
    ssize_t all = 0;
    for (ssize_t got = 1; (got = ::read(socket.get(), buffer.data(), buffer.size())) > 0;)
        all += got;
    return all == 65536;
}

void systemCalls(int channel)
{
    serve(channel, 100'000, cpuWith(0), [] { return ::syscall(SYS_getppid) >= 0; });
}

void roundTrips(int channel)
{
    std::array<int, 2> there{};
    std::array<int, 2> back{};
    if (::pipe(there.data()) != 0 || ::pipe(back.data()) != 0)
        return;
    char byte = 0;
    const pid_t other = partner(channel, [&] {
        ::close(there[1]);
        while (::read(there[0], &byte, 1) == 1 && ::write(back[1], &byte, 1) == 1) {
        }
    });
    serve(channel, 10'000, cpuWith(other),
          [&] { return ::write(there[1], &byte, 1) == 1 && ::read(back[0], &byte, 1) == 1; });
}

void sparseTurns(int channel)
{
    serve(channel, 250, cpuWith(0), [] {
        const timespec pause{0, 940'000};
        ::nanosleep(&pause, nullptr);
        return ::syscall(SYS_getppid) >= 0;
    });
}

void compiles(int channel, const std::string &file)
{
    const std::string command = "g++ -x c++ -fsyntax-only " + file + " 2>/dev/null";
    serve(channel, 1, cpuOfChildrenNs, [&] { return std::system(command.c_str()) == 0; });
}

void fileRequests(int channel, const std::string &file)
{
    const Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener.get(), reinterpret_cast<sockaddr *>(&address), size) != 0 ||
        ::listen(listener.get(), 64) != 0 ||
        ::getsockname(listener.get(), reinterpret_cast<sockaddr *>(&address), &size) != 0)
        return;
    const pid_t server = partner(channel, [&] { serveFile(listener.get(), file.c_str()); });
    serve(channel, 400, cpuWith(server), [&] { return fetch(address); });
}

Cost stressOnce(double seconds)
{
    const std::string command = "stress-ng --switch 2 --timeout " +
                                std::to_string(std::max(1L, std::lround(seconds))) + "s --metrics-brief 2>&1";
    FILE *pipe = ::popen(command.c_str(), "re");
    if (!pipe)
        return {};
    Cost cost;
    std::array<char, 512> line{};
    while (::fgets(line.data(), static_cast<int>(line.size()), pipe)) {
        // "metrc: [7] switch   3456789   2.00   0.31   3.65   1728394.50   872926.52"
        const char *at = std::strstr(line.data(), "] switch ");
        double operations = 0;
        double real = 0;
        double user = 0;
        double system = 0;
        if (!at || std::sscanf(at, "] switch %lf %lf %lf %lf", &operations, &real, &user, &system) != 4 ||
            operations <= 0)
            continue;
        const double ns = (user + system) * 1e9 / operations;
        cost = Cost{ns, ns, (user + system) / real, real * 1e9 / operations};
    }
    ::pclose(pipe);
    return cost;
}

void stressSwitches(int channel)
{
    double seconds = 0;
    while (::read(channel, &seconds, sizeof seconds) == sizeof seconds) {
        const Cost cost = stressOnce(seconds);
        if (::write(channel, &cost, sizeof cost) != sizeof cost)
            return;
    }
}

std::string temporaryFile(const std::string &text)
{
    std::string name = "/tmp/statescape-bench-XXXXXX";
    const Fd file(::mkstemp(name.data()));
    if (!file.valid() || ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        return {};
    return name;
}

void run(Kind kind, int channel, const std::string &file)
{
    if (kind != Kind::StressSwitches)
        pinToOneCpu();
    switch (kind) {
    case Kind::SystemCalls:
        return systemCalls(channel);
    case Kind::RoundTrips:
        return roundTrips(channel);
    case Kind::SparseTurns:
        return sparseTurns(channel);
    case Kind::Compiles:
        return compiles(channel, file);
    case Kind::FileRequests:
        return fileRequests(channel, file);
    case Kind::StressSwitches:
        return stressSwitches(channel);
    }
}
} // namespace

Standing::Standing(Kind kind)
{
    std::array<int, 2> ends{};
    if (kind == Kind::Compiles)
        m_file = temporaryFile("#include <map>\n#include <string>\nstd::map<std::string, int> m;\n"
                               "int main() { m[\"a\"] = 1; return m.size(); }\n");
    else if (kind == Kind::FileRequests)
        m_file = temporaryFile(std::string(65536, '\0'));
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return;
    m_pid = ::fork();
    if (m_pid == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::close(ends[0]);
        load::run(kind, ends[1], m_file);
        ::_exit(0);
    }
    ::close(ends[1]);
    m_channel = ends[0];
}

Standing::~Standing()
{
    ::close(m_channel);
    ::kill(m_pid, SIGKILL);
    ::waitpid(m_pid, nullptr, 0);
    if (!m_file.empty())
        ::unlink(m_file.c_str());
}

std::optional<Cost> Standing::run(double seconds)
{
    Cost cost;
    if (::write(m_channel, &seconds, sizeof seconds) != sizeof seconds ||
        ::read(m_channel, &cost, sizeof cost) != sizeof cost || cost.mean <= 0)
        return std::nullopt;
    return cost;
}

Pacer::Pacer(unsigned callsPerSecond)
{
    m_pid = ::fork();
    if (m_pid != 0)
        return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    pinToOneCpu();
    timespec next{};
    ::clock_gettime(CLOCK_MONOTONIC, &next);
    while (true) {
        for (unsigned i = 0; i < callsPerSecond / 1000; ++i)
            ::syscall(SYS_getppid);
        next.tv_nsec += 1'000'000;
        if (next.tv_nsec >= 1'000'000'000) {
            next.tv_nsec -= 1'000'000'000;
            ++next.tv_sec;
        }
        ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, nullptr);
    }
}

Pacer::~Pacer()
{
    ::kill(m_pid, SIGKILL);
    ::waitpid(m_pid, nullptr, 0);
}

} // namespace load
