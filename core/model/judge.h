// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/ml/kernels.h"
#include "core/ml/matrix.h"
#include "core/model/model.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace statescape::model {

/// What a person told apart: a class name with a polarity, or a bare polarity.
struct LabelClass {
    std::string name;
    schema::Polarity polarity = schema::Polarity::None;
};

/// Prepared rows with what is known of them.
struct JudgeInput {
    ml::MatrixView z;             ///< n x d, scaled
    std::span<const int> classOf; ///< n, index into classes or -1
    std::span<const LabelClass> classes;
    std::span<const std::uint64_t> timeNs; ///< n or empty
};

/// How the states were found; nothing here is needed to judge.
struct JudgeReport {
    std::string algorithm; ///< key, never "auto"
    Choice choice;
    double fidelity = kUndefined; ///< see Model::fidelity()
    std::uint64_t noise = 0;      ///< rows fitted on that belong to no state
    std::vector<std::string> notes;
};

/// Decides states in the scaled space, whichever algorithm found them. A state owns one or more prototypes
/// (centres inside it, or normal distributions); a sample belongs to the state of its nearest prototype (the
/// likeliest, with shapes), or to none when that is farther than the state reaches or is a prototype of
/// noise. Immutable once fitted.
///
/// With labels and k = 0 each class is clustered by itself, so that states never mix what a person told
/// apart, and samples far from all labels become states of their own. With k given, plain k-means seeded by
/// the class means makes k clusters; those that mix polarities are then split. Without labels the clusterer
/// alone decides. Distances are calibrated by cross-fitting over time blocks: prototypes from the other
/// blocks measure each block.
struct Judge {
    ml::Matrix centres; ///< P x d, scaled space
    ml::Matrix metric;  ///< d x d symmetric: distances are between z * metric; empty: between z
    /// Empty, or P lower triangles d x d: the distance to prototype p is that of L_p (z - centre_p) from 0,
    /// and the sample goes to the largest logShare_p - distance^2 / 2 (normal distributions; no metric then).
    std::vector<ml::Matrix> shapes;
    std::vector<float> logShare; ///< P with shapes: ln of the weight plus ln |det L_p|; else empty
    std::vector<int> stateOf;    ///< P; -1: a prototype of noise
    std::vector<State> states;
    std::vector<int> classOf;   ///< per state: index into JudgeInput::classes, -1 where no label names it
    std::vector<float> reach;   ///< per state: distance beyond which a sample next to it is unknown
    double unknownDistance = 0; ///< of the good states
    double temperature = 1;     ///< squared distance that makes one e-fold of confidence
    std::vector<float> goodDistances; ///< rising quantiles, evenly spaced in rank, of held-out good samples
    std::uint64_t goodSamples = 0;    ///< they stand for
    JudgeReport report;

    /// @error NotEnoughData, InvalidArgument, Cancelled
    static base::Result<Judge> fit(const JudgeInput &in, const TrainOptions &options,
                                   const base::Progress &progress);

    /// Packs the prototypes and finds the good ones. Call once after the fields are set.
    void finish();
    /// @param z d values @param judgeable false: unknown, confidence and abnormality 0
    [[nodiscard]] Score score(const float *z, bool judgeable) const;
    /// @param out states.size() shares, sum 1: of the densities with shapes, else softmax of distances
    void memberships(const float *z, std::span<float> out) const;
    /// @return index of the nearest prototype that belongs to a good state.
    [[nodiscard]] int nearestGood(const float *z) const;
    /// @return sum of squared distances to the nearest prototype, in double.
    [[nodiscard]] double inertia(ml::MatrixView z) const;

private:
    /// @return squared distances to all prototypes, in scratch memory of the calling thread.
    [[nodiscard]] const float *distancesTo(const float *z) const;
    [[nodiscard]] float abnormality(double distance) const;
    ml::kernel::Tiles m_tiles;
    std::vector<std::uint8_t> m_good; ///< per prototype
};

} // namespace statescape::model
