// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/probes.h"

#include "bpf/probes/scheduler/scheduler.h"
#include "bpf/shared.h"
#include "bpf/user/user_probes.h"
#include "core/base/clock.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <unistd.h>
#include <utility>

namespace statescape::bpf {
namespace {
using schema::Probe;

const std::array<const ProbeProgram &(*)(), 6> kPrograms{schedulerProbe, syscallsProbe, memoryProbe,
                                                         blockProbe,     tcpProbe,      processProbe};
constexpr std::uint64_t kReadsPerMissCheck = 4;
constexpr std::uint64_t kSteadyNs = 200'000;
constexpr int kSteadyAttempts = 3;

std::string hintFor(base::Code code, const std::string &program)
{
    if (code != base::Code::NotPermitted)
        return "this kernel lacks what the probe needs; the other probes work without it";
    if (::geteuid() == 0)
        return "this kernel or container refuses BPF even to root; run outside the container";
    return "sudo setcap cap_bpf,cap_perfmon+ep " + program;
}

schema::Slot firstSlot(Probe probe)
{
    const auto slots = schema::slots();
    const auto found = std::ranges::find(slots, probe, &schema::SlotInfo::probe);
    return static_cast<schema::Slot>(found - slots.begin());
}

std::size_t slotWordsOf(Probe probe)
{
    std::size_t words = 0;
    for (const auto &slot : schema::slots())
        if (slot.probe == probe)
            words += slot.kind == schema::SlotKind::Histogram ? schema::kHistogramBuckets : 1;
    return words;
}
} // namespace

Probes Probes::attach(std::shared_ptr<const schema::Layout> layout, const std::string &program)
{
    Probes probes;
    probes.m_layout = std::move(layout);
    LibbpfLog log;
    auto traits = KernelTraits::detect();
    if (!traits) {
        probes.refuseAll(traits.error());
        return probes;
    }
    probes.m_traits = *traits;
    auto maps = SharedMaps::create(*traits);
    if (!maps) {
        auto error = maps.error();
        error.hint = hintFor(error.code, program);
        probes.refuseAll(error);
        return probes;
    }
    probes.m_maps = std::make_unique<SharedMaps>(std::move(*maps));
    probes.m_tasks.emplace(*probes.m_maps);
    probes.m_maps->control.as<ss_control>(0).attached_ns = base::monotonicNs();
    probes.m_cost = CostMeter::start();
    for (const auto entry : kPrograms) {
        const auto &kind = entry();
        if (!(*probes.m_layout)[kind.probe].planned)
            continue;
        const std::string name(schema::info(kind.probe).key);
        auto banks = MappedArray::create("ss_" + name, kind.bankBytes, traits->cpusPossible);
        if (!banks) {
            auto error = banks.error();
            probes.m_standing.push_back(
                {kind.probe, false, error.code, error.text(), hintFor(error.code, program), -1});
            continue;
        }
        probes.stand(LoadedProbe::load(kind, *traits, *probes.m_maps, std::move(*banks), log), program);
    }
    probes.attachUser(log, program);
    for (std::size_t i = 0; i < schema::kProbeCount; ++i) {
        const auto probe = static_cast<Probe>(i);
        if ((*probes.m_layout)[probe].planned && schema::info(probe).origin != schema::ProbeOrigin::Proc &&
            std::ranges::find(probes.m_standing, probe, &wire::ProbeState::probe) == probes.m_standing.end())
            probes.m_standing.push_back(
                {probe, false, base::Code::NotSupported, "not in this build", "install a newer version", -1});
    }
    std::ranges::sort(probes.m_standing, {}, &wire::ProbeState::probe);
    return probes;
}

void Probes::refuseAll(const base::Error &error)
{
    auto withoutHint = error;
    withoutHint.hint.clear();
    const auto refuse = [&](Probe probe) {
        m_standing.push_back({probe, false, error.code, withoutHint.text(), error.hint, -1});
    };
    for (const auto entry : kPrograms)
        if ((*m_layout)[entry().probe].planned)
            refuse(entry().probe);
    for (std::size_t i = 0; i < m_layout->plan().user.size(); ++i)
        refuse(schema::userProbe(i));
}

void Probes::attachUser(LibbpfLog &log, const std::string &program)
{
    auto attached = attachUserProbes(m_layout->plan().user, m_traits, log);
    for (std::size_t i = 0; i < attached.size(); ++i) {
        wire::ProbeState state{schema::userProbe(i), attached[i].has_value(), base::Code::Ok, {}, {}, -1};
        if (attached[i]) {
            m_user.push_back({i, std::move(*attached[i])});
        } else {
            auto error = attached[i].error();
            state.code = error.code;
            state.hint = error.hint.empty() ? hintFor(error.code, program) : error.hint;
            error.hint.clear();
            state.reason = error.text();
        }
        m_standing.push_back(std::move(state));
    }
}

std::uint64_t Probes::mapBytes() const
{
    std::uint64_t bytes = m_maps ? m_maps->bytes() : 0;
    for (const auto &probe : m_probes)
        bytes += probe.banks().bytes();
    for (const auto &user : m_user)
        bytes += user.attachment->mapBytes();
    return bytes;
}

std::vector<int> Probes::readable() const
{
    std::vector<int> fds;
    for (const auto &user : m_user)
        if (user.attachment->readable() >= 0)
            fds.push_back(user.attachment->readable());
    return fds;
}

std::optional<wire::ProbeState> Probes::onReadable(int fd)
{
    for (auto user = m_user.begin(); user != m_user.end(); ++user) {
        if (user->attachment->readable() != fd)
            continue;
        const auto taken = user->attachment->onReadable();
        if (taken)
            return std::nullopt;
        auto error = taken.error();
        const auto hint = std::exchange(error.hint, {});
        const auto probe = schema::userProbe(user->index);
        m_user.erase(user);
        const auto state = std::ranges::find(m_standing, probe, &wire::ProbeState::probe);
        *state = {probe, false, error.code, error.text(), hint, -1};
        return *state;
    }
    return std::nullopt;
}

void Probes::stand(LoadedProbe probe, const std::string &program)
{
    const auto &kind = probe.program();
    wire::ProbeState state{kind.probe, true, base::Code::Ok, {}, {}, kind.recordedNs};
    for (std::size_t i = 0; i < kind.hooks.size(); ++i) {
        const auto &hook = kind.hooks[i];
        const auto &stands = probe.hooks()[i];
        if (stands.programFd >= 0)
            continue;
        const auto why = std::string(hook.name) + ": " + std::strerror(stands.sysErrno) +
                         (stands.reason.empty() ? "" : ": " + stands.reason);
        if (!hook.essential) {
            state.reason = "without " + std::string(hook.without) + ": " + why;
            continue;
        }
        const bool refused = !stands.rejected && (stands.sysErrno == EPERM || stands.sysErrno == EACCES);
        const auto code = refused ? base::Code::NotPermitted : base::Code::NotSupported;
        state = {kind.probe, false, code, why, hintFor(code, program), -1};
        break;
    }
    if (state.available && state.reason.empty())
        state.reason = "cost is the recorded figure, not measured here";
    m_standing.push_back(state);
    // A probe that cannot report must not cost anything either.
    if (state.available)
        m_probes.push_back(std::move(probe));
}

std::vector<wire::ProbeState> Probes::finishCost()
{
    std::vector<wire::ProbeState> changed;
    if (!m_cost)
        return changed;
    for (const auto &probe : m_probes) {
        std::vector<int> programs;
        for (const auto &hook : probe.hooks())
            if (hook.programFd >= 0)
                programs.push_back(hook.programFd);
        const auto cost = m_cost->nsPerEvent(programs);
        const auto state = std::ranges::find(m_standing, probe.program().probe, &wire::ProbeState::probe);
        if (!cost || state == m_standing.end())
            continue;
        state->nsPerEvent = *cost;
        if (state->reason.starts_with("cost is"))
            state->reason.clear();
        changed.push_back(*state);
    }
    m_cost.reset();
    return changed;
}

void Probes::prime()
{
    if (m_tasks)
        m_tasks->prime();
}

void Probes::read(wire::RawSample &sample)
{
    sample.timeNs = base::monotonicNs();
    m_running.clear();
    const bool checkMisses = m_reads++ % kReadsPerMissCheck == 0;
    std::uint64_t recursion = 0;
    std::uint64_t untimed = 0;
    for (const auto &probe : m_probes) {
        const auto &kind = probe.program();
        const auto bit = schema::bitOf(kind.probe);
        if (kind.probe == Probe::Scheduler)
            readScheduler(probe, sample);
        else
            addBanks(probe, sample);
        sample.probeMask |= bit;
        for (std::uint32_t cpu = 0; kind.missesWord != 0 && cpu < probe.banks().entries(); ++cpu)
            untimed += load((&probe.banks().as<std::uint64_t>(cpu))[kind.missesWord]);
        for (std::size_t i = 0; checkMisses && i < probe.hooks().size(); ++i)
            if (probe.hooks()[i].programFd >= 0)
                recursion += recursionMisses(probe.hooks()[i].programFd);
    }
    for (const auto &user : m_user) {
        const auto probe = schema::userProbe(user.index);
        const auto &planned = (*m_layout)[probe];
        const std::span words(sample.slots.data() + planned.firstWord, planned.words);
        if (user.attachment->read(words, sample.events[static_cast<std::size_t>(probe)]))
            sample.probeMask |= schema::bitOf(probe);
        untimed += user.attachment->missed();
    }
    if (checkMisses)
        m_recursionMisses = std::max(m_recursionMisses, recursion);
    sample.losses.eventsMissed = m_recursionMisses + untimed;
    if (m_tasks && !m_probes.empty()) {
        m_tasks->read(sample.timeNs, m_running, sample.processes);
        sample.losses.taskCollisions = m_tasks->collisions();
    }
}

void Probes::addBanks(const LoadedProbe &probe, wire::RawSample &sample)
{
    const auto &kind = probe.program();
    const auto words = slotWordsOf(kind.probe);
    auto *slots = sample.slots.data() + schema::slotOffset(firstSlot(kind.probe));
    std::fill_n(slots, words, 0);
    std::uint64_t events = 0;
    for (std::uint32_t cpu = 0; cpu < probe.banks().entries(); ++cpu) {
        const auto *bank = &probe.banks().as<std::uint64_t>(cpu);
        for (std::size_t i = 0; i < words; ++i)
            slots[i] += load(bank[i]);
        for (std::size_t i = 0; i < kind.hooks.size(); ++i)
            events += load(bank[kind.hitsWord + i]);
    }
    sample.events[static_cast<std::size_t>(kind.probe)] = events;
}

// The scheduler's times only make sense against the moment they were read at; a reader that lost its CPU in
// between takes another look.
void Probes::readScheduler(const LoadedProbe &scheduler, wire::RawSample &sample)
{
    std::uint64_t total = 0;
    for (int attempt = 0; attempt < kSteadyAttempts; ++attempt) {
        sample.timeNs = base::monotonicNs();
        addBanks(scheduler, sample);
        total = onCpuNs(scheduler, sample.timeNs);
        if (base::monotonicNs() - sample.timeNs < kSteadyNs)
            break;
    }
    m_onCpuNs = std::max(m_onCpuNs, total);
    sample.slots[schema::slotOffset(schema::Slot::SchedOnCpuNs)] = m_onCpuNs;
}

// Booked time and, without which a task that never leaves its CPU would show only when it does, the time
// since the last switch.
std::uint64_t Probes::onCpuNs(const LoadedProbe &scheduler, std::uint64_t nowNs)
{
    std::uint64_t total = 0;
    m_running.clear();
    for (std::uint32_t cpu = 0; cpu < scheduler.banks().entries(); ++cpu) {
        const auto &bank = scheduler.banks().as<ss_scheduler_bank>(cpu);
        // A switch sets the start to 0, books the time, and sets the new start last.
        for (int attempt = 0; attempt < 1000; ++attempt) {
            const auto since = load(bank.running_since_ns);
            const auto tid = load(bank.running_tid);
            const auto booked = load(bank.oncpu_ns);
            if (load(bank.running_since_ns) != since || (since == 0 && booked != 0))
                continue;
            total += booked;
            if (since != 0 && tid != 0) {
                total += nowNs > since ? nowNs - since : 0;
                m_running.push_back({tid, since});
            }
            break;
        }
    }
    return total;
}

} // namespace statescape::bpf
