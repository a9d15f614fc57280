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
    const Index kept = m_axes.cols();
    m_turned.noalias() = m_scatter.selfadjointView<Eigen::Lower>() * m_axes;
    // What does not vary keeps its direction.
    const double nothing = 1e-14 * m_turned.norm();
    for (Index c = 0; c < kept; ++c) {
        for (int twice = 0; twice < 2; ++twice)
            for (Index o = 0; o < c; ++o)
                m_turned.col(c) -= m_axes.col(o).dot(m_turned.col(c)) * m_axes.col(o);
        double length = m_turned.col(c).norm();
        if (!(length > nothing)) {
            m_turned.col(c) = m_axes.col(c);
            for (int twice = 0; twice < 2; ++twice)
                for (Index o = 0; o < c; ++o)
                    m_turned.col(c) -= m_axes.col(o).dot(m_turned.col(c)) * m_axes.col(o);
            length = m_turned.col(c).norm();
            for (Index j = 0; !(length > 0.1) && j < m_axes.rows(); ++j) {
                m_turned.col(c) = Eigen::VectorXd::Unit(m_axes.rows(), j);
                for (int twice = 0; twice < 2; ++twice)
                    for (Index o = 0; o < c; ++o)
                        m_turned.col(c) -= m_axes.col(o).dot(m_turned.col(c)) * m_axes.col(o);
                length = m_turned.col(c).norm();
            }
        }
        m_axes.col(c) = m_turned.col(c) / length;
    }
    m_turned.noalias() = m_scatter.selfadjointView<Eigen::Lower>() * m_axes;
    const Eigen::MatrixXd inside = m_axes.transpose() * m_turned;
    const auto eigen = symmetricEigen(0.5 * (inside + inside.transpose()));
    if (!eigen)
        return;
    m_axes = (m_axes * eigen->vectors.rowwise().reverse()).eval();
    m_variance = eigen->values.reverse().cwiseMax(0.0) / divisor();
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
