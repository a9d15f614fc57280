// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/probes.h"
#include "core/base/clock.h"

#include <sched.h>

// Probes that leave the kernel for a while and come back.
namespace statescape::bpf {
namespace {
using schema::Probe;

base::Result<> outcome(bool left)
{
    if (left)
        return {};
    return base::fail(base::Code::NotSupported, "its hooks cannot be left for a while");
}

/// Who runs on a CPU is known from its next switch on; being there is one.
void passOverCpus()
{
    cpu_set_t before;
    if (::sched_getaffinity(0, sizeof before, &before) != 0)
        return;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        if (CPU_ISSET(cpu, &before))
            ::sched_setaffinity(0, sizeof one, &one);
    }
    ::sched_setaffinity(0, sizeof before, &before);
}
} // namespace

Probes::Left Probes::leave(Probe probe)
{
    for (auto &loaded : m_probes)
        if (loaded.program().probe == probe) {
            if (probe == Probe::Samples)
                m_untaken.look(loaded.banks(), m_online, base::monotonicNs());
            const auto nowNs = look(loaded);
            m_words.tell(m_raw, probe);
            settleTasks(probe, nowNs, true);
            m_away |= schema::bitOf(probe);
            return {[&loaded] { return outcome(loaded.suspend()); }, nowNs};
        }
    for (auto &user : m_user)
        if (user.probe == probe) {
            const auto nowNs = look(user);
            m_words.tell(m_raw, probe);
            m_away |= schema::bitOf(probe);
            return {[attachment = user.attachment] { return outcome(attachment->suspend()); }, nowNs};
        }
    return {[] { return outcome(false); }, base::monotonicNs()};
}

Probes::Move Probes::comeBack(Probe probe)
{
    for (auto &loaded : m_probes)
        if (loaded.program().probe == probe)
            return [&loaded]() -> base::Result<> {
                STATESCAPE_CHECK(loaded.resume());
                if (loaded.program().probe == Probe::Scheduler)
                    passOverCpus();
                return {};
            };
    for (auto &user : m_user)
        if (user.probe == probe)
            return [attachment = user.attachment] { return attachment->resume(); };
    return [] { return base::Result<>(base::fail(base::Code::NotFound, "the probe has come to its end")); };
}

std::uint64_t Probes::arrived(Probe probe)
{
    m_away &= ~schema::bitOf(probe);
    for (auto &loaded : m_probes) {
        if (loaded.program().probe != probe)
            continue;
        expectSamples(loaded);
        const auto nowNs = look(loaded);
        m_words.skip(m_raw, probe);
        settleTasks(probe, nowNs, false);
        return nowNs;
    }
    for (auto &user : m_user)
        if (user.probe == probe) {
            const auto nowNs = look(user);
            m_words.skip(m_raw, probe);
            return nowNs;
        }
    return base::monotonicNs();
}

/// The time in which it was out counts for nothing.
void Probes::expectSamples(const LoadedProbe &samples)
{
    if (samples.program().probe != Probe::Samples)
        return;
    m_online.update();
    m_untaken.begin(samples.banks(), m_online, base::monotonicNs());
}

/// At the edges of a window: what tasks are told to have done fits it.
void Probes::settleTasks(Probe probe, std::uint64_t nowNs, bool ends)
{
    if (!m_tasks)
        return;
    if (probe != Probe::Scheduler)
        m_running.clear();
    m_tasks->settle(nowNs, m_running, probe, ends);
}

} // namespace statescape::bpf
