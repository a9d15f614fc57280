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
// Variances closer than the first share are one as far as noise can tell; beyond the second, two. Between
// them the freedom to mix falls smoothly: with one hard limit the picture would jump whenever two variances
// cross it.
constexpr double kNearEqual = 0.08;
constexpr double kDifferent = 0.35;
// Keeps an axis that the reference says nothing of where it is.
constexpr double kStay = 1e-6;
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

/// How freely two axes may mix: 1 for equal variances, falling smoothly to 0 for clearly different ones.
double freedom(double a, double b)
{
    const double larger = std::max(a, b);
    const double gap = larger > 0 ? 1 - std::min(a, b) / larger : 1;
    const double apart = std::clamp((gap - kNearEqual) / (kDifferent - kNearEqual), 0.0, 1.0);
    return (1 - apart) * (1 - apart);
}

/// The orthogonal matrix nearest to the overlaps, those between clearly different variances left out.
Eigen::MatrixXd rotation(const Eigen::MatrixXd &cosine, const Eigen::VectorXd &variance)
{
    Eigen::MatrixXd overlap = kStay * Eigen::MatrixXd::Identity(cosine.rows(), cosine.cols());
    for (Index i = 0; i < cosine.rows(); ++i)
        for (Index j = 0; j < cosine.cols(); ++j)
            overlap(i, j) += cosine(i, j) * (i == j ? 1 : freedom(variance[i], variance[j]));
    const Eigen::JacobiSVD<Eigen::MatrixXd> svd(overlap, Eigen::ComputeFullU | Eigen::ComputeFullV);
    return svd.matrixU() * svd.matrixV().transpose();
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

    out.axes = axes * rotation(axes.transpose() * target, variance);
    const Eigen::MatrixXd cosine = out.axes.transpose() * target;
    auto from = assign(cosine.topLeftCorner(shared, shared).cwiseAbs());
    double gain = 0;
    for (Index slot = 0; slot < shared; ++slot)
        gain += std::fabs(cosine(from[static_cast<std::size_t>(slot)], slot)) - std::fabs(cosine(slot, slot));
    if (gain >= kSwapGain)
        std::copy(from.begin(), from.end(), out.from.begin());
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
