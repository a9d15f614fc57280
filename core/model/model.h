// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/ml/matrix.h"
#include "core/model/model_facts.h"
#include "core/model/training.h"
#include "core/schema/label.h"
#include "core/schema/schema.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace statescape::model {

/// What a model says of one sample.
struct Score {
    int cluster = -1; ///< index into states(); -1 is unknown
    schema::Polarity polarity =
        schema::Polarity::None; ///< of the state; Negative for unknown is the alarm rule's business, not ours
    float confidence = 0; ///< 0..1: softmax share of the nearest state against the others; 0 for unknown
    float abnormality =
        0; ///< 0..1: share of held-out known-good samples that lie nearer to the good states than this one
};

/// How much one feature contributes to a sample's distance from the nearest good state.
struct Contribution {
    int column = 0;   ///< in the model's features()
    double sigma = 0; ///< signed, in scaled units
};

/// A trained model: features used, transform, scaler, projection, clusters, state names, thresholds,
/// provenance. Immutable; cannot exist untrained. Const members are safe from any thread.
class Model {
public:
    /// @error NotEnoughData fewer usable rows than 10 or than k; InvalidArgument unknown feature or
    /// algorithm, k out of 0..256, an option the algorithm does not have; Cancelled within 100 ms of a stop
    /// request.
    static base::Result<Model> train(const TrainingSet &set, const TrainOptions &options,
                                     const base::Progress &progress = {});
    /// Reads what toJson() wrote. @error Corrupt, NewerVersion, with the JSON path at fault.
    static base::Result<Model> fromJson(std::string_view text);
    /// @return self-describing JSON with format version, golden samples and their expected scores.
    [[nodiscard]] std::string toJson() const;
    /// Scores the golden samples again. @error Mismatch when any answer differs.
    [[nodiscard]] base::Result<> verify() const;

    [[nodiscard]] const std::string &name() const;
    [[nodiscard]] const TrainOptions &options() const;
    /// @return key of the algorithm that found the states, never "auto".
    [[nodiscard]] const std::string &algorithm() const;
    [[nodiscard]] const Choice &choice() const;
    /// Against TrainingSet::previous, most important first; empty without one.
    [[nodiscard]] const std::vector<StateChange> &changes() const;
    /// What was found, for people, one sentence each: "6 states; 4 named by your labels."
    [[nodiscard]] const std::vector<std::string> &story() const;
    /// @return 0..1: share of training samples whose answer is that of the algorithm itself, since a model
    /// answers by prototypes; NaN in models of version 1.
    [[nodiscard]] double fidelity() const;
    [[nodiscard]] std::uint64_t noise() const; ///< training samples that belong to no state
    [[nodiscard]] const std::vector<schema::Feature> &features() const; ///< used ones, in model order (d)
    [[nodiscard]] const std::vector<State> &states() const;             ///< k of them
    [[nodiscard]] std::uint32_t lastStateId() const; ///< largest ever given out, also by models before this
    [[nodiscard]] const Quality &quality() const;
    [[nodiscard]] double inertia() const;    ///< sum of squared distances in the scaled space
    [[nodiscard]] double silhouette() const; ///< mean, scaled space, exact to 2,000 rows and sampled above
    [[nodiscard]] double seconds() const;    ///< training took, s
    [[nodiscard]] std::uint64_t schemaHash() const; ///< of the schema it was trained on
    [[nodiscard]] schema::EntityKind entityKind() const; ///< what its samples are about; host for older models
    [[nodiscard]] std::vector<double> explainedVarianceRatio() const;
    [[nodiscard]] const std::vector<std::string> &
    notes() const; ///< what training left out and why, one line each
    /// Distance beyond which a sample is unknown, scaled units.
    [[nodiscard]] double unknownDistance() const;

    /// Maps the columns of @p schema to this model's features once, so that scoring needs no look-ups.
    /// @error Mismatch naming the missing keys (more than a tenth of the features, or a unit that differs).
    [[nodiscard]] base::Result<std::vector<int>> bind(const schema::Schema &schema) const;
    /// @param row schema.size() values, NaN where missing. @param columns from bind().
    [[nodiscard]] Score score(std::span<const float> row, std::span<const int> columns) const;
    /// @return n scores for n rows, the same as score() gives. @param threads 0 chooses
    [[nodiscard]] std::vector<Score> scoreAll(ml::MatrixView x, std::span<const int> columns,
                                              int threads = 0) const;
    /// How much a sample belongs to each state. @param out states().size() shares, 0..1, sum 1; all 0 for a
    /// sample that cannot be judged
    void memberships(std::span<const float> row, std::span<const int> columns, std::span<float> out) const;
    /// @return coordinates on the model's principal components, n x components.
    [[nodiscard]] ml::Matrix project(ml::MatrixView x, std::span<const int> columns) const;
    /// @return features by how much they move the sample away from the nearest good state, largest first.
    [[nodiscard]] std::vector<Contribution> explain(std::span<const float> row,
                                                    std::span<const int> columns) const;

private:
    struct Data;
    explicit Model(std::shared_ptr<const Data> data);
    std::shared_ptr<const Data> m_data;
};

} // namespace statescape::model
