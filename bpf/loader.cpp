// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/loader.h"

#include "bpf/shared.h"
#include "core/base/clock.h"

#include <algorithm>
#include <array>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cerrno>
#include <cstring>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace statescape::bpf {
namespace {
constexpr std::size_t kVerifierLogBytes = 256 * 1024;

std::string programName(const Hook &hook, std::size_t family)
{
    return std::string(hook.name) + std::string(programSuffixes(hook.at)[family]);
}

/// Leaves exactly the programs on for which @p wanted(name) holds.
template <class Wanted>
void select(bpf_object *object, Wanted wanted)
{
    bpf_program *program = nullptr;
    bpf_object__for_each_program(program, object)
        bpf_program__set_autoload(program, wanted(std::string_view(bpf_program__name(program))));
}

HookState failed(int error, const std::string &words)
{
    return {-1, error, words};
}

int openClock(std::uint32_t cpu, std::uint32_t hertz)
{
    perf_event_attr attributes{};
    attributes.size = sizeof(attributes);
    attributes.type = PERF_TYPE_SOFTWARE;
    attributes.config = PERF_COUNT_SW_CPU_CLOCK;
    attributes.freq = 1;
    attributes.sample_freq = hertz;
    attributes.disabled = 1;
    return static_cast<int>(::syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC));
}
} // namespace

std::span<const std::string_view> programSuffixes(At at)
{
    static constexpr std::array<std::string_view, 2> kTracepoint{"_btf", "_raw"};
    static constexpr std::array<std::string_view, 2> kEntry{"_fentry", "_kprobe"};
    static constexpr std::array<std::string_view, 2> kExit{"_fexit", "_kretprobe"};
    static constexpr std::array<std::string_view, 1> kClock{"_perf"};
    switch (at) {
    case At::Tracepoint:
        return kTracepoint;
    case At::Entry:
        return kEntry;
    case At::Exit:
        return kExit;
    case At::Clock:
        return kClock;
    }
    return {};
}

base::Result<SharedMaps> SharedMaps::create(const KernelTraits &traits)
{
    SharedMaps maps;
    STATESCAPE_TRY(maps.tasks, MappedArray::create("ss_tasks", sizeof(ss_task), traits.taskCells));
    STATESCAPE_TRY(maps.active, MappedArray::create("ss_active", sizeof(ss_active), traits.cpusPossible));
    STATESCAPE_TRY(maps.control, MappedArray::create("ss_control", sizeof(ss_control), 1));
    return maps;
}

void LoadedProbe::LinkDeleter::operator()(bpf_link *link) const
{
    bpf_link__destroy(link);
}

LoadedProbe::LoadedProbe(const ProbeProgram &program, const SharedMaps &maps, MappedArray banks)
    : m_program(&program)
    , m_maps(&maps)
    , m_banks(std::move(banks))
    , m_hooks(program.hooks.size())
    , m_places(program.hooks.size())
{}

LoadedProbe LoadedProbe::load(const ProbeProgram &program, const KernelTraits &traits, const SharedMaps &maps,
                              MappedArray banks, LibbpfLog &log)
{
    LoadedProbe probe(program, maps, std::move(banks));
    if (program.pendingCells != 0) {
        const auto cells = program.pendingCells == kPendingPerTask ? traits.taskCells : program.pendingCells;
        auto pending = MappedArray::create("ss_pending", sizeof(ss_pending), cells);
        if (!pending) {
            std::ranges::fill(probe.m_hooks, failed(pending.error().sysErrno, pending.error().message));
            return probe;
        }
        probe.m_pending = std::move(*pending);
    }
    probe.forget();
    probe.loadTogether(traits, log);
    for (std::size_t hook = 0; hook < probe.m_hooks.size();) {
        const std::size_t count = program.hooks[hook].at == At::Entry ? 2 : 1;
        const bool stands =
            probe.m_hooks[hook].programFd >= 0 && probe.m_hooks[hook + count - 1].programFd >= 0;
        if (!stands)
            probe.loadAlone(hook, count, traits, log);
        hook += count;
    }
    const auto redundant = program.redundant && !probe.missing() ? program.redundant(probe.m_banks) : 0;
    for (std::size_t hook = 0; hook < probe.m_hooks.size(); ++hook)
        if ((redundant >> hook & 1) != 0) {
            probe.m_places[hook] = {};
            probe.m_hooks[hook] = {};
            probe.m_hooks[hook].redundant = true;
        }
    return probe;
}

base::Result<> LoadedProbe::handOver(bpf_object *object) const
{
    bpf_map *map = nullptr;
    bpf_object__for_each_map(map, object)
    {
        const std::string_view name = bpf_map__name(map);
        const MappedArray *shared = name == "banks"     ? &m_banks
                                    : name == "pending" ? &m_pending
                                    : name == "tasks"   ? &m_maps->tasks
                                    : name == "active"  ? &m_maps->active
                                    : name == "control" ? &m_maps->control
                                                        : nullptr;
        if (shared && bpf_map__reuse_fd(map, shared->fd()) != 0)
            return base::fail(base::Code::Internal, "cannot share map " + std::string(name), {}, errno);
    }
    return {};
}

// On a kernel that has everything one load does for the whole probe; libbpf loads all or nothing, so anything
// else is found out program by program.
bool LoadedProbe::loadTogether(const KernelTraits &traits, LibbpfLog &log)
{
    auto opened = m_program->open(traits);
    if (!opened.object || !handOver(opened.object))
        return false;
    select(opened.object, [&](std::string_view name) {
        return std::ranges::any_of(m_program->hooks,
                                   [&](const Hook &hook) { return programName(hook, 0) == name; });
    });
    if (bpf_object__load(opened.object) != 0)
        return false;
    for (std::size_t hook = 0; hook < m_hooks.size(); ++hook)
        attach(hook, opened.object, 0, log);
    m_objects.push_back(std::move(opened));
    return true;
}

void LoadedProbe::loadAlone(std::size_t hook, std::size_t count, const KernelTraits &traits, LibbpfLog &log)
{
    std::string words;
    const auto states = std::span(m_hooks).subspan(hook, count);
    for (std::size_t family = 0; family < programSuffixes(m_program->hooks[hook].at).size(); ++family) {
        std::ranges::fill(states, HookState{});
        if (loadFamily(hook, count, family, traits, log))
            return;
        const auto found = std::ranges::find_if(states, [](const auto &one) { return one.sysErrno != 0; });
        auto failure = found == states.end() ? failed(EIO, {}) : *found;
        for (std::size_t i = hook; i < hook + count; ++i)
            m_places[i] = {};
        // The two ways into a function differ more than those to a tracepoint: both are worth knowing.
        if (count > 1) {
            words += (words.empty() ? "" : "; ") +
                     std::string(programSuffixes(m_program->hooks[hook].at)[family].substr(1)) + ": " +
                     (failure.rejected ? failure.reason : std::strerror(failure.sysErrno));
            failure.reason = words;
        }
        std::ranges::fill(states, failure);
    }
}

bool LoadedProbe::loadFamily(std::size_t hook, std::size_t count, std::size_t family,
                             const KernelTraits &traits, LibbpfLog &log)
{
    const auto hooks = m_program->hooks.subspan(hook, count);
    const auto states = std::span(m_hooks).subspan(hook, count);
    log.clear();
    auto opened = m_program->open(traits);
    if (!opened.object) {
        std::ranges::fill(states, failed(errno, log.lastWarning()));
        return false;
    }
    if (const auto shared = handOver(opened.object); !shared) {
        std::ranges::fill(states, failed(shared.error().sysErrno, shared.error().message));
        return false;
    }
    select(opened.object, [&](std::string_view other) {
        return std::ranges::any_of(hooks, [&](const Hook &one) { return programName(one, family) == other; });
    });
    std::vector<std::vector<char>> verifier(count, std::vector<char>(kVerifierLogBytes));
    for (std::size_t i = 0; i < count; ++i)
        if (auto *program =
                bpf_object__find_program_by_name(opened.object, programName(hooks[i], family).c_str()))
            bpf_program__set_log_buf(program, verifier[i].data(), verifier[i].size());
    if (const int error = bpf_object__load(opened.object); error != 0) {
        std::string words;
        for (const auto &text : verifier)
            words = words.empty() ? lastVerifierLine(text.data()) : words;
        auto state = failed(-error, words.empty() ? log.lastWarning() : words);
        state.rejected = !words.empty();
        std::ranges::fill(states, state);
        return false;
    }
    for (std::size_t i = 0; i < count; ++i)
        if (!attach(hook + i, opened.object, family, log))
            return false;
    m_objects.push_back(std::move(opened));
    return true;
}

bool LoadedProbe::attach(std::size_t hook, bpf_object *object, std::size_t family, LibbpfLog &log)
{
    const auto &what = m_program->hooks[hook];
    auto &place = m_places[hook];
    place = {};
    const auto *program = bpf_object__find_program_by_name(object, programName(what, family).c_str());
    if (!program) {
        m_hooks[hook] = failed(ENOENT, {});
        return false;
    }
    m_hooks[hook] = {bpf_program__fd(program), 0, {}};
    log.clear();
    int error = 0;
    if (what.at == At::Clock) {
        error = attachClock(hook);
    } else if (what.at != At::Tracepoint && family > 0) {
        place.kprobe.reset(bpf_program__attach(program));
        error = place.kprobe ? 0 : errno;
    } else {
        place.raw = what.at == At::Tracepoint && family > 0;
        const std::string tracepoint(what.name);
        place.link.reset(
            bpf_raw_tracepoint_open(place.raw ? tracepoint.c_str() : nullptr, m_hooks[hook].programFd));
        error = place.link.valid() ? 0 : errno;
    }
    if (error == 0)
        return true;
    place = {};
    m_hooks[hook] = failed(error, log.lastWarning());
    return false;
}

int LoadedProbe::attachClock(std::size_t hook)
{
    for (std::uint32_t cpu = 0; cpu < m_banks.entries(); ++cpu) {
        base::Fd event(openClock(cpu, m_program->hooks[hook].hertz));
        if (!event.valid() && errno == ENODEV)
            continue; // offline
        if (!event.valid() || ::ioctl(event.get(), PERF_EVENT_IOC_SET_BPF, m_hooks[hook].programFd) != 0 ||
            ::ioctl(event.get(), PERF_EVENT_IOC_ENABLE, 0) != 0)
            return errno;
        m_places[hook].events.push_back(std::move(event));
    }
    return 0;
}

const Hook *LoadedProbe::missing() const
{
    for (std::size_t i = 0; i < m_hooks.size(); ++i)
        if (m_hooks[i].programFd < 0 && m_program->hooks[i].essential)
            return &m_program->hooks[i];
    return nullptr;
}

void LoadedProbe::forget()
{
    if (m_pending.bytes() != 0)
        std::memset(&m_pending.as<std::byte>(0), 0, m_pending.bytes());
    if (m_program->forget)
        m_program->forget(*m_maps, m_banks, base::monotonicNs());
}

bool LoadedProbe::suspend()
{
    if (std::ranges::any_of(m_places, [](const Place &place) { return place.kprobe != nullptr; }))
        return false;
    for (auto &place : m_places) {
        place.link.reset();
        for (const auto &event : place.events)
            ::ioctl(event.get(), PERF_EVENT_IOC_DISABLE, 0);
    }
    m_suspended = true;
    return true;
}

base::Result<> LoadedProbe::resume()
{
    if (!m_suspended)
        return {};
    forget();
    for (std::size_t i = 0; i < m_places.size(); ++i) {
        auto &place = m_places[i];
        if (m_hooks[i].programFd < 0)
            continue;
        int error = 0;
        for (const auto &event : place.events)
            if (::ioctl(event.get(), PERF_EVENT_IOC_ENABLE, 0) != 0)
                error = errno;
        const std::string name(m_program->hooks[i].name);
        if (place.events.empty())
            place.link.reset(
                bpf_raw_tracepoint_open(place.raw ? name.c_str() : nullptr, m_hooks[i].programFd));
        if (place.events.empty() && !place.link.valid())
            error = errno;
        if (error == 0)
            continue;
        suspend();
        const bool refused = error == EPERM || error == EACCES;
        return base::fail(refused ? base::Code::NotPermitted : base::Code::NotSupported,
                          "cannot attach " + name + " again", "record again", error);
    }
    m_suspended = false;
    return {};
}

} // namespace statescape::bpf
