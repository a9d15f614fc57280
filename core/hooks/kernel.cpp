// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hooks/kernel.h"

#include "core/hooks/interfaces.h"
#include "core/hooks/syscalls.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace statescape::hooks {
namespace {
using schema::HookKind;
using schema::Measure;
using schema::UserProbe;

/// @return @p names that fit, each turned into a probe by @p text(index).
template <class Probe>
FoundHooks found(const NameList &names, std::string_view query, std::size_t limit, Probe probe)
{
    FoundHooks out;
    const auto result = names.search(query, limit);
    out.total = result.total;
    for (const auto &match : result.matches)
        out.hooks.push_back({probe(match.index), match.fit, std::string(names.name(match.index)),
                             std::string(names.group(match.index))});
    return out;
}

/// A probe whose target is the name alone.
auto byName(HookKind kind, const NameList &names, Measure measure = Measure::Count)
{
    return [kind, &names, measure](std::size_t i) {
        return UserProbe{kind, std::string(names.name(i)), {}, measure, {}};
    };
}

base::Result<FoundHooks> searchBinary(HookKind kind, std::string_view text, std::size_t limit)
{
    // A path may have colons, a function may not.
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos)
        return base::fail(base::Code::InvalidArgument,
                          "'" + std::string(text) + "' names no program or library",
                          "search as " + std::string(schema::hookKindKey(kind)) + ":PROGRAM:TEXT");
    STATESCAPE_TRY(const auto path, findBinary(std::string(text.substr(0, colon))));
    STATESCAPE_TRY(const auto binary, Binary::open(path));
    const auto query = text.substr(colon + 1);
    if (kind == HookKind::UserFunction) {
        STATESCAPE_TRY(const auto names, binary.functions());
        return found(names, query, limit, [&](std::size_t i) {
            return UserProbe{kind, path, std::string(names.name(i)), Measure::Count, {}};
        });
    }
    STATESCAPE_TRY(const auto markers, binary.markers());
    NameList names;
    for (const auto &marker : markers)
        names.add(marker.name, marker.provider, 0);
    return found(names, query, limit, [&](std::size_t i) {
        return UserProbe{kind, path, names.fullName(i), Measure::Count, {}};
    });
}
} // namespace

std::optional<HookKind> hookKindFromKey(std::string_view key)
{
    for (int i = 0; i < static_cast<int>(HookKind::kCount); ++i)
        if (schema::hookKindKey(static_cast<HookKind>(i)) == key)
            return static_cast<HookKind>(i);
    return std::nullopt;
}

Kernel &Kernel::running()
{
    static Kernel kernel;
    return kernel;
}

base::Result<std::shared_ptr<const KernelFunctions>> Kernel::functions()
{
    const std::lock_guard lock(m_mutex);
    if (!m_functions) {
        STATESCAPE_TRY(auto loaded, KernelFunctions::load(m_files));
        m_functions = std::make_shared<const KernelFunctions>(std::move(loaded));
    }
    return m_functions;
}

base::Result<std::shared_ptr<const Tracepoints>> Kernel::tracepoints()
{
    const std::lock_guard lock(m_mutex);
    if (!m_tracepoints) {
        STATESCAPE_TRY(auto loaded, Tracepoints::load(m_files));
        m_tracepoints = std::make_shared<const Tracepoints>(std::move(loaded));
    }
    return m_tracepoints;
}

std::shared_ptr<const NameList> Kernel::syscalls()
{
    const std::lock_guard lock(m_mutex);
    if (!m_syscalls)
        m_syscalls = std::make_shared<const NameList>(loadSyscalls());
    return m_syscalls;
}

NameList Kernel::interfaces() const
{
    return loadInterfaces(m_files);
}

const HookSupport &Kernel::support()
{
    const std::lock_guard lock(m_mutex);
    if (!m_support)
        m_support = HookSupport::detect(m_files);
    return *m_support;
}

void Kernel::forget()
{
    const std::lock_guard lock(m_mutex);
    m_functions.reset();
    m_tracepoints.reset();
}

base::Result<FoundHooks> Kernel::searchOne(HookKind kind, std::string_view text, std::size_t limit)
{
    switch (kind) {
    case HookKind::Syscall: {
        const auto names = syscalls();
        return found(*names, text, limit, byName(kind, *names, Measure::Errors));
    }
    case HookKind::Tracepoint: {
        STATESCAPE_TRY(const auto points, tracepoints());
        const auto &names = points->names();
        return found(names, text, limit, [&](std::size_t i) {
            const auto system =
                names.group(i).empty() ? std::string(kAnySystem) : std::string(names.group(i));
            return UserProbe{kind, system + ":" + std::string(names.name(i)), {}, Measure::Count, {}};
        });
    }
    case HookKind::Function:
    case HookKind::Kprobe:
    case HookKind::Fentry: {
        STATESCAPE_TRY(const auto all, functions());
        return found(all->names(), text, limit, byName(kind, all->names()));
    }
    case HookKind::Xdp:
    case HookKind::Packets: {
        const auto names = interfaces();
        return found(names, text, limit, byName(kind, names));
    }
    case HookKind::UserFunction:
    case HookKind::Usdt:
        return searchBinary(kind, text, limit);
    case HookKind::Script:
    case HookKind::kCount:
        break;
    }
    return FoundHooks{};
}

base::Result<FoundHooks> Kernel::search(std::string_view text, std::optional<HookKind> kind,
                                        std::size_t limit)
{
    const auto colon = text.find(':');
    const auto prefix =
        colon == std::string_view::npos ? std::nullopt : hookKindFromKey(text.substr(0, colon));
    if (prefix && (!kind || *kind == *prefix))
        return searchOne(*prefix, text.substr(colon + 1), limit);
    if (kind)
        return searchOne(*kind, text, limit);
    FoundHooks all;
    for (const auto each : {HookKind::Syscall, HookKind::Tracepoint, HookKind::Function, HookKind::Packets}) {
        auto part = searchOne(each, text, limit);
        if (!part)
            continue;
        all.total += part->total;
        std::ranges::move(part->hooks, std::back_inserter(all.hooks));
    }
    // Equal fits keep the order of kinds, cheapest hook first.
    std::ranges::stable_sort(all.hooks, [](const FoundHook &a, const FoundHook &b) {
        return std::tuple(a.fit, a.name.size()) < std::tuple(b.fit, b.name.size());
    });
    if (all.hooks.size() > limit)
        all.hooks.erase(all.hooks.begin() + static_cast<std::ptrdiff_t>(limit), all.hooks.end());
    return all;
}

} // namespace statescape::hooks
