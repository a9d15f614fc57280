// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/ml/clustering.h"
#include "core/ml/matrix.h"

#include <cstdint>
#include <vector>

namespace statescape::ml {

enum class Covariance : std::uint8_t { Full, Tied, Diagonal, Spherical };

struct GaussianMixtureOptions {
    int k = 8; ///< 1..n
    Covariance covariance = Covariance::Full;
    std::uint64_t seed = 1;
    int restarts = 1; ///< from different k-means starts; the best likelihood wins, the earlier on a tie
    int maxPasses = 100;
    double tolerance = 1e-3;      ///< stop when the mean log-likelihood of a row gains less; 0: never
    double regularisation = 1e-6; ///< added to every variance, in squared units of x
    std::vector<std::int32_t> startLabels; ///< n, 0..k-1: first shares. Empty: from k-means
    int threads = 0;                       ///< 0 chooses; the answer never depends on it
};

/// Mixture of normal distributions by expectation maximisation. Immutable; any thread.
/// Shares below 1e-9 count as 0 when parameters are updated. Rows are measured in float, in double where a
/// covariance is ill-conditioned.
/// @source Dempster, Laird & Rubin 1977; Bishop, Pattern Recognition and Machine Learning (2006), 9.2
class GaussianMixture {
public:
    /// O(n k d^2) a pass (diagonal and spherical: n k d); memory k d^2 times at most 16 beside the input.
    /// @param x n x d, finite @error NotEnoughData n < k or d < 1; InvalidArgument k, passes or restarts < 1,
    /// regularisation < 0, start labels of another length or range, a value that is not finite; Cancelled
    static base::Result<GaussianMixture> fit(MatrixView x, const GaussianMixtureOptions &options,
                                             const base::Progress &progress = {});

    [[nodiscard]] const Clustering &clustering() const { return m_clustering; } ///< membership: shares
    [[nodiscard]] const Eigen::VectorXd &weights() const { return m_weights; }  ///< k, sum 1
    [[nodiscard]] const Eigen::MatrixXd &means() const { return m_means; }      ///< k x d
    /// k matrices d x d (tied: all the same; diagonal and spherical: zeros beside the diagonal)
    [[nodiscard]] const std::vector<Eigen::MatrixXd> &covariances() const { return m_covariances; }
    [[nodiscard]] double logLikelihood() const { return m_logLikelihood; } ///< mean of a row, natural log
    /// Mean log-likelihood before each pass; never falls, but by float rounding (1e-6 relative).
    [[nodiscard]] const std::vector<double> &history() const { return m_history; }
    [[nodiscard]] bool converged() const { return m_converged; }
    [[nodiscard]] double freeParameters() const;
    [[nodiscard]] double bic() const; ///< of the rows fitted on; lower is better. @source Schwarz 1978
    [[nodiscard]] double aic() const; ///< @source Akaike 1974

    /// Exact: the share of every component in each row. @param x m x d, finite
    /// @error InvalidArgument another number of columns, a value that is not finite
    [[nodiscard]] base::Result<Clustering> predict(MatrixView x) const;
    /// @return natural log of the density at each row. Errors as predict().
    [[nodiscard]] base::Result<std::vector<double>> scoreSamples(MatrixView x) const;

private:
    GaussianMixture() = default;
    friend class GaussianMixtureRun;
    Clustering m_clustering;
    Eigen::VectorXd m_weights;
    Eigen::MatrixXd m_means;
    std::vector<Eigen::MatrixXd> m_covariances;
    std::vector<double> m_history;
    Covariance m_kind = Covariance::Full;
    double m_logLikelihood = 0;
    bool m_converged = false;
};

} // namespace statescape::ml
