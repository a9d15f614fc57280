// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/ml/matrix.h"

#include <cstddef>
#include <functional>

namespace statescape::ml {

struct Covariance {
    Eigen::VectorXd mean;   ///< d
    Eigen::MatrixXd matrix; ///< d x d, divided by n - 1
};

/// Mean and covariance in double, the mean taken out first. O(n d^2), memory 64 d^2. The same bits for any
/// number of threads.
/// @param x n x d @param threads 0 chooses
/// @error NotEnoughData n < 2 or d < 1; InvalidArgument a value that is not finite; Cancelled
base::Result<Covariance> covarianceOf(MatrixView x, int threads = 0, const base::Progress &progress = {});

/// Triangular factor R (d x d) of the rows with @p mean taken out: R^T R is their scatter without having been
/// squared, so that directions 1e-8 as long as the longest survive. O(n d^2), memory 64 d^2.
/// @source Demmel, Grigori, Hoemmen & Langou 2012 (QR of tall matrices by blocks)
/// @error Cancelled
base::Result<Eigen::MatrixXd> triangularFactor(MatrixView x, const Eigen::VectorXd &mean, int threads = 0,
                                               const base::Progress &progress = {});

/// Calls @p body(chunk, from, to) for runs of rows that depend on n alone. @return number of chunks
std::size_t rowChunks(std::size_t rows);
void forEachRowChunk(std::size_t rows, int threads,
                     const std::function<void(std::size_t chunk, std::size_t from, std::size_t to)> &body);

} // namespace statescape::ml
