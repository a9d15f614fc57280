// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/near_rows.h"

#include "core/ml/pca.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace statescape::ml {
using Index = Eigen::Index;

namespace {
constexpr Index kLeading = 15;
/// With fewer columns a bound costs as much as the distance.
constexpr Index kLeastColumns = 24;
constexpr Index kMostRowsForBasis = 4000;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

bool nearer(const NearRows::Hit &a, const NearRows::Hit &b)
{
    return a.dist2 != b.dist2 ? a.dist2 < b.dist2 : a.row < b.row;
}
} // namespace

NearRows::NearRows(MatrixView rows)
    : m_full(rows)
{
    if (rows.cols() < kLeastColumns || rows.rows() < kernel::kLanes)
        return;
    const Index step = (rows.rows() - 1) / kMostRowsForBasis + 1;
    const Index few = (rows.rows() - 1) / step + 1;
    Matrix sample(few, rows.cols());
    for (Index i = 0; i < few; ++i)
        sample.row(i) = rows.row(i * step);
    const auto pca = Pca::fit(sample, kLeading);
    if (!pca)
        return;
    m_basis = pca->loadings().cast<float>();
    m_mean.assign(static_cast<std::size_t>(rows.cols()), 0);
    for (Index j = 0; j < rows.cols(); ++j)
        m_mean[static_cast<std::size_t>(j)] = static_cast<float>(pca->mean()[j]);
    Matrix leading(rows.rows(), kLeading + 1);
    std::vector<float> one;
    float longest = 0;
    for (Index i = 0; i < rows.rows(); ++i) {
        lead(rows.data() + i * rows.outerStride(), one);
        for (Index c = 0; c <= kLeading; ++c)
            leading(i, c) = one[static_cast<std::size_t>(c)];
        longest = std::max(longest, leading.row(i).squaredNorm());
    }
    m_leading = kernel::Tiles(leading);
    m_slack = 1e-5F * longest;
}

/// Leading coordinates and the length of what they leave: the distance in these is never above the whole one.
void NearRows::lead(const float *row, std::vector<float> &out) const
{
    float sums[kLeading] = {};
    float whole = 0;
    for (Index j = 0; j < m_basis.rows(); ++j) {
        const float value = row[j] - m_mean[static_cast<std::size_t>(j)];
        const float *basis = m_basis.data() + j * kLeading;
        for (Index c = 0; c < kLeading; ++c)
            sums[c] += value * basis[c];
        whole += value * value;
    }
    out.assign(sums, sums + kLeading);
    for (const float sum : sums)
        whole -= sum * sum;
    out.push_back(std::sqrt(std::max(whole, 0.0F)));
}

float NearRows::distance2(const float *row, std::uint32_t other) const
{
    const float *tile = m_full.tile(other / kernel::kLanes) + other % kernel::kLanes;
    float sum = 0;
    for (int j = 0; j < m_full.columns(); ++j) {
        const float difference = tile[static_cast<std::ptrdiff_t>(j) * kernel::kLanes] - row[j];
        sum += difference * difference;
    }
    return sum;
}

void NearRows::bound(const float *row, Scratch &scratch) const
{
    scratch.bounds.resize(m_full.count() * kernel::kLanes);
    scratch.exact.resize(kernel::kLanes);
    if (m_leading.rows() == 0) {
        kernel::distances(m_full.tile(0), m_full.count(), m_full.columns(), row, scratch.bounds.data(),
                          m_isa);
        return;
    }
    lead(row, scratch.leading);
    kernel::distances(m_leading.tile(0), m_leading.count(), m_leading.columns(), scratch.leading.data(),
                      scratch.bounds.data(), m_isa);
}

bool NearRows::anyWithin(const float *row, float radius2, Scratch &scratch) const
{
    if (rows() == 0)
        return false;
    bound(row, scratch);
    const bool whole = m_leading.rows() == 0;
    const float limit = whole ? radius2 : radius2 * (1 + 1e-4F) + m_slack;
    for (std::size_t t = 0; t < m_full.count(); ++t) {
        const float *bounds = scratch.bounds.data() + t * kernel::kLanes;
        const std::size_t lanes = std::min<std::size_t>(kernel::kLanes, rows() - t * kernel::kLanes);
        if (!(*std::min_element(bounds, bounds + lanes) <= limit))
            continue;
        if (whole)
            return true;
        kernel::distances(m_full.tile(t), 1, m_full.columns(), row, scratch.exact.data(), m_isa);
        if (*std::min_element(scratch.exact.begin(),
                              scratch.exact.begin() + static_cast<std::ptrdiff_t>(lanes)) <= radius2)
            return true;
    }
    return false;
}

void NearRows::nearest(const float *row, std::size_t k, std::span<const std::uint32_t> groups,
                       std::uint32_t own, std::vector<Hit> &hits, Scratch &scratch) const
{
    const auto passedOver = [&](std::size_t i) { return !groups.empty() && groups[i] == own; };
    std::erase_if(hits, [&](const Hit &hit) { return hit.row >= rows() || passedOver(hit.row); });
    float limit = kInfinity;
    if (hits.size() >= k && k > 0) {
        limit = 0;
        for (const Hit &hit : hits)
            limit = std::max(limit, distance2(row, hit.row));
    }
    hits.clear();
    if (k == 0 || rows() == 0)
        return;
    bound(row, scratch);
    const bool whole = m_leading.rows() == 0;
    for (std::size_t t = 0; t < m_full.count(); ++t) {
        const float *bounds = scratch.bounds.data() + t * kernel::kLanes;
        const std::size_t lanes = std::min<std::size_t>(kernel::kLanes, rows() - t * kernel::kLanes);
        const float *exact = bounds;
        if (!(*std::min_element(bounds, bounds + lanes) <= (whole ? limit : limit * (1 + 1e-4F) + m_slack)))
            continue;
        if (!whole) {
            kernel::distances(m_full.tile(t), 1, m_full.columns(), row, scratch.exact.data(), m_isa);
            exact = scratch.exact.data();
        }
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            const std::size_t i = t * kernel::kLanes + lane;
            if (!(exact[lane] <= limit) || passedOver(i))
                continue;
            hits.push_back({exact[lane], static_cast<std::uint32_t>(i)});
            std::push_heap(hits.begin(), hits.end(), nearer);
            if (hits.size() > k) {
                std::pop_heap(hits.begin(), hits.end(), nearer);
                hits.pop_back();
            }
            if (hits.size() == k)
                limit = std::min(limit, hits.front().dist2);
        }
    }
    std::sort_heap(hits.begin(), hits.end(), nearer);
}

} // namespace statescape::ml
