// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/row_tree.h"

#include "core/ml/symmetric_eigen.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

namespace statescape::ml {
using Index = Eigen::Index;

namespace {
// Turning pays where boxes of the given columns are wide in all directions.
constexpr int kFewColumns = 7;
constexpr std::size_t kAxisRows = 20000;
// Rounding of a turned row grows with the longest row; beyond this it would let everything through.
constexpr double kMostReach = 1e3;
constexpr double kRounding = 1e-5;

std::uint64_t hashRow(const float *row, Index columns)
{
    std::uint64_t hash = 0x9e3779b97f4a7c15U;
    for (Index j = 0; j < columns; ++j) {
        hash ^= std::bit_cast<std::uint32_t>(row[j] + 0.0F);
        hash *= 0xff51afd7ed558ccdU;
        hash ^= hash >> 32;
    }
    return hash;
}
} // namespace

DistinctRows distinctRows(MatrixView x, const std::stop_token &stop)
{
    const auto n = static_cast<std::size_t>(x.rows());
    const auto row = [&](std::size_t i) { return x.data() + static_cast<Index>(i) * x.outerStride(); };
    DistinctRows out;
    out.copy.resize(n);
    const std::size_t size = std::bit_ceil(2 * n + 2);
    constexpr std::uint32_t kEmpty = UINT32_MAX;
    std::vector<std::uint32_t> table(size, kEmpty);
    for (std::size_t i = 0; i < n; ++i) {
        if ((i & 4095U) == 0 && stop.stop_requested())
            return out;
        std::size_t at = hashRow(row(i), x.cols()) & (size - 1);
        for (; table[at] != kEmpty; at = (at + 1) & (size - 1))
            if (std::equal(row(i), row(i) + x.cols(), row(out.first[table[at]])))
                break;
        if (table[at] == kEmpty) {
            table[at] = static_cast<std::uint32_t>(out.first.size());
            out.first.push_back(static_cast<std::uint32_t>(i));
            out.count.push_back(0);
        }
        out.copy[i] = table[at];
        ++out.count[table[at]];
    }
    return out;
}

RowTree::RowTree(MatrixView x, const std::vector<std::uint32_t> &chosen, const std::stop_token &stop)
    : m_columns(static_cast<int>(x.cols()))
    , m_width((m_columns + kernel::kBoxLanes - 1) / kernel::kBoxLanes * kernel::kBoxLanes)
    , m_row(chosen.size())
{
    hold(x, chosen, stop);
}

void RowTree::hold(MatrixView x, const std::vector<std::uint32_t> &chosen, const std::stop_token &stop)
{
    if (chosen.empty() || stop.stop_requested())
        return clear();
    chooseAxes(x, chosen, stop);
    const std::size_t n = chosen.size();
    const auto width = static_cast<std::size_t>(m_width);
    std::vector<float> coordinates(n * width);
    const auto source = [&](std::size_t i) {
        return x.data() + static_cast<Index>(chosen[i]) * x.outerStride();
    };
    if (m_axes.size() == 0) {
        for (std::size_t i = 0; i < n; ++i)
            std::copy_n(source(i), m_columns, coordinates.data() + i * width);
    } else {
        const Eigen::MatrixXf axes = m_axes.cast<float>();
        const Eigen::RowVectorXf mean = m_mean.transpose().cast<float>();
        constexpr std::size_t kBlock = 256;
        Matrix block(kBlock, m_columns);
        Matrix product(kBlock, m_columns);
        for (std::size_t from = 0; from < n && !stop.stop_requested(); from += kBlock) {
            const auto count = static_cast<Index>(std::min(kBlock, n - from));
            for (Index i = 0; i < count; ++i)
                block.row(i) = Eigen::Map<const Eigen::RowVectorXf>(
                                   source(from + static_cast<std::size_t>(i)), m_columns) -
                               mean;
            product.topRows(count).noalias() = block.topRows(count) * axes;
            for (Index i = 0; i < count; ++i)
                std::copy_n(product.row(i).data(), m_columns,
                            coordinates.data() + (from + static_cast<std::size_t>(i)) * width);
        }
    }
    if (!build(coordinates, stop))
        return clear();
    m_values.resize(n * static_cast<std::size_t>(m_columns));
    for (std::size_t i = 0; i < n; ++i)
        std::copy_n(source(m_row[i]), m_columns, m_values.data() + i * static_cast<std::size_t>(m_columns));
    if (stop.stop_requested())
        return clear();
    m_turned.resize(n * width);
    for (std::size_t i = 0; i < n; ++i)
        std::copy_n(coordinates.data() + m_row[i] * width, width, m_turned.data() + i * width);
    if (stop.stop_requested())
        return clear();
    m_tiles =
        kernel::Tiles(Eigen::Map<const Matrix, 0, Eigen::OuterStride<>>(
                          m_turned.data(), static_cast<Index>(n), m_columns, Eigen::OuterStride<>(m_width)),
                      [&stop] { return stop.stop_requested(); });
    if (stop.stop_requested())
        return clear();
    measureBoxes();
}

void RowTree::clear()
{
    m_row.clear();
    m_nodes.clear();
    m_leaves.clear();
}

void RowTree::chooseAxes(MatrixView x, const std::vector<std::uint32_t> &chosen, const std::stop_token &stop)
{
    if (m_columns <= kFewColumns || chosen.size() < 4 * kernel::kLanes)
        return;
    m_mean = Eigen::VectorXd::Zero(m_columns);
    const std::size_t step = (chosen.size() + kAxisRows - 1) / kAxisRows;
    double used = 0;
    for (std::size_t i = 0; i < chosen.size(); i += step, used += 1)
        m_mean += x.row(static_cast<Index>(chosen[i])).transpose().cast<double>();
    m_mean = (m_mean / used).cast<float>().cast<double>();
    Eigen::MatrixXd cross = Eigen::MatrixXd::Zero(m_columns, m_columns);
    for (std::size_t i = 0; i < chosen.size(); i += step) {
        const Eigen::VectorXd row = x.row(static_cast<Index>(chosen[i])).transpose().cast<double>() - m_mean;
        cross.selfadjointView<Eigen::Lower>().rankUpdate(row);
    }
    cross = Eigen::MatrixXd(cross.selfadjointView<Eigen::Lower>()) / used;
    double longest = 0;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        // Half a tree is thrown away, so which axes it has does not matter.
        if ((i & 4095U) == 0 && stop.stop_requested())
            return;
        longest = std::max(longest,
                           (x.row(static_cast<Index>(chosen[i])).transpose().cast<double>() - m_mean).norm());
    }
    if (!cross.allFinite() || !(longest < kMostReach * std::sqrt(cross.trace())) || longest > 1e15 ||
        longest < 1e-15)
        return;
    const auto eigen = symmetricEigen(cross);
    if (!eigen)
        return;
    m_axes = eigen->vectors.rowwise().reverse();
    m_slack = 4 * static_cast<double>(m_columns) * 0x1p-23 * longest;
}

bool RowTree::build(const std::vector<float> &coordinates, const std::stop_token &stop)
{
    const auto width = static_cast<std::size_t>(m_width);
    const std::uint32_t tiles = m_columns <= 3 ? 1 : m_columns <= 10 ? 2 : kernel::kLeafTiles;
    const std::uint32_t leafRows = tiles * kernel::kLanes;
    std::iota(m_row.begin(), m_row.end(), 0U);
    m_nodes.push_back({0, static_cast<std::uint32_t>(m_row.size()), 0, 0});
    std::vector<float> low(width);
    std::vector<float> high(width);
    std::vector<std::pair<float, std::uint32_t>> keys;
    for (std::size_t at = 0; at < m_nodes.size(); ++at) {
        if (stop.stop_requested())
            return false;
        const Node node = m_nodes[at];
        if (node.to - node.from <= leafRows) {
            m_nodes[at].tile = node.from / kernel::kLanes;
            continue;
        }
        std::copy_n(coordinates.data() + m_row[node.from] * width, width, low.data());
        high = low;
        for (std::uint32_t i = node.from; i < node.to; ++i) {
            const float *row = coordinates.data() + m_row[i] * width;
            for (std::size_t j = 0; j < width; ++j) {
                low[j] = std::min(low[j], row[j]);
                high[j] = std::max(high[j], row[j]);
            }
        }
        std::size_t widest = 0;
        for (std::size_t j = 1; j < width; ++j)
            if (high[j] - low[j] > high[widest] - low[widest])
                widest = j;
        // Whole leaves on the left keep every leaf at the start of a tile.
        const std::uint32_t leaves = (node.to - node.from + leafRows - 1) / leafRows;
        const std::uint32_t half = leaves / 2 * leafRows;
        keys.clear();
        for (std::uint32_t i = node.from; i < node.to; ++i)
            keys.emplace_back(coordinates[m_row[i] * width + widest], m_row[i]);
        std::nth_element(keys.begin(), keys.begin() + half, keys.end());
        for (std::size_t i = 0; i < keys.size(); ++i)
            m_row[node.from + i] = keys[i].second;
        m_nodes[at].left = static_cast<std::uint32_t>(m_nodes.size());
        m_nodes.push_back({node.from, node.from + half, 0, 0});
        m_nodes.push_back({node.from + half, node.to, 0, 0});
    }
    for (std::uint32_t at = 0; at < m_nodes.size(); ++at)
        if (m_nodes[at].left == 0)
            m_leaves.push_back(at);
    std::sort(m_leaves.begin(), m_leaves.end(),
              [this](std::uint32_t a, std::uint32_t b) { return m_nodes[a].from < m_nodes[b].from; });
    return true;
}

void RowTree::measureBoxes()
{
    const auto width = static_cast<std::size_t>(m_width);
    m_boxes.resize(m_nodes.size() * 2 * width);
    for (std::size_t at = m_nodes.size(); at-- > 0;) {
        const Node &node = m_nodes[at];
        float *low = m_boxes.data() + at * 2 * width;
        float *high = low + width;
        if (node.left != 0) {
            const float *one = m_boxes.data() + node.left * 2 * width;
            const float *two = one + 2 * width;
            for (std::size_t j = 0; j < width; ++j) {
                low[j] = std::min(one[j], two[j]);
                high[j] = std::max(one[width + j], two[width + j]);
            }
            continue;
        }
        std::copy_n(turned(node.from), width, low);
        std::copy_n(low, width, high);
        for (std::uint32_t i = node.from + 1; i < node.to; ++i)
            for (std::size_t j = 0; j < width; ++j) {
                low[j] = std::min(low[j], turned(i)[j]);
                high[j] = std::max(high[j], turned(i)[j]);
            }
    }
}

RowTree::Limit RowTree::limit(double radius2, double extra) const
{
    const double radius = std::sqrt(radius2) * (1 + kRounding) + m_slack + extra;
    const double wide = radius * radius * (1 + kRounding);
    constexpr double kMost = std::numeric_limits<float>::max();
    if (!(wide < kMost))
        return {std::numeric_limits<float>::infinity()};
    return {std::nextafter(static_cast<float>(wide), std::numeric_limits<float>::infinity())};
}

std::uint64_t RowTree::within(const Node &leaf, const float *turnedRow, Limit limit) const
{
    const std::uint32_t count = leaf.to - leaf.from;
    const int tiles = static_cast<int>((count + kernel::kLanes - 1) / kernel::kLanes);
    const std::uint64_t mask =
        kernel::rowsWithin(m_tiles.tile(leaf.tile), tiles, m_columns, turnedRow, limit.value, m_isa);
    return count < 64 ? mask & ((std::uint64_t{1} << count) - 1) : mask;
}

float RowTree::boxGap(std::uint32_t node, std::uint32_t other) const
{
    const auto width = static_cast<std::size_t>(m_width);
    const float *one = m_boxes.data() + node * 2 * width;
    const float *two = m_boxes.data() + other * 2 * width;
    return kernel::boxDistance(one, one + width, two, two + width, m_width, m_isa);
}

float RowTree::rowGap(const float *turnedRow, std::uint32_t node) const
{
    const auto width = static_cast<std::size_t>(m_width);
    const float *box = m_boxes.data() + node * 2 * width;
    return kernel::boxDistance(turnedRow, turnedRow, box, box + width, m_width, m_isa);
}

std::vector<float> RowTree::turn(const float *row) const
{
    std::vector<float> out(static_cast<std::size_t>(m_width));
    if (m_axes.size() == 0) {
        std::copy_n(row, m_columns, out.data());
        return out;
    }
    Eigen::VectorXd centred = Eigen::Map<const Eigen::VectorXf>(row, m_columns).cast<double>() - m_mean;
    Eigen::Map<Eigen::VectorXf>(out.data(), m_columns) = (m_axes.transpose() * centred).cast<float>();
    return out;
}

void RowTree::nearest(const float *row, std::size_t k, double radius2, std::vector<Hit> &hits) const
{
    hits.clear();
    const std::vector<float> query = turn(row);
    double extra = 0;
    if (m_axes.size() > 0)
        extra = 0x1p-22 * Eigen::Map<const Eigen::VectorXf>(query.data(), m_columns).cast<double>().norm();
    Limit most = limit(radius2, extra);
    walk([&](std::uint32_t node) { return rowGap(query.data(), node); },
         [&](std::uint32_t, float gap) { return gap > most.value; },
         [&](std::uint32_t at) {
             const Node &leaf = m_nodes[at];
             for (std::uint64_t mask = within(leaf, query.data(), most); mask != 0; mask &= mask - 1) {
                 const auto position = leaf.from + static_cast<std::uint32_t>(std::countr_zero(mask));
                 const Hit hit{distance2(row, values(position)), position};
                 if (!(hit.dist2 <= radius2) || (hits.size() == k && !(hit < hits.back())))
                     continue;
                 if (hits.size() == k)
                     hits.pop_back();
                 hits.insert(std::upper_bound(hits.begin(), hits.end(), hit), hit);
                 if (hits.size() == k)
                     most = limit(hits.back().dist2, extra);
             }
         });
}

} // namespace statescape::ml
