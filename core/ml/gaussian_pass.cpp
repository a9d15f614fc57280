// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/gaussian_pass.h"

#include "core/ml/gaussian_kernels.h"

#include <cmath>
#include <numbers>

namespace statescape::ml {
using Index = Eigen::Index;
using kernel::kTileWidth;

namespace {
// What a row of this share could add is below the rounding of the sums.
constexpr double kLeastShare = 1e-9;
} // namespace

template <class T>
struct GaussianPass<T>::Scratch {
    Scratch(int columns, int stride, std::size_t k)
        : tiles(kBlockRows * static_cast<std::size_t>(columns))
        , logs(kBlockRows * k)
        , difference(static_cast<std::size_t>(columns * kTileWidth<T>))
        , rows(kBlockRows * static_cast<std::size_t>(stride))
        , weighted(rows.size())
    {}
    std::vector<T> tiles, logs, difference, rows, weighted;
};

template <class T>
GaussianPass<T>::GaussianPass(MatrixView x, const Eigen::VectorXf &centre,
                              std::vector<GaussianComponent> &components, bool flat,
                              const std::vector<std::int32_t> *hard)
    : m_x(x)
    , m_centre(centre)
    , m_hard(hard)
    , m_columns(static_cast<int>(x.cols()))
    , m_stride((m_columns + 15) / 16 * 16)
    , m_flat(flat)
{
    const double constant = m_columns * std::log(2 * std::numbers::pi);
    for (auto &component : components) {
        auto &mean = m_means.emplace_back();
        for (Index j = 0; j < x.cols(); ++j) {
            mean.push_back(static_cast<T>(component.mean[j]));
            component.mean[j] = static_cast<double>(mean.back());
        }
        if (flat) {
            auto &precision = m_factors.emplace_back();
            for (Index j = 0; j < x.cols(); ++j)
                precision.push_back(static_cast<T>(component.factor(j, j) * component.factor(j, j)));
        } else {
            m_factors.push_back(kernel::packFactor<T>(component.factor));
        }
        m_offsets.push_back(
            static_cast<T>(std::log(component.weight) - (constant + component.logDeterminant) / 2));
    }
}

template <class T>
double GaussianPass<T>::expectBlock(std::size_t first, int count, Scratch &scratch,
                                    std::vector<double> *densities) const
{
    constexpr int kWidth = kTileWidth<T>;
    const auto k = m_means.size();
    const auto tileSize = static_cast<std::size_t>(m_columns) * kWidth;
    double total = 0;
    for (int row = 0; row < count; row += kWidth) {
        const int lanes = std::min(kWidth, count - row);
        T *tile = scratch.tiles.data() + static_cast<std::size_t>(row / kWidth) * tileSize;
        for (int l = 0; l < kWidth; ++l) {
            // Lanes past the end repeat the last row: a value of their own could overflow.
            const auto i = static_cast<Index>(first) + row + std::min(l, lanes - 1);
            const float *from = m_x.data() + i * m_x.outerStride();
            for (int j = 0; j < m_columns; ++j)
                tile[j * kWidth + l] = static_cast<T>(from[j] - m_centre[j]);
        }
        T *logs = scratch.logs.data() + static_cast<std::size_t>(row) * k;
        for (std::size_t c = 0; c < k; ++c) {
            T *out = logs + c * kWidth;
            if (m_flat)
                kernel::logDensityDiagonal(tile, m_columns, m_means[c].data(), m_factors[c].data(),
                                           m_offsets[c], out, m_isa);
            else
                kernel::logDensity(tile, m_columns, m_means[c].data(), m_factors[c].data(), m_offsets[c],
                                   scratch.difference.data(), out, m_isa);
        }
        T top[kWidth];
        T sum[kWidth];
        kernel::softmax(logs, static_cast<int>(k), top, sum, m_isa);
        for (int l = 0; l < lanes; ++l) {
            const double log = static_cast<double>(top[l]) + std::log(static_cast<double>(sum[l]));
            total += log;
            if (densities != nullptr)
                (*densities)[first + static_cast<std::size_t>(row + l)] = log;
        }
    }
    return total;
}

template <class T>
void GaussianPass<T>::collectBlock(std::size_t first, int count, Scratch &scratch,
                                   std::vector<GaussianSums> &sums) const
{
    constexpr int kWidth = kTileWidth<T>;
    const auto k = m_means.size();
    for (std::size_t c = 0; c < k; ++c) {
        auto &sum = sums[c];
        const T *mean = m_means[c].data();
        int used = 0;
        for (int row = 0; row < count; ++row) {
            const T *logs = scratch.logs.data() + static_cast<std::size_t>(row / kWidth * kWidth) * k;
            const std::size_t i = first + static_cast<std::size_t>(row);
            const T share = m_hard != nullptr ? static_cast<T>((*m_hard)[i] == static_cast<std::int32_t>(c))
                                              : logs[c * kWidth + static_cast<std::size_t>(row % kWidth)];
            // Written so that a NaN is passed over too.
            if (!(share > static_cast<T>(kLeastShare)))
                continue;
            sum.weight += static_cast<double>(share);
            const float *from = m_x.data() + static_cast<Index>(i) * m_x.outerStride();
            T *difference = scratch.rows.data() + static_cast<std::size_t>(used * m_stride);
            T *weighted = scratch.weighted.data() + static_cast<std::size_t>(used * m_stride);
            double *firsts = sum.first.data();
            for (int j = 0; j < m_columns; ++j) {
                difference[j] = static_cast<T>(from[j] - m_centre[j]) - mean[j];
                weighted[j] = share * difference[j];
                firsts[j] += static_cast<double>(weighted[j]);
            }
            ++used;
        }
        if (used > 0 && !m_flat)
            kernel::addProducts(scratch.weighted.data(), scratch.rows.data(), used, m_stride,
                                sum.second.data(), m_isa);
        for (int r = 0; m_flat && r < used; ++r)
            for (int j = 0; j < m_columns; ++j)
                sum.second(j, 0) +=
                    static_cast<double>(scratch.weighted[static_cast<std::size_t>(r * m_stride + j)]) *
                    static_cast<double>(scratch.rows[static_cast<std::size_t>(r * m_stride + j)]);
    }
}

template <class T>
void GaussianPass<T>::run(std::size_t from, std::size_t to, bool collect, const std::stop_token &stop,
                          GaussianPartial &partial, Matrix *shares, std::vector<double> *densities) const
{
    constexpr int kWidth = kTileWidth<T>;
    const auto k = m_means.size();
    partial.logLikelihood = 0;
    if (collect)
        partial.sums.assign(k, GaussianSums{0, Eigen::VectorXd::Zero(m_columns),
                                            Eigen::MatrixXd::Zero(m_stride, m_flat ? 1 : m_stride)});
    Scratch scratch(m_columns, m_stride, k);
    for (std::size_t block = from; block < to && !stop.stop_requested(); ++block) {
        const std::size_t first = block * kBlockRows;
        const auto count =
            static_cast<int>(std::min(kBlockRows, static_cast<std::size_t>(m_x.rows()) - first));
        if (m_hard == nullptr)
            partial.logLikelihood += expectBlock(first, count, scratch, densities);
        if (collect)
            collectBlock(first, count, scratch, partial.sums);
        for (int row = 0; shares != nullptr && row < count; ++row)
            for (std::size_t c = 0; c < k; ++c)
                (*shares)(static_cast<Index>(first) + row, static_cast<Index>(c)) =
                    static_cast<float>(scratch.logs[(static_cast<std::size_t>(row / kWidth * kWidth) * k) +
                                                    c * kWidth + static_cast<std::size_t>(row % kWidth)]);
    }
}

template class GaussianPass<float>;
template class GaussianPass<double>;

} // namespace statescape::ml
