// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"

#include "core/schema/catalogue.h"

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
    return out;
}

void printProbes()
{
    for (const auto &probe : schema::probes()) {
        fmt::print("{} ({}): {}\n  hooks: {}\n", probe.key,
                   originKey(probe.origin), probe.description,
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
    const auto json = std::make_shared<bool>(false);
    app.add_flag("--json", *json, "machine-readable");
    return [json] {
        if (*json)
            fmt::print("{}\n", probesJson().dump(2));
        else
            printProbes();
        return 0;
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
