// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/ml/matrix.h"

#include <span>

namespace statescape::ml {

struct MahalanobisOptions {
    double trim = 0; ///< 0..0.5: share of rows farthest out that the final fit leaves out
    int rounds = 10; ///< of trimming at most
};

/// Distance from a mean in units of a covariance shrunk towards round, so that it exists whatever n and d.
/// Immutable; any thread.
/// @source Ledoit & Wolf 2004; trimming by concentration steps, Rousseeuw & Van Driessen 1999, with the
/// covariance rescaled so that the median distance is the chi-squared one
class Mahalanobis {
public:
    /// O(rounds n d^2 + d^3) @param x n x d, finite
    /// @error NotEnoughData n < 2; InvalidArgument trim outside 0..0.5, a value that is not finite; Cancelled
    static base::Result<Mahalanobis> fit(MatrixView x, const MahalanobisOptions &options = {},
                                         const base::Progress &progress = {});

    [[nodiscard]] const Eigen::VectorXd &mean() const { return m_mean; }             ///< d
    [[nodiscard]] const Eigen::MatrixXd &covariance() const { return m_covariance; } ///< d x d, shrunk
    [[nodiscard]] double shrinkage() const { return m_shrinkage; }                   ///< 0..1
    /// @return lower triangle that makes rows round: a covariance's inverse is its transpose times it. d x d
    [[nodiscard]] const Eigen::MatrixXd &inverseRoot() const { return m_inverseRoot; }
    /// @param row d values @return squared distance. O(d^2)
    [[nodiscard]] double squared(std::span<const float> row) const;

private:
    Mahalanobis() = default;
    Eigen::VectorXd m_mean;
    Eigen::MatrixXd m_covariance;
    Eigen::MatrixXd m_inverseRoot; ///< lower triangle L^-1 of the factor
    double m_shrinkage = 0;
};

struct ShrunkCovariance {
    Eigen::VectorXd mean;
    Eigen::MatrixXd matrix; ///< divided by n, shrunk towards its mean variance times the identity
    double shrinkage = 0;   ///< 0..1
};
/// @error as Mahalanobis::fit @source Ledoit & Wolf 2004, as scikit-learn's LedoitWolf
base::Result<ShrunkCovariance> ledoitWolf(MatrixView x, const base::Progress &progress = {});

} // namespace statescape::ml
