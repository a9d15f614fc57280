// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/hdbscan.h"

#include "core/ml/kmeans.h"
#include "core/ml/predict_rows.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>

namespace statescape::ml {
using base::Code;

base::Result<Hdbscan> Hdbscan::fit(MatrixView x, const HdbscanOptions &options,
                                   const base::Progress &progress)
{
    if (options.minClusterSize < 2 || options.minSamples < 0)
        return base::fail(
            Code::InvalidArgument,
            fmt::format("the least cluster size {} must be 2 or more, the number of samples {} 0 or more",
                        options.minClusterSize, options.minSamples));
    if (x.rows() < 1 || x.cols() < 1)
        return base::fail(Code::NotEnoughData,
                          fmt::format("{} rows of {} columns cannot be clustered", x.rows(), x.cols()));
    STATESCAPE_CHECK(checkFinite(x));
    const auto n = static_cast<std::size_t>(x.rows());
    Hdbscan out;
    const int samples = options.minSamples > 0 ? options.minSamples : options.minClusterSize;
    out.m_minSamples = std::min(static_cast<std::size_t>(samples), n);
    out.m_columns = x.cols();
    STATESCAPE_TRY(SpanningTree spanning, spanningTree(x, out.m_minSamples, options.threads, progress));
    out.m_tree = condense(spanning.edges, n, static_cast<std::size_t>(options.minClusterSize));
    std::vector<std::int32_t> chosen = chooseClusters(out.m_tree, options.choice, options.single);
    // Fewer rows than a cluster needs are none, even where the root may be one.
    if (n < static_cast<std::size_t>(options.minClusterSize))
        std::fill(chosen.begin(), chosen.end(), -1);

    std::vector<std::int32_t> labels(n, kNoise);
    out.m_strength.resize(n);
    out.m_outlier.resize(n);
    for (std::size_t i = 0; i < n; ++i) {
        const auto &last = out.m_tree.clusters[static_cast<std::size_t>(out.m_tree.rowCluster[i])];
        const double density = out.m_tree.rowDensity[i];
        out.m_outlier[i] = static_cast<float>(std::clamp(1 - density / last.deepest, 0.0, 1.0));
        labels[i] = chosen[static_cast<std::size_t>(out.m_tree.rowCluster[i])];
        if (labels[i] < 0)
            continue;
        const auto &cluster = out.m_tree.clusters[static_cast<std::size_t>(labels[i])];
        out.m_strength[i] = static_cast<float>(std::min(1.0, density / cluster.death));
    }
    const std::vector<std::int32_t> clusters = labels;
    const int count = renumberByFirstRow(labels);
    std::vector<std::int32_t> number(out.m_tree.clusters.size(), kNoise);
    for (std::size_t i = 0; i < n; ++i)
        if (labels[i] >= 0)
            number[static_cast<std::size_t>(clusters[i])] = labels[i];
    for (const std::int32_t c : chosen)
        out.m_label.push_back(c < 0 ? kNoise : number[static_cast<std::size_t>(c)]);
    out.m_clustering = countedClustering(std::move(labels), count);

    out.m_distinct = std::move(spanning.distinct);
    out.m_rows = spanning.rows;
    for (const std::uint32_t first : out.m_distinct.first)
        out.m_core.push_back(spanning.core[first]);
    return out;
}

std::int32_t Hdbscan::place(const float *row, std::vector<RowTree::Hit> &hits) const
{
    m_rows->nearest(row, 2 * m_minSamples, std::numeric_limits<double>::infinity(), hits);
    double core = 0;
    std::size_t seen = 1;
    for (const auto &hit : hits) {
        if (seen >= m_minSamples)
            break;
        core = std::sqrt(hit.dist2);
        seen += m_distinct.count[m_rows->rowAt(hit.position)];
    }
    double length = std::numeric_limits<double>::infinity();
    std::uint32_t nearest = 0;
    for (const auto &hit : hits) {
        const std::uint32_t other = m_rows->rowAt(hit.position);
        const double way = std::max({core, m_core[other], std::sqrt(hit.dist2)});
        if (way < length) {
            length = way;
            nearest = other;
        }
    }
    const double density = m_tree.densityOf(length);
    std::int32_t cluster = m_tree.rowCluster[m_distinct.first[nearest]];
    while (cluster >= 0 && density < m_tree.clusters[static_cast<std::size_t>(cluster)].birth)
        cluster = m_tree.clusters[static_cast<std::size_t>(cluster)].parent;
    return cluster < 0 ? kNoise : m_label[static_cast<std::size_t>(cluster)];
}

base::Result<Clustering> Hdbscan::predict(MatrixView x) const
{
    return predictRows(
        x, m_columns, m_clustering.clusters(),
        [this](const float *row, std::vector<RowTree::Hit> &hits) { return place(row, hits); });
}

} // namespace statescape::ml
