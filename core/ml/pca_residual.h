// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/ml/pca.h"

namespace statescape::ml {

/// How far a row stands from a plane of principal components, and how far out inside it. Immutable; any
/// thread.
/// @source Jackson & Mudholkar 1979 (limit of Q); Tracy, Young & Mason 1992 (limit of T^2 of a new row)
class PcaResidual {
public:
    /// @param pca any number of components kept @param level 0..1, share of like rows inside the limits
    /// @error InvalidArgument level; NotEnoughData fewer rows than components + 2
    static base::Result<PcaResidual> make(const Pca &pca, double level = 0.99);

    struct Values {
        double q = 0;  ///< squared distance to the plane
        double t2 = 0; ///< squared Mahalanobis distance inside it; directions without variance are left out
    };
    /// @param row d values. O(d components)
    [[nodiscard]] Values of(std::span<const float> row) const;
    [[nodiscard]] double qLimit() const { return m_qLimit; } ///< 0 when the components explain everything
    [[nodiscard]] double t2Limit() const { return m_t2Limit; }

private:
    PcaResidual() = default;
    Eigen::MatrixXf m_axes; ///< d x components
    Eigen::VectorXf m_mean, m_inverse;
    double m_qLimit = 0, m_t2Limit = 0;
};

} // namespace statescape::ml
