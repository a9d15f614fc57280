// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/probe_preview.h"

#include "core/hooks/checked_probe.h"
#include "core/session/plan_text.h"

#include <algorithm>
#include <array>

namespace statescape::session {
namespace {
using hooks::CheckedProbe;
using schema::HookKind;
using schema::Measure;
using schema::UserProbe;
using Verdict = ProbePreview::Verdict;

bool isFunction(HookKind kind)
{
    return kind == HookKind::Function || kind == HookKind::Kprobe || kind == HookKind::Fentry;
}

std::vector<MeasureChoice> measuresOf(const UserProbe &probe)
{
    const MeasureChoice count{Measure::Count, {}, "how often"};
    const MeasureChoice latency{Measure::Latency, {}, "how often and how long"};
    switch (probe.kind) {
    case HookKind::Syscall:
        return {{Measure::Errors, {}, "how often, and how often it failed"}, count, latency};
    case HookKind::Function:
    case HookKind::Kprobe:
    case HookKind::Fentry:
    case HookKind::UserFunction:
        return {count, latency};
    case HookKind::Tracepoint:
        break;
    case HookKind::Xdp:
    case HookKind::Packets:
        return {{Measure::Count, {}, "packets, bytes, protocols, sizes"}};
    case HookKind::Script:
        return {{Measure::Count, {}, "the script's maps"}};
    case HookKind::Usdt:
    case HookKind::kCount:
        return {count};
    }
    std::vector<MeasureChoice> out{count};
    const auto points = hooks::Kernel::running().tracepoints();
    const auto colon = probe.target.find(':');
    if (!points || colon == std::string::npos)
        return out;
    if (const auto format = (*points)->format(probe.target.substr(0, colon), probe.target.substr(colon + 1)))
        for (const auto &field : format->fields)
            if (field.numeric)
                out.push_back({Measure::Field, field.name, field.name + " (" + field.type + ")"});
    return out;
}

std::string hooksOf(const UserProbe &probe, const CheckedProbe *checked)
{
    const bool timed = probe.measure == Measure::Latency;
    switch (probe.kind) {
    case HookKind::Syscall:
        return timed ? "the tracepoints sys_enter and sys_exit, where calls of another number pass on at once"
                     : "the tracepoint sys_exit, where calls of another number pass on at once";
    case HookKind::Function:
    case HookKind::Kprobe:
    case HookKind::Fentry: {
        const bool fentry = checked ? checked->fentry : probe.kind != HookKind::Kprobe;
        const bool kprobe = checked ? checked->kprobe : probe.kind != HookKind::Fentry;
        const std::string at = (timed ? "entry and return of " : "entry of ") + probe.target;
        if (fentry && kprobe)
            return at + (timed ? ", by fentry and fexit, else by kprobe and kretprobe"
                               : ", by fentry, else by kprobe");
        if (fentry)
            return at + (timed ? ", by fentry and fexit" : ", by fentry");
        return at + (timed ? ", by kprobe and kretprobe" : ", by kprobe");
    }
    case HookKind::Tracepoint:
        return "the tracepoint " + probe.target +
               (probe.measure == Measure::Field ? ", and the field " + probe.symbol + " of its record" : "");
    case HookKind::UserFunction:
        return (timed ? "entry and return of " : "entry of ") +
               (probe.shown.empty() ? probe.symbol : probe.shown) + " in " + probe.target +
               ", in every process that runs it";
    case HookKind::Usdt: {
        const auto places = checked ? checked->points.size() : 0;
        return "the marker " + probe.symbol + " in " + probe.target +
               (places > 1 ? ", at " + std::to_string(places) + " places" : "");
    }
    case HookKind::Xdp:
        return "packets that " + probe.target +
               " receives, in its driver where that can be, before the stack";
    case HookKind::Packets:
        return "packets that " + probe.target + " receives and sends, by a socket filter";
    case HookKind::Script:
        return "whatever the script asks for, by the bpftrace that is installed";
    case HookKind::kCount:
        break;
    }
    return {};
}

std::string needsOf(const UserProbe &probe)
{
    switch (probe.kind) {
    case HookKind::Xdp:
        return "The authorisation for the shipped probes, and the right to change the network "
               "(cap_net_admin)";
    case HookKind::Packets:
        return "The authorisation for the shipped probes, and the right to see packets (cap_net_raw)";
    case HookKind::Script:
        return "The authorisation for scripts: bpftrace runs as root and can read all memory. Look at the "
               "script first";
    default:
        return "The authorisation for probes of one's own. The helper gets names only and holds them against "
               "what the kernel lists";
    }
}

bool fits(std::string_view pattern, std::string_view text)
{
    return hooks::fitsGlob(pattern, text);
}
template <std::size_t n>
bool fitsAny(const std::array<std::string_view, n> &patterns, std::string_view text)
{
    return std::ranges::any_of(patterns, [text](auto each) { return fits(each, text); });
}

// Known from what every kernel does all the time; a trial says what this machine does.
constexpr std::array<std::string_view, 44> kHotFunctions{
    "*spin_lock*",  "*spin_unlock*", "mutex_lock*",    "mutex_unlock*", "up_*",         "down_*",
    "*rcu_read_*",  "rcu_*",         "kmalloc*",       "__kmalloc*",    "kfree*",       "kmem_cache_*",
    "schedule",     "__schedule",    "pick_next_*",    "update_curr*",  "enqueue_*",    "dequeue_*",
    "try_to_wake*", "ttwu_*",        "*hrtimer*",      "ktime_get*",    "*softirq*",    "*irq_enter*",
    "*irq_exit*",   "handle_mm_*",   "*page_fault*",   "copy_*_user*",  "_copy_*_user", "__fget*",
    "fget*",        "fput*",         "vfs_read",       "vfs_write",     "new_sync_*",   "security_*",
    "*copy_page*",  "clear_page*",   "__alloc_pages*", "get_page_*",    "__skb_*",      "kfree_skb*",
    "*netif_rec*",  "fdget*"};
constexpr std::array<std::string_view, 14> kHotTracepoints{"raw_syscalls:*",
                                                           "*:sys_enter",
                                                           "*:sys_exit",
                                                           "sched:sched_switch",
                                                           "sched:sched_wak*",
                                                           "sched:sched_st*",
                                                           "kmem:*",
                                                           "timer:*",
                                                           "irq:*",
                                                           "irq_vectors:*",
                                                           "rcu:*",
                                                           "exceptions:*",
                                                           "preemptirq:*",
                                                           "power:cpu_idle"};
constexpr std::array<std::string_view, 16> kHotUserFunctions{
    "malloc",   "free",    "calloc",  "realloc",         "memcpy*",       "memset*",
    "memmove*", "memcmp*", "str*",    "pthread_mutex_*", "__libc_malloc", "_int_*",
    "cfree",    "_Znwm",   "_ZdlPv*", "*PyEval*"};
constexpr std::array<std::string_view, 12> kHotSyscalls{"read",     "write",  "futex",       "recvmsg",
                                                        "sendmsg",  "poll",   "epoll_*",     "clock_*",
                                                        "recvfrom", "sendto", "sched_yield", "gettimeofday"};

std::string capitalized(std::string text)
{
    if (!text.empty() && text.front() >= 'a' && text.front() <= 'z')
        text.front() = static_cast<char>(text.front() - 'a' + 'A');
    return text;
}
} // namespace

std::vector<std::string> costWarnings(const UserProbe &probe)
{
    std::vector<std::string> out;
    const std::string often =
        " runs very often on a busy machine: try it first, and look at its share of a CPU";
    if (isFunction(probe.kind) && fitsAny(kHotFunctions, probe.target))
        out.push_back(probe.target + often);
    if (probe.kind == HookKind::Tracepoint && fitsAny(kHotTracepoints, probe.target))
        out.push_back(probe.target + often);
    if (probe.kind == HookKind::Syscall && fitsAny(kHotSyscalls, probe.target))
        out.push_back(probe.target + often);
    if (probe.kind == HookKind::Syscall)
        out.emplace_back("any hook on system calls makes each call of this machine some 80 ns longer, where "
                         "the shipped system call probe does not do so already");
    if (probe.kind == HookKind::UserFunction || probe.kind == HookKind::Usdt)
        out.emplace_back("every call enters the kernel: about 1.7 µs each, and twice that when it is timed");
    if (probe.kind == HookKind::UserFunction && fitsAny(kHotUserFunctions, probe.symbol))
        out.push_back((probe.shown.empty() ? probe.symbol : probe.shown) +
                      " is called so often that programs become much slower: leave it, or try it "
                      "on a machine that nobody needs");
    if (probe.kind == HookKind::Script)
        out.emplace_back(
            "bpftrace itself takes some 100 MB of memory, and a script's cost is its own: try it "
            "first");
    if (probe.kind == HookKind::Xdp) {
        out.emplace_back("attaching may stop the interface for a moment while its driver is set up anew");
        out.push_back(
            "where no hardware driver runs it (veth, bridges, generic XDP) the kernel copies packets for it: "
            "some 150 ns each, of which shedding saves little; packets:" +
            probe.target + " counts the same and what is sent for some 26 ns");
    }
    return out;
}

ProbePreview previewOf(const UserProbe &asked)
{
    ProbePreview out;
    out.probe = asked;
    if (asked.kind == HookKind::Script && asked.script.empty()) {
        auto read = readUserProbe(schema::format(asked));
        if (read)
            out.probe = std::move(*read);
        else
            out.problem = read.error();
    } else if (auto full = hooks::withFullNames(asked)) {
        out.probe = std::move(*full);
    } else if (full.error().code == base::Code::InvalidArgument) {
        out.problem = full.error();
    }
    const UserProbe &probe = out.probe;
    out.text = schema::format(probe);
    out.measures = measuresOf(probe);
    out.needs = needsOf(probe);
    for (auto &each : schema::userFeatures(probe))
        out.features.push_back(std::move(each.feature));
    out.warnings = costWarnings(probe);
    auto &kernel = hooks::Kernel::running();
    const auto checked = hooks::checkProbe(probe, kernel);
    if (!checked && out.problem.message.empty())
        out.problem = checked.error();
    out.hooks = capitalized(hooksOf(probe, checked ? &*checked : nullptr));
    if (!out.problem.message.empty()) {
        out.verdict = Verdict::Impossible;
    } else if (isFunction(probe.kind)) {
        const auto &support = kernel.support();
        const bool certain =
            (checked->fentry && support.fentry.certain) || (checked->kprobe && support.kprobe.certain);
        out.verdict = certain ? Verdict::Possible : Verdict::Uncertain;
    }
    return out;
}

} // namespace statescape::session
