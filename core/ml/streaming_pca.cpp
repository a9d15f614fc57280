// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/streaming_pca.h"

#include "core/ml/kernels.h"
#include "core/ml/symmetric_eigen.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace statescape::ml {
using base::Code;
using Index = Eigen::Index;

namespace {
constexpr double kApart = 0.05;
} // namespace

base::Result<StreamingPca> StreamingPca::create(int columns, int components, double halfLife)
{
    if (columns < 1 || components < 1 || components > columns || !(halfLife >= 0) || std::isinf(halfLife))
        return base::fail(Code::InvalidArgument, fmt::format("{} components of {} columns, half-life {}",
                                                             components, columns, halfLife));
    StreamingPca out;
    out.m_decay = halfLife > 0 ? std::exp2(-1 / halfLife) : 1;
    out.m_mean = out.m_change = Eigen::VectorXd::Zero(columns);
    out.m_variance = Eigen::VectorXd::Zero(components);
    out.m_scatter = Eigen::MatrixXd::Zero(columns, columns);
    out.m_axes = Eigen::MatrixXd::Identity(columns, components);
    return out;
}

base::Result<> StreamingPca::update(std::span<const float> row)
{
    const Index d = m_mean.size();
    if (static_cast<Index>(row.size()) != d)
        return base::fail(Code::InvalidArgument, fmt::format("{} values for {} columns", row.size(), d));
    if (!kernel::allFinite(row.data(), row.size(), kernel::Isa::Baseline))
        return base::fail(Code::InvalidArgument, "a value of the sample is not finite");
    const double before = m_decay * m_weight;
    m_weight = before + 1;
    m_weight2 = m_decay * m_decay * m_weight2 + 1;
    ++m_samples;
    m_change = Eigen::VectorXf::Map(row.data(), d).cast<double>() - m_mean;
    m_mean += m_change / m_weight;
    if (m_decay < 1)
        m_scatter *= m_decay;
    m_scatter.selfadjointView<Eigen::Lower>().rankUpdate(m_change, before / m_weight);
    if (m_samples > 1)
        follow();
    return {};
}

void StreamingPca::follow()
{
    // One product a sample: Ritz values of the old axes, then the axes it turns them into.
    m_turned.noalias() = m_scatter.selfadjointView<Eigen::Lower>() * m_axes;
    const Eigen::MatrixXd inside = m_axes.transpose() * m_turned;
    const auto eigen = symmetricEigen(0.5 * (inside + inside.transpose()));
    if (!eigen)
        return;
    const Eigen::MatrixXd mix = eigen->vectors.rowwise().reverse();
    m_variance = eigen->values.reverse().cwiseMax(0.0) / divisor();
    m_turned = (m_turned * mix).eval();
    m_axes = (m_axes * mix).eval();
    // What does not vary keeps its direction.
    const double nothing = 1e-14 * m_turned.norm();
    for (Index c = 0; c < m_axes.cols(); ++c) {
        const auto rest = [&](Eigen::VectorXd direction) {
            for (int twice = 0; twice < 2; ++twice)
                direction -= m_axes.leftCols(c) * (m_axes.leftCols(c).transpose() * direction);
            return direction;
        };
        Eigen::VectorXd next = rest(m_turned.col(c));
        if (!(next.norm() > nothing))
            next = rest(m_axes.col(c));
        else
            next.normalize();
        // A d-dimensional space always has a unit direction left that is not nearly among the others.
        for (Index j = 0; !(next.norm() > kApart) && j < m_axes.rows(); ++j)
            next = rest(Eigen::VectorXd::Unit(m_axes.rows(), j));
        m_axes.col(c) = next.normalized();
    }
}

double StreamingPca::divisor() const
{
    return m_weight - m_weight2 / m_weight;
}

double StreamingPca::totalVariance() const
{
    return m_samples > 1 ? m_scatter.trace() / divisor() : 0;
}

Eigen::MatrixXd StreamingPca::covariance() const
{
    Eigen::MatrixXd out = m_scatter.selfadjointView<Eigen::Lower>();
    return m_samples > 1 ? Eigen::MatrixXd(out / divisor()) : Eigen::MatrixXd(0 * out);
}

base::Result<> StreamingPca::exactly()
{
    if (m_samples < 2)
        return base::fail(Code::NotEnoughData, "principal components of fewer than two samples");
    STATESCAPE_TRY(const SymmetricEigen eigen, symmetricEigen(covariance()));
    m_axes = eigen.vectors.rowwise().reverse().leftCols(m_axes.cols());
    m_variance = eigen.values.reverse().head(m_variance.size()).cwiseMax(0.0);
    fixSigns(m_axes);
    return {};
}

} // namespace statescape::ml
