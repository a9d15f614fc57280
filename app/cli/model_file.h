// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/model/model.h"
#include "core/store/session_store.h"

#include <string>

namespace statescape::cli {

/// @param text "FILE" or "FILE:NAME"; FILE a session file or an exported model (JSON). A colon in an existing
/// path is no separator.
/// @error NotFound, Corrupt, NewerVersion, Mismatch when the model's golden samples score differently here
base::Result<model::Model> loadModel(const std::string &text);
/// @param name empty: the newest model
base::Result<model::Model> loadModel(const store::SessionStore &file, const std::string &name);

/// Trains on a file's sessions and stores the model in it. @param only session id, 0 for all
base::Result<model::Model> trainFile(const std::string &path, const model::TrainOptions &options,
                                     store::SessionId only, const base::Progress &progress);
base::Result<> storeModel(store::SessionStore &file, const model::Model &model);

/// One line for people and programs about how good a model is; JSON is the stable form of `train --json`.
std::string modelJson(const model::Model &model);
std::string modelText(const model::Model &model);

} // namespace statescape::cli
