// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/probes_markdown.h"

#include "core/base/units.h"
#include "core/schema/catalogue.h"
#include "core/schema/user_probe.h"

#include <algorithm>
#include <array>
#include <fmt/core.h>

namespace statescape::cli {
namespace {
using schema::ProbeInfo;
using schema::ProbeOrigin;

constexpr std::string_view kIntroduction = R"(# Probes

Made by `statescape probes --markdown` from the catalogue (`core/schema/catalogue.cpp`); a test compares the two. Which of these stand on this machine, and why not:
`statescape doctor`. On which kernels all of it was run: [kernels.md](kernels.md).

`statescape record --probes LIST` chooses among the shipped ones (without it: those by default), `--probe SPEC` adds one of your own.

## Shipped

Cost is ns per event that the kernel's statistics say of the programs, less an empty program's, on Linux 6.18 with two virtual CPUs: *cold* where events are few
and find other things in the caches, *warm* where many come. The helper measures both on the machine it runs on where it may. Files are read
once an interval and cost nothing in between.

A probe that does not fit into `--budget` looks at a part of each interval, in windows of 10 ms or more; its features are then estimates, and share and error of
that part go with them:

- Rates and shares of time are those of the windows. Quantiles and time averages of durations are weighed: one of length L lies whole in a window of
  length w with probability (w - L) / w and counts w / (w - L). Times of block requests come with the request and are seen however long they are.
- The error is the relative standard error of the probe's number of events, from how its windows differ. True change between them makes it larger, so it is an
  upper bound of that number's; a rare event of the same probe (a failure, a reset) is known less well.
- Durations are missing (*shed*) where their 99th percentile lies above a quarter of a window. What lasts longer than a window leaves no trace: few such
  ones among many short ones are not seen, and no time average holds them.
- Active tasks of a process or cgroup (`entity.tasks`) are those of the windows, which may be too few.
- A probe that saw nothing of an interval is *shed* in it.

)";

constexpr std::string_view kOwn = R"(## Your own

Names are checked against what the kernel or the binary lists before anything privileged sees them; `statescape probes --search WORD` searches them. Your
probes are columns of the session like any other, and a model trained on them says that it needs them. At most 32 at a time.

)";

struct OwnKind {
    std::string_view syntax, what;
    std::string_view examples; ///< separated by spaces
};
constexpr std::array<OwnKind, 10> kOwnKinds{{
    {"syscall:NAME[:count|errors|latency]", "a system call by name; errors is the default",
     "syscall:openat syscall:openat:latency"},
    {"function:NAME[:count|latency]", "a kernel function: fentry and fexit, else kprobe and kretprobe",
     "function:vfs_fsync_range:latency"},
    {"kprobe:NAME[:count|latency]", "the same, by kprobe only", "kprobe:tcp_sendmsg"},
    {"fentry:NAME[:count|latency]", "the same, by fentry only", "fentry:tcp_sendmsg:latency"},
    {"tracepoint:SYSTEM:NAME[:count|FIELD]",
     "a kernel tracepoint; FIELD: the values of a numeric field of it",
     "tracepoint:signal:signal_generate tracepoint:block:block_rq_issue:bytes"},
    {"uprobe:PATH:SYMBOL[:count|latency]", "a function of a program or library",
     "uprobe:/usr/bin/bash:readline:latency"},
    {"usdt:PATH:PROVIDER:NAME", "a marker that a program's authors put into it",
     "usdt:/lib/x86_64-linux-gnu/libc.so.6:libc:setjmp"},
    {"xdp:INTERFACE", "packets received, before the network stack sees them", "xdp:eth0"},
    {"packets:INTERFACE", "packets received and sent, by a socket filter", "packets:eth0"},
    {"bpftrace:PATH.bt", "a bpftrace script; its maps become features; asks for a permission of its own",
     "bpftrace:opens.bt"},
}};
constexpr std::string_view kScript = "tracepoint:syscalls:sys_enter_openat { @opens = count(); }";

std::string_view origin(const ProbeInfo &probe)
{
    switch (probe.origin) {
    case ProbeOrigin::Bpf:
        return "eBPF";
    case ProbeOrigin::Perf:
        return "perf";
    case ProbeOrigin::Proc:
        return "/proc";
    }
    return "";
}

std::string cost(double ns)
{
    return ns < 0 ? "" : fmt::format("{:.0f}", ns);
}

std::string_view byDefault(const ProbeInfo &probe)
{
    return probe.byDefault ? "yes" : probe.origin == ProbeOrigin::Perf ? "where there is a PMU" : "no";
}

std::string overview()
{
    std::string out = "| probe | by default | from | cold, ns | warm, ns | kernels | question |\n"
                      "|---|---|---|---|---|---|---|\n";
    for (const auto &probe : schema::probes())
        out += fmt::format("| [{0}](#{0}) | {1} | {2} | {3} | {4} | {5} | {6} |\n", probe.key,
                           byDefault(probe), origin(probe), cost(probe.recorded.coldNs),
                           cost(probe.recorded.warmNs), probe.kernels, probe.description);
    return out + "\n";
}

std::string row(std::string_view key, base::Unit unit, schema::FeatureKind kind, std::string_view description)
{
    return fmt::format("| `{}` | {} | {} | {} |\n", key, base::unitKey(unit), schema::featureKindKey(kind),
                       description);
}
constexpr std::string_view kHead = "| feature | unit | kind | meaning |\n|---|---|---|---|\n";

std::string shipped(const ProbeInfo &probe)
{
    auto out = fmt::format("### {}\n\n{}: {}.\n\nHooks: `{}`", probe.key, probe.title, probe.description,
                           probe.hooks);
    if (probe.origin != ProbeOrigin::Proc)
        out += fmt::format(". How, and what is lost: [README](../bpf/probes/{}/README.md)", probe.key);
    out += fmt::format("\n\n{}", kHead);
    for (const auto &feature : schema::features())
        if (schema::info(feature.probe).key == probe.key)
            out += row(feature.key, feature.unit, feature.kind, feature.description);
    return out + "\n";
}

std::string own(const OwnKind &kind)
{
    auto out = fmt::format("### {}\n\n`{}`: {}.\n", kind.syntax.substr(0, kind.syntax.find(':')), kind.syntax,
                           kind.what);
    auto rest = kind.examples;
    while (!rest.empty()) {
        const auto text = rest.substr(0, rest.find(' '));
        rest.remove_prefix(std::min(rest.size(), text.size() + 1));
        auto probe = schema::parseUserProbe(text);
        if (!probe)
            continue;
        if (probe->kind == schema::HookKind::Script) {
            probe->script = kScript;
            out += fmt::format("\n```\n{}\n```\n", kScript);
        }
        out += fmt::format("\n`--probe '{}'` gives\n\n{}", text, kHead);
        for (const auto &feature : schema::userFeatures(*probe))
            out += row(feature.feature.key, feature.feature.unit, feature.feature.kind,
                       feature.feature.description);
    }
    return out + "\n";
}
} // namespace

std::string probesMarkdown()
{
    std::string out(kIntroduction);
    out += overview();
    for (const auto &probe : schema::probes())
        out += shipped(probe);
    out += kOwn;
    for (const auto &kind : kOwnKinds)
        out += own(kind);
    out.pop_back();
    return out;
}

} // namespace statescape::cli
