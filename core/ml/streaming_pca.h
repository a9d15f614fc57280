// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/ml/pca.h"

#include <cstdint>
#include <span>

namespace statescape::ml {

/// Principal components of a stream, the last sample included after every update. Mean and covariance are
/// exact (weighted when old samples are forgotten); the leading axes follow by one step of subspace iteration
/// from where they were, and exactly() solves anew. Not thread-safe.
/// @source Welford 1962 and West 1979 (weighted update); Rutishauser 1970 (subspace iteration with
/// Rayleigh-Ritz)
class StreamingPca {
public:
    /// @param columns d >= 1 @param components 1..d @param halfLife samples after which a sample weighs half;
    /// 0: nothing is forgotten @error InvalidArgument
    static base::Result<StreamingPca> create(int columns, int components, double halfLife = 0);

    /// O(d^2 components). @param row d values @error InvalidArgument another number of values, or one that is
    /// not finite; nothing has changed then
    base::Result<> update(std::span<const float> row);
    [[nodiscard]] std::uint64_t samples() const { return m_samples; }
    [[nodiscard]] double weight() const { return m_weight; } ///< samples() when nothing is forgotten
    [[nodiscard]] const Eigen::VectorXd &mean() const { return m_mean; }
    [[nodiscard]] const Eigen::MatrixXd &axes() const { return m_axes; }         ///< d x components
    [[nodiscard]] const Eigen::VectorXd &variance() const { return m_variance; } ///< along axes(), falling
    [[nodiscard]] double totalVariance() const;
    /// @return covariance, divided by weight - 1 (its weighted form when forgetting). d x d
    [[nodiscard]] Eigen::MatrixXd covariance() const;
    /// Turns axes() into the true ones. O(d^3) @error NotEnoughData fewer than two samples; Internal
    base::Result<> exactly();

private:
    StreamingPca() = default;
    [[nodiscard]] double divisor() const;
    void follow();
    Eigen::VectorXd m_mean, m_variance, m_change;
    Eigen::MatrixXd m_scatter; ///< lower triangle counts
    Eigen::MatrixXd m_axes, m_turned;
    double m_decay = 1, m_weight = 0, m_weight2 = 0;
    std::uint64_t m_samples = 0;
};

} // namespace statescape::ml
