// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <Eigen/Core>

namespace statescape::ml {

/// n samples as rows, d features as columns. Storage is float32 as in the session file; sums are accumulated
/// in double.
using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using MatrixView = Eigen::Ref<const Matrix, 0, Eigen::OuterStride<>>;
using Vector = Eigen::VectorXf;

} // namespace statescape::ml
