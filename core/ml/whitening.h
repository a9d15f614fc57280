// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/ml/matrix.h"

#include <span>

namespace statescape::ml {

/// The linear map in which classes are round: x W has within-class covariance near the identity, so that
/// Euclidean distance weighs a direction by how little it varies inside classes (as linear discriminant
/// analysis does). Redundant features stop counting twice.
struct Whitening {
    Matrix forward;  ///< d x d, symmetric, positive definite
    Matrix backward; ///< its inverse
    double shrinkage =
        1; ///< 0..1 towards a multiple of the identity; 1 when nothing but the mean variance is known
};

/// Pooled within-class covariance, shrunk, to the power -1/2. Few rows shrink more, so that a handful leaves
/// distances nearly Euclidean.
/// @param x n x d, finite @param classOf n, below 0 left out @param leastShrinkage 0..1
/// @error NotEnoughData no class with two rows; InvalidArgument sizes; Cancelled. O(n d^2 + d^3)
/// @source Ledoit & Wolf 2004, A well-conditioned estimator for large-dimensional covariance matrices
base::Result<Whitening> withinClassWhitening(MatrixView x, std::span<const int> classOf,
                                             double leastShrinkage, const base::Progress &progress = {});

} // namespace statescape::ml
