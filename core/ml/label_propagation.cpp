// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/label_propagation.h"

#include "core/ml/kmeans.h"
#include "core/ml/nearest_labels.h"
#include "core/ml/parallel.h"
#include "core/ml/row_neighbours.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace statescape::ml {
using base::Code;
using Index = Eigen::Index;

namespace {
constexpr float kStill = 1e-4F;
constexpr std::size_t kRowsPerChunk = 1024;

/// Symmetric graph of near rows with normalised weights, by distinct row.
struct Graph {
    std::vector<std::size_t> start;
    std::vector<std::uint32_t> to;
    std::vector<float> weight;
};

Graph makeGraph(const RowTree &tree, const RowNeighbours &near)
{
    struct Edge {
        std::uint32_t a, b;
        float weight;
    };
    // The width of the kernel is a row's own: its distance to the last neighbour. @source Zelnik-Manor &
    // Perona 2004
    std::vector<Edge> edges;
    const auto width = [&](std::uint32_t i) { return std::sqrt(near.of(i)[near.k - 1].dist2); };
    for (std::uint32_t i = 0; i < tree.rows(); ++i)
        for (std::size_t h = 0; h < near.k; ++h) {
            const std::uint32_t j = near.of(i)[h].position;
            const RowTree::Hit *back = near.of(j);
            const bool mutual =
                std::any_of(back, back + near.k, [i](const auto &hit) { return hit.position == i; });
            if (mutual && i > j)
                continue;
            const double scale = width(i) * width(j);
            const auto weight =
                static_cast<float>(scale > 0 ? std::max(std::exp(-near.of(i)[h].dist2 / scale), 1e-12) : 1);
            edges.push_back({tree.rowAt(i), tree.rowAt(j), weight});
            edges.push_back({tree.rowAt(j), tree.rowAt(i), weight});
        }
    Graph out;
    std::vector<double> degree(tree.rows(), 0);
    out.start.assign(tree.rows() + 1, 0);
    for (const Edge &edge : edges) {
        degree[edge.a] += static_cast<double>(edge.weight);
        ++out.start[edge.a + 1];
    }
    for (std::size_t i = 0; i < tree.rows(); ++i)
        out.start[i + 1] += out.start[i];
    out.to.resize(edges.size());
    out.weight.resize(edges.size());
    std::vector<std::size_t> at(out.start.begin(), out.start.end() - 1);
    for (const Edge &edge : edges) {
        const std::size_t slot = at[edge.a]++;
        out.to[slot] = edge.b;
        out.weight[slot] =
            static_cast<float>(static_cast<double>(edge.weight) / std::sqrt(degree[edge.a] * degree[edge.b]));
    }
    return out;
}

base::Result<Matrix> spread(const Graph &graph, const Matrix &given, const PropagationOptions &options,
                            const base::Progress &progress)
{
    const auto rows = static_cast<std::size_t>(given.rows());
    const auto alpha = static_cast<float>(options.spread);
    Matrix now = given;
    Matrix next = given;
    const std::size_t chunks = (rows + kRowsPerChunk - 1) / kRowsPerChunk;
    std::vector<float> moved(chunks);
    const int threads =
        graph.to.size() * static_cast<std::size_t>(given.cols()) < 500000 ? 1 : threadCount(options.threads);
    for (int step = 0; step < options.maxSteps; ++step) {
        if (progress.stopped())
            return base::fail(Code::Cancelled, "label propagation stopped on request");
        progress.at(static_cast<double>(step) / options.maxSteps, "spreading labels");
        forEachChunk(chunks, threads, [&](std::size_t chunk) {
            moved[chunk] = 0;
            for (std::size_t i = chunk * kRowsPerChunk; i < std::min((chunk + 1) * kRowsPerChunk, rows);
                 ++i) {
                auto row = next.row(static_cast<Index>(i));
                row = (1 - alpha) * given.row(static_cast<Index>(i));
                for (std::size_t e = graph.start[i]; e < graph.start[i + 1]; ++e)
                    row += alpha * graph.weight[e] * now.row(static_cast<Index>(graph.to[e]));
                moved[chunk] =
                    std::max(moved[chunk], (row - now.row(static_cast<Index>(i))).cwiseAbs().maxCoeff());
            }
        });
        std::swap(now, next);
        if (*std::max_element(moved.begin(), moved.end()) < kStill * (1 - alpha))
            break;
    }
    return now;
}

base::Result<Clustering> fromNearest(MatrixView x, std::span<const std::int32_t> labels,
                                     const std::vector<std::uint32_t> &known, int classes)
{
    Matrix seen(static_cast<Index>(known.size()), x.cols());
    std::vector<std::int32_t> seenLabels;
    for (std::size_t r = 0; r < known.size(); ++r) {
        seen.row(static_cast<Index>(r)) = x.row(static_cast<Index>(known[r]));
        seenLabels.push_back(labels[known[r]]);
    }
    STATESCAPE_TRY(Clustering placed, NearestLabels(seen, seenLabels, classes).predict(x));
    for (const std::uint32_t row : known)
        placed.labels[row] = labels[row];
    return countedClustering(std::move(placed.labels), classes);
}

base::Result<Clustering> throughGraph(MatrixView x, std::span<const std::int32_t> labels,
                                      const std::vector<std::int32_t> &nearest, int classes,
                                      const PropagationOptions &options, const base::Progress &progress)
{
    const DistinctRows distinct = distinctRows(x, progress.stop);
    const RowTree tree(x, distinct.first, progress.stop);
    if (progress.stopped())
        return base::fail(Code::Cancelled, "label propagation stopped on request");
    STATESCAPE_TRY(const RowNeighbours near, nearestRows(tree, static_cast<std::size_t>(options.neighbours),
                                                         options.threads, progress));
    Matrix given = Matrix::Zero(static_cast<Index>(tree.rows()), classes);
    for (std::size_t i = 0; i < labels.size(); ++i)
        if (labels[i] >= 0)
            given(static_cast<Index>(distinct.copy[i]), labels[i]) = 1;
    // A class with many labels must not outvote the others.
    const Eigen::RowVectorXf counts = given.colwise().sum();
    for (Index c = 0; c < classes; ++c)
        if (counts[c] > 0)
            given.col(c) /= counts[c];
    Matrix shares = given;
    if (near.k > 0) {
        STATESCAPE_TRY(shares, spread(makeGraph(tree, near), given, options, progress));
    }
    std::vector<std::int32_t> out = nearest;
    Matrix membership = Matrix::Zero(x.rows(), classes);
    for (std::size_t i = 0; i < out.size(); ++i) {
        const auto row = shares.row(static_cast<Index>(distinct.copy[i]));
        Index best = 0;
        const float top = row.maxCoeff(&best);
        if (top > 0)
            membership.row(static_cast<Index>(i)) = row / row.sum();
        if (labels[i] < 0 && top > 0)
            out[i] = static_cast<std::int32_t>(best);
        if (labels[i] >= 0)
            membership.row(static_cast<Index>(i)) = Eigen::RowVectorXf::Unit(classes, labels[i]);
    }
    Clustering answer = countedClustering(std::move(out), classes);
    answer.membership = std::move(membership);
    return answer;
}
} // namespace

base::Result<Clustering> propagateLabels(MatrixView x, std::span<const std::int32_t> labels,
                                         const PropagationOptions &options, const base::Progress &progress)
{
    if (labels.size() != static_cast<std::size_t>(x.rows()))
        return base::fail(Code::InvalidArgument,
                          fmt::format("{} labels for {} rows", labels.size(), x.rows()));
    if (options.neighbours < 1 || options.maxSteps < 1 || !(options.spread >= 0 && options.spread < 1))
        return base::fail(
            Code::InvalidArgument,
            fmt::format("neighbours {} and steps {} must be 1 or more, spread {} from 0 to below 1",
                        options.neighbours, options.maxSteps, options.spread));
    STATESCAPE_CHECK(checkFinite(x));
    std::vector<std::uint32_t> known;
    std::int32_t classes = 0;
    for (std::uint32_t i = 0; i < labels.size(); ++i)
        if (labels[i] >= 0) {
            known.push_back(i);
            classes = std::max(classes, labels[i] + 1);
        }
    if (known.empty() || x.cols() < 1)
        return base::fail(Code::NotEnoughData, "no labelled row to start from",
                          "label a sample of each state");

    STATESCAPE_TRY(Clustering placed, fromNearest(x, labels, known, classes));
    if (options.spreading == Spreading::NearestLabel)
        return placed;
    return throughGraph(x, labels, placed.labels, classes, options, progress);
}

} // namespace statescape::ml
