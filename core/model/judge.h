// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/ml/gaussian_distances.h"
#include "core/ml/matrix.h"
#include "core/ml/scorer.h"
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

/// Numbers in all shapes together, P d (d + 1) / 2: a fit stays below, and no file with more is read.
inline constexpr std::size_t kMostShapeNumbers = std::size_t{4} << 20;

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
/// Confidence is the state's membership. Noise has no part in memberships: they say how the sample divides
/// among the states if it belongs to one at all. Abnormality goes by the distance to the nearest prototype of
/// a good state, likely or not, so that it is continuous.
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
    std::vector<int> stateOf;    ///< P; -1: a prototype of noise; every state that a sample can be in has one
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

    /// Packs the prototypes, finds the good states and numbers those without an id. Call after the fields are
    /// set and before anything below; states.samples, .silhouette, .name and .id may change later.
    void finish();
    /// @param z d values @param judgeable false: unknown, confidence and abnormality 0
    [[nodiscard]] Score score(const float *z, bool judgeable) const;
    /// The same bits as one by one, for less. @param judgeable, out z.rows() values
    void score(ml::MatrixView z, std::span<const std::uint8_t> judgeable, std::span<Score> out) const;
    /// @param out states.size() shares, sum 1: of the densities with shapes, else softmax of distances. All
    /// equal where every distance overflows
    void memberships(const float *z, std::span<float> out) const;
    /// @return index of the nearest prototype, by distance alone, that belongs to a good state.
    [[nodiscard]] int nearestGood(const float *z) const;
    /// @return sum of squared distances, in the scaled space and in double, to the prototype of a state that
    /// is nearest (likeliest, with shapes); noise is passed over.
    [[nodiscard]] double inertia(ml::MatrixView z) const;

private:
    struct Scratch;
    struct Nearest {
        int state = -1; ///< -1: every distance overflows
        float dist2 = 0;
        bool noise = false; ///< a prototype of noise is nearer still
        float good = 0;     ///< squared distance to the good states
    };
    static Scratch &scratch();
    /// @return squared distances of @p count rows, m_width values a row, in the memory of the thread
    const float *measure(const float *z, std::ptrdiff_t stride, std::size_t count) const;
    Nearest nearest(const float *dist2) const;
    /// Unnormalised, after nearest(). @return their sum
    double shares(const Nearest &nearest) const;
    [[nodiscard]] Score scoreOf(const float *dist2) const;
    [[nodiscard]] float abnormality(double distance) const;

    // Below, prototypes are in order of their state, those of noise last.
    std::vector<std::size_t> m_order; ///< index into centres
    std::vector<std::size_t> m_from;  ///< per state its first, then the first of noise, then P
    std::vector<double> m_logShare;
    std::vector<std::uint8_t> m_good; ///< per state
    std::size_t m_width = 0;
    ml::PrototypeDistances m_points;
    ml::GaussianDistances m_gaussians;
};

} // namespace statescape::model
