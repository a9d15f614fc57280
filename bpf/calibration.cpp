// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/calibration.h"

#include "core/base/fd.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <ctime>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace statescape::bpf {
namespace {
constexpr int kRounds = 10;
/// Of the difference: what the two measurements may be off together.
constexpr double kWorstSpread = 0.5;

double cpuNs()
{
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

/// Keeps this thread, and those it starts, on the CPU where it is.
class OneCpu {
public:
    OneCpu()
    {
        if (::sched_getaffinity(0, sizeof m_before, &m_before) != 0)
            return;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(std::max(::sched_getcpu(), 0), &one);
        m_pinned = ::sched_setaffinity(0, sizeof one, &one) == 0;
    }
    ~OneCpu()
    {
        if (m_pinned)
            ::sched_setaffinity(0, sizeof m_before, &m_before);
    }
    OneCpu(const OneCpu &) = delete;
    OneCpu &operator=(const OneCpu &) = delete;
    [[nodiscard]] bool pinned() const { return m_pinned; }

private:
    cpu_set_t m_before{};
    bool m_pinned = false;
};

/// @param turns a round @param turn returns false when it cannot
template <class Body>
std::optional<Turn> rounds(int turns, const std::function<std::uint64_t()> &events, Body turn)
{
    std::array<double, kRounds> ns{};
    Turn out;
    for (int round = 0; round < kRounds; ++round) {
        const std::uint64_t eventsBefore = events ? events() : 0;
        const double begun = cpuNs();
        for (int i = 0; i < turns; ++i)
            if (!turn())
                return std::nullopt;
        ns[static_cast<std::size_t>(round)] = (cpuNs() - begun) / turns;
        // What others did in the round only adds.
        const auto grown = events ? static_cast<double>(events() - eventsBefore) / turns : 0.0;
        out.events = round == 0 ? grown : std::min(out.events, grown);
    }
    std::ranges::sort(ns);
    out.ns = ns[0];
    out.spread = ns[2] - ns[0];
    return out;
}

struct Pipe {
    base::Fd readEnd, writeEnd;
    Pipe()
    {
        std::array<int, 2> ends{-1, -1};
        if (::pipe2(ends.data(), O_CLOEXEC) == 0) {
            readEnd.reset(ends[0]);
            writeEnd.reset(ends[1]);
        }
    }
};

std::optional<Turn> calls(const std::function<std::uint64_t()> &events)
{
    const Pipe own;
    char byte = 0;
    if (!own.writeEnd.valid())
        return std::nullopt;
    return rounds(2000, events, [&] {
        return ::write(own.writeEnd.get(), &byte, 1) == 1 && ::read(own.readEnd.get(), &byte, 1) == 1;
    });
}

std::optional<Turn> switches(const std::function<std::uint64_t()> &events)
{
    Pipe there;
    Pipe back;
    if (!there.writeEnd.valid() || !back.writeEnd.valid())
        return std::nullopt;
    std::thread other([in = there.readEnd.get(), out = back.writeEnd.get()] {
        char byte = 0;
        while (::read(in, &byte, 1) == 1 && ::write(out, &byte, 1) == 1) {
        }
    });
    char byte = 0;
    const auto turn = rounds(400, events, [&] {
        return ::write(there.writeEnd.get(), &byte, 1) == 1 && ::read(back.readEnd.get(), &byte, 1) == 1;
    });
    there.writeEnd.reset();
    other.join();
    return turn;
}

std::optional<Turn> packets(const std::function<std::uint64_t()> &events)
{
    const base::Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_in self{};
    self.sin_family = AF_INET;
    self.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof self;
    auto *address = reinterpret_cast<sockaddr *>(&self);
    if (!socket.valid() || ::bind(socket.get(), address, size) != 0 ||
        ::getsockname(socket.get(), address, &size) != 0 || ::connect(socket.get(), address, size) != 0)
        return std::nullopt;
    char byte = 0;
    return rounds(500, events, [&] {
        // The datagram has arrived, or never will, when send() returns; a thread of the kernel's own may be
        // late.
        return ::send(socket.get(), &byte, 1, 0) == 1 &&
               (::recv(socket.get(), &byte, 1, 0) == 1 || errno == EAGAIN);
    });
}

std::optional<Turn> reads(const std::function<std::uint64_t()> &events)
{
    const base::Fd zero(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
    char byte = 0;
    return rounds(3000, events, [&] { return ::read(zero.get(), &byte, 1) == 1; });
}
} // namespace

std::optional<Load> loadFor(schema::Probe probe)
{
    switch (probe) {
    case schema::Probe::Scheduler:
        return Load::Switches;
    case schema::Probe::Syscalls:
    case schema::Probe::SyscallTimes:
        return Load::SystemCalls;
    case schema::Probe::Interrupts:
        return Load::Packets;
    case schema::Probe::Vfs:
        return Load::Reads;
    default:
        return std::nullopt;
    }
}

std::optional<Turn> timeLoad(Load load, const std::function<std::uint64_t()> &events)
{
    const OneCpu here;
    if (!here.pinned())
        return std::nullopt;
    switch (load) {
    case Load::SystemCalls:
        return calls(events);
    case Load::Switches:
        return switches(events);
    case Load::Packets:
        return packets(events);
    case Load::Reads:
        return reads(events);
    }
    return std::nullopt;
}

std::optional<double> addedPerEvent(const Turn &before, const Turn &after)
{
    // A turn that its probe did not see has nothing to tell.
    if (after.events < 0.5)
        return std::nullopt;
    const double added = after.ns - before.ns;
    if (added <= 0 || before.spread + after.spread > kWorstSpread * added)
        return std::nullopt;
    return added / after.events;
}

} // namespace statescape::bpf
