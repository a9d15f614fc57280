// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/pca.h"

#include "core/ml/kernels.h"
#include "core/ml/kmeans.h"
#include "core/ml/symmetric_eigen.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace statescape::ml {
using base::Code;
using Index = Eigen::Index;

namespace {
constexpr Index kBlockRows = 256;

/// Upper triangle of the covariance (divided by n - 1), or nothing when stopped.
bool covariance(MatrixView x, const Eigen::VectorXd &mean, Eigen::MatrixXd &out,
                const base::Progress &progress)
{
    const Index d = x.cols();
    const int stride = static_cast<int>((d + 15) / 16 * 16);
    std::vector<double> block(static_cast<std::size_t>(kBlockRows * stride), 0);
    std::vector<double> sums(static_cast<std::size_t>(stride) * static_cast<std::size_t>(stride), 0);
    const auto isa = kernel::bestIsa();
    for (Index first = 0; first < x.rows(); first += kBlockRows) {
        if (progress.stopped())
            return false;
        const Index rows = std::min(kBlockRows, x.rows() - first);
        for (Index i = 0; i < rows; ++i) {
            const float *from = x.data() + (first + i) * x.outerStride();
            double *to = block.data() + i * stride;
            for (Index j = 0; j < d; ++j)
                to[j] = from[j] - mean[j];
        }
        kernel::addCrossProducts(block.data(), static_cast<int>(rows), stride, sums.data(), isa);
    }
    out.resize(d, d);
    for (Index i = 0; i < d; ++i)
        for (Index j = i; j < d; ++j)
            out(i, j) = out(j, i) =
                sums[static_cast<std::size_t>(i * stride + j)] / static_cast<double>(x.rows() - 1);
    return true;
}

void fixSign(Eigen::MatrixXd &components)
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
} // namespace

base::Result<Pca> Pca::fit(MatrixView x, int components, const base::Progress &progress)
{
    const Index n = x.rows();
    const Index d = x.cols();
    if (n < 2 || d < 1)
        return base::fail(Code::NotEnoughData,
                          fmt::format("principal components of {} rows, {} columns", n, d));
    if (components < 1 || components > d)
        return base::fail(Code::InvalidArgument, fmt::format("{} components of {} columns", components, d));
    STATESCAPE_CHECK(checkFinite(x));
    Pca pca;
    pca.m_mean = Eigen::VectorXd::Zero(d);
    for (Index i = 0; i < n; ++i) {
        const float *row = x.data() + i * x.outerStride();
        for (Index j = 0; j < d; ++j)
            pca.m_mean[j] += row[j];
    }
    pca.m_mean /= static_cast<double>(n);
    Eigen::MatrixXd matrix;
    if (!covariance(x, pca.m_mean, matrix, progress))
        return base::fail(Code::Cancelled, "principal components stopped on request");
    STATESCAPE_TRY(const SymmetricEigen eigen, symmetricEigen(matrix));
    pca.m_total = matrix.trace();
    pca.m_components = eigen.vectors.rowwise().reverse().leftCols(components);
    pca.m_variance = eigen.values.reverse().head(components).cwiseMax(0.0);
    fixSign(pca.m_components);
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
