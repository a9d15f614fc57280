// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/ml/matrix.h"
#include "core/ml/random.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace statescape::ml::test {

/// Squared distances of one row to all.
inline std::vector<double> distancesOf(const Matrix &x, Eigen::Index i)
{
    std::vector<double> out(static_cast<std::size_t>(x.rows()));
    for (Eigen::Index j = 0; j < x.rows(); ++j)
        out[static_cast<std::size_t>(j)] = (x.row(j).cast<double>() - x.row(i).cast<double>()).squaredNorm();
    return out;
}

/// Others of a row, nearest first.
inline std::vector<Eigen::Index> orderAround(const Matrix &x, Eigen::Index i)
{
    const auto distance = distancesOf(x, i);
    std::vector<Eigen::Index> order;
    for (Eigen::Index j = 0; j < x.rows(); ++j)
        if (j != i)
            order.push_back(j);
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) {
        return distance[static_cast<std::size_t>(a)] < distance[static_cast<std::size_t>(b)];
    });
    return order;
}

/// 1 when the k nearest on the map are among the k nearest of the rows. Trustworthiness with its arguments
/// the other way round is continuity. @source Venna & Kaski 2001
inline double trustworthiness(const Matrix &x, const Matrix &map, int k)
{
    const auto n = static_cast<double>(x.rows());
    double penalty = 0;
    for (Eigen::Index i = 0; i < x.rows(); ++i) {
        const auto order = orderAround(x, i);
        std::vector<int> rank(static_cast<std::size_t>(x.rows()));
        for (std::size_t r = 0; r < order.size(); ++r)
            rank[static_cast<std::size_t>(order[r])] = static_cast<int>(r) + 1;
        const auto near = orderAround(map, i);
        for (int h = 0; h < k; ++h)
            penalty += std::max(0, rank[static_cast<std::size_t>(near[static_cast<std::size_t>(h)])] - k);
    }
    return 1 - 2 * penalty / (n * k * (2 * n - 3 * k - 1));
}

/// Of random three rows, how often the nearer of two stays the nearer.
inline double tripletsKept(const Matrix &x, const Matrix &map)
{
    Random random(3);
    const auto n = static_cast<std::uint64_t>(x.rows());
    constexpr int kDrawn = 100'000;
    int kept = 0;
    for (int t = 0; t < kDrawn; ++t) {
        const auto i = static_cast<Eigen::Index>(random.below(n));
        const auto j = static_cast<Eigen::Index>(random.below(n));
        const auto k = static_cast<Eigen::Index>(random.below(n));
        const auto nearer = [&](const Matrix &z) {
            return (z.row(i) - z.row(j)).squaredNorm() < (z.row(i) - z.row(k)).squaredNorm();
        };
        kept += nearer(x) == nearer(map) ? 1 : 0;
    }
    return static_cast<double>(kept) / kDrawn;
}

/// Share of rows whose label is that of most of their k nearest in @p known.
inline double labelsKept(const Matrix &known, const std::vector<int> &labels, const Matrix &asked,
                         const std::vector<int> &truth, int k, bool itself)
{
    int right = 0;
    for (Eigen::Index i = 0; i < asked.rows(); ++i) {
        std::vector<std::pair<double, Eigen::Index>> near;
        for (Eigen::Index j = 0; j < known.rows(); ++j)
            if (!itself || i != j)
                near.emplace_back((asked.row(i) - known.row(j)).squaredNorm(), j);
        std::partial_sort(near.begin(), near.begin() + k, near.end());
        std::vector<int> votes(64);
        for (int h = 0; h < k; ++h)
            ++votes[static_cast<std::size_t>(
                labels[static_cast<std::size_t>(near[static_cast<std::size_t>(h)].second)])];
        right += std::max_element(votes.begin(), votes.end()) - votes.begin() ==
                 truth[static_cast<std::size_t>(i)];
    }
    return static_cast<double>(right) / static_cast<double>(asked.rows());
}

} // namespace statescape::ml::test
