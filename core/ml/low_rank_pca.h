// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/ml/pca.h"

#include <cstdint>

namespace statescape::ml {

/// Leading axes without a d x d matrix, for rows far wider than they are worth.
struct LowRankPca {
    Eigen::VectorXd mean;     ///< d
    Eigen::MatrixXd axes;     ///< d x components, orthonormal, signs as fixSigns()
    Eigen::VectorXd variance; ///< components, falling, divided by n - 1
    double totalVariance = 0; ///< of all d
};

/// Randomised subspace iteration. O(n d components passes), memory d components.
/// @param x n x d, finite @param components 1..min(n - 1, d) @param oversample more directions carried along
/// @param passes power iterations, 0 and above: each squares how far the leading directions stand out
/// @error NotEnoughData n < 2; InvalidArgument; Cancelled
/// @source Halko, Martinsson & Tropp 2011
base::Result<LowRankPca> randomisedPca(MatrixView x, int components, int oversample, int passes,
                                       std::uint64_t seed, const base::Progress &progress = {});

/// Blocks of rows one after the other, the mean moving along; never more than components + block + 1 rows in
/// memory. Exact while the rows seen have no more directions than components. Not thread-safe.
/// @source Ross, Lim, Lin & Yang 2008, Incremental learning for robust visual tracking
class IncrementalPca {
public:
    /// @error InvalidArgument components outside 1..columns, forgetting outside 0..1
    /// @param forgetting factor on all that was before with every block, 1: nothing is forgotten
    static base::Result<IncrementalPca> create(int columns, int components, double forgetting = 1);
    /// @param block m x d, finite, m >= 1. O(d (components + m)^2) @error InvalidArgument
    base::Result<> update(MatrixView block);
    /// @error NotEnoughData fewer than two rows so far
    [[nodiscard]] base::Result<LowRankPca> result() const;

private:
    IncrementalPca() = default;
    Eigen::VectorXd m_mean, m_singular;
    Eigen::MatrixXd m_axes; ///< d x number of directions so far
    double m_rows = 0, m_scatter = 0, m_forgetting = 1;
    int m_components = 1;
};

} // namespace statescape::ml
