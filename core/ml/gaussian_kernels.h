// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/ml/kernels.h"

#include <Eigen/Core>
#include <cstddef>
#include <vector>

/// The hot loops of Gaussian mixtures, in float and in double for ill-conditioned covariances. As in
/// kernels.h every version gives the same bits.
namespace statescape::ml::kernel {

/// Rows of one tile: 16 floats or 8 doubles. A tile holds feature j of lane l at j * width + l.
template <class T>
inline constexpr int kTileWidth = static_cast<int>(64 / sizeof(T));
/// Components of a factor that are computed together.
inline constexpr int kFactorRows = 8;

/// @return the lower triangle of @p factor (d x d) in blocks of kFactorRows rows: feature by feature up to
/// the block's diagonal, kFactorRows values each, zeros above the diagonal.
template <class T>
std::vector<T> packFactor(const Eigen::MatrixXd &factor);

/// offset - |factor (x - mean)|^2 / 2 for one tile. @param scratch columns * width values @param out width
void logDensity(const float *tile, int columns, const float *mean, const float *factor, float offset,
                float *scratch, float *out, Isa isa);
void logDensity(const double *tile, int columns, const double *mean, const double *factor, double offset,
                double *scratch, double *out, Isa isa);

/// offset - sum precision (x - mean)^2 / 2 for one tile.
void logDensityDiagonal(const float *tile, int columns, const float *mean, const float *precision,
                        float offset, float *out, Isa isa);
void logDensityDiagonal(const double *tile, int columns, const double *mean, const double *precision,
                        double offset, double *out, Isa isa);

/// Turns k log densities of a tile into shares that sum to one. @param logs k x width, in and out
/// @param top, sum width; the log of the total is top + log(sum)
void softmax(float *logs, int k, float *top, float *sum, Isa isa);
void softmax(double *logs, int k, double *top, double *sum, Isa isa);

/// Adds weighted^T rows to the upper triangle of @p sums, in patches of 8 x width, summing first in T.
/// @param weighted, rows count x stride, stride a multiple of 16, padded with 0 @param sums stride x stride
void addProducts(const float *weighted, const float *rows, int count, int stride, double *sums, Isa isa);
void addProducts(const double *weighted, const double *rows, int count, int stride, double *sums, Isa isa);

} // namespace statescape::ml::kernel
