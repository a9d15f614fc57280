// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/clock.h"
#include "core/feature/sampling.h"
#include "core/schema/cost.h"
#include "core/source/helper_supervisor.h"

#include <algorithm>
#include <type_traits>

// What the helper says, and whether it can be believed.
namespace statescape::source {
namespace {
using base::Code;
using base::fail;
using base::Result;

bool perEntity(const schema::ProbePlan &plan)
{
    return plan.entity == schema::EntityKind::Process || plan.entity == schema::EntityKind::Cgroup;
}

constexpr double kSmoothing = 0.2;

base::Error lie(const std::string &what)
{
    return fail(Code::Corrupt, "the helper sent " + what);
}
} // namespace

Result<> HelperSupervisor::handle(const wire::Message &message)
{
    return std::visit(
        [this](const auto &value) -> Result<> {
            using T = std::decay_t<decltype(value)>;
            if constexpr (std::is_same_v<T, wire::Start> || std::is_same_v<T, wire::Stop> ||
                          std::is_same_v<T, wire::Attach>)
                return lie("a request");
            else {
                if (m_greeted == std::is_same_v<T, wire::Hello> && !std::is_same_v<T, wire::Problem>)
                    return lie(m_greeted ? "a second greeting" : "something before its greeting");
                return on(value);
            }
        },
        message);
}

Result<> HelperSupervisor::on(const wire::Hello &hello)
{
    const std::string hint = "install statescape and statescape-helper of the same version";
    if (hello.protocol != wire::kProtocolVersion)
        return fail(Code::Mismatch,
                    "the helper (" + hello.helperVersion + ") speaks protocol " +
                        std::to_string(hello.protocol) + ", this program " +
                        std::to_string(wire::kProtocolVersion),
                    hint);
    if (hello.layoutHash != m_layout->hash())
        return fail(Code::Mismatch,
                    "the helper (" + hello.helperVersion + ") has other features than this program", hint);
    m_greeted = true;
    m_now.probes.assign(m_layout->probes().size(), {});
    for (std::size_t i = 0; i < m_now.probes.size(); ++i) {
        m_now.probes[i].probe = static_cast<schema::Probe>(i);
        if (!m_layout->probes()[i].planned)
            continue;
        m_now.probes[i].code = Code::NotSupported;
        m_now.probes[i].reason = "the helper does not know it";
    }
    for (const auto &state : hello.probes)
        if (static_cast<std::size_t>(state.probe) < m_now.probes.size())
            m_now.probes[static_cast<std::size_t>(state.probe)] = state;
    m_now.mapBytes = hello.mapBytes;
    STATESCAPE_CHECK(canTellEntities());
    prepareDeriver();
    {
        const std::lock_guard lock(m_mutex);
        m_hello = hello;
        m_hello->probes = m_now.probes;
    }
    m_heardHello.notify_all();
    sendStart();
    running();
    return {};
}

void HelperSupervisor::running()
{
    bool privileged = false;
    {
        const std::lock_guard lock(m_mutex);
        privileged = m_hello && m_hello->privileged;
    }
    const auto available = std::count_if(m_now.probes.begin(), m_now.probes.end(),
                                         [](const auto &state) { return state.available; });
    const auto planned = std::count_if(m_layout->probes().begin(), m_layout->probes().end(),
                                       [](const auto &probe) { return probe.planned; });
    const auto absent = std::find_if(m_now.probes.begin(), m_now.probes.end(), [](const auto &state) {
        return !state.available && state.code != Code::Ok;
    });
    std::string text =
        "running with " + std::to_string(available) + " of " + std::to_string(planned) + " probes";
    if (!privileged)
        text += ", without privilege";
    if (m_now.restarts > 0)
        text +=
            ", started again " + std::to_string(m_now.restarts) + (m_now.restarts == 1 ? " time" : " times");
    std::string hint = absent == m_now.probes.end() ? std::string() : absent->hint;
    if (!privileged && hint.empty())
        hint = "sudo setcap cap_bpf,cap_perfmon+ep " + m_program;
    setState(privileged ? HelperState::Running : HelperState::Reduced, std::move(text), std::move(hint));
}

Result<> HelperSupervisor::on(const wire::RawSample &raw)
{
    if (m_last && (raw.sequence <= m_last->sequence || raw.timeNs <= m_last->timeNs))
        return lie("a sample that is not later than the one before");
    if (raw.slots.size() != m_layout->words() || raw.events.size() != m_layout->probes().size())
        return lie("a sample of another layout");
    const std::uint64_t now = base::monotonicNs();
    m_heardNs = now;
    if (m_now.state == HelperState::Silent || m_now.state == HelperState::Starting ||
        m_now.state == HelperState::Restarting)
        running();
    account(raw);
    m_now.latencyNs = now > raw.timeNs ? now - raw.timeNs : 0;
    m_last = raw;
    deliver(raw);
    return {};
}

void HelperSupervisor::prepareDeriver()
{
    if (perEntity(m_layout->plan())) {
        if (!m_entityDeriver)
            m_entityDeriver.emplace(m_layout, m_now.probes);
        m_entityDeriver->reset();
        for (const auto &state : m_now.probes)
            m_entityDeriver->update(state);
        return;
    }
    if (!m_deriver)
        m_deriver.emplace(m_layout, m_now.probes);
    m_deriver->reset();
    for (const auto &state : m_now.probes)
        m_deriver->update(state);
}

/// Whom a task belongs to is learned at switches: without them there would be no samples, only waiting.
Result<> HelperSupervisor::canTellEntities() const
{
    const auto &plan = m_layout->plan();
    const auto &scheduler = m_now.probes[static_cast<std::size_t>(schema::Probe::Scheduler)];
    if (!perEntity(plan) || scheduler.available)
        return {};
    std::string reasons;
    for (const auto &state : m_now.probes)
        if (!state.available && state.code != Code::Ok)
            reasons.append(reasons.empty() ? "" : "; ")
                .append((*m_layout)[state.probe].key)
                .append(": ")
                .append(state.reason.empty() ? base::codeName(state.code) : state.reason);
    const std::string what = plan.entity == schema::EntityKind::Process ? "process" : "cgroup";
    if (scheduler.code == Code::Ok)
        return fail(Code::InvalidArgument, "samples per " + what + " need the scheduler probe",
                    "add it to the probes asked for");
    return fail(scheduler.code == Code::NotPermitted ? Code::NotPermitted : Code::NotSupported,
                "samples per " + what + " need the kernel probes, which are not to be had here (" + reasons +
                    ")",
                scheduler.hint.empty() ? "record --entity host works without them" : scheduler.hint);
}

void HelperSupervisor::deliver(const wire::RawSample &raw)
{
    std::vector<feature::FeatureFrame> frames;
    if (m_entityDeriver)
        frames = m_entityDeriver->derive(raw);
    else
        frames.push_back(m_deriver->derive(raw));
    m_now.gaps = m_entityDeriver ? m_entityDeriver->gaps() : m_deriver->gaps();
    {
        const std::lock_guard lock(m_mutex);
        m_shared = m_now;
    }
    if (m_callbacks.sample)
        for (auto &frame : frames)
            m_callbacks.sample(std::move(frame));
}

void HelperSupervisor::accountSeen(const wire::RawSample &raw, std::uint64_t intervalNs)
{
    m_now.seenShare.assign(raw.events.size(), 0);
    m_now.seenError.assign(raw.events.size(), 0);
    for (std::size_t i = 0; i < raw.events.size(); ++i) {
        const auto probe = static_cast<schema::Probe>(i);
        if (!feature::covers(raw, probe))
            continue;
        const auto part = feature::seenPart(raw, probe, intervalNs);
        m_now.seenShare[i] = part ? part->share : 1;
        m_now.seenError[i] = part ? part->error : 0;
    }
}

void HelperSupervisor::account(const wire::RawSample &raw)
{
    // Each process counts from 0; what earlier ones lost stays lost.
    m_now.losses = m_lossesBefore;
    m_now.losses.taskCollisions += raw.losses.taskCollisions;
    m_now.losses.missedIntervals += raw.losses.missedIntervals;
    m_now.losses.writeFailures += raw.losses.writeFailures;
    m_now.losses.readFailures += raw.losses.readFailures;
    m_now.losses.eventsMissed += raw.losses.eventsMissed;
    m_now.losses.entitiesUntold += raw.losses.entitiesUntold;
    m_now.helperRssBytes = raw.helperRssBytes;
    if (!m_last)
        return;
    const auto seconds = static_cast<double>(raw.timeNs - m_last->timeNs) / 1e9;
    double nsPerSecond = 0;
    m_now.eventsPerSecond.assign(raw.events.size(), 0);
    m_now.cpuShare.assign(raw.events.size(), 0);
    accountSeen(raw, raw.timeNs - m_last->timeNs);
    for (std::size_t i = 0; i < raw.events.size(); ++i) {
        const bool grew = m_now.seenShare[i] > 0 && raw.events[i] >= m_last->events[i];
        const double seen = m_now.seenShare[i] * seconds;
        const double rate = grew ? static_cast<double>(raw.events[i] - m_last->events[i]) / seen : 0;
        m_now.eventsPerSecond[i] = static_cast<std::uint64_t>(rate + 0.5);
        const auto &state = m_now.probes[i];
        // While it was out its hooks cost nothing.
        const double ns = m_now.seenShare[i] *
                          schema::costPerSecond({state.nsPerEvent, state.nsWhenBusy}, rate, raw.onlineCpus);
        m_now.cpuShare[i] = ns / 1e7;
        nsPerSecond += ns;
    }
    m_now.probeCpuShare = nsPerSecond / 1e9 * 100;
    if (raw.helperCpuNs >= m_last->helperCpuNs) {
        const double share = static_cast<double>(raw.helperCpuNs - m_last->helperCpuNs) / 1e9 / seconds * 100;
        m_now.helperCpuShare +=
            m_now.helperCpuShare == 0 ? share : kSmoothing * (share - m_now.helperCpuShare);
    }
}

Result<> HelperSupervisor::on(const wire::ProbeUpdate &update)
{
    if (static_cast<std::size_t>(update.state.probe) >= m_now.probes.size())
        return lie("news of a probe nobody asked for");
    m_now.probes[static_cast<std::size_t>(update.state.probe)] = update.state;
    if (m_entityDeriver)
        m_entityDeriver->update(update.state);
    else
        m_deriver->update(update.state);
    running();
    return {};
}

Result<> HelperSupervisor::on(const wire::Problem &problem)
{
    m_problem = problem;
    m_now.text = "the helper says: " + problem.message;
    m_now.hint = problem.hint;
    m_dirty = true;
    return {};
}

} // namespace statescape::source
