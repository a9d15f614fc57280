// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"

#include "core/base/units.h"
#include "core/source/source.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fmt/core.h>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sqlite3.h>
#include <sys/utsname.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace statescape::cli {
namespace {
using nlohmann::ordered_json;

constexpr std::uint64_t kCapBpf = 39;
constexpr std::uint64_t kCapPerfmon = 38;
constexpr std::uint64_t kCapNetAdmin = 12;

std::string firstLine(const char *path)
{
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

std::uint64_t effectiveCapabilities()
{
    std::ifstream file("/proc/self/status");
    for (std::string line; std::getline(file, line);)
        if (line.rfind("CapEff:", 0) == 0)
            return std::strtoull(line.c_str() + 7, nullptr, 16);
    return 0;
}

ordered_json kernelJson()
{
    utsname names{};
    uname(&names);
    std::error_code ignored;
    return {{"release", names.release},
            {"machine", names.machine},
            {"btf", std::filesystem::exists("/sys/kernel/btf/vmlinux", ignored)},
            {"pressure", std::filesystem::exists("/proc/pressure/cpu", ignored)},
            {"tracefs", std::filesystem::exists("/sys/kernel/tracing/events", ignored)},
            {"lockdown", firstLine("/sys/kernel/security/lockdown")},
            {"cpus_online", std::thread::hardware_concurrency()}};
}

ordered_json privilegesJson()
{
    const std::uint64_t capabilities = effectiveCapabilities();
    const auto has = [capabilities](std::uint64_t bit) { return (capabilities >> bit & 1U) != 0; };
    return {{"uid", getuid()},
            {"cap_bpf", has(kCapBpf)},
            {"cap_perfmon", has(kCapPerfmon)},
            {"cap_net_admin", has(kCapNetAdmin)},
            {"unprivileged_bpf_disabled", firstLine("/proc/sys/kernel/unprivileged_bpf_disabled")},
            {"perf_event_paranoid", firstLine("/proc/sys/kernel/perf_event_paranoid")}};
}

ordered_json displayJson()
{
    const auto value = [](const char *name) {
        const char *text = std::getenv(name);
        return text == nullptr ? ordered_json(nullptr) : ordered_json(text);
    };
    std::error_code ignored;
    return {{"display", value("DISPLAY")},
            {"wayland_display", value("WAYLAND_DISPLAY")},
            {"workbench", std::filesystem::exists(programDirectory() + "/statescape-workbench", ignored)}};
}

ordered_json known(float ns)
{
    return ns >= 0 ? ordered_json(ns) : ordered_json(nullptr);
}

/// The cost of an event is measured in the first second. @return the status then
source::SourceStatus waitForCost(const source::HelperSource &live, wire::Hello &hello)
{
    auto status = live.status();
    for (int i = 0; i < 16 && hello.privileged; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        status = live.status();
    }
    if (!status.probes.empty())
        hello.probes = status.probes;
    return status;
}

/// Starts the helper for a moment and asks it; without one, says why for every probe.
ordered_json probesJson(const std::string &program, ordered_json &helper, ordered_json &cost)
{
    source::HelperOptions options;
    options.program = program;
    options.plan.probes = (std::uint64_t{1} << schema::kProbeCount) - 1;
    ordered_json rows = ordered_json::array();
    std::vector<double> shares;
    std::vector<std::uint64_t> rates;
    auto live = source::HelperSource::start(options, {});
    base::Result<wire::Hello> hello =
        live ? (*live)->hello(20'000'000'000) : base::Result<wire::Hello>(live.error());
    if (hello) {
        const auto status = waitForCost(**live, *hello);
        shares = status.cpuShare;
        rates = status.eventsPerSecond;
        cost = {{"probes_cpu_percent", status.probeCpuShare},
                {"helper_cpu_percent", status.helperCpuShare},
                {"helper_memory_bytes", status.helperRssBytes},
                {"map_memory_bytes", status.mapBytes},
                {"budget_percent", options.plan.budgetPercent}};
        helper = {{"works", true}, {"version", hello->helperVersion}, {"privileged", hello->privileged}};
    } else {
        helper = {{"works", false}, {"reason", hello.error().message}, {"hint", hello.error().hint}};
    }
    for (std::size_t i = 0; i < schema::kProbeCount; ++i) {
        const auto &info = schema::probes()[i];
        ordered_json row{{"key", info.key}, {"title", info.title}, {"hooks", info.hooks}};
        if (hello && i < hello->probes.size()) {
            const auto &state = hello->probes[i];
            row["available"] = state.available;
            row["reason"] = state.reason;
            row["hint"] = state.hint;
            row["code"] = base::codeName(state.code);
            row["ns_per_event"] = known(state.nsPerEvent);
            row["ns_per_event_when_busy"] = known(state.nsWhenBusy);
            row["cost_measured"] = state.measured;
            row["events_per_second"] = i < rates.size() ? ordered_json(rates[i]) : ordered_json(nullptr);
            row["cpu_percent"] = i < shares.size() ? ordered_json(shares[i]) : ordered_json(nullptr);
        } else {
            row["available"] = false;
            row["reason"] = hello ? "the helper did not report it" : hello.error().message;
            row["hint"] = hello ? "install the same version of both programs" : hello.error().hint;
            row["code"] = base::codeName(hello ? base::Code::Mismatch : hello.error().code);
            row["ns_per_event"] = nullptr;
        }
        rows.push_back(row);
    }
    return rows;
}

const char *yes(const ordered_json &value)
{
    return value.get<bool>() ? "yes" : "no";
}

std::string text(const ordered_json &value)
{
    return value.get<std::string>();
}

/// What is to be done comes first: how many probes work, and for those that do not why, once for each reason.
void printVerdict(const ordered_json &out)
{
    const auto &helper = out["helper"];
    if (!helper["works"].get<bool>()) {
        fmt::print("no probe works here: the helper does not: {}\n", text(helper["reason"]));
        if (!text(helper["hint"]).empty())
            fmt::print("  {}\n", text(helper["hint"]));
        return;
    }
    struct Group {
        std::string reason, hint, keys;
        int probes = 0;
    };
    std::vector<Group> groups;
    int works = 0;
    for (const auto &row : out["probes"]) {
        if (row["available"].get<bool>()) {
            ++works;
            continue;
        }
        const auto hint = text(row["hint"]);
        auto at = std::ranges::find_if(groups, [&](const Group &each) {
            return hint.empty() ? each.reason == text(row["reason"]) : each.hint == hint;
        });
        if (at == groups.end())
            at = groups.insert(at, {text(row["reason"]), hint, {}, 0});
        at->keys.append(at->keys.empty() ? "" : ", ").append(text(row["key"]));
        ++at->probes;
    }
    fmt::print("{} of {} probes work here; the helper runs {} privilege\n", works, out["probes"].size(),
               helper["privileged"].get<bool>() ? "with" : "without");
    for (const auto &group : groups) {
        fmt::print("not {}: {}\n", group.keys, group.reason);
        if (!group.hint.empty())
            fmt::print("  {}\n", group.hint);
    }
}

void printMachine(const ordered_json &out)
{
    const auto &kernel = out["kernel"];
    const auto &rights = out["privileges"];
    const auto &display = out["display"];
    const bool shown = !display["display"].is_null() || !display["wayland_display"].is_null();
    const auto lockdown = text(kernel["lockdown"]);
    fmt::print("kernel {} {}, BTF {}, pressure {}, tracefs {}, lockdown {}\n", text(kernel["release"]),
               text(kernel["machine"]), yes(kernel["btf"]), yes(kernel["pressure"]), yes(kernel["tracefs"]),
               lockdown.empty() ? "none" : lockdown);
    fmt::print("you: uid {}, cap_bpf {}, cap_perfmon {}, cap_net_admin {}; perf_event_paranoid {}\n",
               rights["uid"].get<int>(), yes(rights["cap_bpf"]), yes(rights["cap_perfmon"]),
               yes(rights["cap_net_admin"]), text(rights["perf_event_paranoid"]));
    fmt::print("display {}, workbench {}\n",
               shown ? "yes" : "none (use statescape tour, record, watch, plot)",
               display["workbench"].get<bool>() ? "installed" : "not installed");
    if (const auto &cost = out["cost"]; !cost.is_null() && out["helper"]["privileged"].get<bool>())
        fmt::print("cost now, of one CPU: probes {:.3f} % (modelled; budget {:g} %), helper {:.2f} %; "
                   "memory: maps {}, "
                   "helper {}\n",
                   cost["probes_cpu_percent"].get<double>(), cost["budget_percent"].get<double>(),
                   cost["helper_cpu_percent"].get<double>(),
                   base::formatValue(cost["map_memory_bytes"].get<double>(), base::Unit::Bytes),
                   base::formatValue(cost["helper_memory_bytes"].get<double>(), base::Unit::Bytes));
    fmt::print("statescape {}, SQLite {}\n", text(out["versions"]["statescape"]),
               text(out["versions"]["sqlite"]));
}

std::string costText(const ordered_json &row)
{
    if (row["ns_per_event"].is_null())
        return {};
    auto cost = fmt::format("{:.0f}", row["ns_per_event"].get<double>());
    if (!row["ns_per_event_when_busy"].is_null())
        cost += fmt::format(" to {:.0f}", row["ns_per_event_when_busy"].get<double>());
    cost += row["cost_measured"].get<bool>() ? " ns/event" : " ns/event*";
    if (!row["events_per_second"].is_null())
        cost = fmt::format("{:<20} {:>8}/s {:>6.3f} %", cost, row["events_per_second"].get<std::uint64_t>(),
                           row["cpu_percent"].get<double>());
    return cost;
}

void print(const ordered_json &out)
{
    printVerdict(out);
    printMachine(out);
    if (!out["helper"]["works"].get<bool>())
        return;
    bool recorded = false;
    for (const auto &row : out["probes"]) {
        const bool available = row["available"].get<bool>();
        recorded = recorded || (available && !row["ns_per_event"].is_null());
        fmt::print("  {} {:<13} {:<39} {}\n", available ? "[x]" : "[ ]", text(row["key"]),
                   available ? costText(row) : std::string(),
                   !available                    ? text(row["code"]) + ", see above"
                   : text(row["reason"]).empty() ? text(row["hooks"])
                                                 : text(row["reason"]));
        if (available && !text(row["hint"]).empty())
            fmt::print("      {}\n", text(row["hint"]));
    }
    if (recorded)
        fmt::print(
            "  ns/event: where few come to where many come; * recorded elsewhere, not measured here\n");
}
} // namespace

Run addDoctor(CLI::App &app)
{
    struct Options {
        bool json = false;
        std::string helper;
    };
    const auto options = std::make_shared<Options>();
    app.add_flag("--json", options->json, "machine-readable");
    app.add_option("--helper", options->helper, "path of statescape-helper");
    return [options] {
        ordered_json out, helper, cost;
        const auto probes = probesJson(options->helper, helper, cost);
        out["versions"] = {{"statescape", STATESCAPE_VERSION}, {"sqlite", sqlite3_libversion()}};
        out["kernel"] = kernelJson();
        out["privileges"] = privilegesJson();
        out["display"] = displayJson();
        out["helper"] = helper;
        out["cost"] = cost;
        out["probes"] = probes;
        if (options->json)
            fmt::print("{}\n", out.dump(2, ' ', false, ordered_json::error_handler_t::replace));
        else
            print(out);
        return 0;
    };
}

} // namespace statescape::cli
