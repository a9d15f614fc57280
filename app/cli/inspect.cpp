// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"
#include "app/cli/probe_tools.h"
#include "app/cli/probes_markdown.h"

#include "core/schema/catalogue.h"
#include "core/schema/entities.h"

#include <algorithm>
#include <fmt/core.h>
#include <memory>
#include <nlohmann/json.hpp>

/// probes and info: what is there to see, without touching anything.
namespace statescape::cli {
namespace {
using nlohmann::ordered_json;

const char *originKey(schema::ProbeOrigin origin)
{
    return origin == schema::ProbeOrigin::Bpf ? "bpf" : origin == schema::ProbeOrigin::Perf ? "perf" : "proc";
}

ordered_json probesJson()
{
    ordered_json out;
    out["probes"] = ordered_json::array();
    for (const auto &probe : schema::probes())
        out["probes"].push_back({{"key", probe.key},
                                 {"title", probe.title},
                                 {"origin", originKey(probe.origin)},
                                 {"default", probe.byDefault},
                                 {"hooks", probe.hooks},
                                 {"description", probe.description}});
    out["features"] = ordered_json::array();
    for (const auto &feature : schema::features())
        out["features"].push_back({{"key", feature.key},
                                   {"unit", base::unitKey(feature.unit)},
                                   {"kind", schema::featureKindKey(feature.kind)},
                                   {"probe", schema::info(feature.probe).key},
                                   {"title", feature.title},
                                   {"log1p", feature.log1p},
                                   {"description", feature.description}});
    out["entity_features"] = ordered_json::array();
    for (const auto &row : schema::entityFeatures())
        out["entity_features"].push_back({{"key", row.feature.key},
                                          {"unit", base::unitKey(row.feature.unit)},
                                          {"kind", schema::featureKindKey(row.feature.kind)},
                                          {"probe", row.feature.probe},
                                          {"title", row.feature.title},
                                          {"log1p", row.feature.log1p},
                                          {"description", row.feature.description}});
    return out;
}

void printProbes()
{
    for (const auto &probe : schema::probes()) {
        fmt::print("{} ({}): {}\n  hooks: {}\n", probe.key, originKey(probe.origin), probe.description,
                   probe.hooks);
        for (const auto &feature : schema::features())
            if (schema::info(feature.probe).key == probe.key)
                fmt::print("    {:<32} {:<6} {:<9} {}\n", feature.key, base::unitKey(feature.unit),
                           schema::featureKindKey(feature.kind), feature.description);
    }
}

base::Result<ordered_json> infoJson(const store::SessionStore &file)
{
    ordered_json out;
    out["file"] = file.path().string();
    out["bytes"] = file.fileBytes();
    out["sessions"] = ordered_json::array();
    STATESCAPE_TRY(const auto sessions, file.sessions());
    for (const auto &info : sessions) {
        ordered_json row{{"id", info.id},
                         {"entity_kind", schema::entityKindKey(info.schema->entityKind())},
                         {"start", base::formatRfc3339(info.anchor.realtimeNs)},
                         {"start_ns", info.anchor.monotonicNs},
                         {"samples", info.samples},
                         {"features", info.schema->size()},
                         {"dropped", info.dropped},
                         {"labels", ordered_json::object()},
                         {"host", info.host},
                         {"kernel", info.kernel},
                         {"origin", info.origin},
                         {"interval_ns", info.intervalNs},
                         {"first_ns", info.firstNs},
                         {"last_ns", info.lastNs},
                         {"losses", ordered_json::object()}};
        if (info.schema->entityKind() != schema::EntityKind::Host || info.entities != 0) {
            STATESCAPE_TRY(const auto entities, file.entities(info.id));
            row["entities"] = ordered_json::array();
            for (std::uint32_t i = 1; i < entities.size(); ++i)
                row["entities"].push_back(
                    {{"name", schema::entityText(info.schema->entityKind(), entities, i)},
                     {"id", entities[i].id},
                     {"first_ns", entities[i].firstNs},
                     {"last_ns", entities[i].lastNs}});
        }
        for (const auto &[label, count] : info.labels)
            row["labels"][label] = count;
        for (const auto &[kind, count] : info.losses)
            row["losses"][kind] = count;
        if (!info.command.empty())
            row["command"] = info.command;
        out["sessions"].push_back(row);
    }
    out["models"] = ordered_json::array();
    STATESCAPE_TRY(const auto models, file.models());
    for (const auto &model : models)
        out["models"].push_back({{"name", model.name},
                                 {"algorithm", model.algorithm},
                                 {"states", model.states},
                                 {"revision", model.revision},
                                 {"created", base::formatRfc3339(model.createdNs)}});
    return out;
}

/// The ones that were there longest, in a line.
void printEntities(ordered_json entities, const std::string &kind)
{
    const auto span = [](const ordered_json &entity) {
        return entity["last_ns"].get<std::uint64_t>() - entity["first_ns"].get<std::uint64_t>();
    };
    constexpr std::size_t kShown = 12;
    const auto count = entities.size();
    std::stable_sort(entities.begin(), entities.end(),
                     [&](const auto &a, const auto &b) { return span(a) > span(b); });
    std::string names;
    for (std::size_t i = 0; i < std::min(kShown, count); ++i)
        names += (i == 0 ? "" : ", ") + entities[i]["name"].get<std::string>();
    const char *many = count == 1 ? "" : kind == "process" ? "es" : "s";
    fmt::print("    {} {}{}: {}{}\n", count, kind, many, names, count > kShown ? ", ..." : "");
}

void printInfo(const ordered_json &info)
{
    fmt::print("{}, {}\n", info["file"].get<std::string>(),
               base::formatValue(info["bytes"].get<double>(), base::Unit::Bytes));
    if (info["sessions"].empty())
        fmt::print("no sessions\n");
    for (const auto &row : info["sessions"]) {
        const auto span = row["last_ns"].get<std::uint64_t>() - row["first_ns"].get<std::uint64_t>();
        fmt::print("session {}: {} of {} ({}), start {}, {} samples of {} features over {}, dropped {}\n",
                   row["id"].get<int>(), row["entity_kind"].get<std::string>(),
                   row["host"].get<std::string>(), row["origin"].get<std::string>(),
                   row["start"].get<std::string>(), row["samples"].get<std::uint64_t>(),
                   row["features"].get<std::uint64_t>(), base::formatDuration(span),
                   row["dropped"].get<std::uint64_t>());
        if (row.contains("entities"))
            printEntities(row["entities"], row["entity_kind"].get<std::string>());
        for (const auto &[label, count] : row["labels"].items())
            fmt::print("    label {:<28} {} samples\n", label, count.get<std::uint64_t>());
        for (const auto &[kind, count] : row["losses"].items())
            fmt::print("    lost  {:<28} {}\n", kind, count.get<std::uint64_t>());
    }
    for (const auto &model : info["models"]) {
        std::string states;
        for (const auto &state : model["states"])
            states += (states.empty() ? "" : ", ") + state.get<std::string>();
        fmt::print("model {} ({}): {} states: {}\n", model["name"].get<std::string>(),
                   model["algorithm"].get<std::string>(), model["states"].size(), states);
    }
}
} // namespace

Run addProbes(CLI::App &app)
{
    struct Options {
        ProbeSearch search;
        ProbeTry trial;
        bool json = false;
        bool markdown = false;
    };
    const auto options = std::make_shared<Options>();
    auto *json = app.add_flag("--json", options->json, "machine-readable");
    auto *markdown = app.add_flag("--markdown", options->markdown, "as docs/probes.md")->excludes(json);
    auto *search = app.add_option("--search", options->search.text,
                                  "what can be hooked here: part of a name, or a pattern with * and ?")
                       ->excludes(markdown);
    app.add_option("--kind", options->search.kind,
                   "only syscall, tracepoint, function, uprobe, usdt, interface or script")
        ->needs(search);
    app.add_option("--program", options->search.program,
                   "program or library whose functions and markers count")
        ->needs(search);
    app.add_option("--limit", options->search.limit, "most to show")
        ->needs(search)
        ->check(CLI::Range(1, 100'000))
        ->capture_default_str();
    auto *trial = app.add_option("--try", options->trial.probe,
                                 "attach this probe alone for a while: what it would collect and cost")
                      ->excludes(search)
                      ->excludes(markdown);
    app.add_option("--duration", options->trial.duration, "500ms to 600s")
        ->needs(trial)
        ->capture_default_str();
    app.add_option("--helper", options->trial.helper, "path of statescape-helper")->needs(trial);
    app.add_flag("--pkexec", options->trial.pkexec, "start the helper through pkexec")->needs(trial);
    app.footer("A probe of one's own is written as syscall:openat:latency, function:vfs_fsync:latency, "
               "kprobe:NAME, fentry:NAME,\n"
               "tracepoint:SYSTEM:NAME[:FIELD], uprobe:PROGRAM:FUNCTION[:latency], "
               "usdt:PROGRAM:PROVIDER:NAME, xdp:INTERFACE,\n"
               "packets:INTERFACE or bpftrace:FILE.bt, and recorded with statescape record --probe.");
    return [options, search, trial] {
        base::Result<> done;
        if (search->count() != 0) {
            options->search.json = options->json;
            done = searchProbes(options->search);
        } else if (trial->count() != 0) {
            options->trial.json = options->json;
            done = tryProbe(options->trial);
        } else if (options->markdown) {
            fmt::print("{}", probesMarkdown());
        } else if (options->json) {
            fmt::print("{}\n", probesJson().dump(2));
        } else {
            printProbes();
        }
        return done ? 0 : failed(done.error());
    };
}

Run addInfo(CLI::App &app)
{
    struct Options {
        std::string file;
        bool json = false;
    };
    const auto options = std::make_shared<Options>();
    app.add_option("FILE", options->file, "session file")->required();
    app.add_flag("--json", options->json, "machine-readable");
    return [options] {
        const auto file = store::SessionStore::open(options->file, store::OpenMode::ReadOnly);
        if (!file)
            return failed(file.error());
        const auto info = infoJson(*file);
        if (!info)
            return failed(info.error());
        if (options->json)
            fmt::print("{}\n", info->dump(2, ' ', false, ordered_json::error_handler_t::replace));
        else
            printInfo(*info);
        return 0;
    };
}

} // namespace statescape::cli
