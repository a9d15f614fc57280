// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/ml/matrix.h"
#include "core/schema/label.h"
#include "core/schema/schema.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace statescape::model {

/// What a model learns from. Views only: the caller keeps the data alive during train().
struct TrainingSet {
    std::shared_ptr<const schema::Schema> schema;
    ml::MatrixView x; ///< n x schema->size(), NaN where missing (schema::missingReason says why)
    std::span<const schema::Label> labels;   ///< n, or empty when there are none
    std::span<const std::uint64_t> timeNs;   ///< n, CLOCK_MONOTONIC, rising within a block
    std::span<const std::string> classNames; ///< classNames[Label::classId]; index 0 is ""
};

enum class Scaler : std::uint8_t { Standard, Robust };

struct TrainOptions {
    std::string name = "model";
    std::string algorithm = "kmeans"; ///< others: NotSupported
    int k = 0;                        ///< clusters; 0 chooses (at least one per labelled class)
    std::uint64_t seed = 1;           ///< same data, options and seed: the same model to the bit
    bool useLabels = true;
    bool includeLevels = false;          ///< also features of kind Level
    std::vector<std::string> features{}; ///< keys to use; empty: every usable one
    Scaler scaler = Scaler::Standard;
    int restarts = 10;
    double heldOutShare = 0.3;    ///< of time blocks, for the evaluation; the shipped model is fitted on all
    std::string source{};         ///< provenance: file and session, for people
    std::int64_t createdNs = 0;   ///< provenance: realtime ns
    std::uint64_t intervalNs = 0; ///< of the samples trained on; what to watch at. 0: unknown
};

/// What a model says of one sample.
struct Score {
    int cluster = -1; ///< index into states(); -1 is unknown
    schema::Polarity polarity =
        schema::Polarity::None; ///< of the state; Negative for unknown is the alarm rule's business, not ours
    float confidence = 0; ///< 0..1: softmax share of the nearest state against the others; 0 for unknown
    float abnormality =
        0; ///< 0..1: share of held-out known-good samples that lie nearer to the good states than this one
};

struct State {
    std::string name; ///< class name, or "positive"/"negative"/"state 3"; unique in the model
    schema::Polarity polarity = schema::Polarity::None;
    std::uint64_t samples = 0; ///< training samples in it
    double silhouette = 0;     ///< mean over its (sampled) members
};

/// Held-out quality: trained on the other time blocks. Precision, recall and F1 are of negative against the
/// rest; without negative labels they are means over the classes that occur (macro). NaN where undefined.
struct Quality {
    std::uint64_t samples = 0; ///< labelled held-out samples; 0: no evaluation was possible
    double accuracy = 0, f1 = 0, precision = 0, recall = 0, balancedAccuracy = 0;
    std::vector<std::string> classes;                  ///< row and column names of the confusion matrix
    std::vector<std::vector<std::uint64_t>> confusion; ///< [truth][predicted]; last column "unknown"
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
    /// @error NotEnoughData fewer usable rows than 10 or than k; InvalidArgument unknown feature, k out of
    /// 0..256;
    ///        NotSupported algorithm; Cancelled within 100 ms of a stop request.
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
    [[nodiscard]] const std::vector<schema::Feature> &features() const; ///< used ones, in model order (d)
    [[nodiscard]] const std::vector<State> &states() const;             ///< k of them
    [[nodiscard]] const Quality &quality() const;
    [[nodiscard]] double inertia() const;    ///< sum of squared distances in the scaled space
    [[nodiscard]] double silhouette() const; ///< mean, scaled space, exact to 2,000 rows and sampled above
    [[nodiscard]] double seconds() const;    ///< training took, s
    [[nodiscard]] std::uint64_t schemaHash() const; ///< of the schema it was trained on
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
    /// @return n scores for n rows.
    [[nodiscard]] std::vector<Score> scoreAll(ml::MatrixView x, std::span<const int> columns) const;
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
