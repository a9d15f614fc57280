// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/model/model.h"
#include "core/session/dataset.h"
#include "core/store/session_store.h"

#include <memory>
#include <string>

namespace statescape::cli {

/// @param text "FILE" or "FILE:NAME"; FILE a session file or an exported model (JSON). A colon in an existing
/// path is no separator.
/// @error NotFound, Corrupt, NewerVersion, Mismatch when the model's golden samples score differently here
base::Result<model::Model> loadModel(const std::string &text);
/// @param name empty: the newest model
base::Result<model::Model> loadModel(const store::SessionStore &file, const std::string &name);

/// A file to train on: it is open for writing, so that nobody waits for a model that cannot be kept.
struct Lesson {
    store::SessionStore file;
    session::Dataset data;
    model::TrainOptions options;
    std::shared_ptr<const model::Model> previous; ///< the newest of the same name, whose states live on
    std::string warning;                          ///< when there is one that cannot be read
    /// @return a view; valid while this object lives.
    [[nodiscard]] model::TrainingSet set() const;
};
/// @param only session id, 0 for all
base::Result<Lesson> openLesson(const std::string &path, const model::TrainOptions &options,
                                store::SessionId only);
base::Result<> storeModel(store::SessionStore &file, const model::Model &model);

} // namespace statescape::cli
