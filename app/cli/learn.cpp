// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"
#include "app/cli/model_file.h"
#include "app/cli/score_line.h"

#include <filesystem>
#include <fmt/core.h>
#include <fstream>
#include <memory>
#include <unistd.h>

/// train, score and export: from labels to answers.
namespace statescape::cli {
namespace {

struct TrainArguments {
    std::string file, k = "auto", scaler = "standard";
    model::TrainOptions options;
    store::SessionId session = 0;
    bool json = false, noLabels = false;
};

int runTrain(const TrainArguments &arguments)
{
    auto options = arguments.options;
    options.useLabels = !arguments.noLabels;
    options.scaler = arguments.scaler == "robust" ? model::Scaler::Robust : model::Scaler::Standard;
    if (arguments.k != "auto") {
        char *end = nullptr;
        const long k = std::strtol(arguments.k.c_str(), &end, 10);
        if (*end != '\0' || k < 1 || k > 256)
            return failed(base::fail(base::Code::InvalidArgument,
                                     "-k " + arguments.k + " is not a number of clusters",
                                     "use auto or 1 to 256"));
        options.k = static_cast<int>(k);
    }
    base::Progress progress;
    const bool terminal = isatty(STDERR_FILENO) != 0;
    if (terminal)
        progress.report = [](double fraction, std::string_view stage) {
            fmt::print(stderr, "\r\033[K{:3.0f} % {}", fraction * 100, stage);
        };
    const auto model = trainFile(arguments.file, options, arguments.session, progress);
    if (terminal)
        fmt::print(stderr, "\r\033[K");
    if (!model)
        return failed(model.error());
    fmt::print("{}", arguments.json ? modelJson(*model) + "\n" : modelText(*model));
    return 0;
}

struct ScoreArguments {
    std::string file, model;
    store::SessionId session = 0;
    bool csv = false, json = false;
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
    if (!arguments.json)
        fmt::print("{}\n", kScoreHeader);
    else
        fmt::print("[\n");
    for (std::size_t i = 0; i < samples.rows(); ++i) {
        const auto score = model->score(samples.row(i), columns);
        if (arguments.json)
            fmt::print("  {}{}\n", scoreJson(samples.timeNs(i), score, *model),
                       i + 1 < samples.rows() ? "," : "");
        else
            fmt::print("{}\n", scoreCsv(samples.timeNs(i), score, *model));
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
        if (!out)
            return base::fail(base::Code::Io, temporary.string() + " cannot be written",
                              "check the folder and the free space", errno);
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

Run addTrain(CLI::App &app)
{
    const auto arguments = std::make_shared<TrainArguments>();
    app.add_option("FILE", arguments->file, "session file; all its sessions are used")->required();
    app.add_option("--algorithm", arguments->options.algorithm, "kmeans (others come later)")
        ->capture_default_str();
    app.add_option("-k", arguments->k, "clusters, or auto")->capture_default_str();
    app.add_option("--name", arguments->options.name, "the model's name")->capture_default_str();
    app.add_option("--seed", arguments->options.seed, "same data and seed: the same model to the bit")
        ->capture_default_str();
    app.add_option("--session", arguments->session, "only this session");
    app.add_option("--scaler", arguments->scaler, "standard or robust")
        ->check(CLI::IsMember({"standard", "robust"}))
        ->capture_default_str();
    app.add_option("--features", arguments->options.features, "keys to use (default: every usable one)")
        ->delimiter(',');
    app.add_flag("--levels", arguments->options.includeLevels,
                 "also use features of kind level, which drift");
    app.add_flag("--no-labels", arguments->noLabels, "ignore labels");
    app.add_flag("--json", arguments->json, "machine-readable");
    return [arguments] { return runTrain(*arguments); };
}

Run addScore(CLI::App &app)
{
    const auto arguments = std::make_shared<ScoreArguments>();
    app.add_option("FILE", arguments->file, "session file")->required();
    app.add_option("--model", arguments->model,
                   "a model's name in FILE, another FILE:NAME, or an exported model")
        ->required();
    app.add_option("--session", arguments->session, "session id (default: the newest)");
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
