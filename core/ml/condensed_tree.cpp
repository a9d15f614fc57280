// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/condensed_tree.h"

#include <algorithm>

namespace statescape::ml {

namespace {
/// Single linkage: nodes below n are rows, node n + e is made by edge e.
struct Linkage {
    explicit Linkage(std::span<const SpanningEdge> edges, std::size_t rows)
        : n(static_cast<std::uint32_t>(rows))
        , edges(edges)
        , left(edges.size())
        , right(edges.size())
        , size(edges.size())
    {
        DisjointSets sets(rows);
        std::vector<std::uint32_t> node(rows);
        for (std::uint32_t i = 0; i < n; ++i)
            node[i] = i;
        for (std::uint32_t e = 0; e < edges.size(); ++e) {
            left[e] = node[sets.find(edges[e].a)];
            right[e] = node[sets.find(edges[e].b)];
            size[e] = sizeOf(left[e]) + sizeOf(right[e]);
            sets.join(edges[e].a, edges[e].b);
            node[sets.find(edges[e].a)] = n + e;
        }
    }
    [[nodiscard]] std::uint32_t sizeOf(std::uint32_t node) const { return node < n ? 1 : size[node - n]; }

    /// What is left of a node when all edges of its length go.
    void parts(std::uint32_t node, std::vector<std::uint32_t> &out, std::vector<std::uint32_t> &open) const
    {
        const double length = edges[node - n].length;
        out.clear();
        open.assign(1, node);
        while (!open.empty()) {
            const std::uint32_t at = open.back();
            open.pop_back();
            if (at < n || edges[at - n].length != length) {
                out.push_back(at);
                continue;
            }
            open.push_back(right[at - n]);
            open.push_back(left[at - n]);
        }
    }

    template <class Visit>
    void eachRow(std::uint32_t node, std::vector<std::uint32_t> &open, Visit visit) const
    {
        open.assign(1, node);
        while (!open.empty()) {
            const std::uint32_t at = open.back();
            open.pop_back();
            if (at < n) {
                visit(at);
                continue;
            }
            open.push_back(right[at - n]);
            open.push_back(left[at - n]);
        }
    }

    std::uint32_t n;
    std::span<const SpanningEdge> edges;
    std::vector<std::uint32_t> left, right, size;
};
} // namespace

CondensedTree condense(std::span<const SpanningEdge> edges, std::size_t rows, std::size_t minClusterSize)
{
    CondensedTree tree;
    tree.rowCluster.assign(rows, 0);
    for (const auto &edge : edges)
        if (edge.length > 0) {
            tree.zeroDensity = 2 / edge.length;
            break;
        }
    tree.rowDensity.assign(rows, tree.zeroDensity);
    const double first = edges.empty() ? tree.zeroDensity : tree.densityOf(edges.back().length);
    tree.clusters.push_back({-1, static_cast<std::uint32_t>(rows), 0, first, first, first, 0});
    if (edges.empty())
        return tree;
    const Linkage linkage(edges, rows);
    std::vector<std::pair<std::uint32_t, std::int32_t>> open{
        {linkage.n + static_cast<std::uint32_t>(edges.size()) - 1, 0}};
    std::vector<std::uint32_t> parts;
    std::vector<std::uint32_t> scratch;
    while (!open.empty()) {
        const auto [node, cluster] = open.back();
        open.pop_back();
        const double density = tree.densityOf(edges[node - linkage.n].length);
        linkage.parts(node, parts, scratch);
        const auto large = std::count_if(parts.begin(), parts.end(), [&](std::uint32_t part) {
            return linkage.sizeOf(part) >= minClusterSize;
        });
        const double birth = tree.clusters[static_cast<std::size_t>(cluster)].birth;
        tree.clusters[static_cast<std::size_t>(cluster)].death = density;
        for (const std::uint32_t part : parts) {
            const std::uint32_t size = linkage.sizeOf(part);
            auto &parent = tree.clusters[static_cast<std::size_t>(cluster)];
            if (size < minClusterSize || large > 1)
                parent.stability += (density - birth) * size;
            if (size < minClusterSize) {
                linkage.eachRow(part, scratch, [&, cluster = cluster](std::uint32_t row) {
                    tree.rowCluster[row] = cluster;
                    tree.rowDensity[row] = density;
                });
            } else if (large == 1) {
                open.emplace_back(part, cluster);
            } else {
                ++parent.children;
                open.emplace_back(part, static_cast<std::int32_t>(tree.clusters.size()));
                tree.clusters.push_back({cluster, size, 0, density, density, density, 0});
            }
        }
    }
    for (std::size_t c = tree.clusters.size(); c-- > 0;) {
        auto &cluster = tree.clusters[c];
        cluster.deepest = std::max(cluster.deepest, cluster.death);
        if (cluster.parent >= 0) {
            auto &parent = tree.clusters[static_cast<std::size_t>(cluster.parent)];
            parent.deepest = std::max(parent.deepest, cluster.deepest);
        }
    }
    return tree;
}

std::vector<std::int32_t> chooseClusters(const CondensedTree &tree, ClusterChoice choice, bool single)
{
    const std::size_t count = tree.clusters.size();
    std::vector<double> best(count, 0); // of the clusters below
    std::vector<bool> chosen(count);
    for (std::size_t c = count; c-- > 0;) {
        const auto &cluster = tree.clusters[c];
        const bool leaf = cluster.children == 0;
        chosen[c] = (c > 0 || single) &&
                    (leaf || (choice == ClusterChoice::ExcessOfMass && cluster.stability >= best[c]));
        if (cluster.parent >= 0)
            best[static_cast<std::size_t>(cluster.parent)] += chosen[c] || leaf ? cluster.stability : best[c];
    }
    std::vector<std::int32_t> out(count, -1);
    for (std::size_t c = 0; c < count; ++c) {
        const std::int32_t parent = tree.clusters[c].parent;
        if (parent >= 0 && out[static_cast<std::size_t>(parent)] >= 0)
            out[c] = out[static_cast<std::size_t>(parent)];
        else if (chosen[c])
            out[c] = static_cast<std::int32_t>(c);
    }
    return out;
}

} // namespace statescape::ml
