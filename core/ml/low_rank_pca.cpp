// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/low_rank_pca.h"

#include "core/ml/kmeans.h"
#include "core/ml/random.h"
#include "core/ml/symmetric_eigen.h"

#include <Eigen/QR>
#include <Eigen/SVD>
#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace statescape::ml {
using base::Code;
using Index = Eigen::Index;

namespace {
constexpr Index kBlockRows = 256;

Eigen::MatrixXd orthonormal(const Eigen::MatrixXd &directions)
{
    const Eigen::HouseholderQR<Eigen::MatrixXd> qr(directions);
    return qr.householderQ() * Eigen::MatrixXd::Identity(directions.rows(), directions.cols());
}

/// Calls @p body with centred blocks of rows in double. @return false when stopped
template <class Body>
bool eachBlock(MatrixView x, const Eigen::VectorXd &mean, const base::Progress &progress, Body body)
{
    for (Index from = 0; from < x.rows(); from += kBlockRows) {
        if (progress.stopped())
            return false;
        const Index count = std::min(kBlockRows, x.rows() - from);
        body(Eigen::MatrixXd(x.middleRows(from, count).cast<double>().rowwise() - mean.transpose()));
    }
    return true;
}
} // namespace

base::Result<LowRankPca> randomisedPca(MatrixView x, int components, int oversample, int passes,
                                       std::uint64_t seed, const base::Progress &progress)
{
    const Index n = x.rows();
    const Index d = x.cols();
    if (n < 2 || d < 1)
        return base::fail(Code::NotEnoughData,
                          fmt::format("principal components of {} rows, {} columns", n, d));
    if (components < 1 || components > std::min(n - 1, d) || oversample < 0 || passes < 0)
        return base::fail(Code::InvalidArgument,
                          fmt::format("{} components of {} x {} values, {} more, {} passes", components, n, d,
                                      oversample, passes));
    STATESCAPE_CHECK(checkFinite(x));
    LowRankPca out;
    out.mean = Eigen::VectorXd::Zero(d);
    const auto cancelled = [] {
        return base::fail(Code::Cancelled, "principal components stopped on request");
    };
    const Eigen::VectorXd nought = Eigen::VectorXd::Zero(d);
    if (!eachBlock(x, nought, progress,
                   [&](const Eigen::MatrixXd &rows) { out.mean += rows.colwise().sum(); }))
        return cancelled();
    out.mean /= static_cast<double>(n);
    Random random(seed, 0x4a1);
    Eigen::MatrixXd basis(d, std::min<Index>(components + oversample, d));
    for (Index i = 0; i < basis.size(); ++i)
        basis.data()[i] = random.normal();
    basis = orthonormal(basis);
    Eigen::MatrixXd inside;
    for (int pass = 0; pass <= passes + 1; ++pass) {
        progress.at(static_cast<double>(pass) / (passes + 2), "principal components");
        Eigen::MatrixXd turned = Eigen::MatrixXd::Zero(d, basis.cols());
        inside = Eigen::MatrixXd::Zero(basis.cols(), basis.cols());
        out.totalVariance = 0;
        if (!eachBlock(x, out.mean, progress, [&](const Eigen::MatrixXd &rows) {
                const Eigen::MatrixXd scores = rows * basis;
                out.totalVariance += rows.squaredNorm();
                if (pass <= passes)
                    turned.noalias() += rows.transpose() * scores;
                else
                    inside.noalias() += scores.transpose() * scores;
            }))
            return cancelled();
        if (pass <= passes)
            basis = orthonormal(turned);
    }
    STATESCAPE_TRY(const SymmetricEigen eigen, symmetricEigen(inside / static_cast<double>(n - 1)));
    out.axes = basis * eigen.vectors.rowwise().reverse().leftCols(components);
    out.variance = eigen.values.reverse().head(components).cwiseMax(0.0);
    out.totalVariance /= static_cast<double>(n - 1);
    fixSigns(out.axes);
    return out;
}

base::Result<IncrementalPca> IncrementalPca::create(int columns, int components, double forgetting)
{
    if (columns < 1 || components < 1 || components > columns || !(forgetting > 0 && forgetting <= 1))
        return base::fail(Code::InvalidArgument, fmt::format("{} components of {} columns, forgetting {}",
                                                             components, columns, forgetting));
    IncrementalPca out;
    out.m_mean = Eigen::VectorXd::Zero(columns);
    out.m_axes.resize(columns, 0);
    out.m_components = components;
    out.m_forgetting = forgetting;
    return out;
}

base::Result<> IncrementalPca::update(MatrixView block)
{
    if (block.rows() < 1 || block.cols() != m_mean.size())
        return base::fail(Code::InvalidArgument, fmt::format("a block of {} x {} values for {} columns",
                                                             block.rows(), block.cols(), m_mean.size()));
    STATESCAPE_CHECK(checkFinite(block));
    const auto added = static_cast<double>(block.rows());
    const double before = m_forgetting * m_rows;
    const Eigen::MatrixXd rows = block.cast<double>();
    const Eigen::VectorXd blockMean = rows.colwise().mean();
    const Eigen::VectorXd apart = m_mean - blockMean;
    const double shift = before * added / (before + added);
    Eigen::MatrixXd stacked(m_axes.cols() + block.rows() + 1, block.cols());
    stacked << (m_axes * (std::sqrt(m_forgetting) * m_singular).asDiagonal()).transpose(),
        rows.rowwise() - blockMean.transpose(), std::sqrt(shift) * apart.transpose();
    m_scatter = m_forgetting * m_scatter + stacked.bottomRows(block.rows() + 1).squaredNorm();
    m_mean = (before * m_mean + added * blockMean) / (before + added);
    m_rows = before + added;
    const Eigen::BDCSVD<Eigen::MatrixXd> svd(stacked, Eigen::ComputeThinV);
    const Index kept = std::min<Index>(m_components, svd.singularValues().size());
    m_singular = svd.singularValues().head(kept);
    m_axes = svd.matrixV().leftCols(kept);
    return {};
}

base::Result<LowRankPca> IncrementalPca::result() const
{
    if (!(m_rows > 1))
        return base::fail(Code::NotEnoughData, "principal components of fewer than two rows");
    LowRankPca out{m_mean, m_axes, m_singular.cwiseAbs2() / (m_rows - 1), m_scatter / (m_rows - 1)};
    fixSigns(out.axes);
    return out;
}

} // namespace statescape::ml
