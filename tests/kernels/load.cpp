// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "load.h"

#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <chrono>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace load {
namespace {
using Clock = std::chrono::steady_clock;

Clock::time_point in(int milliseconds)
{
    return Clock::now() + std::chrono::milliseconds(milliseconds);
}
} // namespace

bool getppids(int count)
{
    for (int i = 0; i < count; ++i)
        ::syscall(SYS_getppid);
    return true;
}

bool datagrams(int count, std::size_t bytes)
{
    const int holder = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int sender = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    // A TCP socket's port is most likely nobody's UDP port.
    if (::bind(holder, reinterpret_cast<sockaddr *>(&address), size) != 0 ||
        ::getsockname(holder, reinterpret_cast<sockaddr *>(&address), &size) != 0)
        return false;
    const std::vector<char> payload(bytes, 'x');
    for (int i = 0; i < count; ++i)
        if (::sendto(sender, payload.data(), bytes, 0, reinterpret_cast<sockaddr *>(&address), size) !=
            static_cast<ssize_t>(bytes))
            return false;
    ::close(holder);
    ::close(sender);
    return true;
}

bool mapInThreads(int threads, int milliseconds)
{
    const auto end = in(milliseconds);
    std::atomic<bool> good = true;
    std::vector<std::thread> all;
    for (int i = 0; i < threads; ++i)
        all.emplace_back([&] {
            while (Clock::now() < end) {
                void *memory =
                    ::mmap(nullptr, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                if (memory == MAP_FAILED) {
                    good = false;
                    return;
                }
                *static_cast<volatile char *>(memory) = 1;
                ::munmap(memory, 16384);
            }
        });
    for (auto &thread : all)
        thread.join();
    return good;
}

bool burnFor(int milliseconds)
{
    const auto end = in(milliseconds);
    volatile unsigned turns = 0;
    while (Clock::now() < end)
        for (int i = 0; i < 10'000; ++i)
            turns = turns + 1;
    return true;
}

bool readsAndWrites(const char *path, int count)
{
    const int file = ::open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    char byte = 'x';
    bool good = file >= 0;
    for (int i = 0; i < count && good; ++i)
        good = ::pwrite(file, &byte, 1, i) == 1 && ::pread(file, &byte, 1, i) == 1;
    ::close(file);
    ::unlink(path);
    return good;
}

} // namespace load
