// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/structureless.h"

#include "core/ml/pca.h"

namespace statescape::ml {
using Index = Eigen::Index;

base::Result<Structureless> Structureless::fit(MatrixView x)
{
    STATESCAPE_TRY(const Pca pca, Pca::fit(x, static_cast<int>(x.cols()), {}, PcaRoute::Covariance));
    Structureless out;
    out.m_axes = pca.loadings();
    out.m_deviation = pca.variance().cwiseMax(0).cwiseSqrt().transpose();
    const Eigen::MatrixXd scores = (x.cast<double>().rowwise() - pca.mean().transpose()) * out.m_axes;
    out.m_low = scores.colwise().minCoeff();
    out.m_high = scores.colwise().maxCoeff();
    out.m_spreads = pca.totalVariance() > 0;
    return out;
}

Matrix Structureless::make(Index rows, Kind kind, Random &random) const
{
    Eigen::MatrixXd out(rows, m_axes.cols());
    for (Index i = 0; i < out.rows(); ++i)
        for (Index j = 0; j < out.cols(); ++j)
            out(i, j) = kind == Kind::Gaussian ? random.normal() * m_deviation[j]
                                               : m_low[j] + (m_high[j] - m_low[j]) * random.uniform();
    return (out * m_axes.transpose()).cast<float>();
}

} // namespace statescape::ml
