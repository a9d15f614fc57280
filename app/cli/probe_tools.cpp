// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/probe_tools.h"

#include "app/cli/child.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/hooks/checked_probe.h"
#include "core/session/hook_search.h"
#include "core/session/plan_text.h"
#include "core/session/probe_preview.h"
#include "core/session/probe_trial.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace statescape::cli {
namespace {
using nlohmann::ordered_json;
using session::HookGroup;
using session::TrialReport;

struct KindWord {
    std::string_view word;
    HookGroup group;
};
constexpr std::array<KindWord, 12> kKinds{{{"syscall", HookGroup::Syscalls},
                                           {"tracepoint", HookGroup::Tracepoints},
                                           {"function", HookGroup::Functions},
                                           {"kprobe", HookGroup::Functions},
                                           {"fentry", HookGroup::Functions},
                                           {"uprobe", HookGroup::Programs},
                                           {"usdt", HookGroup::Markers},
                                           {"interface", HookGroup::Interfaces},
                                           {"xdp", HookGroup::Interfaces},
                                           {"packets", HookGroup::Interfaces},
                                           {"script", HookGroup::Scripts},
                                           {"bpftrace", HookGroup::Scripts}}};

base::Result<HookGroup> groupOf(const std::string &word)
{
    if (word.empty())
        return HookGroup::Everything;
    const auto found = std::ranges::find(kKinds, word, &KindWord::word);
    if (found != kKinds.end())
        return found->group;
    return base::fail(base::Code::InvalidArgument, "--kind: there is no kind of hook '" + word + "'",
                      "there are syscall, tracepoint, function, uprobe, usdt, interface and script");
}

/// "uprobe:bash:read" searches for read in bash, as "--program bash --kind uprobe read" does.
void splitProgram(session::HookQuery &query)
{
    const auto first = query.text.find(':');
    // What is searched for may have colons of its own.
    const auto last = first == std::string::npos ? first : query.text.find(':', first + 1);
    const auto kind = query.text.substr(0, first);
    if (last == std::string::npos || (kind != "uprobe" && kind != "usdt"))
        return;
    query.group = kind == "uprobe" ? HookGroup::Programs : HookGroup::Markers;
    query.program = query.text.substr(first + 1, last - first - 1);
    query.text = query.text.substr(last + 1);
}

/// What no hook of that kind can do on this machine, whichever is chosen.
std::vector<base::Error> impossible(const session::Offers &offers)
{
    const auto &support = hooks::Kernel::running().support();
    std::vector<base::Error> out;
    const auto any = [&](auto... kinds) {
        return std::ranges::any_of(offers.offers,
                                   [=](const auto &offer) { return ((offer.probe.kind == kinds) || ...); });
    };
    using schema::HookKind;
    if (any(HookKind::Function, HookKind::Kprobe, HookKind::Fentry) && !support.function().possible)
        out.push_back(support.function().error.in("kernel functions"));
    if (any(HookKind::UserFunction, HookKind::Usdt) && !support.uprobe.possible)
        out.push_back(support.uprobe.error.in("functions of programs"));
    if (any(HookKind::Tracepoint) && !support.tracepoint.possible)
        out.push_back(support.tracepoint.error.in("tracepoints"));
    return out;
}

ordered_json errorJson(const base::Error &error)
{
    return {{"code", base::codeName(error.code)}, {"reason", error.message}, {"hint", error.hint}};
}

ordered_json searchJson(const session::Offers &offers, const std::vector<base::Error> &never)
{
    ordered_json out{{"total", offers.total},
                     {"hooks", ordered_json::array()},
                     {"missing", ordered_json::array()},
                     {"impossible", ordered_json::array()}};
    for (const auto &offer : offers.offers)
        out["hooks"].push_back({{"probe", schema::format(offer.probe)},
                                {"kind", schema::hookKindKey(offer.probe.kind)},
                                {"name", offer.name},
                                {"place", offer.place}});
    for (const auto &error : offers.missing)
        out["missing"].push_back(errorJson(error));
    for (const auto &error : never)
        out["impossible"].push_back(errorJson(error));
    return out;
}

/// One feature over the trial, missing values left out.
struct Spread {
    std::size_t known = 0;
    double least = NAN, mean = NAN, most = NAN;
};
Spread spreadOf(const std::vector<float> &values)
{
    Spread out;
    double sum = 0;
    for (const float value : values) {
        if (schema::isMissing(value))
            continue;
        out.least = out.known == 0 ? value : std::min(out.least, static_cast<double>(value));
        out.most = out.known == 0 ? value : std::max(out.most, static_cast<double>(value));
        sum += value;
        ++out.known;
    }
    if (out.known != 0)
        out.mean = sum / static_cast<double>(out.known);
    return out;
}

ordered_json number(double value)
{
    return std::isfinite(value) && value >= 0 ? ordered_json(value) : ordered_json(nullptr);
}

ordered_json trialJson(const session::ProbePreview &preview, const TrialReport &report, double budget)
{
    ordered_json out{{"probe", preview.text}, {"hooks", preview.hooks}, {"features", ordered_json::array()}};
    for (std::size_t i = 0; i < report.layout->schema()->size(); ++i) {
        const auto &feature = (*report.layout->schema())[i];
        const auto spread = i < report.values.size() ? spreadOf(report.values[i]) : Spread{};
        const auto value = [](double v) {
            return std::isfinite(v) ? ordered_json(v) : ordered_json(nullptr);
        };
        out["features"].push_back({{"key", feature.key},
                                   {"unit", base::unitKey(feature.unit)},
                                   {"kind", schema::featureKindKey(feature.kind)},
                                   {"title", feature.title},
                                   {"description", feature.description},
                                   {"samples", spread.known},
                                   {"min", value(spread.least)},
                                   {"mean", value(spread.mean)},
                                   {"max", value(spread.most)}});
    }
    out["seconds"] = static_cast<double>(report.elapsedNs) / 1e9;
    out["events_per_second"] = report.eventsPerSecond;
    out["most_per_second"] = report.mostPerSecond;
    out["ns_per_event"] = number(report.standing.nsPerEvent);
    out["ns_when_busy"] = number(report.standing.nsWhenBusy);
    out["measured"] = report.standing.measured;
    out["cpu_percent"] = report.cpuShare;
    out["budget_percent"] = budget;
    out["exceeds_budget"] = report.cpuShare > budget;
    out["events_missed"] = report.losses.eventsMissed;
    out["map_bytes"] = report.mapBytes;
    out["warnings"] = preview.warnings;
    return out;
}

void printTrial(const TrialReport &report, double budget)
{
    const auto &schema = *report.layout->schema();
    for (std::size_t i = 0; i < schema.size(); ++i) {
        const auto spread = i < report.values.size() ? spreadOf(report.values[i]) : Spread{};
        const auto unit = schema[i].unit;
        fmt::print("  {:<44} {}\n", schema[i].key,
                   spread.known == 0 ? std::string("nothing seen")
                                     : fmt::format("{} (from {} to {})", base::formatValue(spread.mean, unit),
                                                   base::formatValue(spread.least, unit),
                                                   base::formatValue(spread.most, unit)));
    }
    const auto cost = [](float ns) {
        return ns < 0      ? std::string("unknown")
               : ns < 1000 ? fmt::format("{:.0f} ns", ns)
                           : base::formatValue(ns / 1000, base::Unit::Microseconds);
    };
    fmt::print("events: {} on average, at most {}; {} not measured\n",
               base::formatValue(report.eventsPerSecond, base::Unit::PerSecond),
               base::formatValue(report.mostPerSecond, base::Unit::PerSecond), report.losses.eventsMissed);
    fmt::print(
        "cost: {} an event where few come, {} where many do ({}); {:.3g} % of one CPU; {} of kernel memory\n",
        cost(report.standing.nsPerEvent), cost(report.standing.nsWhenBusy),
        report.standing.measured ? "measured here" : "as recorded elsewhere", report.cpuShare,
        base::formatValue(static_cast<double>(report.mapBytes), base::Unit::Bytes));
    if (!report.standing.reason.empty())
        base::log(base::LogLevel::Info, report.standing.reason);
    if (report.cpuShare > budget)
        base::log(base::LogLevel::Warning, fmt::format("at this rate it exceeds the budget of {} % of one "
                                                       "CPU and would be shed; choose a hook that is "
                                                       "reached less often, or record with a larger --budget",
                                                       budget));
}

base::Result<TrialReport> runTrial(const source::HelperOptions &helper, const schema::UserProbe &probe,
                                   std::uint64_t durationNs)
{
    Signals signals;
    const bool terminal = isatty(STDERR_FILENO) != 0;
    STATESCAPE_TRY(const auto trial, session::ProbeTrial::start(helper, probe, {}, durationNs));
    for (;;) {
        const auto report = trial->report();
        if (terminal)
            fmt::print(stderr, "\r\033[K");
        if (report.state == TrialReport::State::Failed)
            return report.error;
        if (report.state == TrialReport::State::Done)
            return report;
        if (terminal)
            fmt::print(stderr, "trying, {:.1f} of {:.1f} s, {} ", static_cast<double>(report.elapsedNs) / 1e9,
                       static_cast<double>(durationNs) / 1e9,
                       base::formatValue(report.eventsPerSecond, base::Unit::PerSecond));
        if (const auto number = signals.wait(100'000'000); number && *number != SIGCHLD)
            trial->stop();
    }
}
} // namespace

base::Result<> searchProbes(const ProbeSearch &search)
{
    session::HookQuery query;
    query.text = search.text;
    query.program = search.program;
    query.limit = search.limit;
    STATESCAPE_TRY(query.group, groupOf(search.kind));
    splitProgram(query);
    const bool inProgram = query.group == HookGroup::Programs || query.group == HookGroup::Markers;
    if (inProgram && query.program.empty())
        return base::fail(base::Code::InvalidArgument, "--kind " + search.kind + " searches in a program",
                          "name it with --program, such as --program bash");
    const auto offers = session::HookSearch().findNow(query);
    // One list asked for and not to be had is a failure; several are searched as far as they can be.
    if (offers.offers.empty() && !offers.missing.empty() && query.group != HookGroup::Everything)
        return offers.missing.front();
    const auto never = impossible(offers);
    if (search.json) {
        fmt::print("{}\n",
                   searchJson(offers, never).dump(2, ' ', false, ordered_json::error_handler_t::replace));
        return {};
    }
    for (const auto &offer : offers.offers)
        fmt::print("{:<52} {}{}\n", schema::format(offer.probe),
                   offer.probe.shown.empty() ? std::string() : offer.probe.shown + ", ", offer.place);
    for (const auto &error : offers.missing)
        base::log(base::LogLevel::Warning, error.text());
    for (const auto &error : never)
        base::log(base::LogLevel::Warning, error.text());
    if (offers.total > offers.offers.size())
        base::log(base::LogLevel::Info, fmt::format("{} of {} shown; say more of the name, or --limit {}",
                                                    offers.offers.size(), offers.total, offers.total));
    if (offers.total == 0)
        return base::fail(base::Code::NotFound, "nothing to hook fits '" + search.text + "'",
                          "try a part of the name, or a pattern such as '*" + search.text + "*'");
    return {};
}

base::Result<schema::UserProbe> readExistingProbe(const std::string &text)
{
    STATESCAPE_TRY(auto probe, session::readUserProbe(text));
    auto checked = hooks::checkProbe(probe, hooks::Kernel::running());
    // "f" may be what people call a function of C++.
    if (!checked && checked.error().code == base::Code::NotFound &&
        probe.kind == schema::HookKind::UserFunction) {
        STATESCAPE_TRY(auto named, hooks::withFullNames(probe));
        if (named.symbol != probe.symbol) {
            probe = std::move(named);
            checked = hooks::checkProbe(probe, hooks::Kernel::running());
        }
    }
    // What only root may read, the helper will look up.
    if (!checked && checked.error().code != base::Code::NotPermitted)
        return checked.error();
    return probe;
}

base::Result<> tryProbe(const ProbeTry &options)
{
    STATESCAPE_TRY(const auto durationNs, base::parseDuration(options.duration));
    if (durationNs < 500'000'000 || durationNs > 600'000'000'000)
        return base::fail(base::Code::InvalidArgument, "--duration " + options.duration + " is out of range",
                          "use 500ms to 600s");
    STATESCAPE_TRY(const auto probe, readExistingProbe(options.probe));
    const auto preview = session::previewOf(probe);
    if (!options.json) {
        fmt::print("{}\n{}\n", preview.text, preview.hooks);
        for (const auto &feature : preview.features)
            fmt::print("  {:<44} {:<6} {}\n", feature.key, base::unitKey(feature.unit), feature.description);
        for (const auto &warning : preview.warnings)
            base::log(base::LogLevel::Warning, warning);
        std::fflush(stdout);
    }
    source::HelperOptions helper;
    helper.program = options.helper;
    helper.launch =
        options.pkexec ? source::HelperOptions::Launch::Pkexec : source::HelperOptions::Launch::Auto;
    STATESCAPE_TRY(const auto report, runTrial(helper, probe, durationNs));
    const double budget = schema::ProbePlan{}.budgetPercent;
    if (options.json)
        fmt::print(
            "{}\n",
            trialJson(preview, report, budget).dump(2, ' ', false, ordered_json::error_handler_t::replace));
    else
        printTrial(report, budget);
    return {};
}

base::Result<> requireOwnProbes(const wire::Hello &hello, const schema::Layout &layout)
{
    for (const auto &state : hello.probes) {
        const auto index = static_cast<std::size_t>(state.probe);
        if (index >= schema::kProbeCount && index < layout.probes().size() && !state.available)
            return base::fail(state.code, layout[state.probe].key + " cannot be attached: " + state.reason,
                              state.hint);
    }
    return {};
}

} // namespace statescape::cli
