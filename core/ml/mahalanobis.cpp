// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/mahalanobis.h"

#include "core/ml/covariance.h"
#include "core/ml/distributions.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>
#include <vector>

namespace statescape::ml {
using base::Code;
using Index = Eigen::Index;

namespace {
// Where nothing varies every other value is infinitely far; this keeps it a number.
constexpr double kLeastVariance = 1e-30;
} // namespace

base::Result<ShrunkCovariance> ledoitWolf(MatrixView x, const base::Progress &progress)
{
    STATESCAPE_TRY(Covariance covariance, covarianceOf(x, 0, progress));
    const auto n = static_cast<double>(x.rows());
    const auto d = static_cast<double>(x.cols());
    ShrunkCovariance out{covariance.mean, covariance.matrix * ((n - 1) / n), 0};
    // Sum over all pairs of squared products is the sum over rows of their squared length, squared.
    double fourth = 0;
    for (Index i = 0; i < x.rows(); ++i) {
        if (i % 4096 == 0 && progress.stopped())
            return base::fail(Code::Cancelled, "covariance stopped on request");
        const double length = (x.row(i).transpose().cast<double>() - out.mean).squaredNorm();
        fourth += length * length;
    }
    const double mean = out.matrix.trace() / d;
    const double norm = out.matrix.squaredNorm();
    const double spread = (norm - d * mean * mean) / d;
    const double noise = std::max(0.0, (fourth / n - norm) / (d * n));
    out.shrinkage = x.cols() == 1 || !(noise > 0) ? 0 : spread > 0 ? std::min(1.0, noise / spread) : 1;
    out.matrix *= 1 - out.shrinkage;
    out.matrix.diagonal().array() += out.shrinkage * mean;
    return out;
}

double Mahalanobis::squared(std::span<const float> row) const
{
    const Eigen::VectorXd centred =
        Eigen::VectorXf::Map(row.data(), static_cast<Index>(row.size())).cast<double>() - m_mean;
    return (m_inverseRoot.triangularView<Eigen::Lower>() * centred).squaredNorm();
}

base::Result<Mahalanobis> Mahalanobis::fit(MatrixView x, const MahalanobisOptions &options,
                                           const base::Progress &progress)
{
    if (!(options.trim >= 0 && options.trim <= 0.5))
        return base::fail(Code::InvalidArgument, fmt::format("trim {} outside 0 to 0.5", options.trim));
    const auto n = static_cast<std::size_t>(std::max<Index>(x.rows(), 0));
    const std::size_t kept = n - static_cast<std::size_t>(options.trim * static_cast<double>(n));
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::vector<double> distance(n);
    std::vector<std::size_t> before;
    Mahalanobis out;
    Matrix chosen;
    for (int round = 0;; ++round) {
        if (round > 0) {
            chosen.resize(static_cast<Index>(kept), x.cols());
            for (std::size_t i = 0; i < kept; ++i)
                chosen.row(static_cast<Index>(i)) = x.row(static_cast<Index>(order[i]));
        }
        STATESCAPE_TRY(ShrunkCovariance shrunk, ledoitWolf(round > 0 ? MatrixView(chosen) : x, progress));
        out.m_mean = std::move(shrunk.mean);
        out.m_covariance = std::move(shrunk.matrix);
        out.m_shrinkage = shrunk.shrinkage;
        const double largest = out.m_covariance.diagonal().maxCoeff();
        Eigen::MatrixXd safe = out.m_covariance;
        safe.diagonal().array() += std::max(kLeastVariance, 1e-12 * largest);
        const Eigen::LLT<Eigen::MatrixXd> factor(safe);
        if (factor.info() != Eigen::Success)
            return base::fail(Code::Internal, "a shrunk covariance has no Cholesky factor");
        out.m_inverseRoot = factor.matrixL().solve(Eigen::MatrixXd::Identity(x.cols(), x.cols()));
        if (kept == n)
            return out;
        for (std::size_t i = 0; i < n; ++i) {
            if (i % 4096 == 0 && progress.stopped())
                return base::fail(Code::Cancelled, "covariance stopped on request");
            distance[i] = out.squared(
                {x.data() + static_cast<Index>(i) * x.outerStride(), static_cast<std::size_t>(x.cols())});
        }
        std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            return distance[a] < distance[b] || (distance[a] == distance[b] && a < b);
        });
        std::vector<std::size_t> now(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(kept));
        std::sort(now.begin(), now.end());
        if (now == before || round >= options.rounds)
            break;
        before = std::move(now);
        progress.at(static_cast<double>(round) / options.rounds, "covariance");
    }
    // Rows without the farthest look closer together than they are.
    const double median = distance[order[n / 2]];
    const double scale = median / chiSquaredQuantile(0.5, static_cast<double>(x.cols()));
    if (scale > 0) {
        out.m_covariance *= scale;
        out.m_inverseRoot /= std::sqrt(scale);
    }
    return out;
}

} // namespace statescape::ml
