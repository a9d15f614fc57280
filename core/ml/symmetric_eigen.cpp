// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/symmetric_eigen.h"

#include <Eigen/Eigenvalues>

namespace statescape::ml {

base::Result<SymmetricEigen> symmetricEigen(const Eigen::MatrixXd &matrix)
{
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(matrix);
    if (solver.info() != Eigen::Success)
        return base::fail(base::Code::Internal, "eigenvalues of a symmetric matrix did not converge");
    return SymmetricEigen{solver.eigenvalues(), solver.eigenvectors()};
}

} // namespace statescape::ml
