// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/probes/hardware/hardware.h"

#include <cerrno>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace statescape::bpf {
namespace {
int openCounter(const CounterEvent &event, std::uint32_t cpu, int leader)
{
    perf_event_attr attributes{};
    attributes.size = sizeof(attributes);
    attributes.type = event.type;
    attributes.config = event.config;
    attributes.read_format =
        PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
    return static_cast<int>(
        ::syscall(SYS_perf_event_open, &attributes, -1, cpu, leader, PERF_FLAG_FD_CLOEXEC));
}

base::Error refusal(const CounterEvent &event, int error)
{
    if (error == EACCES || error == EPERM)
        return base::fail(base::Code::NotPermitted, event.name, {}, error);
    // ENOENT and EOPNOTSUPP are how the kernel says that no driver takes the event.
    return base::fail(base::Code::NotSupported, event.name,
                      "this machine has no such counter that Linux knows, as most virtual machines", error);
}
} // namespace

base::Result<std::unique_ptr<PerfCounters>> PerfCounters::open(std::span<const CounterEvent> events,
                                                               std::uint32_t cpusPossible)
{
    std::unique_ptr<PerfCounters> counters(new PerfCounters);
    for (std::uint32_t cpu = 0; cpu < cpusPossible; ++cpu) {
        Group group;
        for (const auto &event : events) {
            const int leader = group.events.empty() ? -1 : group.events.front().get();
            base::Fd fd(openCounter(event, cpu, leader));
            if (!fd.valid() && errno == ENODEV && group.events.empty())
                break; // offline
            if (!fd.valid())
                return refusal(event, errno);
            group.events.push_back(std::move(fd));
        }
        if (group.events.empty())
            continue;
        group.last.counts.resize(events.size());
        counters->m_groups.push_back(std::move(group));
    }
    counters->m_totals.resize(events.size());
    counters->m_now.counts.resize(events.size());
    counters->m_buffer.resize(3 + events.size());
    return counters;
}

// nr, time enabled, time running, values. @source include/uapi/linux/perf_event.h
bool PerfCounters::readGroup(Group &group)
{
    const auto bytes = m_buffer.size() * sizeof(std::uint64_t);
    if (::read(group.events.front().get(), m_buffer.data(), bytes) != static_cast<ssize_t>(bytes))
        return false;
    m_now.enabledNs = m_buffer[1];
    m_now.runningNs = m_buffer[2];
    std::copy(m_buffer.begin() + 3, m_buffer.end(), m_now.counts.begin());
    return true;
}

bool PerfCounters::read(std::span<std::uint64_t> words, std::uint64_t &events)
{
    for (auto &group : m_groups) {
        // A CPU that went away has nothing to say and nothing to add.
        if (!readGroup(group))
            continue;
        ++m_reads;
        const auto running = m_now.runningNs - group.last.runningNs;
        // Had no turn yet: its next one will stand for this time too.
        if (running == 0)
            continue;
        const auto scale =
            static_cast<double>(m_now.enabledNs - group.last.enabledNs) / static_cast<double>(running);
        for (std::size_t i = 0; i < m_totals.size(); ++i)
            m_totals[i] += scale * static_cast<double>(m_now.counts[i] - group.last.counts[i]);
        std::swap(group.last, m_now);
    }
    for (std::size_t i = 0; i < words.size(); ++i)
        words[i] = static_cast<std::uint64_t>(m_totals[i]);
    events = m_reads;
    return true;
}

bool PerfCounters::suspend()
{
    for (const auto &group : m_groups)
        ::ioctl(group.events.front().get(), PERF_EVENT_IOC_DISABLE, PERF_IOC_FLAG_GROUP);
    return true;
}

base::Result<> PerfCounters::resume()
{
    for (const auto &group : m_groups)
        if (::ioctl(group.events.front().get(), PERF_EVENT_IOC_ENABLE, PERF_IOC_FLAG_GROUP) != 0)
            return base::fail(base::Code::NotSupported, "cannot switch the counters on again", "record again",
                              errno);
    return {};
}

base::Result<std::unique_ptr<Attachment>> openHardwareCounters(std::uint32_t cpusPossible)
{
    const std::vector<CounterEvent> events{
        {"cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES},
        {"instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS},
        {"cache-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES},
        {"branch-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES},
    };
    STATESCAPE_TRY(auto counters, PerfCounters::open(events, cpusPossible));
    return std::unique_ptr<Attachment>(std::move(counters));
}

} // namespace statescape::bpf
