// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/json_io.h"
#include "core/model/judge.h"
#include "core/model/model.h"
#include "core/model/preparer.h"

#include <memory>
#include <string>
#include <vector>

namespace statescape::model {

/// A sample kept with the model so that any copy of it can prove that it answers as it did when it was
/// trained.
struct Golden {
    std::vector<float> row; ///< one value per feature, raw, missing values with their reason
    Score score;
};

/// Everything inside a Model.
struct ModelContent {
    std::string name;
    TrainOptions options;
    std::uint64_t schemaHash = 0;
    Preparer preparer;
    Judge judge;
    Axes axes;
    Quality quality;
    double inertia = 0, silhouette = 0, seconds = 0;
    std::vector<std::string> notes;
    std::vector<Golden> golden;
    std::vector<StateChange> changes;
    std::vector<std::string> story;

    /// @param row values @param columns one index into @p row per feature
    [[nodiscard]] Score score(std::span<const float> row, std::span<const int> columns) const;
};

/// @return the fitted content, evaluated on held-out time blocks, then fitted on everything.
base::Result<ModelContent> trainContent(const TrainingSet &set, const TrainOptions &options,
                                        const base::Progress &progress);

/// Labels as classes, and which class each row has.
struct LabelTable {
    std::vector<LabelClass> classes;
    std::vector<int> classOf; ///< n, -1 unlabelled
};
/// @error InvalidArgument sizes differ or a class id without a name
base::Result<LabelTable> readLabels(const TrainingSet &set, bool useLabels);

/// Trains on some time blocks and judges the others. @return Quality with samples 0 and a note when that is
/// not possible.
base::Result<Quality> evaluate(const TrainingSet &set, const LabelTable &labels, std::span<const int> columns,
                               const TrainOptions &options, std::vector<std::string> &notes,
                               const base::Progress &progress);

/// A preparer and a judge fitted together on some rows of a training set.
struct Fitted {
    Preparer::Fit prepared;
    Judge judge;
    ml::Matrix z;             ///< prepared rows, in the order of prepared.rows
    std::vector<int> classOf; ///< of those rows
};
/// @param rows of set.x to use @param columns of the schema to use
base::Result<Fitted> fitRows(const TrainingSet &set, const LabelTable &labels,
                             std::span<const std::uint32_t> rows, std::span<const int> columns,
                             const TrainOptions &options, const base::Progress &progress);

std::string toJsonText(const ModelContent &content);
/// @error Corrupt, NewerVersion
base::Result<ModelContent> contentFromJson(std::string_view text);

} // namespace statescape::model
