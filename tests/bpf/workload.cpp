// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "workload.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <linux/futex.h>
#include <memory>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace workload {
namespace {
void pinToOneCpu()
{
    cpu_set_t allowed;
    sched_getaffinity(0, sizeof(allowed), &allowed);
    cpu_set_t one;
    CPU_ZERO(&one);
    for (int cpu = CPU_SETSIZE - 1; cpu >= 0; --cpu)
        if (CPU_ISSET(cpu, &allowed)) {
            CPU_SET(cpu, &one);
            break;
        }
    sched_setaffinity(0, sizeof(one), &one);
}

sockaddr_in loopback(std::uint16_t port)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/// @return a socket bound to a free port; listening unless @p backlog is negative.
int boundSocket(std::uint16_t &port, int backlog)
{
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(0);
    socklen_t size = sizeof(address);
    if (::bind(fd, reinterpret_cast<sockaddr *>(&address), size) != 0 ||
        (backlog >= 0 && ::listen(fd, backlog) != 0) ||
        ::getsockname(fd, reinterpret_cast<sockaddr *>(&address), &size) != 0)
        return -1;
    port = ntohs(address.sin_port);
    return fd;
}

int connectTo(std::uint16_t port, int flags = 0)
{
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    const auto address = loopback(port);
    if (::connect(fd, reinterpret_cast<const sockaddr *>(&address), sizeof(address)) == 0 ||
        errno == EINPROGRESS)
        return fd;
    const int error = errno;
    ::close(fd);
    errno = error;
    return -1;
}

bool direct(const std::string &path, int count, std::size_t bytes, bool write)
{
    const int fd = ::open(path.c_str(), (write ? O_WRONLY | O_CREAT : O_RDONLY) | O_DIRECT | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    const std::unique_ptr<void, decltype(&std::free)> buffer(std::aligned_alloc(4096, bytes), std::free);
    bool good = true;
    for (int i = 0; i < count && good; ++i) {
        const auto at = static_cast<off_t>(bytes) * i;
        const auto done =
            write ? ::pwrite(fd, buffer.get(), bytes, at) : ::pread(fd, buffer.get(), bytes, at);
        good = done == static_cast<ssize_t>(bytes);
    }
    ::close(fd);
    return good;
}
} // namespace

pid_t start(const std::function<bool()> &body)
{
    const pid_t pid = ::fork();
    if (pid != 0)
        return pid;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::_exit(body() ? 0 : 1);
}

bool finish(pid_t pid)
{
    int status = 0;
    return ::waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

pid_t inChild(const std::function<bool()> &body)
{
    const pid_t pid = start(body);
    return finish(pid) ? pid : -1;
}

bool forkChildren(int count)
{
    for (int i = 0; i < count; ++i)
        if (inChild([] { return true; }) < 0)
            return false;
    return true;
}

bool startThreads(int count)
{
    for (int i = 0; i < count; ++i)
        std::thread([] {}).join();
    return true;
}

bool runPrograms(int count)
{
    for (int i = 0; i < count; ++i)
        if (inChild([] { return ::execl("/bin/true", "true", nullptr) == 0; }) < 0)
            return false;
    return true;
}

bool writeCalls(int count)
{
    const int fd = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    for (int i = 0; i < count; ++i)
        if (::write(fd, "x", 1) != 1)
            return false;
    return true;
}

bool failingOpens(int count)
{
    for (int i = 0; i < count; ++i)
        if (::open("/nonexistent/statescape", O_RDONLY | O_CLOEXEC) >= 0 || errno != ENOENT)
            return false;
    return true;
}

bool againReads(int count)
{
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC) != 0)
        return false;
    char byte = 0;
    for (int i = 0; i < count; ++i)
        if (::read(ends[0], &byte, 1) >= 0 || errno != EAGAIN)
            return false;
    return true;
}

bool futexTimeouts(int count)
{
    std::uint32_t word = 0;
    const timespec soon{0, 1000};
    for (int i = 0; i < count; ++i)
        if (::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &soon, nullptr, 0) == 0 || errno != ETIMEDOUT)
            return false;
    return true;
}

bool pingPong(int roundTrips)
{
    pinToOneCpu();
    std::array<int, 2> there{};
    std::array<int, 2> back{};
    if (::pipe(there.data()) != 0 || ::pipe(back.data()) != 0)
        return false;
    const pid_t other = start([&] {
        ::close(there[1]);
        char byte = 0;
        while (::read(there[0], &byte, 1) == 1)
            if (::write(back[1], &byte, 1) != 1)
                return false;
        return true;
    });
    char byte = 0;
    for (int i = 0; i < roundTrips; ++i)
        if (::write(there[1], &byte, 1) != 1 || ::read(back[0], &byte, 1) != 1)
            return false;
    ::close(there[1]);
    return finish(other);
}

bool fsyncs(const std::string &path, int count)
{
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    for (int i = 0; i < count; ++i)
        if (::pwrite(fd, &i, sizeof(i), static_cast<off_t>(i) * 4096) != sizeof(i) || ::fsync(fd) != 0)
            return false;
    return true;
}

bool directWrites(const std::string &path, int count, std::size_t bytes)
{
    return direct(path, count, bytes, true);
}

bool directReads(const std::string &path, int count, std::size_t bytes)
{
    return direct(path, count, bytes, false);
}

bool connections(int count)
{
    std::uint16_t port = 0;
    const int listener = boundSocket(port, 16);
    for (int i = 0; i < count; ++i) {
        const int here = connectTo(port);
        const int there = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (here < 0 || there < 0)
            return false;
        char byte = 0;
        ::shutdown(here, SHUT_WR);
        if (::read(there, &byte, 1) != 0)
            return false;
        ::close(there);
        if (::read(here, &byte, 1) != 0)
            return false;
        ::close(here);
    }
    return true;
}

bool refusedConnections(int count)
{
    std::uint16_t port = 0;
    const int holder = boundSocket(port, -1);
    for (int i = 0; i < count; ++i)
        if (connectTo(port) >= 0 || errno != ECONNREFUSED)
            return false;
    return holder >= 0;
}

bool resetConnections(int count)
{
    std::uint16_t port = 0;
    const int listener = boundSocket(port, 16);
    for (int i = 0; i < count; ++i) {
        const int here = connectTo(port);
        const int there = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        const linger now{1, 0};
        if (here < 0 || there < 0 || ::setsockopt(here, SOL_SOCKET, SO_LINGER, &now, sizeof(now)) != 0)
            return false;
        ::close(here);
        char byte = 0;
        if (::read(there, &byte, 1) >= 0 || errno != ECONNRESET)
            return false;
        ::close(there);
    }
    return true;
}

bool retransmittedConnect()
{
    std::uint16_t port = 0;
    if (boundSocket(port, 0) < 0)
        return false;
    for (int i = 0; i < 8; ++i)
        if (connectTo(port, SOCK_NONBLOCK) < 0)
            return false;
    // The first retransmission comes after one second. @source include/net/tcp.h TCP_TIMEOUT_INIT
    std::this_thread::sleep_for(std::chrono::milliseconds(1500));
    return true;
}

bool burnCpu()
{
    volatile std::uint64_t turns = 0;
    while (true)
        turns = turns + 1;
}

bool touchMemory(std::size_t bytes)
{
    void *memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return false;
    for (std::size_t i = 0; i < bytes; i += 4096)
        static_cast<volatile char *>(memory)[i] = 1;
    return true;
}

} // namespace workload
