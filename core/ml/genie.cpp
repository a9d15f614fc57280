// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/genie.h"

#include "core/ml/gini_cut.h"
#include "core/ml/kmeans.h"
#include "core/ml/spanning_tree.h"

#include <algorithm>
#include <fmt/format.h>

namespace statescape::ml {
using base::Code;

namespace {
/// Rows with one edge only.
std::vector<bool> endsOf(const std::vector<SpanningEdge> &edges, std::size_t rows)
{
    std::vector<std::uint32_t> degree(rows, 0);
    for (const auto &edge : edges) {
        ++degree[edge.a];
        ++degree[edge.b];
    }
    std::vector<bool> out(rows);
    for (std::size_t i = 0; i < rows; ++i)
        out[i] = degree[i] < 2;
    return out;
}
} // namespace

base::Result<Genie> Genie::fit(MatrixView x, const GenieOptions &options, const base::Progress &progress)
{
    if (options.k < 1 || options.samples < 1 || !(options.gini >= 0 && options.gini <= 1))
        return base::fail(Code::InvalidArgument,
                          fmt::format("k {} and samples {} must be 1 or more, the Gini limit {} 0 to 1",
                                      options.k, options.samples, options.gini));
    if (x.rows() < options.k || x.cols() < 1)
        return base::fail(Code::NotEnoughData, fmt::format("{} rows of {} columns cannot make {} clusters",
                                                           x.rows(), x.cols(), options.k));
    STATESCAPE_CHECK(checkFinite(x));
    const auto n = static_cast<std::size_t>(x.rows());
    const auto samples = std::min(static_cast<std::size_t>(options.samples), n);
    STATESCAPE_TRY(const SpanningTree tree, spanningTree(x, samples, options.threads, progress));

    std::vector<bool> left(n);
    std::size_t inner = n;
    if (options.noise && samples > 1) {
        left = endsOf(tree.edges, n);
        inner = n - static_cast<std::size_t>(std::count(left.begin(), left.end(), true));
        if (inner < static_cast<std::size_t>(options.k)) {
            left.assign(n, false);
            inner = n;
        }
    }
    STATESCAPE_TRY(std::vector<std::int32_t> labels,
                   cutByGini(tree.edges, left, static_cast<std::size_t>(options.k), options.gini, progress));
    const int clusters = renumberByFirstRow(labels);
    Genie out;
    out.m_nearest = NearestLabels(tree.rows, tree.distinct, labels, clusters);
    out.m_clustering = countedClustering(std::move(labels), clusters);
    return out;
}

} // namespace statescape::ml
