// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/whitening.h"

#include "core/ml/kernels.h"
#include "core/ml/symmetric_eigen.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <vector>

namespace statescape::ml {
using base::Code;
using Index = Eigen::Index;

namespace {
constexpr std::size_t kBlockRows = 256;

/// Sums of products of all pairs of columns, over rows given one at a time.
class CrossProducts {
public:
    explicit CrossProducts(Index d)
        : m_d(d)
        , m_stride((d + 15) / 16 * 16)
        , m_block(kBlockRows * static_cast<std::size_t>(m_stride), 0)
        , m_sums(static_cast<std::size_t>(m_stride * m_stride), 0)
    {}
    double *next()
    {
        if (m_rows == kBlockRows)
            flush();
        return m_block.data() + static_cast<Index>(m_rows++) * m_stride;
    }
    Eigen::MatrixXd result()
    {
        flush();
        Eigen::MatrixXd out(m_d, m_d);
        for (Index i = 0; i < m_d; ++i)
            for (Index j = i; j < m_d; ++j)
                out(i, j) = out(j, i) = m_sums[static_cast<std::size_t>(i * m_stride + j)];
        return out;
    }

private:
    void flush()
    {
        kernel::addCrossProducts(m_block.data(), static_cast<int>(m_rows), static_cast<int>(m_stride),
                                 m_sums.data(), kernel::bestIsa());
        m_rows = 0;
    }
    Index m_d, m_stride;
    std::size_t m_rows = 0;
    std::vector<double> m_block, m_sums;
};

Eigen::MatrixXd classMeans(MatrixView x, std::span<const int> classOf, std::vector<std::size_t> &sizes)
{
    const int classes = classOf.empty() ? 0 : *std::max_element(classOf.begin(), classOf.end()) + 1;
    sizes.assign(static_cast<std::size_t>(std::max(classes, 0)), 0);
    Eigen::MatrixXd means = Eigen::MatrixXd::Zero(std::max(classes, 0), x.cols());
    for (std::size_t i = 0; i < classOf.size(); ++i)
        if (const int c = classOf[i]; c >= 0) {
            means.row(c) += x.row(static_cast<Index>(i)).cast<double>();
            ++sizes[static_cast<std::size_t>(c)];
        }
    for (std::size_t c = 0; c < sizes.size(); ++c)
        if (sizes[c] > 0)
            means.row(static_cast<Index>(c)) /= static_cast<double>(sizes[c]);
    return means;
}
} // namespace

base::Result<Whitening> withinClassWhitening(MatrixView x, std::span<const int> classOf,
                                             double leastShrinkage, const base::Progress &progress)
{
    const Index d = x.cols();
    if (static_cast<std::size_t>(x.rows()) != classOf.size() || d < 1)
        return base::fail(Code::InvalidArgument,
                          fmt::format("{} rows, {} columns, {} classes", x.rows(), d, classOf.size()));
    std::vector<std::size_t> sizes;
    const Eigen::MatrixXd means = classMeans(x, classOf, sizes);
    CrossProducts products(d);
    CrossProducts squares(d);
    double n = 0;
    for (std::size_t i = 0; i < classOf.size(); ++i) {
        const int c = classOf[i];
        if (c < 0 || sizes[static_cast<std::size_t>(c)] < 2)
            continue;
        if (i % 1024 == 0 && progress.stopped())
            return base::fail(Code::Cancelled, "whitening stopped on request");
        double *row = products.next();
        double *square = squares.next();
        for (Index j = 0; j < d; ++j) {
            row[j] = x(static_cast<Index>(i), j) - means(c, j);
            square[j] = row[j] * row[j];
        }
        ++n;
    }
    if (n < 2)
        return base::fail(Code::NotEnoughData, "no class has two rows to measure its spread by");
    Eigen::MatrixXd covariance = products.result() / n;
    const auto p = static_cast<double>(d);
    const double mean = covariance.trace() / p;
    Whitening out{Matrix::Identity(d, d), Matrix::Identity(d, d), 1};
    if (!(mean > 0))
        return out;
    const double norm = covariance.squaredNorm();
    const double noise = (squares.result().sum() / n - norm) / (p * n);
    const double spread = (norm - p * mean * mean) / p;
    const double wanted = spread > 0 ? std::clamp(noise / spread, 0.0, 1.0) : 1;
    out.shrinkage = std::max(std::clamp(leastShrinkage, 1e-6, 1.0), wanted);
    covariance *= 1 - out.shrinkage;
    covariance.diagonal().array() += out.shrinkage * mean;
    STATESCAPE_TRY(const SymmetricEigen eigen, symmetricEigen(covariance));
    const Eigen::VectorXd root = eigen.values.cwiseMax(1e-12 * mean).cwiseSqrt();
    out.forward =
        (eigen.vectors * root.cwiseInverse().asDiagonal() * eigen.vectors.transpose()).cast<float>();
    out.backward = (eigen.vectors * root.asDiagonal() * eigen.vectors.transpose()).cast<float>();
    // Rounding must not make it lopsided: models store one triangle.
    out.forward = (0.5F * (out.forward + out.forward.transpose())).eval();
    return out;
}

} // namespace statescape::ml
