// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/hook_search.h"

#include "core/hooks/kernel.h"
#include "core/schema/symbol_name.h"
#include "core/session/plan_text.h"
#include "core/session/probe_preview.h"
#include "core/session/worker.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <tuple>

namespace statescape::session {
namespace {
using hooks::Fit;
using schema::HookKind;
using schema::UserProbe;

// Where distributions put the scripts that come with bpftrace.
constexpr std::array kScriptFolders{"/usr/sbin", "/usr/share/bpftrace/tools",
                                    "/usr/local/share/bpftrace/tools"};

struct Ranked {
    Offer offer;
    Fit fit = Fit::Part;
};

std::string baseName(const std::string &path)
{
    return path.substr(path.rfind('/') + 1);
}

std::string placeOf(const UserProbe &probe, const std::string &group)
{
    const auto with = [&group](const char *what) { return group.empty() ? what : what + (", " + group); };
    switch (probe.kind) {
    case HookKind::Syscall:
        return "system call";
    case HookKind::Function:
        return with("kernel function");
    case HookKind::Kprobe:
        return with("kernel function, kprobe");
    case HookKind::Fentry:
        return with("kernel function, fentry");
    case HookKind::Tracepoint:
        return with("tracepoint");
    case HookKind::UserFunction:
        return "function of " + baseName(probe.target);
    case HookKind::Usdt:
        return "marker of " + baseName(probe.target);
    case HookKind::Xdp:
        return with("interface before the stack (XDP)");
    case HookKind::Packets:
        return with("interface, packets");
    case HookKind::Script:
        return "bpftrace script";
    case HookKind::kCount:
        break;
    }
    return {};
}

std::optional<Fit> fitOf(const std::string &text, const std::string &name)
{
    if (text.empty())
        return Fit::Part;
    hooks::NameList list;
    list.add(name, {}, 0);
    const auto found = list.search(text, 1);
    return found.matches.empty() ? std::nullopt : std::optional(found.matches.front().fit);
}

/// Functions and markers of a program, read once.
class ProgramLists {
public:
    struct Lists {
        std::string path;
        hooks::NameList functions, markers;
        hooks::NameList
            readable; ///< of functions as a person reads them; the value is the index in functions
    };
    base::Result<std::shared_ptr<const Lists>> of(const std::string &name)
    {
        STATESCAPE_TRY(const auto path, hooks::findBinary(name));
        std::error_code ignored;
        const auto stamp = std::filesystem::last_write_time(path, ignored);
        if (m_lists && m_lists->path == path && m_stamp == stamp)
            return m_lists;
        STATESCAPE_TRY(const auto binary, hooks::Binary::open(path));
        auto lists = std::make_shared<Lists>();
        lists->path = path;
        STATESCAPE_TRY(lists->functions, binary.functions());
        const auto &functions = lists->functions;
        for (std::size_t i = 0; i < functions.size(); ++i) {
            const auto name = schema::readableSymbol(functions.name(i));
            // Two that read the same are told apart by their symbols.
            if (const auto known = lists->readable.add(name, {}, 0, i); !known || !known->second)
                lists->readable.add(functions.name(i), {}, 0, i);
        }
        STATESCAPE_TRY(const auto markers, binary.markers());
        for (const auto &marker : markers)
            lists->markers.add(marker.name, marker.provider, 0);
        m_stamp = stamp;
        m_lists = std::move(lists);
        return m_lists;
    }

private:
    std::shared_ptr<const Lists> m_lists;
    std::filesystem::file_time_type m_stamp;
};

class Collector {
public:
    Collector(const HookQuery &query, ProgramLists &programs)
        : m_query(query)
        , m_programs(programs)
    {}

    Offers take()
    {
        addTyped();
        if (wants(HookGroup::Before) || (m_query.group == HookGroup::Everything && m_query.text.empty()))
            addBefore();
        if (m_query.group == HookGroup::Everything && m_query.text.empty())
            return finish();
        addKernel(HookGroup::Syscalls, HookKind::Syscall);
        addKernel(HookGroup::Tracepoints, HookKind::Tracepoint);
        addKernel(HookGroup::Functions, HookKind::Function);
        addProgram();
        addKernel(HookGroup::Interfaces, HookKind::Packets);
        addKernel(HookGroup::Interfaces, HookKind::Xdp);
        addScripts();
        return finish();
    }

private:
    [[nodiscard]] bool wants(HookGroup group) const
    {
        return m_query.group == HookGroup::Everything ? group != HookGroup::Before : m_query.group == group;
    }
    void add(UserProbe probe, const std::string &name, const std::string &group, Fit fit)
    {
        auto place = placeOf(probe, group);
        m_found.push_back({{std::move(probe), name, std::move(place)}, fit});
    }
    /// What is typed may be a whole probe.
    void addTyped()
    {
        if (auto probe = schema::parseUserProbe(m_query.text)) {
            ++m_out.total;
            m_typed = schema::format(*probe);
            auto place = placeOf(*probe, {});
            m_out.offers.push_back({std::move(*probe), m_query.text, "as written: " + place});
        }
    }
    void addBefore()
    {
        for (const auto &text : m_query.before)
            if (auto probe = schema::parseUserProbe(text); probe && fitOf(m_query.text, text)) {
                ++m_out.total;
                auto place = "used before: " + placeOf(*probe, {});
                m_out.offers.push_back({std::move(*probe), text, std::move(place)});
            }
    }
    void addKernel(HookGroup group, HookKind kind)
    {
        if (!wants(group))
            return;
        auto part = hooks::Kernel::running().search(m_query.text, kind, m_query.limit);
        if (!part) {
            m_out.missing.push_back(part.error());
            return;
        }
        m_out.total += part->total;
        for (auto &hook : part->hooks)
            add(std::move(hook.probe), hook.name, hook.group, hook.fit);
    }
    void addProgram()
    {
        const bool functions = wants(HookGroup::Programs), markers = wants(HookGroup::Markers);
        if (m_query.program.empty() || (!functions && !markers))
            return;
        const auto lists = m_programs.of(m_query.program);
        if (!lists) {
            m_out.missing.push_back(lists.error());
            return;
        }
        const auto search = [&](const hooks::NameList &names, const auto &put) {
            const auto found = names.search(m_query.text, m_query.limit);
            m_out.total += found.total;
            for (const auto &match : found.matches)
                put(match);
        };
        // A symbol typed as the linker knows it is searched as such.
        const bool mangled = m_query.text.starts_with("_Z") || m_query.text.starts_with("_R");
        const auto &names = mangled ? (*lists)->functions : (*lists)->readable;
        if (functions)
            search(names, [&](const hooks::Match &match) {
                const auto at = mangled ? match.index : names.value(match.index);
                UserProbe probe{HookKind::UserFunction,
                                (*lists)->path,
                                std::string((*lists)->functions.name(at)),
                                schema::Measure::Count,
                                {}};
                probe.shown = schema::readableSymbol(probe.symbol);
                const auto name = probe.shown.empty() ? probe.symbol : probe.shown;
                add(std::move(probe), name, {}, match.fit);
            });
        if (markers)
            search((*lists)->markers, [&](const hooks::Match &match) {
                const auto symbol = (*lists)->markers.fullName(match.index);
                add({HookKind::Usdt, (*lists)->path, symbol, schema::Measure::Count, {}}, symbol, {},
                    match.fit);
            });
    }
    void addScripts()
    {
        if (!wants(HookGroup::Scripts))
            return;
        auto paths = m_query.scripts;
        for (const auto *folder : kScriptFolders) {
            std::error_code error;
            for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
                 at.increment(error))
                if (at->path().extension() == ".bt")
                    paths.push_back(at->path().string());
        }
        std::ranges::sort(paths);
        paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
        for (const auto &path : paths)
            if (const auto fit = fitOf(m_query.text, baseName(path))) {
                ++m_out.total;
                add({HookKind::Script, path, {}, schema::Measure::Count, {}}, baseName(path), {}, *fit);
            }
    }
    Offers finish()
    {
        // Equal fits of equal length keep the order of kinds: what costs least and works everywhere first.
        std::ranges::stable_sort(m_found, [](const Ranked &a, const Ranked &b) {
            return std::tuple(a.fit, a.offer.name.size()) < std::tuple(b.fit, b.offer.name.size());
        });
        for (auto &each : m_found) {
            if (m_out.offers.size() >= m_query.limit)
                break;
            if (schema::format(each.offer.probe) != m_typed)
                m_out.offers.push_back(std::move(each.offer));
        }
        return std::move(m_out);
    }

    const HookQuery &m_query;
    ProgramLists &m_programs;
    std::vector<Ranked> m_found;
    std::string m_typed;
    Offers m_out;
};

std::vector<std::string> runningPrograms()
{
    std::map<std::string, std::string> byName;
    std::error_code error;
    for (std::filesystem::directory_iterator at("/proc", error), end; !error && at != end;
         at.increment(error)) {
        const auto pid = at->path().filename().string();
        if (pid.find_first_not_of("0123456789") != std::string::npos)
            continue;
        std::error_code unreadable;
        const auto path = std::filesystem::read_symlink(at->path() / "exe", unreadable).string();
        if (!unreadable && std::filesystem::exists(path, unreadable))
            byName.emplace(baseName(path) + '\n' + path, path);
    }
    std::vector<std::string> out;
    for (auto &[name, path] : byName)
        out.push_back(std::move(path));
    return out;
}
} // namespace

struct HookSearch::Impl {
    Offers find(const HookQuery &query)
    {
        const std::lock_guard lock(mutex);
        return Collector(query, programs).take();
    }
    /// Answers unless a newer question of the kind has come.
    template <class Work, class Done>
    void submit(Worker::Kind kind, Work work, Done done)
    {
        worker.submit(kind, [work = std::move(work), done = std::move(done)](const std::stop_token &stop) {
            auto answer = work();
            if (!stop.stop_requested())
                done(std::move(answer));
        });
    }
    std::mutex mutex;
    ProgramLists programs; ///< under mutex
    Worker worker;         // last: its thread uses the rest
};

HookSearch::HookSearch()
    : m_impl(std::make_unique<Impl>())
{}
HookSearch::~HookSearch() = default;

void HookSearch::find(HookQuery query, std::function<void(Offers)> done)
{
    m_impl->submit(
        Worker::Kind::Search, [impl = m_impl.get(), query = std::move(query)] { return impl->find(query); },
        std::move(done));
}

void HookSearch::preview(schema::UserProbe probe, std::function<void(ProbePreview)> done)
{
    m_impl->submit(
        Worker::Kind::Preview, [probe = std::move(probe)] { return previewOf(probe); }, std::move(done));
}

void HookSearch::programs(std::function<void(std::vector<std::string>)> done)
{
    m_impl->submit(Worker::Kind::Programs, runningPrograms, std::move(done));
}

Offers HookSearch::findNow(const HookQuery &query)
{
    return m_impl->find(query);
}

} // namespace statescape::session
