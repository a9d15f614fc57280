// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/ml/calibration.h"
#include "core/ml/isolation_forest.h"
#include "core/ml/mahalanobis.h"
#include "core/ml/matrix.h"
#include "core/ml/pca_residual.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace statescape::ml {

enum class AbnormalPart : std::uint8_t {
    Prototypes,  ///< to the nearest of about sqrt n k-means centres, in a whitened space
    Centres,     ///< to the nearest k-means centre, by the shrunk covariance of rows around their centres
    Residual,    ///< distance to the plane of principal components
    Mahalanobis, ///< from the mean, by a trimmed, shrunk covariance
    Isolation,   ///< isolation forest
};
inline constexpr std::size_t kAbnormalParts = 5;
std::string_view nameOf(AbnormalPart part);

struct AbnormalityOptions {
    int centres = 8;        ///< 1 and above
    double explained = 0.9; ///< 0..1, share of variance the plane keeps
    double trim = 0.05;     ///< 0..0.5, for the covariance
    int trees = 100;
    int blocks = 20; ///< runs of neighbouring rows that fit or calibrate as a whole, 4 and above
    std::uint64_t seed = 1;
};

/// How abnormal a row is among good ones, as 1 minus the share of good rows at least as strange. The parts
/// are fitted on all rows; how rare their scores are is known from folds of time blocks, each measured by
/// parts fitted on the others, and so is how rare their weighted sum of log shares is. Weights are those that
/// tell good rows from invented ones: columns mixed from several rows, columns far off, places between and
/// beyond. Immutable; any thread.
/// @source after Fisher 1932 (sum of log shares; weighted, and with its own empirical law, for the parts are
/// not independent)
class Abnormality {
public:
    /// @param good n x d, finite, scaled, rows in time order
    /// @error NotEnoughData fewer than 60 rows; InvalidArgument options, a value that is not finite;
    /// Cancelled
    static base::Result<Abnormality> fit(MatrixView good, const AbnormalityOptions &options = {},
                                         const base::Progress &progress = {});

    struct Score {
        double abnormality = 0;                    ///< 0..1
        double surprise = 0;                       ///< -ln(1 - abnormality), which never runs out of digits
        std::array<double, kAbnormalParts> part{}; ///< the same by each part alone, as surprise
    };
    /// @param row d values. O(d (centres + d) + trees)
    [[nodiscard]] Score score(std::span<const float> row) const;
    /// @param x m x d @error InvalidArgument another number of columns
    [[nodiscard]] base::Result<std::vector<Score>> score(MatrixView x) const;
    /// @return how much each part's surprise counts, and behind those how much what of it is beyond 4 counts;
    /// sum 1
    [[nodiscard]] const std::array<double, 2 * kAbnormalParts> &weights() const { return m_tails.weights; }
    /// @return largest error of "a share p of good rows has abnormality 1 - p or more" on good rows of a fold
    /// that neither their parts nor their tails have seen, 0..1
    [[nodiscard]] double calibrationError() const { return m_calibrationError; }
    [[nodiscard]] std::uint64_t calibrationRows() const { return m_calibrationRows; }

private:
    using PartScores = std::array<double, kAbnormalParts>;
    /// Each part fitted on the same rows.
    struct Parts {
        Matrix whitening;           ///< d x d
        Eigen::MatrixXf prototypes; ///< d x prototypes, in rows times whitening
        Eigen::MatrixXf centres;    ///< d x centres, in the metric
        Eigen::MatrixXd metric;     ///< lower triangle: rows around their centre become round
        std::optional<PcaResidual> residual;
        std::optional<Mahalanobis> mahalanobis;
        std::optional<IsolationForest> forest;
        static base::Result<Parts> fit(MatrixView x, const AbnormalityOptions &options,
                                       const base::Progress &progress);
        [[nodiscard]] PartScores raw(std::span<const float> row) const;
        /// @return of each row; fewer when asked to stop
        [[nodiscard]] std::vector<PartScores> rawOf(const Matrix &x, const base::Progress &progress) const;
    };
    /// How rare scores are.
    struct Tails {
        std::vector<TailShare> parts; ///< of each
        std::array<double, 2 * kAbnormalParts>
            weights{}; ///< of each part's surprise, and of what goes beyond
        std::optional<TailShare> together;
        /// @param good, invented raw scores
        static base::Result<Tails> fit(std::span<const PartScores> good,
                                       std::span<const PartScores> invented);
        [[nodiscard]] PartScores surprises(const PartScores &raw) const;
        [[nodiscard]] double surprise(const PartScores &surprises) const;
    };
    Abnormality() = default;
    Parts m_parts;
    Tails m_tails;
    Eigen::Index m_columns = 0;
    double m_calibrationError = 0;
    std::uint64_t m_calibrationRows = 0;
};

} // namespace statescape::ml
