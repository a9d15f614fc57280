// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"
#include "app/cli/model_file.h"
#include "app/cli/score_line.h"

#include <filesystem>
#include <fmt/core.h>
#include <fstream>
#include <memory>

/// score and export: what a model says.
namespace statescape::cli {
namespace {

struct ScoreArguments {
    std::string file, model;
    store::SessionId session = 0;
    bool csv = false, json = false, memberships = false;
};

base::Result<> runScore(const ScoreArguments &arguments)
{
    STATESCAPE_TRY(const auto file, store::SessionStore::open(arguments.file, store::OpenMode::ReadOnly));
    auto model = loadModel(file, arguments.model);
    if (!model && model.error().code == base::Code::NotFound &&
        std::filesystem::exists(arguments.model.substr(0, arguments.model.rfind(':'))))
        model = loadModel(arguments.model);
    STATESCAPE_CHECK(model);
    STATESCAPE_TRY(const auto session, pickSession(file, arguments.session));
    STATESCAPE_TRY(const auto columns, model->bind(*session.schema));
    STATESCAPE_TRY(const auto log, file.load(session.id));
    const auto samples = log->view();
    STATESCAPE_TRY(const auto entities, file.entities(session.id));
    const auto kind = session.schema->entityKind();
    if (!arguments.json)
        fmt::print("{}{}\n", kScoreHeader, arguments.memberships ? membershipHeader(*model) : "");
    else
        fmt::print("[\n");
    std::vector<float> shares(arguments.memberships ? model->states().size() : 0);
    for (std::size_t i = 0; i < samples.rows(); ++i) {
        const auto score = model->score(samples.row(i), columns);
        if (arguments.memberships)
            model->memberships(samples.row(i), columns, shares);
        const auto entity = schema::entityText(kind, entities, samples.entity(i));
        if (arguments.json)
            fmt::print("  {}{}\n",
                       scoreJson(samples.timeNs(i), entity, score, *model, samples.seen(i), {}, shares),
                       i + 1 < samples.rows() ? "," : "");
        else
            fmt::print("{}\n", scoreCsv(samples.timeNs(i), entity, score, *model, shares));
    }
    if (arguments.json)
        fmt::print("]\n");
    return {};
}

struct ExportArguments {
    std::string file, model, format, output;
};

base::Result<> runExport(const ExportArguments &arguments)
{
    if (arguments.format != "json")
        return base::fail(base::Code::NotSupported,
                          "export to " + arguments.format + " is not in this version", "use --format json");
    STATESCAPE_TRY(const auto file, store::SessionStore::open(arguments.file, store::OpenMode::ReadOnly));
    STATESCAPE_TRY(const auto model, loadModel(file, arguments.model));
    const std::filesystem::path target = arguments.output;
    const std::filesystem::path temporary = target.string() + ".part";
    {
        std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
        out << model.toJson();
        out.close();
        if (!out) {
            const int why = errno;
            std::error_code ignored;
            std::filesystem::remove(temporary, ignored);
            return base::fail(why == EACCES || why == EPERM || why == EROFS ? base::Code::NotPermitted
                                                                            : base::Code::Io,
                              target.string() + " cannot be written",
                              why == ENOENT   ? "make its folder first"
                              : why == ENOSPC ? "free some space"
                                              : "choose another -o",
                              why);
        }
    }
    std::error_code error;
    std::filesystem::rename(temporary, target, error);
    if (error) {
        std::filesystem::remove(temporary, error);
        return base::fail(base::Code::Io, target.string() + " cannot be replaced", "choose another -o",
                          error.value());
    }
    // Read back as another program would: the answers must be the same.
    STATESCAPE_TRY(const auto again, loadModel(target.string()));
    fmt::print("{}: model {}, {} states, {} features; golden samples give the same answers\n",
               target.string(), again.name(), again.states().size(), again.features().size());
    return {};
}
} // namespace

Run addScore(CLI::App &app)
{
    const auto arguments = std::make_shared<ScoreArguments>();
    app.add_option("FILE", arguments->file, "session file")->required();
    app.add_option("--model", arguments->model,
                   "a model's name in FILE, another FILE:NAME, or an exported model")
        ->required();
    app.add_option("--session", arguments->session, "session id (default: the newest)");
    app.add_flag("--memberships", arguments->memberships,
                 "also how much a sample belongs to each state, 0 to 1");
    auto *csv = app.add_flag("--csv", arguments->csv, "comma-separated, the default");
    app.add_flag("--json", arguments->json, "machine-readable")->excludes(csv);
    return [arguments] {
        const auto done = runScore(*arguments);
        return done ? 0 : failed(done.error());
    };
}

Run addExport(CLI::App &app)
{
    const auto arguments = std::make_shared<ExportArguments>();
    app.add_option("FILE", arguments->file, "session file")->required();
    app.add_option("--model", arguments->model, "the model's name")->required();
    app.add_option("--format", arguments->format, "json (onnx, pmml, c and bpf come later)")
        ->required()
        ->check(CLI::IsMember({"json", "onnx", "pmml", "c", "bpf"}));
    app.add_option("-o,--output", arguments->output, "file to write")->required();
    return [arguments] {
        const auto done = runExport(*arguments);
        return done ? 0 : failed(done.error());
    };
}

} // namespace statescape::cli
