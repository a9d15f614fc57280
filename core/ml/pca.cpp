// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/pca.h"

#include "core/ml/covariance.h"
#include "core/ml/parallel.h"
#include "core/ml/symmetric_eigen.h"

#include <Eigen/SVD>
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>

namespace statescape::ml {
using base::Code;
using Index = Eigen::Index;

namespace {
/// Below this share of the largest variance, products of centred values have lost the digits asked for.
constexpr double kIllConditioned = 1e-7;
/// Above this many multiply-adds, directions without any variance are not worth another look.
constexpr double kTooMuchForNothing = 1e9;

/// Whether a variance that is asked for, and can be there at all, is too small for the covariance route.
bool illConditioned(const Eigen::VectorXd &rising, Index n, int components)
{
    const Index d = rising.size();
    const Index last = std::min<Index>({components, d, n - 1});
    const double largest = rising[d - 1];
    const double smallest = last > 0 ? rising[d - last] : largest;
    const double nothing = 16 * static_cast<double>(d) * std::numeric_limits<double>::epsilon() * largest;
    const double work = static_cast<double>(n) * static_cast<double>(d * d);
    return largest > 0 && smallest < kIllConditioned * largest &&
           (smallest > nothing || work < kTooMuchForNothing);
}

} // namespace

void fixSigns(Eigen::MatrixXd &components)
{
    for (Index c = 0; c < components.cols(); ++c) {
        // A hair of tolerance keeps rounding from choosing between loadings that are equal in truth.
        const double limit = components.col(c).cwiseAbs().maxCoeff() * (1 - 1e-9);
        for (Index j = 0; j < components.rows(); ++j)
            if (std::fabs(components(j, c)) >= limit) {
                if (components(j, c) < 0)
                    components.col(c) *= -1;
                break;
            }
    }
}

base::Result<Pca> Pca::fit(MatrixView x, int components, const base::Progress &progress, PcaRoute route)
{
    const Index n = x.rows();
    const Index d = x.cols();
    if (n < 2 || d < 1)
        return base::fail(Code::NotEnoughData,
                          fmt::format("principal components of {} rows, {} columns", n, d));
    if (components < 1 || components > d)
        return base::fail(Code::InvalidArgument, fmt::format("{} components of {} columns", components, d));
    STATESCAPE_TRY(const Covariance covariance, covarianceOf(x, 0, progress));
    progress.at(0.7, "principal components");
    STATESCAPE_TRY(const SymmetricEigen eigen, symmetricEigen(covariance.matrix));
    Pca pca;
    pca.m_mean = covariance.mean;
    pca.m_rows = static_cast<std::uint64_t>(n);
    if (route == PcaRoute::Svd || (route == PcaRoute::Auto && illConditioned(eigen.values, n, components))) {
        STATESCAPE_TRY(const Eigen::MatrixXd factor, triangularFactor(x, covariance.mean, 0, progress));
        const Eigen::JacobiSVD<Eigen::MatrixXd, Eigen::FullPivHouseholderQRPreconditioner> svd(
            factor, Eigen::ComputeFullV | Eigen::ComputeFullU);
        pca.m_all = svd.singularValues().cwiseAbs2() / static_cast<double>(n - 1);
        pca.m_components = svd.matrixV().leftCols(components);
    } else {
        pca.m_all = eigen.values.reverse().cwiseMax(0.0);
        pca.m_components = eigen.vectors.rowwise().reverse().leftCols(components);
    }
    pca.m_total = covariance.matrix.trace();
    pca.m_variance = pca.m_all.head(components);
    fixSigns(pca.m_components);
    return pca;
}

std::vector<double> Pca::varianceRatio() const
{
    std::vector<double> ratio;
    for (Index c = 0; c < m_variance.size(); ++c)
        ratio.push_back(m_total > 0 ? m_variance[c] / m_total : 0);
    return ratio;
}

void Pca::project(std::span<const float> row, std::span<float> out) const
{
    for (Index c = 0; c < m_components.cols(); ++c) {
        double sum = 0;
        for (Index j = 0; j < m_components.rows(); ++j)
            sum += (row[static_cast<std::size_t>(j)] - m_mean[j]) * m_components(j, c);
        out[static_cast<std::size_t>(c)] = static_cast<float>(sum);
    }
}

base::Result<Matrix> Pca::project(MatrixView x, bool whiten) const
{
    if (x.cols() != m_components.rows())
        return base::fail(Code::InvalidArgument,
                          fmt::format("components of {} columns, got {}", m_components.rows(), x.cols()));
    Eigen::MatrixXd axes = m_components;
    // What does not vary has no unit of its own.
    for (Index c = 0; whiten && c < axes.cols(); ++c)
        axes.col(c) *= m_variance[c] > 0 ? 1 / std::sqrt(m_variance[c]) : 0;
    const Eigen::RowVectorXd shift = m_mean.transpose() * axes;
    Matrix out(x.rows(), axes.cols());
    forEachRowChunk(static_cast<std::size_t>(x.rows()),
                    x.size() * axes.cols() < (1 << 22) ? 1 : threadCount(0),
                    [&](std::size_t, std::size_t from, std::size_t to) {
                        constexpr std::size_t kRows = 256;
                        for (; from < to; from += kRows) {
                            const auto first = static_cast<Index>(from);
                            const auto count = static_cast<Index>(std::min(kRows, to - from));
                            const Eigen::MatrixXd rows = x.middleRows(first, count).cast<double>();
                            out.middleRows(first, count) = ((rows * axes).rowwise() - shift).cast<float>();
                        }
                    });
    return out;
}

Pca Pca::alignedTo(const Eigen::MatrixXd &reference) const
{
    const Alignment alignment = alignAxes(m_components, m_variance, reference);
    Pca out = *this;
    out.m_components = alignment.axes;
    for (Index c = 0; c < m_variance.size(); ++c) {
        // Inside a rotated group the variance along the new axis is the mix of the old ones.
        const Eigen::VectorXd mix = m_components.transpose() * alignment.axes.col(c);
        out.m_variance[c] = mix.cwiseAbs2().dot(m_variance);
    }
    return out;
}

} // namespace statescape::ml
