// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/validity.h"

#include "core/ml/kernels.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>

namespace statescape::ml {
using base::Code;
using Index = Eigen::Index;

namespace {
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

base::Result<> checkLabels(MatrixView x, std::span<const std::int32_t> labels, int clusters)
{
    if (static_cast<std::size_t>(x.rows()) != labels.size() || clusters < 0 ||
        std::any_of(labels.begin(), labels.end(), [&](std::int32_t label) { return label >= clusters; }))
        return base::fail(Code::InvalidArgument, fmt::format("{} rows with {} labels in {} clusters",
                                                             x.rows(), labels.size(), clusters));
    return {};
}

/// One cluster as DBCV sees it.
struct Density {
    Matrix rows;
    kernel::Tiles tiles;
    std::vector<double> core;          ///< all-points core distance of each row
    std::vector<std::size_t> internal; ///< rows with two or more edges in the tree
    double sparseness = 0;             ///< longest edge between internal rows
};

double logSumExp(const std::vector<double> &logs)
{
    const double top = *std::max_element(logs.begin(), logs.end());
    if (!std::isfinite(top))
        return top;
    double sum = 0;
    for (const double value : logs)
        sum += std::exp(value - top);
    return top + std::log(sum);
}

/// @source Moulavi et al. 2014, definition 1: (mean of (1 / distance)^d) ^ (-1 / d). In logarithms, because
/// powers of the number of columns leave the range of double.
double coreDistance(const std::vector<float> &dist2, std::size_t self, std::size_t rows, double d)
{
    std::vector<double> logs;
    for (std::size_t i = 0; i < rows; ++i)
        if (i != self) {
            if (dist2[i] <= 0)
                return 0;
            logs.push_back(-0.5 * d * std::log(static_cast<double>(dist2[i])));
        }
    return std::exp(-(logSumExp(logs) - std::log(static_cast<double>(rows - 1))) / d);
}

/// Prim's tree by mutual reachability; fills internal and sparseness.
void spanningTree(Density &cluster, const base::Progress &progress)
{
    const auto n = static_cast<std::size_t>(cluster.rows.rows());
    std::vector<float> dist2(cluster.tiles.count() * kernel::kLanes);
    std::vector<double> nearest(n, kInfinity);
    std::vector<std::size_t> parent(n, 0);
    std::vector<std::uint8_t> inside(n, 0);
    std::vector<int> degree(n, 0);
    struct Edge {
        std::size_t a, b;
        double length;
    };
    std::vector<Edge> edges;
    for (std::size_t current = 0, step = 1; step < n && !progress.stopped(); ++step) {
        inside[current] = 1;
        kernel::distances(cluster.tiles.tile(0), cluster.tiles.count(), cluster.tiles.columns(),
                          cluster.rows.row(static_cast<Index>(current)).data(), dist2.data(),
                          kernel::bestIsa());
        std::size_t next = n;
        for (std::size_t i = 0; i < n; ++i) {
            if (inside[i] != 0)
                continue;
            const double reach =
                std::max({std::sqrt(static_cast<double>(dist2[i])), cluster.core[i], cluster.core[current]});
            if (reach < nearest[i]) {
                nearest[i] = reach;
                parent[i] = current;
            }
            if (next == n || nearest[i] < nearest[next])
                next = i;
        }
        edges.push_back({next, parent[next], nearest[next]});
        ++degree[next];
        ++degree[parent[next]];
        current = next;
    }
    for (std::size_t i = 0; i < n; ++i)
        if (degree[i] > 1)
            cluster.internal.push_back(i);
    if (cluster.internal.empty())
        for (std::size_t i = 0; i < n; ++i)
            cluster.internal.push_back(i);
    double longest = 0;
    double longestInside = -1;
    for (const auto &edge : edges) {
        longest = std::max(longest, edge.length);
        if (degree[edge.a] > 1 && degree[edge.b] > 1)
            longestInside = std::max(longestInside, edge.length);
    }
    cluster.sparseness = longestInside >= 0 ? longestInside : longest;
}

/// Shortest mutual reachability between internal rows.
double separation(const Density &a, const Density &b)
{
    std::vector<float> dist2(b.tiles.count() * kernel::kLanes);
    double shortest = kInfinity;
    for (const std::size_t i : a.internal) {
        kernel::distances(b.tiles.tile(0), b.tiles.count(), b.tiles.columns(),
                          a.rows.row(static_cast<Index>(i)).data(), dist2.data(), kernel::bestIsa());
        for (const std::size_t o : b.internal)
            shortest = std::min(shortest,
                                std::max({std::sqrt(static_cast<double>(dist2[o])), a.core[i], b.core[o]}));
    }
    return shortest;
}

Density densityOf(MatrixView x, const std::vector<Index> &members, const base::Progress &progress)
{
    Density out;
    out.rows = Matrix(static_cast<Index>(members.size()), x.cols());
    for (std::size_t i = 0; i < members.size(); ++i)
        out.rows.row(static_cast<Index>(i)) = x.row(members[i]);
    out.tiles = kernel::Tiles(out.rows);
    std::vector<float> dist2(out.tiles.count() * kernel::kLanes);
    for (std::size_t i = 0; i < members.size() && !progress.stopped(); ++i) {
        kernel::distances(out.tiles.tile(0), out.tiles.count(), out.tiles.columns(),
                          out.rows.row(static_cast<Index>(i)).data(), dist2.data(), kernel::bestIsa());
        out.core.push_back(coreDistance(dist2, i, members.size(), static_cast<double>(x.cols())));
    }
    if (!progress.stopped())
        spanningTree(out, progress);
    return out;
}
} // namespace

base::Result<CentreValidity> centreValidity(MatrixView x, std::span<const std::int32_t> labels, int clusters)
{
    STATESCAPE_CHECK(checkLabels(x, labels, clusters));
    const Index d = x.cols();
    Eigen::MatrixXd centres = Eigen::MatrixXd::Zero(clusters, d);
    std::vector<double> sizes(static_cast<std::size_t>(clusters), 0);
    Eigen::VectorXd mean = Eigen::VectorXd::Zero(d);
    CentreValidity out;
    const auto eachRow = [&](auto body) {
        for (std::size_t i = 0; i < labels.size(); ++i)
            if (labels[i] >= 0)
                body(labels[i], x.row(static_cast<Index>(i)).transpose().cast<double>());
    };
    eachRow([&](std::int32_t c, const auto &row) {
        centres.row(c) += row.transpose();
        mean += row;
        ++sizes[static_cast<std::size_t>(c)];
        ++out.rows;
    });
    mean /= std::max<double>(1, static_cast<double>(out.rows));
    for (Index c = 0; c < clusters; ++c)
        if (sizes[static_cast<std::size_t>(c)] > 0) {
            centres.row(c) /= sizes[static_cast<std::size_t>(c)];
            ++out.clusters;
        }
    std::vector<double> spread(sizes.size(), 0);
    eachRow([&](std::int32_t c, const auto &row) {
        const double dist2 = (row - centres.row(c).transpose()).squaredNorm();
        out.within += dist2;
        out.total += (row - mean).squaredNorm();
        spread[static_cast<std::size_t>(c)] += std::sqrt(dist2);
    });
    out.daviesBouldin = out.calinskiHarabasz = kNaN;
    if (out.clusters < 2)
        return out;
    out.daviesBouldin = 0;
    for (std::size_t a = 0; a < sizes.size(); ++a) {
        double worst = 0;
        for (std::size_t b = 0; b < sizes.size() && sizes[a] > 0; ++b) {
            if (a == b || !(sizes[b] > 0))
                continue;
            const double apart =
                (centres.row(static_cast<Index>(a)) - centres.row(static_cast<Index>(b))).norm();
            if (apart > 0)
                worst = std::max(worst, (spread[a] / sizes[a] + spread[b] / sizes[b]) / apart);
        }
        out.daviesBouldin += worst / out.clusters;
    }
    const double k = out.clusters;
    const double n = static_cast<double>(out.rows);
    if (out.within > 0)
        out.calinskiHarabasz = (out.total - out.within) * (n - k) / (out.within * (k - 1));
    else if (out.total > 0)
        out.calinskiHarabasz = kInfinity;
    return out;
}

base::Result<DensityValidity> densityValidity(MatrixView x, std::span<const std::int32_t> labels,
                                              int clusters, const base::Progress &progress)
{
    STATESCAPE_CHECK(checkLabels(x, labels, clusters));
    std::vector<std::vector<Index>> members(static_cast<std::size_t>(clusters));
    for (std::size_t i = 0; i < labels.size(); ++i)
        if (labels[i] >= 0)
            members[static_cast<std::size_t>(labels[i])].push_back(static_cast<Index>(i));
    std::vector<std::size_t> used;
    std::vector<Density> densities;
    for (std::size_t c = 0; c < members.size(); ++c) {
        if (members[c].size() < 2)
            continue;
        used.push_back(c);
        densities.push_back(densityOf(x, members[c], progress));
        progress.at(0.5 * static_cast<double>(c + 1) / clusters, "density validity");
    }
    if (used.size() < 2)
        return base::fail(Code::NotEnoughData, "density validity needs two clusters of two rows");
    std::vector<double> apart(used.size(), kInfinity);
    for (std::size_t a = 0; a < used.size(); ++a)
        for (std::size_t b = a + 1; b < used.size(); ++b) {
            if (progress.stopped())
                return base::fail(Code::Cancelled, "density validity stopped on request");
            const double distance = separation(densities[a], densities[b]);
            apart[a] = std::min(apart[a], distance);
            apart[b] = std::min(apart[b], distance);
        }
    if (progress.stopped())
        return base::fail(Code::Cancelled, "density validity stopped on request");
    DensityValidity out{0, std::vector<double>(members.size(), kNaN)};
    for (std::size_t u = 0; u < used.size(); ++u) {
        const double larger = std::max(apart[u], densities[u].sparseness);
        const double value = larger > 0 ? (apart[u] - densities[u].sparseness) / larger : 0;
        out.perCluster[used[u]] = value;
        out.score +=
            value * static_cast<double>(members[used[u]].size()) / static_cast<double>(labels.size());
    }
    return out;
}

} // namespace statescape::ml
