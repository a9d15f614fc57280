// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/ml/matrix.h"
#include "core/ml/random.h"

#include <optional>

namespace statescape::ml {

/// Makes rows without clusters that spread as given rows do: what looks clustered in these is chance.
/// @source Tibshirani, Walther & Hastie 2001, section 3 (the box of the principal axes)
class Structureless {
public:
    enum class Kind : std::uint8_t {
        Gaussian, ///< of the same covariance
        Uniform,  ///< in the box of the principal axes
    };
    /// @param x n x d, finite, n >= 2. Errors are those of Pca::fit().
    static base::Result<Structureless> fit(MatrixView x);

    [[nodiscard]] bool spreads() const { return m_spreads; } ///< false: all rows are equal
    [[nodiscard]] Matrix make(Eigen::Index rows, Kind kind, Random &random) const;

private:
    Structureless() = default;
    Eigen::MatrixXd m_axes; ///< d x axes, orthonormal columns
    Eigen::RowVectorXd m_deviation, m_low, m_high;
    bool m_spreads = false;
};

} // namespace statescape::ml
