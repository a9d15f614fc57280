// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/json_io.h"
#include "core/model/judge.h"
#include "core/model/model.h"
#include "core/model/preparer.h"
#include "core/model/state_plan.h"

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
    std::uint32_t lastId = 0; ///< largest ever given to a state, also of the models this one follows
    schema::EntityKind entity = schema::EntityKind::Host; ///< what the samples it was trained on are about

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

/// Rows of a training set on their way to a judge.
struct PreparedRows {
    Preparer::Fit fit;
    ml::Matrix z;                       ///< in the order of fit.rows
    std::vector<int> classOf;           ///< of those rows
    std::vector<std::uint64_t> timesNs; ///< of those rows, or empty
};
/// @param rows of set.x to use @param columns of the schema to use
/// @error NotEnoughData, Cancelled
base::Result<PreparedRows> prepareRows(const TrainingSet &set, const LabelTable &labels,
                                       std::span<const std::uint32_t> rows, std::span<const int> columns,
                                       const TrainOptions &options, const base::Progress &progress);

/// Trains on some time blocks and judges the others. @param plan with which states are looked for
/// @return Quality with NaN and a note where that is not possible; samples 0 where nothing is labelled
base::Result<Quality> evaluate(const TrainingSet &set, const LabelTable &labels, std::span<const int> columns,
                               const TrainOptions &options, const states::Plan &plan,
                               std::vector<std::string> &notes, const base::Progress &progress);

/// Gives the states the ids and names they had in @p previous, and says what changed.
/// @param answers of z's rows, index into content.judge.states, -1 unknown @param rows of set.x, one a row of
/// z @param classes that name states @error Cancelled
base::Result<> followModel(ModelContent &content, const Model &previous, const TrainingSet &set,
                           ml::MatrixView z, std::span<const std::uint32_t> rows,
                           std::span<const int> answers, std::span<const LabelClass> classes,
                           const base::Progress &progress);

std::string toJsonText(const ModelContent &content);
/// @error Corrupt, NewerVersion
base::Result<ModelContent> contentFromJson(std::string_view text);

} // namespace statescape::model
