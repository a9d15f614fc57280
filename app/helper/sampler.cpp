// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/helper/sampler.h"

#include "app/helper/about.h"
#include "core/base/clock.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <unistd.h>

namespace statescape::helper {
namespace {
std::optional<procfs::ProcFile> tryOpen(const std::string &path)
{
    auto file = procfs::ProcFile::open(path);
    if (!file)
        return std::nullopt;
    return std::move(*file);
}

std::uint64_t ownCpuNs()
{
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}
} // namespace

std::uint32_t countCpus(std::string_view list)
{
    std::uint32_t count = 0;
    const char *at = list.data();
    const char *const end = at + list.size();
    while (at < end && *at != '\n') {
        std::uint32_t first = 0;
        auto parsed = std::from_chars(at, end, first);
        if (parsed.ec != std::errc{})
            return 0;
        std::uint32_t last = first;
        if (parsed.ptr < end && *parsed.ptr == '-')
            parsed = std::from_chars(parsed.ptr + 1, end, last);
        if (parsed.ec != std::errc{} || last < first)
            return 0;
        count += last - first + 1;
        at = parsed.ptr < end && *parsed.ptr == ',' ? parsed.ptr + 1 : parsed.ptr;
        if (parsed.ptr < end && *parsed.ptr != ',' && *parsed.ptr != '\n')
            return 0;
    }
    return count;
}

Sampler::Sampler(std::shared_ptr<const schema::Layout> layout, bpf::Probes probes, procfs::ProcReader proc)
    : m_layout(std::move(layout))
    , m_probes(std::move(probes))
    , m_proc(std::move(proc))
    , m_online(tryOpen("/sys/devices/system/cpu/online"))
    , m_statm(tryOpen("/proc/self/statm"))
    , m_kernel(kernelRelease())
    , m_pageBytes(static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)))
{
    // What shares of CPU time are divided by should the list of CPUs never be readable.
    m_sample.onlineCpus = static_cast<std::uint32_t>(std::max(::sysconf(_SC_NPROCESSORS_ONLN), 1L));
    m_sample.slots.resize(m_layout->words());
    m_sample.events.resize(m_layout->probes().size());
    m_sample.processes.reserve(wire::kMaxProcesses);
    if (m_layout->plan().budgetPercent > 0 && m_probes.any())
        m_budget.emplace(m_layout->plan().budgetPercent, static_cast<std::uint32_t>(base::monotonicNs()));
}

wire::Hello Sampler::hello() const
{
    wire::Hello hello;
    hello.layoutHash = m_layout->hash();
    hello.helperVersion = STATESCAPE_VERSION;
    hello.kernel = m_kernel;
    hello.cpusPossible = m_probes.cpusPossible();
    hello.privileged = m_probes.any();
    hello.mapBytes = m_probes.mapBytes();
    hello.probes = m_probes.standing();
    for (std::size_t i = 0; i < schema::kProbeCount; ++i) {
        const auto probe = static_cast<schema::Probe>(i);
        if (schema::info(probe).origin != schema::ProbeOrigin::Proc || !(*m_layout)[probe].planned)
            continue;
        wire::ProbeState state{probe, true, base::Code::Ok, {}, {}, -1};
        if (const auto &error = m_proc.standing(probe)) {
            auto withoutHint = *error;
            withoutHint.hint.clear();
            state = {probe, false, error->code, withoutHint.text(), error->hint, -1};
        }
        hello.probes.push_back(state);
    }
    std::ranges::sort(hello.probes, {}, &wire::ProbeState::probe);
    return hello;
}

std::vector<wire::ProbeState> Sampler::keepBudget(std::uint64_t intervalNs, std::uint64_t tickNs,
                                                  std::uint64_t &nextNs)
{
    nextNs = 0;
    std::vector<wire::ProbeState> news;
    if (!m_budget)
        return news;
    m_probes.expenses(m_expenses);
    const auto step =
        m_budget->step(base::monotonicNs(), m_expenses, m_sample.onlineCpus, intervalNs, tickNs);
    nextNs = step.nextNs;
    for (const auto probe : step.close)
        close(probe);
    for (const auto probe : step.open)
        open(probe);
    for (const auto &told : step.told) {
        auto &state = m_probes.state(told.probe);
        state.shed = told.shed;
        state.reason = told.reason;
        if (!told.shed)
            m_seen.stays(told.probe);
        news.push_back(state);
    }
    return news;
}

base::Result<> Sampler::startMover(const SandboxNeeds &needs)
{
    if (!m_budget)
        return {};
    STATESCAPE_TRY(m_mover, Mover::start(needs));
    return {};
}

void Sampler::close(schema::Probe probe)
{
    auto left = m_probes.leave(probe);
    m_seen.left(probe, left.untilNs, m_probes.toldEvents(probe));
    m_mover->post(probe, false, std::move(left.move));
}

void Sampler::open(schema::Probe probe)
{
    m_mover->post(probe, true, m_probes.comeBack(probe));
}

std::vector<wire::ProbeState> Sampler::onMoved()
{
    std::vector<wire::ProbeState> news;
    for (const auto &moved : m_mover->take()) {
        const auto name = moved.probe;
        if (moved.result) {
            const auto sinceNs = moved.in ? m_probes.arrived(name) : base::monotonicNs();
            m_budget->moved(name, moved.in, sinceNs, moved.cpuNs, moved.wallNs);
            if (moved.in)
                m_seen.came(name, sinceNs, m_probes.toldEvents(name));
            continue;
        }
        auto &state = m_probes.state(name);
        if (moved.in) {
            m_budget->cannotReturn(name);
            state.reason += "; stays out: " + moved.result.error().text();
            state.hint = "record again to have it back";
        } else {
            m_budget->cannotLeave(name);
            m_probes.stayed(name);
            m_seen.stayed(name);
            state.shed = false;
            state.reason = "over the budget, and stays: " + moved.result.error().text();
        }
        news.push_back(state);
    }
    return news;
}

wire::RawSample &Sampler::take()
{
    m_sample.probeMask = 0;
    m_probes.read(m_sample);
    m_seen.fill(m_sample.timeNs, m_sample);
    m_sample.boottimeNs = base::boottimeNs();
    m_sample.probeMask |= m_proc.read(m_layout->plan().probes, m_sample.slots);
    readOnline();
    readOwnUse();
    m_sample.losses.readFailures = m_proc.readFailures() + m_ownFailures;
    return m_sample;
}

void Sampler::readOnline()
{
    const auto text = m_online ? m_online->read() : std::string_view{};
    const auto count = countCpus(text);
    if (count == 0) {
        ++m_ownFailures;
        return;
    }
    m_sample.onlineCpus = count;
    if (text == m_onlineText)
        return;
    if (!m_onlineText.empty())
        ++m_sample.cpuChanges;
    m_onlineText = text;
}

void Sampler::readOwnUse()
{
    m_sample.helperCpuNs = ownCpuNs();
    procfs::Cursor numbers(m_statm ? m_statm->read() : std::string_view{});
    std::uint64_t total = 0;
    std::uint64_t resident = 0;
    if (numbers.number(total) && numbers.number(resident))
        m_sample.helperRssBytes = resident * m_pageBytes;
    else
        ++m_ownFailures;
}

} // namespace statescape::helper
