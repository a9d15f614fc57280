// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"
#include "app/cli/model_file.h"
#include "app/cli/model_report.h"

#include "core/base/log.h"

#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>
#include <algorithm>
#include <cmath>
#include <fmt/core.h>
#include <memory>
#include <unistd.h>

/// train: from labels to a model, or to several beside each other.
namespace statescape::cli {
namespace {
using base::Code;

struct TrainArguments {
    std::string file, k = "auto", scaler = "standard", compare;
    model::TrainOptions options;
    store::SessionId session = 0;
    bool json = false, noLabels = false, comparing = false;
};

std::vector<std::string> keysOfAll()
{
    std::vector<std::string> out;
    for (const auto &one : model::algorithms())
        out.emplace_back(one.key);
    return out;
}

std::string joined(const std::vector<std::string> &words)
{
    std::string out;
    for (const auto &word : words)
        out += (out.empty() ? "" : ", ") + word;
    return out;
}

/// @return the algorithms listed, empty for all @error InvalidArgument
base::Result<std::vector<std::string>> compareList(const std::string &text)
{
    std::vector<std::string> out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        out.push_back(text.substr(at, end - at));
        if (model::algorithmOf(out.back()) == nullptr)
            return base::fail(Code::InvalidArgument, "there is no algorithm '" + out.back() + "'",
                              "--compare takes " + joined(keysOfAll()) + ", separated by commas");
        at = end + 1;
    }
    return out;
}

/// An option is wrong when no algorithm that will be trained has it.
base::Result<> checkOptions(const model::TrainOptions &options, const std::vector<std::string> &keys)
{
    const auto any = [&](auto wanted) { return std::any_of(keys.begin(), keys.end(), wanted); };
    const auto wrong = [&](const std::string &option, const std::string &what) {
        return base::fail(Code::InvalidArgument, option + " is not for " + joined(keys) + what,
                          "leave it out");
    };
    if (options.k != 0 && !any([](const auto &key) { return model::algorithmOf(key)->takesK; }))
        return wrong("-k", ", which finds the number of states by itself");
    if (options.radius != 0 && !any([](const auto &key) { return key == "dbscan"; }))
        return wrong("--radius", ", only for dbscan");
    if (options.minSamples != 0 && !any([](const auto &key) { return key == "dbscan" || key == "hdbscan"; }))
        return wrong("--min-samples", ", only for dbscan and hdbscan");
    if (options.minClusterSize != 0 && !any([](const auto &key) { return key == "hdbscan"; }))
        return wrong("--min-cluster-size", ", only for hdbscan");
    if (!std::isfinite(options.radius))
        return base::fail(Code::InvalidArgument, "--radius is no distance", "give a number above 0");
    if (options.name.empty())
        return base::fail(Code::InvalidArgument, "the model's name is empty", "give --name a word");
    return {};
}

base::Result<int> parseK(const std::string &text)
{
    if (text == "auto")
        return 0;
    char *end = nullptr;
    const long k = std::strtol(text.c_str(), &end, 10);
    if (text.empty() || *end != '\0' || k < 1 || k > 256)
        return base::fail(Code::InvalidArgument, "-k " + text + " is not a number of clusters",
                          "use auto or 1 to 256");
    return static_cast<int>(k);
}

base::Progress terminalProgress()
{
    base::Progress progress;
    if (isatty(STDERR_FILENO) != 0)
        progress.report = [](double fraction, std::string_view stage) {
            fmt::print(stderr, "\r\033[K{:3.0f} % {}", fraction * 100, stage);
        };
    return progress;
}

void endProgress(const base::Progress &progress)
{
    if (progress.report)
        fmt::print(stderr, "\r\033[K");
}

int compareAndKeepTheBest(Lesson &lesson, const std::vector<std::string> &keys, bool json)
{
    const auto progress = terminalProgress();
    const auto table = model::compareAlgorithms(lesson.set(), lesson.options, keys, progress);
    endProgress(progress);
    if (!table)
        return failed(table.error());
    const model::Model *best = nullptr;
    for (const auto &one : *table)
        if (one.best)
            best = &*one.model;
    if (best != nullptr)
        if (const auto stored = storeModel(lesson.file, *best); !stored)
            return failed(stored.error());
    if (json)
        fmt::print("{}\n", modelJson(best, *table));
    else
        fmt::print("{}", comparedText(*table));
    if (best == nullptr)
        return failed(base::fail(Code::NotEnoughData, "no algorithm gave a model, so none was saved",
                                 "see the reasons above"));
    if (!json)
        fmt::print("saved the best as model {}; the others are not kept\n\n{}", best->name(),
                   modelText(*best));
    return 0;
}

int runTrain(TrainArguments arguments)
{
    // "--compare FILE" reads as a list, which no file name is.
    if (arguments.file.empty() && arguments.comparing && !compareList(arguments.compare))
        std::swap(arguments.file, arguments.compare);
    if (arguments.file.empty())
        return failed(base::fail(Code::InvalidArgument, "FILE is required", "see statescape train --help"));
    auto options = arguments.options;
    options.useLabels = !arguments.noLabels;
    options.scaler = arguments.scaler == "robust" ? model::Scaler::Robust : model::Scaler::Standard;
    const auto k = parseK(arguments.k);
    if (!k)
        return failed(k.error());
    options.k = *k;
    auto keys = compareList(arguments.compare);
    if (!keys)
        return failed(keys.error());
    std::vector<std::string> trained{options.algorithm};
    if (arguments.comparing)
        trained = keys->empty() ? keysOfAll() : *keys;
    if (const auto right = checkOptions(options, trained); !right)
        return failed(right.error());
    auto lesson = openLesson(arguments.file, options, arguments.session);
    if (!lesson)
        return failed(lesson.error());
    if (!lesson->warning.empty())
        base::log(base::LogLevel::Warning, lesson->warning);
    if (arguments.comparing)
        return compareAndKeepTheBest(*lesson, *keys, arguments.json);
    const auto progress = terminalProgress();
    const auto model = model::Model::train(lesson->set(), lesson->options, progress);
    endProgress(progress);
    if (!model)
        return failed(model.error());
    if (const auto stored = storeModel(lesson->file, *model); !stored)
        return failed(stored.error());
    fmt::print("{}", arguments.json ? modelJson(&*model) + "\n" : modelText(*model));
    return 0;
}

/// Every algorithm with its one sentence, wrapped for a terminal.
std::string algorithmHelp()
{
    constexpr std::size_t kWidth = 96;
    constexpr std::size_t kIndent = 12;
    std::string out = "Algorithms:\n";
    for (const auto &one : model::algorithms()) {
        std::string line = fmt::format("  {:<9}", one.key);
        std::string_view rest = one.when;
        while (!rest.empty()) {
            const auto word = rest.substr(0, rest.find(' '));
            if (line.size() + 1 + word.size() > kWidth) {
                out += line + "\n";
                line = std::string(kIndent - 1, ' ');
            }
            line.append(" ").append(word);
            rest.remove_prefix(std::min(word.size() + 1, rest.size()));
        }
        out += line + "\n";
    }
    return out;
}
} // namespace

Run addTrain(CLI::App &app)
{
    const auto arguments = std::make_shared<TrainArguments>();
    auto &options = arguments->options;
    app.add_option("FILE", arguments->file, "session file; all its sessions are used")
        ->option_text("TEXT REQUIRED");
    auto *algorithm = app.add_option("--algorithm", options.algorithm, "how states are found, see below")
                          ->check(CLI::IsMember(keysOfAll()))
                          ->option_text("KEY [auto]");
    app.add_option("-k", arguments->k, "number of states, or auto")->capture_default_str();
    app.add_option("--radius", options.radius,
                   "dbscan: what counts as near, in scaled units (default: from the data)")
        ->check(CLI::PositiveNumber);
    app.add_option("--min-samples", options.minSamples,
                   "dbscan, hdbscan: neighbours that make a sample dense (default: from the data)")
        ->check(CLI::Range(1, 1'000'000));
    app.add_option("--min-cluster-size", options.minClusterSize,
                   "hdbscan: fewer samples are no state (default: from the data)")
        ->check(CLI::Range(2, 1'000'000));
    auto *compare = app.add_option("--compare", arguments->compare,
                                   "train each of LIST (keys separated by commas; default: all but auto) on "
                                   "the same samples, show them side by side and save only the best")
                        ->expected(0, 1)
                        ->option_text("[LIST]")
                        ->excludes(algorithm);
    app.add_option("--name", options.name, "the model's name")->capture_default_str();
    app.add_option("--seed", options.seed, "same data and seed: the same model to the bit")
        ->capture_default_str();
    app.add_option("--session", arguments->session, "only this session");
    app.add_option("--scaler", arguments->scaler, "standard or robust")
        ->check(CLI::IsMember({"standard", "robust"}))
        ->capture_default_str();
    app.add_option("--features", options.features, "keys to use (default: every usable one)")->delimiter(',');
    app.add_flag("--levels", options.includeLevels, "also use features of kind level, which drift");
    app.add_flag("--no-labels", arguments->noLabels, "ignore labels");
    app.add_flag("--json", arguments->json, "machine-readable");
    app.footer(algorithmHelp());
    return [arguments, compare] {
        arguments->comparing = compare->count() > 0;
        return runTrain(*arguments);
    };
}

} // namespace statescape::cli
