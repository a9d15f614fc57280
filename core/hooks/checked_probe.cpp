// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hooks/checked_probe.h"

#include "core/schema/symbol_name.h"

#include <algorithm>

namespace statescape::hooks {
namespace {
using base::Code;
using schema::HookKind;

constexpr std::size_t kNamesShown = 3;

base::Error unknown(std::string_view what, const std::string &name, const NameList &names,
                    std::string_view where, std::uint8_t flags = 0)
{
    auto near = didYouMean(names.closest(name, kNamesShown, flags));
    if (near.empty())
        near = "search with statescape probes --search " + name.substr(0, 40);
    return base::fail(Code::NotFound,
                      "there is no " + std::string(what) + " " + name + " " + std::string(where), near);
}

/// Names alone say what is near; a field also says what there is.
std::string listed(const std::vector<std::string> &names)
{
    std::string out;
    for (const auto &name : names)
        out.append(out.empty() ? "" : ", ").append(name);
    return out;
}

base::Result<> checkSyscall(CheckedProbe &checked, Kernel &kernel)
{
    const auto names = kernel.syscalls();
    const auto index = names->find(checked.probe.target);
    if (!index)
        return unknown("system call", checked.probe.target, *names, "on this kind of machine");
    checked.number = names->value(*index);
    // Their program ends, or comes back as another: there is no return to count.
    const auto &name = checked.probe.target;
    if (name == "exit" || name == "exit_group")
        return base::fail(Code::NotSupported,
                          name + " never returns, and system calls are counted when they do",
                          "count tracepoint:sched:sched_process_exit");
    if (name == "rt_sigreturn")
        return base::fail(Code::NotSupported, name + " does not return to its caller",
                          "count tracepoint:signal:signal_deliver");
    return {};
}

base::Result<> checkFunction(CheckedProbe &checked, Kernel &kernel)
{
    const auto &probe = checked.probe;
    const auto &support = kernel.support();
    const bool fentry = probe.kind != HookKind::Kprobe && support.fentry.possible;
    const bool kprobe = probe.kind != HookKind::Fentry && support.kprobe.possible;
    STATESCAPE_TRY(const auto functions, kernel.functions());
    const auto &names = functions->names();
    const auto wanted = static_cast<std::uint8_t>((probe.kind != HookKind::Kprobe ? kFentry : 0) |
                                                  (probe.kind != HookKind::Fentry ? kKprobe : 0));
    std::uint8_t flags = 0;
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names.name(i) == probe.target)
            flags |= names.flags(i);
    if (flags == 0)
        return unknown("function", probe.target, names, "in this kernel", wanted);
    if (!fentry && !kprobe) {
        auto error = (probe.kind == HookKind::Kprobe ? support.kprobe : support.fentry).error;
        if (probe.kind == HookKind::Function)
            error.message += ", and " + support.kprobe.error.message;
        return error.in(schema::format(probe));
    }
    checked.fentry = fentry && (flags & kFentry) != 0;
    checked.kprobe = kprobe && (flags & kKprobe) != 0 && (flags & kAmbiguous) == 0;
    if (checked.fentry || checked.kprobe)
        return {};
    const bool many = (flags & kAmbiguous) != 0;
    return base::fail(Code::NotSupported,
                      many ? "this kernel has several functions named " + probe.target
                           : "the kernel keeps hooks off " + probe.target,
                      many ? "probe a function that calls them"
                           : "probe a function that calls it, or a tracepoint near it");
}

base::Result<> checkField(CheckedProbe &checked, Kernel &kernel, const TracepointFormat &format)
{
    const auto &name = checked.probe.symbol;
    const auto *field = format.field(name);
    const auto numeric = format.numericFields();
    if (!field || !field->numeric)
        return base::fail(field ? Code::NotSupported : Code::NotFound,
                          "tracepoint " + checked.event +
                              (field ? "'s field " + name + " is no number" : " has no field " + name),
                          numeric.empty() ? "it has no numbers: count it"
                                          : "its numbers are " + listed(numeric));
    const auto &support = kernel.support().tracepointFields;
    if (!support.possible)
        return support.error.in(schema::format(checked.probe));
    checked.field = *field;
    return {};
}

base::Result<> checkTracepoint(CheckedProbe &checked, Kernel &kernel)
{
    const auto &target = checked.probe.target;
    const auto colon = target.find(':');
    checked.system = target.substr(0, colon);
    checked.event = target.substr(colon + 1);
    if (!kernel.support().tracepoint.possible)
        return kernel.support().tracepoint.error.in(schema::format(checked.probe));
    STATESCAPE_TRY(const auto points, kernel.tracepoints());
    const auto &names = points->names();
    const bool any = checked.system == kAnySystem || !points->knowsSystems();
    const auto index = any ? names.find(checked.event) : names.find(checked.event, checked.system);
    if (!index) {
        // The right name in the wrong system is the likeliest mistake.
        const auto elsewhere = names.find(checked.event);
        auto error = unknown("tracepoint", elsewhere ? target : checked.event, names, "in this kernel");
        if (elsewhere)
            error.hint = didYouMean({names.fullName(*elsewhere)});
        return error;
    }
    checked.rawTracepoint = (names.flags(*index) & kRaw) != 0;
    const bool wantsField = checked.probe.measure == schema::Measure::Field;
    auto format = points->format(checked.system, checked.event);
    if (format)
        checked.eventId = format->id;
    else if (wantsField || !checked.rawTracepoint)
        return format.error();
    return wantsField ? checkField(checked, kernel, *format) : base::Result<>{};
}

base::Result<> checkBinary(CheckedProbe &checked, Kernel &kernel)
{
    const auto &probe = checked.probe;
    STATESCAPE_TRY(auto binary, Binary::open(probe.target));
    if (probe.kind == HookKind::UserFunction) {
        STATESCAPE_TRY(const auto point, binary.function(probe.symbol));
        checked.points.push_back(point);
    } else {
        const auto colon = probe.symbol.find(':');
        STATESCAPE_TRY(auto marker,
                       binary.marker(probe.symbol.substr(0, colon), probe.symbol.substr(colon + 1)));
        checked.points = std::move(marker.points);
    }
    checked.binary = std::make_shared<const Binary>(std::move(binary));
    const auto &support = kernel.support().uprobe;
    return support.possible ? base::Result<>{} : support.error.in(schema::format(probe));
}

base::Result<> checkInterface(CheckedProbe &checked, const Kernel &kernel)
{
    const auto names = kernel.interfaces();
    const auto index = names.find(checked.probe.target);
    if (!index) {
        std::vector<std::string> all;
        for (std::size_t i = 0; i < names.size(); ++i)
            all.emplace_back(names.name(i));
        return base::fail(Code::NotFound, "there is no network interface " + checked.probe.target,
                          all.empty() ? "this network namespace has none" : "there are " + listed(all));
    }
    checked.number = names.value(*index);
    return {};
}
} // namespace

base::Result<CheckedProbe> checkProbe(const schema::UserProbe &probe, Kernel &kernel)
{
    STATESCAPE_CHECK(schema::check(probe));
    CheckedProbe checked;
    checked.probe = probe;
    base::Result<> result;
    switch (probe.kind) {
    case HookKind::Syscall:
        result = checkSyscall(checked, kernel);
        break;
    case HookKind::Function:
    case HookKind::Kprobe:
    case HookKind::Fentry:
        result = checkFunction(checked, kernel);
        break;
    case HookKind::Tracepoint:
        result = checkTracepoint(checked, kernel);
        break;
    case HookKind::UserFunction:
    case HookKind::Usdt:
        result = checkBinary(checked, kernel);
        break;
    case HookKind::Xdp:
    case HookKind::Packets:
        result = checkInterface(checked, kernel);
        break;
    case HookKind::Script:
    case HookKind::kCount:
        break;
    }
    if (!result)
        return result.error();
    return checked;
}

base::Result<schema::UserProbe> withFullPath(schema::UserProbe probe)
{
    if (probe.kind == HookKind::UserFunction || probe.kind == HookKind::Usdt) {
        STATESCAPE_TRY(probe.target, findBinary(probe.target));
    }
    return probe;
}

base::Result<schema::UserProbe> withFullNames(schema::UserProbe asked)
{
    STATESCAPE_TRY(auto probe, withFullPath(std::move(asked)));
    if (probe.kind != HookKind::UserFunction || !probe.shown.empty())
        return probe;
    STATESCAPE_TRY(const auto binary, Binary::open(probe.target));
    STATESCAPE_TRY(const auto names, binary.functions());
    if (names.find(probe.symbol, {}))
        return probe;
    const auto symbols = symbolsOf(names, probe.symbol);
    if (symbols.size() > 1) {
        std::vector<std::string> readable;
        for (std::size_t i = 0; i < std::min(symbols.size(), kNamesShown); ++i)
            readable.push_back(schema::readableSymbol(symbols[i]));
        return base::fail(Code::InvalidArgument,
                          probe.target + " has " + std::to_string(symbols.size()) + " functions named " +
                              probe.symbol,
                          didYouMean(readable));
    }
    if (!symbols.empty()) {
        probe.symbol = symbols.front();
        probe.shown = schema::readableSymbol(probe.symbol);
    }
    return probe;
}

} // namespace statescape::hooks
