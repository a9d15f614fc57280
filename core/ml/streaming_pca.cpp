// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/streaming_pca.h"

#include "core/ml/streaming_kernels.h"
#include "core/ml/symmetric_eigen.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>

namespace statescape::ml {
using base::Code;
using Index = Eigen::Index;

namespace {
constexpr double kApart = 0.05;
// Directions whose Gram matrix has no smaller pivot are orthonormal to the last digits after one solution.
constexpr double kLeastPivot = 0.05;
constexpr int kMostSweeps = 30;

Index padded(Index columns)
{
    return (columns + kernel::kDoubles - 1) / kernel::kDoubles * kernel::kDoubles;
}
} // namespace

base::Result<StreamingPca> StreamingPca::create(int columns, int components, double halfLife)
{
    if (columns < 1 || components < 1 || components > columns || !(halfLife >= 0) || std::isinf(halfLife))
        return base::fail(Code::InvalidArgument, fmt::format("{} components of {} columns, half-life {}",
                                                             components, columns, halfLife));
    StreamingPca out;
    out.m_decay = halfLife > 0 ? std::exp2(-1 / halfLife) : 1;
    out.m_mean = Eigen::VectorXd::Zero(columns);
    out.m_variance = Eigen::VectorXd::Zero(components);
    out.m_change.assign(static_cast<std::size_t>(padded(columns)), 0);
    out.m_scatter = Padded::Zero(columns, padded(columns));
    const Index stride = padded(components);
    out.m_directions = out.m_turned = out.m_mixed = Padded::Zero(columns, stride);
    out.m_inside = out.m_vectors = out.m_mix = Padded::Zero(components, stride);
    out.setAxes(Eigen::MatrixXd::Identity(columns, components));
    return out;
}

void StreamingPca::setAxes(const Eigen::MatrixXd &axes)
{
    m_axes = axes;
    m_directions.leftCols(axes.cols()) = axes;
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
    for (Index j = 0; j < d; ++j) {
        double &change = m_change[static_cast<std::size_t>(j)];
        change = static_cast<double>(row[static_cast<std::size_t>(j)]) - m_mean[j];
        m_mean[j] += change / m_weight;
    }
    kernel::addOuter(m_scatter.data(), static_cast<int>(d), static_cast<int>(m_scatter.cols()), m_decay,
                     before / m_weight, m_change.data(), m_isa);
    if (m_samples > 1)
        follow();
    return {};
}

void StreamingPca::follow()
{
    // One product a sample: Ritz values of the old axes, then the axes it turns them into.
    const auto d = static_cast<int>(m_scatter.rows());
    const auto c = static_cast<int>(m_axes.cols());
    const auto stride = static_cast<int>(m_directions.cols());
    kernel::multiply(m_scatter.data(), m_scatter.cols(), 1, d, d, m_directions.data(), stride,
                     m_turned.data(), m_isa);
    kernel::multiply(m_directions.data(), 1, stride, c, d, m_turned.data(), stride, m_inside.data(), m_isa);
    solveInside();
    kernel::multiply(m_turned.data(), stride, 1, d, c, m_mix.data(), stride, m_mixed.data(), m_isa);
    if (!orthonormalise())
        orthonormaliseOneByOne();
    m_axes = m_directions.leftCols(c);
}

/// Sets the variances and, in falling order, the mix of old axes that has them.
void StreamingPca::solveInside()
{
    const Index c = m_inside.rows();
    for (Index i = 0; i < c; ++i)
        for (Index j = 0; j < i; ++j)
            m_inside(i, j) = m_inside(j, i) = 0.5 * (m_inside(i, j) + m_inside(j, i));
    m_vectors.setIdentity();
    const double trace = m_inside.trace();
    for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
        const double apart = m_inside.squaredNorm() - m_inside.diagonal().squaredNorm();
        kernel::rotateOnce(m_inside.data(), m_vectors.data(), static_cast<int>(c),
                           static_cast<int>(m_inside.cols()), m_isa);
        // A sweep squares what is left; the next sample brings more than that.
        if (!(apart > 1e-6 * trace * trace))
            break;
    }
    std::vector<Index> order(static_cast<std::size_t>(c));
    std::iota(order.begin(), order.end(), Index{0});
    std::stable_sort(order.begin(), order.end(),
                     [this](Index a, Index b) { return m_inside(a, a) > m_inside(b, b); });
    for (Index i = 0; i < c; ++i) {
        const Index from = order[static_cast<std::size_t>(i)];
        m_variance[i] = std::max(m_inside(from, from), 0.0) / divisor();
        for (Index j = 0; j < c; ++j)
            m_mix(j, i) = m_vectors(from, j);
    }
}

/// Cholesky's way, which does where the directions are well apart. @return false, and nothing, elsewhere
bool StreamingPca::orthonormalise()
{
    const Index c = m_axes.cols();
    const auto stride = static_cast<int>(m_mixed.cols());
    kernel::multiply(m_mixed.data(), 1, stride, static_cast<int>(c), static_cast<int>(m_mixed.rows()),
                     m_mixed.data(), stride, m_inside.data(), m_isa);
    std::vector<double> scale(static_cast<std::size_t>(c));
    const double nothing = 1e-28 * m_inside.trace();
    for (Index i = 0; i < c; ++i) {
        if (!(m_inside(i, i) > nothing))
            return false;
        scale[static_cast<std::size_t>(i)] = 1 / std::sqrt(m_inside(i, i));
    }
    // In place: below the diagonal the factor, on it the reciprocal.
    for (Index i = 0; i < c; ++i)
        for (Index j = 0; j <= i; ++j) {
            double sum =
                m_inside(i, j) * scale[static_cast<std::size_t>(i)] * scale[static_cast<std::size_t>(j)];
            for (Index k = 0; k < j; ++k)
                sum -= m_inside(i, k) * m_inside(j, k);
            if (j < i)
                m_inside(i, j) = sum * m_inside(j, j);
            else if (!(sum > kLeastPivot))
                return false;
            else
                m_inside(i, i) = 1 / std::sqrt(sum);
        }
    // The inverse of the transposed factor, scaled: what the directions are multiplied with.
    m_mix.setZero();
    for (Index i = 0; i < c; ++i) {
        m_mix(i, i) = m_inside(i, i);
        for (Index j = i + 1; j < c; ++j) {
            double sum = 0;
            for (Index k = i; k < j; ++k)
                sum -= m_mix(i, k) * m_inside(j, k);
            m_mix(i, j) = sum * m_inside(j, j);
        }
    }
    for (Index i = 0; i < c; ++i)
        m_mix.row(i) *= scale[static_cast<std::size_t>(i)];
    kernel::multiply(m_mixed.data(), stride, 1, static_cast<int>(m_mixed.rows()), static_cast<int>(c),
                     m_mix.data(), stride, m_directions.data(), m_isa);
    return true;
}

void StreamingPca::orthonormaliseOneByOne()
{
    const Index c = m_axes.cols();
    Eigen::MatrixXd old(m_axes.rows(), c);
    kernel::multiply(m_directions.data(), m_directions.cols(), 1, static_cast<int>(m_axes.rows()),
                     static_cast<int>(c), m_mix.data(), static_cast<int>(m_directions.cols()),
                     m_turned.data(), m_isa);
    old = m_turned.leftCols(c);
    // What does not vary keeps its direction.
    const double nothing = 1e-14 * m_mixed.norm();
    for (Index i = 0; i < c; ++i) {
        const auto rest = [&](Eigen::VectorXd direction) {
            for (int twice = 0; twice < 2; ++twice)
                direction -= m_axes.leftCols(i) * (m_axes.leftCols(i).transpose() * direction);
            return direction;
        };
        Eigen::VectorXd next = rest(m_mixed.col(i));
        if (!(next.norm() > nothing))
            next = rest(old.col(i));
        else
            next.normalize();
        // A d-dimensional space always has a unit direction left that is not nearly among the others.
        for (Index j = 0; !(next.norm() > kApart) && j < m_axes.rows(); ++j)
            next = rest(Eigen::VectorXd::Unit(m_axes.rows(), j));
        m_axes.col(i) = next.normalized();
    }
    setAxes(Eigen::MatrixXd(m_axes));
}

double StreamingPca::divisor() const
{
    return m_weight - m_weight2 / m_weight;
}

double StreamingPca::totalVariance() const
{
    return m_samples > 1 ? m_scatter.leftCols(m_scatter.rows()).trace() / divisor() : 0;
}

Eigen::MatrixXd StreamingPca::covariance() const
{
    Eigen::MatrixXd out = m_scatter.leftCols(m_scatter.rows());
    return m_samples > 1 ? Eigen::MatrixXd(out / divisor()) : Eigen::MatrixXd(0 * out);
}

base::Result<> StreamingPca::exactly()
{
    if (m_samples < 2)
        return base::fail(Code::NotEnoughData, "principal components of fewer than two samples");
    STATESCAPE_TRY(const SymmetricEigen eigen, symmetricEigen(covariance()));
    Eigen::MatrixXd axes = eigen.vectors.rowwise().reverse().leftCols(m_axes.cols());
    fixSigns(axes);
    setAxes(axes);
    m_variance = eigen.values.reverse().head(m_variance.size()).cwiseMax(0.0);
    return {};
}

} // namespace statescape::ml
