// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/ml/kernels.h"
#include "core/ml/pca.h"

#include <cstdint>
#include <span>
#include <vector>

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
    using Padded = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    [[nodiscard]] double divisor() const;
    void follow();
    void solveInside();
    bool orthonormalise();
    void orthonormaliseOneByOne();
    void setAxes(const Eigen::MatrixXd &axes);
    // Rows are padded with zeros for the kernels.
    Padded m_scatter;                       ///< d x stride, both triangles
    Padded m_directions, m_turned, m_mixed; ///< d x stride of the components
    Padded m_inside, m_vectors, m_mix;      ///< components x stride
    std::vector<double> m_change;
    Eigen::VectorXd m_mean, m_variance;
    Eigen::MatrixXd m_axes;
    double m_decay = 1, m_weight = 0, m_weight2 = 0;
    std::uint64_t m_samples = 0;
    kernel::Isa m_isa = kernel::bestIsa();
};

} // namespace statescape::ml
