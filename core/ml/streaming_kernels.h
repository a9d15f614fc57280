// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/ml/kernels.h"

#include <cstddef>

/// Small dense products in double for what follows a stream. As in kernels.h every version gives the same
/// bits. Matrices are row-major, their rows padded with zeros to a stride that is a multiple of kDoubles.
namespace statescape::ml::kernel {

inline constexpr int kDoubles = 8;

/// matrix = decay * matrix + share * change change^T, symmetric to the last bit. @param matrix d x stride
/// @param change stride values
void addOuter(double *matrix, int d, int stride, double decay, double share, const double *change, Isa isa);

/// out = left right, where left(i, k) lies at left[i * rowStep + k * innerStep].
/// @param right inner x stride @param out rows x stride
void multiply(const double *left, std::ptrdiff_t rowStep, std::ptrdiff_t innerStep, int rows, int inner,
              const double *right, int stride, double *out, Isa isa);

/// One cyclic sweep of Jacobi's rotations over a symmetric matrix; rows of @p vectors turn along, so that
/// identity becomes the transposed eigenvectors. @param matrix, vectors n x stride
/// @source Golub & Van Loan, Matrix Computations, 8.5
void rotateOnce(double *matrix, double *vectors, int n, int stride, Isa isa);

} // namespace statescape::ml::kernel
