// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

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

class Model;

/// What a model learns from. Views only: the caller keeps the data alive during train().
struct TrainingSet {
    std::shared_ptr<const schema::Schema> schema;
    ml::MatrixView x; ///< n x schema->size(), NaN where missing (schema::missingReason says why)
    std::span<const schema::Label> labels;   ///< n, or empty when there are none
    std::span<const std::uint64_t> timeNs;   ///< n, CLOCK_MONOTONIC, rising within a block
    std::span<const std::string> classNames; ///< classNames[Label::classId]; index 0 is ""
    /// The model this one follows: states that are the same keep their id and name. May be null.
    std::shared_ptr<const Model> previous{};
};

/// A way to find states.
struct Algorithm {
    std::string_view key;        ///< for files and command lines: "auto", "kmeans", "gmm", ...
    std::string_view name;       ///< for people
    std::string_view when;       ///< one sentence: when to use it
    std::string_view prediction; ///< one sentence: how new samples are placed and how exact that is
    bool takesK = false;         ///< the number of states can be given
    bool noise = false;          ///< samples may belong to no state
    bool membership = false;     ///< confidence is the share of a fitted density, not a softmax of distances
};
/// "auto" first, then those of ml::clustererFacts() in their order.
std::span<const Algorithm> algorithms();
/// @return null when there is none of that key.
const Algorithm *algorithmOf(std::string_view key);

enum class Scaler : std::uint8_t { Standard, Robust };

struct TrainOptions {
    std::string name = "model";
    std::string algorithm = "auto"; ///< a key of algorithms(). auto: k-means within each labelled class;
                                    ///< without labels several are tried and the best is taken
    int k = 0;                      ///< clusters; 0 chooses (at least one per labelled class)
    double radius = 0;              ///< dbscan: what counts as near, scaled units; 0 chooses
    int minSamples = 0;             ///< dbscan, hdbscan: neighbours that make a sample dense; 0 chooses
    int minClusterSize = 0;         ///< hdbscan: fewer samples are no state; 0 chooses
    std::uint64_t seed = 1;         ///< same data, options and seed: the same model to the bit
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

} // namespace statescape::model
