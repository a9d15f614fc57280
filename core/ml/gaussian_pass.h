// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/ml/kernels.h"
#include "core/ml/matrix.h"

#include <cstdint>
#include <stop_token>
#include <vector>

namespace statescape::ml {

/// Rows handled at once: their tiles stay in the cache.
inline constexpr std::size_t kBlockRows = 128;

/// One normal distribution of a mixture.
struct GaussianComponent {
    double weight = 0;
    Eigen::VectorXd mean;       ///< d, from the common centre; rounded to float by a pass in float
    Eigen::MatrixXd covariance; ///< d x d
    Eigen::MatrixXd factor;     ///< inverse of the lower Cholesky factor
    double logDeterminant = 0;  ///< of the covariance
};

/// Weighted sums of one component, about its mean.
struct GaussianSums {
    double weight = 0;
    Eigen::VectorXd first;  ///< d
    Eigen::MatrixXd second; ///< full: stride x stride, lower triangle; flat: stride x 1, the diagonal
};

/// What one chunk of rows adds.
struct GaussianPartial {
    double logLikelihood = 0;
    std::vector<GaussianSums> sums;
};

/// One expectation over rows and, in the same sweep, the sums that the next update needs. T is float or
/// double. Immutable; blocks may be run by different threads.
template <class T>
class GaussianPass {
public:
    /// @param components their means are rounded to T @param flat whether covariances are diagonal
    /// @param hard labels that replace the shares, or null
    GaussianPass(MatrixView x, const Eigen::VectorXf &centre, std::vector<GaussianComponent> &components,
                 bool flat, const std::vector<std::int32_t> *hard);

    /// @param from, to blocks of kBlockRows rows @param shares, densities n x k, n, or null
    void run(std::size_t from, std::size_t to, bool collect, const std::stop_token &stop,
             GaussianPartial &partial, Matrix *shares, std::vector<double> *densities) const;

private:
    struct Scratch;
    double expectBlock(std::size_t first, int count, Scratch &scratch, std::vector<double> *densities) const;
    void collectBlock(std::size_t first, int count, Scratch &scratch, std::vector<GaussianSums> &sums) const;

    MatrixView m_x;
    Eigen::VectorXf m_centre;
    const std::vector<std::int32_t> *m_hard;
    std::vector<std::vector<T>> m_factors; ///< packed, or the precisions
    std::vector<std::vector<T>> m_means;
    std::vector<T> m_offsets;
    int m_columns, m_stride;
    bool m_flat;
    kernel::Isa m_isa = kernel::bestIsa();
};

} // namespace statescape::ml
