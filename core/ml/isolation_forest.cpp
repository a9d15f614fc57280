// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/isolation_forest.h"

#include "core/ml/kmeans.h"
#include "core/ml/parallel.h"
#include "core/ml/random.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <numbers>
#include <numeric>

namespace statescape::ml {
using base::Code;
using Index = Eigen::Index;

namespace {
/// Mean length of an unsuccessful search in a binary search tree of n rows.
double usualLength(double n)
{
    if (n < 2)
        return 0;
    if (n < 3)
        return 1;
    return 2 * (std::log(n - 1) + std::numbers::egamma) - 2 * (n - 1) / n;
}
} // namespace

base::Result<IsolationForest> IsolationForest::fit(MatrixView x, const IsolationForestOptions &options,
                                                   const base::Progress &progress)
{
    if (options.trees < 1 || options.trees > 10000 || options.sampleSize < 2 || options.sampleSize > 65536)
        return base::fail(Code::InvalidArgument,
                          fmt::format("{} trees of {} rows", options.trees, options.sampleSize));
    if (x.rows() < 2 || x.cols() < 1)
        return base::fail(Code::NotEnoughData,
                          fmt::format("an isolation forest of {} rows, {} columns", x.rows(), x.cols()));
    STATESCAPE_CHECK(checkFinite(x));
    const auto n = static_cast<std::size_t>(x.rows());
    const std::size_t size = std::min(n, static_cast<std::size_t>(options.sampleSize));
    IsolationForest out;
    out.m_columns = static_cast<int>(x.cols());
    out.m_trees = options.trees;
    out.m_depth = static_cast<int>(std::ceil(std::log2(static_cast<double>(size))));
    out.m_usual = usualLength(static_cast<double>(size));
    const std::size_t inner = (std::size_t{1} << out.m_depth) - 1;
    const auto trees = static_cast<std::size_t>(options.trees);
    out.m_nodes.assign(trees * inner, {0, 0});
    out.m_lengths.assign(trees * (inner + 1), 0);

    std::vector<std::uint8_t> taken(n, 0);
    struct Branch {
        std::size_t node, from, to;
        int depth;
    };
    for (std::size_t t = 0; t < trees; ++t) {
        if (progress.stopped())
            return base::fail(Code::Cancelled, "isolation forest stopped on request");
        Random random(options.seed, t + 1);
        std::vector<Index> rows;
        // Floyd's draw without replacement needs no list of all rows.
        for (std::size_t i = n - size; i < n; ++i) {
            const auto drawn = static_cast<std::size_t>(random.below(i + 1));
            const std::size_t row = taken[drawn] != 0 ? i : drawn;
            taken[row] = 1;
            rows.push_back(static_cast<Index>(row));
        }
        for (const Index row : rows)
            taken[static_cast<std::size_t>(row)] = 0;
        Node *nodes = out.m_nodes.data() + t * inner;
        float *lengths = out.m_lengths.data() + t * (inner + 1);
        std::vector<Branch> open{{0, 0, size, 0}};
        while (!open.empty()) {
            const Branch branch = open.back();
            open.pop_back();
            std::vector<int> columns;
            std::vector<std::pair<float, float>> ranges;
            for (int j = 0; branch.depth < out.m_depth && branch.to - branch.from > 1 && j < out.m_columns;
                 ++j) {
                float low = x(rows[branch.from], j);
                float high = low;
                for (std::size_t i = branch.from + 1; i < branch.to; ++i) {
                    low = std::min(low, x(rows[i], j));
                    high = std::max(high, x(rows[i], j));
                }
                if (low < high) {
                    columns.push_back(j);
                    ranges.emplace_back(low, high);
                }
            }
            if (columns.empty()) {
                const double length =
                    branch.depth + usualLength(static_cast<double>(branch.to - branch.from));
                const std::size_t leaves = std::size_t{1} << (out.m_depth - branch.depth);
                const std::size_t first = (branch.node + 1) * leaves - (inner + 1);
                std::fill_n(lengths + first, leaves, static_cast<float>(length));
                continue;
            }
            const std::size_t which = random.below(columns.size());
            const auto [low, high] = ranges[which];
            // Between the values, never at the lower one: then both sides have rows.
            auto cut = static_cast<float>(low + random.uniform() * (static_cast<double>(high) - low));
            cut = std::clamp(cut, std::nextafter(low, high), high);
            nodes[branch.node] = {cut, columns[which]};
            const auto middle = std::partition(rows.begin() + static_cast<std::ptrdiff_t>(branch.from),
                                               rows.begin() + static_cast<std::ptrdiff_t>(branch.to),
                                               [&](Index row) { return x(row, columns[which]) < cut; });
            const auto split = static_cast<std::size_t>(middle - rows.begin());
            open.push_back({2 * branch.node + 2, split, branch.to, branch.depth + 1});
            open.push_back({2 * branch.node + 1, branch.from, split, branch.depth + 1});
        }
    }
    return out;
}

double IsolationForest::pathLength(const float *row) const
{
    const std::size_t inner = (std::size_t{1} << m_depth) - 1;
    constexpr int kAtOnce = 8;
    double sum = 0;
    int t = 0;
    // Walks are chains of loads; several trees at a time hide their latency.
    for (; t + kAtOnce <= m_trees; t += kAtOnce) {
        const Node *nodes = m_nodes.data() + static_cast<std::size_t>(t) * inner;
        std::size_t at[kAtOnce] = {};
        for (int level = 0; level < m_depth; ++level)
            for (std::size_t i = 0; i < kAtOnce; ++i) {
                const Node &node = nodes[i * inner + at[i]];
                at[i] = 2 * at[i] + (row[node.column] < node.cut ? 1 : 2);
            }
        for (std::size_t i = 0; i < kAtOnce; ++i)
            sum += m_lengths[(static_cast<std::size_t>(t) + i) * (inner + 1) + at[i] - inner];
    }
    for (; t < m_trees; ++t) {
        const Node *nodes = m_nodes.data() + static_cast<std::size_t>(t) * inner;
        std::size_t at = 0;
        for (int level = 0; level < m_depth; ++level)
            at = 2 * at + (row[nodes[at].column] < nodes[at].cut ? 1 : 2);
        sum += m_lengths[static_cast<std::size_t>(t) * (inner + 1) + at - inner];
    }
    return sum / m_trees;
}

double IsolationForest::score(std::span<const float> row) const
{
    return std::exp2(-pathLength(row.data()) / m_usual);
}

base::Result<std::vector<float>> IsolationForest::score(MatrixView x) const
{
    if (x.cols() != m_columns)
        return base::fail(Code::InvalidArgument,
                          fmt::format("forest of {} columns, got {}", m_columns, x.cols()));
    std::vector<float> out(static_cast<std::size_t>(x.rows()));
    constexpr std::size_t kRows = 1024;
    forEachChunk((out.size() + kRows - 1) / kRows, out.size() < 4 * kRows ? 1 : threadCount(0),
                 [&](std::size_t chunk) {
                     for (std::size_t i = chunk * kRows; i < std::min(out.size(), (chunk + 1) * kRows); ++i)
                         out[i] =
                             static_cast<float>(score({x.data() + static_cast<Index>(i) * x.outerStride(),
                                                       static_cast<std::size_t>(m_columns)}));
                 });
    return out;
}

} // namespace statescape::ml
