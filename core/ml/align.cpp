// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/pca.h"

#include <Eigen/SVD>
#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>
#include <numeric>

namespace statescape::ml {
using Index = Eigen::Index;

namespace {
// Two variances closer than this share are one eigenspace as far as noise can tell.
constexpr double kNearEqual = 0.08;
// A swap of axes must gain this much summed |cosine|, or the picture would reorder for nothing.
constexpr double kSwapGain = 0.25;
constexpr Index kMaxAssigned = 12;

/// Best assignment of columns to slots, by dynamic programming over subsets.
std::vector<int> assign(const Eigen::MatrixXd &gain)
{
    const auto c = static_cast<std::size_t>(gain.rows());
    std::vector<double> best(std::size_t{1} << c, -1);
    std::vector<int> choice(best.size(), -1);
    best[0] = 0;
    for (std::size_t used = 0; used + 1 < best.size(); ++used) {
        const auto slot = static_cast<Index>(std::popcount(used));
        for (std::size_t i = 0; i < c; ++i) {
            const std::size_t next = used | (std::size_t{1} << i);
            const double value = best[used] + gain(static_cast<Index>(i), slot);
            if (next != used && value > best[next]) {
                best[next] = value;
                choice[next] = static_cast<int>(i);
            }
        }
    }
    std::vector<int> from(c);
    std::size_t used = best.size() - 1;
    for (std::size_t slot = c; slot-- > 0; used &= ~(std::size_t{1} << from[slot]))
        from[slot] = choice[used];
    return from;
}

/// The rotation (or reflection) of @p axes nearest to @p target in its own span.
Eigen::MatrixXd procrustes(const Eigen::MatrixXd &axes, const Eigen::MatrixXd &target)
{
    const Eigen::JacobiSVD<Eigen::MatrixXd> svd(axes.transpose() * target,
                                                Eigen::ComputeFullU | Eigen::ComputeFullV);
    return axes * (svd.matrixU() * svd.matrixV().transpose());
}
} // namespace

Alignment alignAxes(const Eigen::MatrixXd &axes, const Eigen::VectorXd &variance,
                    const Eigen::MatrixXd &reference)
{
    const Index c = axes.cols();
    Alignment out{axes, std::vector<int>(static_cast<std::size_t>(c))};
    std::iota(out.from.begin(), out.from.end(), 0);
    if (c == 0 || c > kMaxAssigned || reference.rows() != axes.rows())
        return out;
    Eigen::MatrixXd target = Eigen::MatrixXd::Zero(axes.rows(), c);
    const Index shared = std::min(c, reference.cols());
    target.leftCols(shared) = reference.leftCols(shared);

    // Rotate groups first, over the axes in their own order, so that the matching below sees them at their
    // best.
    for (Index first = 0; first < c;) {
        Index last = first + 1;
        while (last < c && variance[last] > 0 && variance[last] >= variance[last - 1] * (1 - kNearEqual))
            ++last;
        const Index size = last - first;
        if (size > 1 && target.middleCols(first, size).colwise().norm().minCoeff() > 0)
            out.axes.middleCols(first, size) =
                procrustes(axes.middleCols(first, size), target.middleCols(first, size));
        first = last;
    }
    const Eigen::MatrixXd cosine = out.axes.transpose() * target;
    auto from = assign(cosine.cwiseAbs());
    double gain = 0;
    for (Index slot = 0; slot < c; ++slot)
        gain += std::fabs(cosine(from[static_cast<std::size_t>(slot)], slot)) - std::fabs(cosine(slot, slot));
    if (gain >= kSwapGain)
        out.from = std::move(from);
    const Eigen::MatrixXd rotated = out.axes;
    for (Index slot = 0; slot < c; ++slot) {
        const int source = out.from[static_cast<std::size_t>(slot)];
        out.axes.col(slot) = rotated.col(source) * (cosine(source, slot) < 0 ? -1.0 : 1.0);
    }
    return out;
}

double largestPrincipalAngle(const Eigen::MatrixXd &a, const Eigen::MatrixXd &b)
{
    if (a.cols() == 0 || b.cols() == 0 || a.rows() != b.rows())
        return 90;
    const Eigen::JacobiSVD<Eigen::MatrixXd> svd(a.transpose() * b);
    const double cosine = std::clamp(svd.singularValues().minCoeff(), 0.0, 1.0);
    // acos loses half its digits near 0 degrees; the sine of the residual does not.
    const Eigen::MatrixXd rest = b - a * (a.transpose() * b);
    const Eigen::JacobiSVD<Eigen::MatrixXd> sines(rest);
    const double sine = std::clamp(sines.singularValues().maxCoeff(), 0.0, 1.0);
    return (a.cols() == b.cols() && sine < 0.7 ? std::asin(sine) : std::acos(cosine)) * 180 /
           std::numbers::pi;
}

} // namespace statescape::ml
