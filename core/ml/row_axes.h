// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/ml/kernels.h"
#include "core/ml/matrix.h"

#include <cstddef>
#include <vector>

namespace statescape::ml {

/// From raw values to standardised ones and on to at most 8 coordinates, a row at a time, for pictures of
/// millions of rows. Every version of the code gives the same bits: no fused multiply-add, sums in order of
/// features. Immutable; any thread.
class RowAxes {
public:
    static constexpr int kMostAxes = 8;
    struct Feature {
        bool log1p = false; ///< signedLog1p() first
        double centre = 0, scale = 1;
    };

    RowAxes() = default;
    /// @param clip standardised values are held within +-clip @param mean d @param loadings d x c, c <=
    /// kMostAxes
    RowAxes(const std::vector<Feature> &features, float clip, const Eigen::VectorXd &mean,
            const Eigen::MatrixXd &loadings);

    [[nodiscard]] std::size_t features() const { return m_centre.size(); }
    /// @param values d, finite @param z d, may be @p values
    void standardise(const float *values, float *z) const;
    /// @param z d @param out c coordinates
    void project(const float *z, float *out) const;

private:
    kernel::Isa m_isa = kernel::bestIsa();
    float m_clip = 0;
    int m_axes = 0;
    std::vector<double> m_logarithmic; ///< 1 or 0
    std::vector<double> m_centre, m_factor, m_mean;
    std::vector<double> m_loadings; ///< d x kMostAxes, row by row
};

} // namespace statescape::ml
