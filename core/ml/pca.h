// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/ml/matrix.h"

#include <cstdint>
#include <span>
#include <vector>

namespace statescape::ml {

enum class PcaRoute : std::uint8_t {
    Auto,       ///< covariance, and Svd where a variance asked for is below 1e-7 of the largest
    Covariance, ///< variances true to about 1e-15 of the largest
    Svd         ///< each deviation true to about 1e-15 of the largest; several times the work
};

/// Principal components, exact for float32 input: means and products accumulated in double, or a
/// triangular factor and its singular values where squares would lose small directions. Immutable; any
/// thread. Signs are fixed: the largest |loading| of each component is positive (the first of equals),
/// whatever the row order.
/// @source Jolliffe, Principal Component Analysis (2002); sign rule as scikit-learn
/// svd_flip(u_based_decision=False)
class Pca {
public:
    /// O(n d^2 + d^3), memory 64 d^2.
    /// @param x n x d, finite @param components 1..d (those beyond n - 1 explain 0)
    /// @error NotEnoughData n < 2 or d < 1; InvalidArgument components out of range or a value that is not
    /// finite;
    ///        Cancelled
    static base::Result<Pca> fit(MatrixView x, int components, const base::Progress &progress = {},
                                 PcaRoute route = PcaRoute::Auto);

    [[nodiscard]] int components() const { return static_cast<int>(m_components.cols()); }
    [[nodiscard]] const Eigen::VectorXd &mean() const { return m_mean; } ///< d
    [[nodiscard]] const Eigen::MatrixXd &loadings() const
    {
        return m_components;
    } ///< d x components, orthonormal
    [[nodiscard]] const Eigen::VectorXd &variance() const
    {
        return m_variance;
    } ///< of each component, divided by n - 1
    /// @return variances of all d directions, falling: what is left over belongs to the residual.
    [[nodiscard]] const Eigen::VectorXd &allVariances() const { return m_all; }
    [[nodiscard]] std::uint64_t rows() const { return m_rows; }    ///< it was fitted on
    [[nodiscard]] double totalVariance() const { return m_total; } ///< of all d
    /// @return share of the total variance, 0..1 each; all 0 when nothing varies.
    [[nodiscard]] std::vector<double> varianceRatio() const;
    /// @param row d values @param out components() values
    void project(std::span<const float> row, std::span<float> out) const;
    /// @param x m x d @param whiten divides each score by its standard deviation @return m x components()
    /// @error InvalidArgument another number of columns
    [[nodiscard]] base::Result<Matrix> project(MatrixView x, bool whiten = false) const;
    /// @return the same plane, axes as close to @p reference as they can be: see alignAxes().
    [[nodiscard]] Pca alignedTo(const Eigen::MatrixXd &reference) const;

private:
    Pca() = default;
    Eigen::VectorXd m_mean, m_variance, m_all;
    Eigen::MatrixXd m_components;
    std::uint64_t m_rows = 0;
    double m_total = 0;
};

/// Turns each column so that its largest |value| is positive, the first of those equal to 1e-9.
void fixSigns(Eigen::MatrixXd &components);

/// How axes follow the ones they replace.
struct Alignment {
    Eigen::MatrixXd axes;  ///< d x c, same span as before
    std::vector<int> from; ///< axes.col(i) took the place of the given column from[i]
};

/// Turns axes towards a reference: signs by the larger overlap; axes of near-equal variance, between which
/// any rotation is as good, by the nearest orthogonal matrix, the freedom to mix falling smoothly with the
/// difference of variances; and axes that changed places back, by the assignment with the largest sum of
/// |cosine| where it gains clearly. Axes of clearly different variance keep their direction. More axes than
/// the reference has may be given: they lend themselves to the rotation.
/// @param axes d x c orthonormal, c <= 12 @param variance c, falling @param reference d x r; zero columns
/// match nothing
/// @source Schoenemann 1966 (orthogonal Procrustes)
Alignment alignAxes(const Eigen::MatrixXd &axes, const Eigen::VectorXd &variance,
                    const Eigen::MatrixXd &reference);

/// @param a, b d x p and d x q, orthonormal columns @return largest principal angle between the two spans,
/// degrees 0..90.
/// @source Bjoerck & Golub 1973
double largestPrincipalAngle(const Eigen::MatrixXd &a, const Eigen::MatrixXd &b);

} // namespace statescape::ml
