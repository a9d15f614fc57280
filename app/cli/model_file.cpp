// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/model_file.h"

#include "core/session/dataset.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fmt/core.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace statescape::cli {
namespace {
constexpr std::string_view kSqliteMagic = "SQLite format 3";
constexpr std::uintmax_t kMaxModelBytes = 256U << 20U;

base::Result<model::Model> verified(const std::string &json, const std::string &where)
{
    auto model = model::Model::fromJson(json);
    if (!model)
        return model.error().in(where);
    if (const auto same = model->verify(); !same)
        return same.error().in(where);
    return model;
}

base::Result<model::Model> loadFrom(const std::string &path, const std::string &name)
{
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path, ignored))
        return base::fail(base::Code::NotFound, path + " is not a file",
                          "give a session file, FILE:NAME, or an exported model");
    std::ifstream stream(path, std::ios::binary);
    std::string head(kSqliteMagic.size(), '\0');
    stream.read(head.data(), static_cast<std::streamsize>(head.size()));
    if (head == kSqliteMagic) {
        STATESCAPE_TRY(const auto file, store::SessionStore::open(path, store::OpenMode::ReadOnly));
        return loadModel(file, name);
    }
    if (!stream && !stream.eof())
        return base::fail(base::Code::Io, path + " cannot be read", "check its permissions", errno);
    if (std::filesystem::file_size(path, ignored) > kMaxModelBytes)
        return base::fail(base::Code::Corrupt, path + " is too large for a model",
                          "give a session file or an exported model");
    std::ifstream whole(path, std::ios::binary);
    std::ostringstream text;
    text << whole.rdbuf();
    return verified(text.str(), path);
}

nlohmann::ordered_json number(double value)
{
    return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
}
} // namespace

base::Result<model::Model> loadModel(const std::string &text)
{
    std::error_code ignored;
    const auto colon = text.rfind(':');
    if (std::filesystem::exists(text, ignored) || colon == std::string::npos)
        return loadFrom(text, "");
    return loadFrom(text.substr(0, colon), text.substr(colon + 1));
}

base::Result<model::Model> loadModel(const store::SessionStore &file, const std::string &name)
{
    STATESCAPE_TRY(const auto json, file.loadModel(name));
    return verified(json, file.path().string());
}

base::Result<> storeModel(store::SessionStore &file, const model::Model &model)
{
    store::ModelInfo info{model.name(), model.algorithm(), {}, model.options().createdNs, 0};
    for (const auto &state : model.states())
        info.states.push_back(state.name);
    STATESCAPE_CHECK(file.saveModel(info, model.toJson()));
    return {};
}

base::Result<model::Model> trainFile(const std::string &path, const model::TrainOptions &options,
                                     store::SessionId only, const base::Progress &progress)
{
    STATESCAPE_TRY(auto file, store::SessionStore::open(path, store::OpenMode::ReadWrite));
    STATESCAPE_TRY(const auto set, session::loadDataset(file, only));
    auto full = options;
    full.source = file.path().filename().string() + (only == 0 ? "" : " session " + std::to_string(only));
    full.createdNs = base::realtimeNs();
    full.intervalNs = set.intervalNs;
    STATESCAPE_TRY(auto model, model::Model::train(set.trainingSet(), full, progress));
    STATESCAPE_CHECK(storeModel(file, model));
    return model;
}

std::string modelJson(const model::Model &model)
{
    nlohmann::ordered_json out;
    const auto &quality = model.quality();
    out["model"] = model.name();
    out["algorithm"] = model.algorithm();
    out["k"] = model.states().size();
    out["inertia"] = number(model.inertia());
    out["silhouette"] = number(model.silhouette());
    if (quality.samples == 0)
        out["held_out"] = nullptr;
    else
        out["held_out"] = {{"accuracy", number(quality.accuracy)},
                           {"f1", number(quality.f1)},
                           {"precision", number(quality.precision)},
                           {"recall", number(quality.recall)},
                           {"balanced_accuracy", number(quality.balancedAccuracy)},
                           {"samples", quality.samples},
                           {"classes", quality.classes},
                           {"confusion", quality.confusion}};
    out["explained_variance_ratio"] = model.explainedVarianceRatio();
    out["seconds"] = model.seconds();
    out["states"] = nlohmann::ordered_json::array();
    for (const auto &state : model.states())
        out["states"].push_back({{"name", state.name},
                                 {"polarity", schema::polarityKey(state.polarity)},
                                 {"samples", state.samples},
                                 {"silhouette", number(state.silhouette)}});
    out["features"] = model.features().size();
    out["unknown_distance"] = number(model.unknownDistance());
    out["notes"] = model.notes();
    return out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string modelText(const model::Model &model)
{
    const auto &quality = model.quality();
    std::string out =
        fmt::format("model {} ({}): {} states, {} features, silhouette {:.2f}, trained in {:.2f} s\n",
                    model.name(), model.algorithm(), model.states().size(), model.features().size(),
                    model.silhouette(), model.seconds());
    for (const auto &state : model.states())
        out += fmt::format("    {:<28} {:<9} {:>8} samples, silhouette {:.2f}\n", state.name,
                           schema::polarityKey(state.polarity), state.samples, state.silhouette);
    if (quality.samples == 0)
        out += "held out: not evaluated (too few labelled samples of both kinds in separate time blocks)\n";
    else if (!std::isfinite(quality.f1))
        out += fmt::format(
            "held out: accuracy {:.3f} on {} labelled samples never trained on (only one class of them, so "
            "no F1)\n",
            quality.accuracy, quality.samples);
    else {
        const bool negatives =
            std::any_of(model.states().begin(), model.states().end(),
                        [](const auto &state) { return state.polarity == schema::Polarity::Negative; });
        out += fmt::format(
            "held out: F1 {:.3f}, precision {:.3f}, recall {:.3f}{}, accuracy {:.3f} on {} labelled "
            "samples never trained on\n",
            quality.f1, quality.precision, quality.recall, negatives ? "" : " (means over the classes)",
            quality.accuracy, quality.samples);
    }
    for (const auto &note : model.notes())
        out += "note: " + note + "\n";
    return out;
}

} // namespace statescape::cli
