// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/ml/matrix.h"
#include "core/model/model.h"
#include "core/store/session_store.h"

#include <memory>
#include <string>
#include <vector>

namespace statescape::session {

/// All sessions of a file that share the newest one's schema, one after the other: what the command line
/// trains on.
struct Dataset {
    std::shared_ptr<const schema::Schema> schema;
    ml::Matrix x;                      ///< n x schema->size()
    std::vector<schema::Label> labels; ///< n
    std::vector<std::uint64_t>
        timeNs; ///< n, rising over the whole set: later sessions are shifted behind earlier ones
    std::vector<std::string> classNames;
    std::uint64_t intervalNs = 0;          ///< nominal, of the newest session
    std::vector<store::SessionId> skipped; ///< sessions of another schema

    /// @return a view; valid while this object lives.
    [[nodiscard]] model::TrainingSet trainingSet() const;
};

/// @param only a session's id, or 0 for all @error NotFound when the file has no session with samples
base::Result<Dataset> loadDataset(const store::SessionStore &file, store::SessionId only = 0);

/// @return what a file lists of a model without reading it; the revision is the store's to give.
store::ModelInfo infoOf(const model::Model &model);

} // namespace statescape::session
