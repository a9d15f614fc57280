// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/user/hook_programs.h"

#include "bpf/user/hook_link.h"

#include <algorithm>
#include <bpf/libbpf.h>
#include <cerrno>

namespace statescape::bpf {
namespace {
constexpr std::size_t kVerifierLogBytes = 64 * 1024;

base::Result<> handOver(bpf_object *object,
                        std::initializer_list<std::pair<const char *, const MappedArray *>> maps)
{
    for (const auto &[name, memory] : maps) {
        auto *map = bpf_object__find_map_by_name(object, name);
        if (!map)
            return base::fail(base::Code::Internal, std::string("there is no map ") + name);
        // A map that is not filled in belongs to programs that are not loaded.
        const int error = memory->entries() == 0 ? bpf_map__set_autocreate(map, false)
                                                 : bpf_map__reuse_fd(map, memory->fd());
        if (error != 0)
            return base::fail(base::Code::Internal, std::string("cannot share map ") + name, {}, -error);
    }
    return {};
}
} // namespace

base::Result<HookPrograms>
loadPrograms(Opened opened, std::span<const WantedProgram> wanted,
             std::initializer_list<std::pair<const char *, const MappedArray *>> maps, LibbpfLog &log)
{
    log.clear();
    if (!opened.object)
        return hookError("cannot open the probe's object: " + log.lastWarning(), errno);
    STATESCAPE_CHECK(handOver(opened.object, maps));
    std::vector<std::vector<char>> logs;
    bpf_program *program = nullptr;
    bpf_object__for_each_program(program, opened.object)
    {
        const auto row =
            std::ranges::find(wanted, std::string_view(bpf_program__name(program)), &WantedProgram::name);
        bpf_program__set_autoload(program, row != wanted.end());
        if (row == wanted.end())
            continue;
        if (const int error = row->prepare ? row->prepare(program) : 0; error != 0)
            return hookError(log.lastWarning(), -error);
        bpf_program__set_log_buf(program, logs.emplace_back(kVerifierLogBytes).data(), kVerifierLogBytes);
    }
    if (const int error = bpf_object__load(opened.object); error != 0) {
        std::string words;
        for (const auto &text : logs)
            if (auto line = lastVerifierLine(text.data()); !line.empty())
                words = std::move(line);
        auto failure = hookError(words.empty() ? log.lastWarning() : words, -error);
        // The verifier says EACCES too, and means something else.
        if (!words.empty())
            failure.code = base::Code::NotSupported;
        return failure;
    }
    HookPrograms out;
    for (const auto &row : wanted)
        out.programs.push_back(bpf_program__fd(bpf_object__find_program_by_name(opened.object, row.name)));
    out.object = std::move(opened);
    return out;
}

} // namespace statescape::bpf
