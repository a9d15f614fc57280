// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <Eigen/Core>

namespace statescape::ml {

struct SymmetricEigen {
    Eigen::VectorXd values;  ///< d, rising
    Eigen::MatrixXd vectors; ///< d x d, orthonormal columns in the order of values
};

/// @param matrix d x d symmetric, finite @error Internal when the iteration does not converge. O(d^3)
base::Result<SymmetricEigen> symmetricEigen(const Eigen::MatrixXd &matrix);

} // namespace statescape::ml
