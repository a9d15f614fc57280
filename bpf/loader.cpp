// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/loader.h"

#include "bpf/shared.h"

#include <algorithm>
#include <array>
#include <bpf/libbpf.h>
#include <cerrno>

namespace statescape::bpf {
namespace {
constexpr std::size_t kVerifierLogBytes = 256 * 1024;

base::Result<> handOver(bpf_object *object, const SharedMaps &maps, const MappedArray &banks)
{
    bpf_map *map = nullptr;
    bpf_object__for_each_map(map, object)
    {
        const std::string_view name = bpf_map__name(map);
        const MappedArray *shared = name == "banks"        ? &banks
                                    : name == "tasks"      ? &maps.tasks
                                    : name == "active"     ? &maps.active
                                    : name == "control"    ? &maps.control
                                    : name == "inflight"   ? &maps.inflight
                                    : name == "reclaiming" ? &maps.reclaiming
                                                           : nullptr;
        if (shared && bpf_map__reuse_fd(map, shared->fd()) != 0)
            return base::fail(base::Code::Internal, "cannot share map " + std::string(name), {}, errno);
    }
    return {};
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
    return {-1, error, words, false};
}
} // namespace

base::Result<SharedMaps> SharedMaps::create(const KernelTraits &traits)
{
    SharedMaps maps;
    STATESCAPE_TRY(maps.tasks, MappedArray::create("ss_tasks", sizeof(ss_task), traits.taskCells));
    STATESCAPE_TRY(maps.active, MappedArray::create("ss_active", sizeof(ss_active), traits.cpusPossible));
    STATESCAPE_TRY(maps.control, MappedArray::create("ss_control", sizeof(ss_control), 1));
    STATESCAPE_TRY(maps.inflight, MappedArray::create("ss_inflight", sizeof(ss_pending), SS_INFLIGHT_CELLS));
    STATESCAPE_TRY(maps.reclaiming,
                   MappedArray::create("ss_reclaiming", sizeof(ss_pending), SS_RECLAIM_CELLS));
    return maps;
}

void LoadedProbe::LinkDeleter::operator()(bpf_link *link) const
{
    bpf_link__destroy(link);
}

LoadedProbe::LoadedProbe(const ProbeProgram &program, MappedArray banks)
    : m_program(&program)
    , m_banks(std::move(banks))
    , m_hooks(program.hooks.size())
{}

LoadedProbe LoadedProbe::load(const ProbeProgram &program, const KernelTraits &traits, const SharedMaps &maps,
                              MappedArray banks, LibbpfLog &log)
{
    LoadedProbe probe(program, std::move(banks));
    probe.loadTogether(traits, maps, log);
    for (std::size_t hook = 0; hook < probe.m_hooks.size(); ++hook)
        if (probe.m_hooks[hook].programFd < 0)
            probe.loadAlone(hook, traits, maps, log);
    return probe;
}

// On a kernel that has everything one load does for the whole probe; libbpf loads all or nothing, so anything
// else is found out program by program.
bool LoadedProbe::loadTogether(const KernelTraits &traits, const SharedMaps &maps, LibbpfLog &log)
{
    auto opened = m_program->open(traits);
    if (!opened.object || !handOver(opened.object, maps, m_banks))
        return false;
    select(opened.object, [](std::string_view name) { return name.ends_with("_btf"); });
    if (bpf_object__load(opened.object) != 0)
        return false;
    for (std::size_t hook = 0; hook < m_hooks.size(); ++hook)
        attach(hook, opened.object, std::string(m_program->hooks[hook].name) + "_btf", log);
    m_objects.push_back(std::move(opened));
    return true;
}

void LoadedProbe::loadAlone(std::size_t hook, const KernelTraits &traits, const SharedMaps &maps,
                            LibbpfLog &log)
{
    for (const char *kind : {"_btf", "_raw"}) {
        const auto name = std::string(m_program->hooks[hook].name) + kind;
        log.clear();
        auto opened = m_program->open(traits);
        if (!opened.object) {
            m_hooks[hook] = failed(errno, log.lastWarning());
            return;
        }
        if (const auto shared = handOver(opened.object, maps, m_banks); !shared) {
            m_hooks[hook] = failed(shared.error().sysErrno, shared.error().message);
            return;
        }
        select(opened.object, [&name](std::string_view other) { return other == name; });
        std::vector<char> verifier(kVerifierLogBytes);
        if (auto *program = bpf_object__find_program_by_name(opened.object, name.c_str()))
            bpf_program__set_log_buf(program, verifier.data(), verifier.size());
        if (const int error = bpf_object__load(opened.object); error != 0) {
            auto words = lastVerifierLine(verifier.data());
            m_hooks[hook] = failed(-error, words.empty() ? log.lastWarning() : words);
            m_hooks[hook].rejected = !words.empty();
            continue;
        }
        if (attach(hook, opened.object, name, log)) {
            m_objects.push_back(std::move(opened));
            return;
        }
    }
}

bool LoadedProbe::attach(std::size_t hook, bpf_object *object, const std::string &name, LibbpfLog &log)
{
    const auto *program = bpf_object__find_program_by_name(object, name.c_str());
    log.clear();
    auto *link = program ? bpf_program__attach(program) : nullptr;
    if (!link) {
        m_hooks[hook] = failed(errno, log.lastWarning());
        return false;
    }
    m_links.emplace_back(link);
    m_hooks[hook] = {bpf_program__fd(program), 0, {}, false};
    return true;
}

const Hook *LoadedProbe::missing() const
{
    for (std::size_t i = 0; i < m_hooks.size(); ++i)
        if (m_hooks[i].programFd < 0 && m_program->hooks[i].essential)
            return &m_program->hooks[i];
    return nullptr;
}

void LoadedProbe::detach()
{
    m_links.clear();
    m_objects.clear();
    for (auto &hook : m_hooks)
        hook.programFd = -1;
}

} // namespace statescape::bpf
