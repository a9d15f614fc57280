// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/helper/mover.h"

#include "core/base/clock.h"

#include <cerrno>
#include <cstdint>
#include <ctime>
#include <sys/eventfd.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace statescape::helper {
namespace {
std::uint64_t threadCpuNs()
{
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}
} // namespace

base::Result<Mover *> Mover::start(const SandboxNeeds &needs)
{
    auto *const mover = new Mover; // the thread's as well, which nobody ends
    mover->m_news.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!mover->m_news.valid())
        return base::fail(base::Code::Io, "cannot make an event descriptor", {}, errno);
    try {
        std::thread([mover, needs] { mover->run(needs); }).detach();
    } catch (const std::system_error &error) {
        return base::fail(base::Code::Io, "cannot start a thread", {}, error.code().value());
    }
    std::unique_lock lock(mover->m_mutex);
    mover->m_changed.wait(lock, [&] { return mover->m_confined.has_value(); });
    if (!*mover->m_confined)
        return mover->m_confined->error();
    return mover;
}

void Mover::post(schema::Probe probe, bool in, bpf::Probes::Move move)
{
    const std::lock_guard lock(m_mutex);
    m_jobs.push_back({probe, in, std::move(move)});
    m_changed.notify_all();
}

std::vector<Mover::Moved> Mover::take()
{
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(m_news.get(), &count, sizeof count);
    const std::lock_guard lock(m_mutex);
    return std::exchange(m_moved, {});
}

void Mover::run(const SandboxNeeds &needs)
{
    const auto confined = enterSandbox(needs);
    std::unique_lock lock(m_mutex);
    m_confined = confined;
    m_changed.notify_all();
    while (confined) {
        m_changed.wait(lock, [&] { return !m_jobs.empty(); });
        auto job = std::move(m_jobs.front());
        m_jobs.pop_front();
        lock.unlock();
        const auto wallNs = base::monotonicNs();
        const auto cpuNs = threadCpuNs();
        Moved moved{job.probe, job.in, job.move(), 0, 0};
        moved.cpuNs = threadCpuNs() - cpuNs;
        moved.wallNs = base::monotonicNs() - wallNs;
        job.move = nullptr;
        lock.lock();
        m_moved.push_back(std::move(moved));
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto told = ::write(m_news.get(), &one, sizeof one);
    }
}

} // namespace statescape::helper
