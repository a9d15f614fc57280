// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/schema/label.h"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace statescape::model {

inline constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

struct State {
    std::string name; ///< class name, or "positive"/"negative"/"state 3"; unique in the model
    schema::Polarity polarity = schema::Polarity::None;
    std::uint64_t samples = 0; ///< training samples in it
    double silhouette = 0;     ///< mean over its (sampled) members
    std::uint32_t id = 0;      ///< 1 and above; a state keeps it when the model is trained again
};

/// What was claimed against what was seen, over some samples. All shares, 0..1.
struct Reliability {
    double claimed = 0, seen = 0;
    std::uint64_t samples = 0;
    bool operator==(const Reliability &) const = default;
};

/// Held-out quality: trained on the other time blocks. Precision, recall and F1 are of negative against the
/// rest; without negative labels they are means over the classes that occur (macro). NaN where undefined.
struct Quality {
    std::uint64_t samples = 0; ///< labelled held-out samples; 0: no evaluation was possible
    double accuracy = 0, f1 = 0, precision = 0, recall = 0, balancedAccuracy = 0;
    std::vector<std::string> classes;                  ///< row and column names of the confusion matrix
    std::vector<std::vector<std::uint64_t>> confusion; ///< [truth][predicted]; last column "unknown"
    std::vector<Reliability> confidence; ///< mean confidence of held-out samples, and the share judged right
    double confidenceError = kUndefined; ///< expected calibration error of that, 0..1
    /// Of held-out known-good samples (every held-out one where nothing is labelled): abnormality claimed,
    /// and the share of them at or below it. The diagonal is perfect.
    std::vector<Reliability> abnormality;
    double abnormalityError = kUndefined;  ///< largest distance from the diagonal, 0..1
    double abnormalityChance = kUndefined; ///< what it would be by chance alone at this number of runs, 95th
                                           ///< percentile
    std::uint64_t goodSamples = 0;         ///< behind it
    double auroc = kUndefined,
           auprc = kUndefined;        ///< abnormality ranking negative above good held-out samples
    double unknownShare = kUndefined; ///< 0..1, of all held-out samples, labelled or not
    double agreement = kUndefined; ///< -1..1: adjusted Rand index of this model's states and those found on
                                   ///< the held-out samples by themselves; how well states repeat
};

/// One algorithm with one number of states, as looked at while choosing. NaN where a criterion says nothing.
struct Candidate {
    std::string algorithm;                                          ///< key
    int k = 0;                                                      ///< states found
    double silhouette = 0, daviesBouldin = 0, calinskiHarabasz = 0; ///< of the rows looked at
    double density = 0;                                             ///< DBCV, -1..1
    double stability = 0; ///< adjusted Rand index between resamples, at most 1
    double noise = 0;     ///< 0..1, share in no state
    double score = 0;     ///< 0..1, all together
    bool chosen = false;
};

/// How algorithm and number of states were chosen. Empty when both were given.
struct Choice {
    std::vector<Candidate> table;  ///< by algorithm, then k
    double sure = kUndefined;      ///< 0..1, how clearly it is this and no other
    double structure = kUndefined; ///< 0..1, how clearly there are states at all
    std::string reason;            ///< one sentence
};

/// What became of states when a model was trained again.
struct StateChange {
    enum class Kind : std::uint8_t { Moved, Split, Merged, Appeared, Vanished, Renamed };
    Kind kind = Kind::Moved;
    std::vector<std::string> before, after; ///< names
    double distance = 0;                    ///< moved: between the means, scaled units of the new model
    double share = 0;                       ///< 0..1: of the samples before that the sentence is true of
    std::string text;                       ///< one sentence
};

} // namespace statescape::model
