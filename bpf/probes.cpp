// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/probes.h"

#include "bpf/needs.h"
#include "bpf/probes/hardware/hardware.h"
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

constexpr std::uint64_t kReadsPerMissCheck = 4;
constexpr std::string_view kRecordedCost = "cost is the recorded figure, not measured here";
constexpr std::uint64_t kSteadyNs = 200'000;
constexpr int kSteadyAttempts = 3;

std::string hintFor(base::Code code, const std::string &program)
{
    if (code != base::Code::NotPermitted)
        return "this kernel lacks what the probe needs; the other probes work without it";
    return "sudo setcap " + needsOfShipped().names() + "+ep " + program;
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
    probes.m_words = ToldWords(*probes.m_layout);
    probes.m_raw.slots.resize(probes.m_layout->words());
    probes.m_raw.events.resize(probes.m_layout->probes().size());
    LibbpfLog log;
    auto traits = KernelTraits::detect();
    if (!traits) {
        probes.refuseAll(traits.error(), program);
        return probes;
    }
    const auto entity = probes.m_layout->plan().entity;
    traits->perEntity = entity == schema::EntityKind::Process || entity == schema::EntityKind::Cgroup;
    probes.m_traits = *traits;
    auto maps = SharedMaps::create(*traits);
    if (!maps) {
        auto error = maps.error();
        error.hint = hintFor(error.code, program);
        probes.refuseAll(error, program);
        return probes;
    }
    probes.m_maps = std::make_unique<SharedMaps>(std::move(*maps));
    probes.m_online = OnlineCpus::open(traits->cpusPossible);
    probes.m_tasks.emplace(*probes.m_maps, entity);
    probes.m_maps->control.as<ss_control>(0).attached_ns = base::monotonicNs();
    for (const auto *entry : allProbes()) {
        const auto &kind = *entry;
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
        probes.stand(probes.m_survey->attach(kind.probe,
                                             [&] {
                                                 return LoadedProbe::load(kind, *traits, *probes.m_maps,
                                                                          std::move(*banks), log);
                                             }),
                     program);
    }
    probes.attachHardware(program);
    probes.attachUser(log, program);
    probes.m_survey->start(probes.m_probes);
    for (const auto &probe : probes.m_probes)
        probes.expectSamples(probe);
    for (std::size_t i = 0; i < schema::kProbeCount; ++i) {
        const auto probe = static_cast<Probe>(i);
        if ((*probes.m_layout)[probe].planned && schema::info(probe).origin != schema::ProbeOrigin::Proc &&
            std::ranges::find(probes.m_standing, probe, &wire::ProbeState::probe) == probes.m_standing.end())
            probes.m_standing.push_back(
                {probe, false, base::Code::NotSupported, "not in this build", "install a newer version", -1});
    }
    std::ranges::sort(probes.m_standing, {}, &wire::ProbeState::probe);
    for (auto &state : probes.m_standing)
        nameMissing(state, probes.m_layout->plan(), program);
    return probes;
}

void Probes::refuseAll(const base::Error &error, const std::string &program)
{
    auto withoutHint = error;
    withoutHint.hint.clear();
    const auto refuse = [&](Probe probe) {
        m_standing.push_back({probe, false, error.code, withoutHint.text(), error.hint, -1});
        nameMissing(m_standing.back(), m_layout->plan(), program);
    };
    for (std::size_t i = 0; i < schema::kProbeCount; ++i)
        if (const auto probe = static_cast<Probe>(i);
            (*m_layout)[probe].planned && schema::info(probe).origin != schema::ProbeOrigin::Proc)
            refuse(probe);
    for (std::size_t i = 0; i < m_layout->plan().user.size(); ++i)
        refuse(schema::userProbe(i));
}

void Probes::attachUser(LibbpfLog &log, const std::string &program)
{
    auto attached = attachUserProbes(m_layout->plan().user, m_traits, log);
    for (std::size_t i = 0; i < attached.size(); ++i)
        stand(schema::userProbe(i), std::move(attached[i]), program);
}

void Probes::attachHardware(const std::string &program)
{
    if (!(*m_layout)[Probe::Hardware].planned)
        return;
    stand(Probe::Hardware, openHardwareCounters(m_traits.cpusPossible), program);
    if (m_standing.back().available) {
        m_standing.back().nsPerEvent = static_cast<float>(schema::info(Probe::Hardware).recorded.coldNs);
        m_standing.back().reason = kRecordedCost;
    }
}

void Probes::stand(Probe probe, AttachResult attached, const std::string &program)
{
    wire::ProbeState state{probe, attached.has_value(), base::Code::Ok, {}, {}, -1};
    if (attached) {
        state.reason = (*attached)->note();
        if (const double warm = (*attached)->warmNs(); warm >= 0) {
            state.nsPerEvent = state.nsWhenBusy = static_cast<float>(warm);
            state.measured = true;
        }
        m_user.push_back({probe, std::move(*attached)});
    } else {
        auto error = attached.error();
        state.code = error.code;
        state.hint = error.hint.empty() ? hintFor(error.code, program) : error.hint;
        error.hint.clear();
        state.reason = error.text();
    }
    m_standing.push_back(std::move(state));
}

std::uint64_t Probes::mapBytes() const
{
    std::uint64_t bytes = m_maps ? m_maps->bytes() : 0;
    for (const auto &probe : m_probes)
        bytes += probe.mapBytes();
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
        const auto probe = user->probe;
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
    wire::ProbeState state{kind.probe, true, base::Code::Ok,
                           {},         {},   static_cast<float>(schema::info(kind.probe).recorded.coldNs)};
    for (std::size_t i = 0; i < kind.hooks.size(); ++i) {
        const auto &hook = kind.hooks[i];
        const auto &stands = probe.hooks()[i];
        if (stands.programFd >= 0 || stands.redundant)
            continue;
        const auto why = std::string(hook.name) +
                         (hook.at == At::Tracepoint || hook.at == At::Clock
                              ? ": " + std::string(std::strerror(stands.sysErrno))
                              : "") +
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
    m_survey->fillWarm(state);
    if (state.available && state.reason.empty() && !state.measured)
        state.reason = kRecordedCost;
    m_standing.push_back(state);
    // A probe that cannot report must not cost anything either.
    if (state.available)
        m_probes.push_back(std::move(probe));
}

std::vector<wire::ProbeState> Probes::finishCost()
{
    std::vector<wire::ProbeState> changed;
    const auto finish = [&](Probe probe, std::span<const int> programs) {
        const auto state = std::ranges::find(m_standing, probe, &wire::ProbeState::probe);
        if (state == m_standing.end() || !m_survey->fillCold(*state, programs, m_traits.cpusPossible))
            return;
        if (state->reason.starts_with(kRecordedCost))
            state->reason.clear();
        changed.push_back(*state);
    };
    if (m_survey->running()) {
        for (const auto &probe : m_probes)
            finish(probe.program().probe, programsOf(probe));
        for (const auto &user : m_user)
            finish(user.probe, user.attachment->programFds());
    }
    m_survey.reset();
    return changed;
}

void Probes::expenses(std::vector<Expense> &out) const
{
    out.clear();
    const auto add = [&](Probe probe, std::uint64_t events) {
        const auto state = std::ranges::find(m_standing, probe, &wire::ProbeState::probe);
        if (state != m_standing.end())
            out.push_back({probe, {state->nsPerEvent, state->nsWhenBusy}, events});
    };
    for (const auto &probe : m_probes)
        add(probe.program().probe, eventsOf(probe));
    for (const auto &user : m_user) {
        const auto probe = user.probe;
        std::vector<std::uint64_t> words((*m_layout)[probe].words);
        std::uint64_t events = 0;
        user.attachment->read(words, events);
        add(probe, events);
    }
}

wire::ProbeState &Probes::state(Probe probe)
{
    return *std::ranges::find(m_standing, probe, &wire::ProbeState::probe);
}

void Probes::prime()
{
    if (m_tasks)
        m_tasks->prime(base::monotonicNs());
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
        if (kind.probe == Probe::Samples && !isAway(kind.probe)) {
            m_online.update();
            m_untaken.look(probe.banks(), m_online, base::monotonicNs());
        }
        if (!isAway(kind.probe)) {
            const auto lookedNs = look(probe);
            if (kind.probe == Probe::Scheduler)
                sample.timeNs = lookedNs;
            m_words.tell(m_raw, kind.probe);
        }
        m_words.copy(kind.probe, sample);
        sample.probeMask |= bit;
        for (std::uint32_t cpu = 0; kind.missesWord != 0 && cpu < probe.banks().entries(); ++cpu)
            untimed += load((&probe.banks().as<std::uint64_t>(cpu))[kind.missesWord]);
        for (std::size_t i = 0; checkMisses && i < probe.hooks().size(); ++i)
            if (probe.hooks()[i].programFd >= 0)
                recursion += recursionMisses(probe.hooks()[i].programFd);
    }
    for (auto &user : m_user) {
        const auto probe = user.probe;
        if (!isAway(probe)) {
            look(user);
            m_words.tell(m_raw, probe);
        }
        m_words.copy(probe, sample);
        if (user.valid)
            sample.probeMask |= schema::bitOf(probe);
        untimed += user.attachment->missed();
    }
    if (checkMisses)
        m_recursionMisses = std::max(m_recursionMisses, recursion);
    sample.losses.eventsMissed = m_recursionMisses + untimed + m_untaken.count();
    if (m_tasks && !m_probes.empty()) {
        if (m_tasks->perEntity())
            m_tasks->read(sample.timeNs, m_running, sample.entities);
        else
            m_tasks->read(sample.timeNs, m_running, sample.processes);
        sample.losses.entitiesUntold = m_tasks->untold();
        sample.losses.taskCollisions = m_tasks->collisions();
    }
}

/// Reads it as it stands. @return when
std::uint64_t Probes::look(const LoadedProbe &probe)
{
    m_raw.timeNs = base::monotonicNs();
    if (probe.program().probe == Probe::Scheduler)
        readScheduler(probe, m_raw);
    else
        addBanks(probe, m_raw);
    return m_raw.timeNs;
}

std::uint64_t Probes::look(User &user)
{
    const auto &planned = (*m_layout)[user.probe];
    const std::span words(m_raw.slots.data() + planned.firstWord, planned.words);
    const auto nowNs = base::monotonicNs();
    user.valid = user.attachment->read(words, m_raw.events[static_cast<std::size_t>(user.probe)]);
    return nowNs;
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
    sample.slots[schema::slotOffset(schema::Slot::SchedOnCpuNs)] = total;
}

// Booked time and, without which a task that never leaves its CPU would show only when it does, the time
// since the last switch.
std::uint64_t Probes::onCpuNs(const LoadedProbe &scheduler, std::uint64_t nowNs)
{
    std::uint64_t total = 0;
    m_running.clear();
    m_online.update();
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
            // The last switch on a CPU that goes away is not traced: what took it away would run forever.
            if (since != 0 && tid != 0 && m_online.has(cpu)) {
                total += nowNs > since ? nowNs - since : 0;
                m_running.push_back({tid, since});
            }
            break;
        }
    }
    return total;
}

} // namespace statescape::bpf
