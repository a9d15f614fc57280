// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/pca_residual.h"

#include "core/ml/distributions.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace statescape::ml {
using base::Code;
using Index = Eigen::Index;

namespace {
double limitOfQ(const Eigen::VectorXd &rest, double level)
{
    const double first = rest.sum();
    const double second = rest.cwiseAbs2().sum();
    const double third = rest.array().cube().sum();
    if (!(first > 0) || !(second > 0))
        return 0;
    const double power = 1 - 2 * first * third / (3 * second * second);
    const double z = normalQuantile(level);
    if (!(power > 1e-3)) {
        // The power law has no meaning for one dominant rest: match two moments of a chi-squared instead.
        return second / first * chiSquaredQuantile(level, first * first / second);
    }
    const double base = 1 + z * std::sqrt(2 * second * power * power) / first +
                        second * power * (power - 1) / (first * first);
    return first * std::pow(std::max(base, 0.0), 1 / power);
}
} // namespace

base::Result<PcaResidual> PcaResidual::make(const Pca &pca, double level)
{
    if (!(level > 0 && level < 1))
        return base::fail(Code::InvalidArgument, fmt::format("level {} of control limits", level));
    const auto n = static_cast<double>(pca.rows());
    const Index kept = pca.components();
    if (n < static_cast<double>(kept) + 2)
        return base::fail(Code::NotEnoughData,
                          fmt::format("limits of {} components from {} rows", kept, pca.rows()));
    PcaResidual out;
    out.m_axes = pca.loadings().cast<float>();
    out.m_mean = pca.mean().cast<float>();
    const double nothing = 1e-12 * pca.allVariances().maxCoeff();
    out.m_inverse.resize(kept);
    int real = 0;
    for (Index c = 0; c < kept; ++c) {
        const bool varies = pca.variance()[c] > nothing;
        out.m_inverse[c] = varies ? static_cast<float>(1 / pca.variance()[c]) : 0;
        real += varies ? 1 : 0;
    }
    out.m_qLimit = limitOfQ(pca.allVariances().tail(pca.allVariances().size() - kept), level);
    if (real > 0)
        out.m_t2Limit = real * (n * n - 1) / (n * (n - real)) * fQuantile(level, real, n - real);
    return out;
}

PcaResidual::Values PcaResidual::of(std::span<const float> row) const
{
    const Eigen::VectorXf centred = Eigen::VectorXf::Map(row.data(), static_cast<Index>(row.size())) - m_mean;
    const Eigen::VectorXf scores = m_axes.transpose() * centred;
    // The difference of squares would cancel for rows near the plane.
    const Eigen::VectorXf rest = centred - m_axes * scores;
    return {static_cast<double>(rest.squaredNorm()), static_cast<double>(scores.cwiseAbs2().dot(m_inverse))};
}

} // namespace statescape::ml
