// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/model_file.h"

#include <filesystem>
#include <fstream>
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
    STATESCAPE_CHECK(file.saveModel(session::infoOf(model), model.toJson()));
    return {};
}

model::TrainingSet Lesson::set() const
{
    auto out = data.trainingSet();
    out.previous = previous;
    return out;
}

base::Result<Lesson> openLesson(const std::string &path, const model::TrainOptions &options,
                                store::SessionId only)
{
    STATESCAPE_TRY(auto file, store::SessionStore::open(path, store::OpenMode::ReadWrite));
    STATESCAPE_TRY(auto data, session::loadDataset(file, only));
    Lesson out{std::move(file), std::move(data), options, {}, {}};
    out.options.source =
        out.file.path().filename().string() + (only == 0 ? "" : " session " + std::to_string(only));
    out.options.createdNs = base::realtimeNs();
    out.options.intervalNs = out.data.intervalNs;
    auto before = loadModel(out.file, options.name);
    if (before)
        out.previous = std::make_shared<const model::Model>(std::move(*before));
    else if (before.error().code != base::Code::NotFound)
        out.warning = "states start anew, as the model before cannot be used: " + before.error().text();
    return out;
}

} // namespace statescape::cli
