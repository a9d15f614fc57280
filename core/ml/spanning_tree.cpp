// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/spanning_tree.h"

#include "core/ml/parallel.h"
#include "core/ml/row_neighbours.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace statescape::ml {

namespace {
constexpr double kFar = std::numeric_limits<double>::infinity();
constexpr std::uint32_t kNone = UINT32_MAX;
// Neighbours beyond those that core distances need; they settle the first rounds without a search.
constexpr std::size_t kSpareNeighbours = 4;
constexpr std::size_t kLeavesPerChunk = 8;
} // namespace

DisjointSets::DisjointSets(std::size_t n)
    : m_parent(n)
{
    std::iota(m_parent.begin(), m_parent.end(), 0U);
}

std::uint32_t DisjointSets::find(std::uint32_t i)
{
    while (m_parent[i] != i) {
        m_parent[i] = m_parent[m_parent[i]];
        i = m_parent[i];
    }
    return i;
}

bool DisjointSets::join(std::uint32_t a, std::uint32_t b)
{
    a = find(a);
    b = find(b);
    m_parent[b] = a;
    return a != b;
}

namespace {
/// Boruvka's rounds over distinct rows. What is known of a row is kept from round to round: as sets only
/// grow, the way to another set only gets longer.
class SpanningRun {
public:
    SpanningRun(const RowTree &tree, const RowNeighbours &near, std::vector<double> core2, int threads,
                const base::Progress &progress)
        : m_tree(tree)
        , m_near(near)
        , m_progress(progress)
        , m_core2(std::move(core2))
        , m_threads(searchThreads(tree, threads))
        , m_sets(tree.rows())
        , m_set(tree.rows())
        , m_nodeSet(tree.nodes().size())
        , m_nodeCore2(tree.nodes().size(), kFar)
        , m_ways(tree.rows())
        , m_best(tree.rows())
    {
        for (std::uint32_t i = 0; i < tree.rows(); ++i) {
            const double reach = near.k > 0 ? near.of(i)[near.k - 1].dist2 : 0;
            m_ways[i].floor2 = 0;
            m_ways[i].listed2 = near.k + 1 < tree.rows() ? std::max(m_core2[i], reach) : kFar;
        }
        for (std::size_t node = tree.nodes().size(); node-- > 0;) {
            const auto &at = tree.nodes()[node];
            if (at.left != 0)
                m_nodeCore2[node] = std::min(m_nodeCore2[at.left], m_nodeCore2[at.left + 1]);
            else
                m_nodeCore2[node] = *std::min_element(m_core2.begin() + at.from, m_core2.begin() + at.to);
        }
    }

    base::Result<std::vector<SpanningEdge>> run()
    {
        std::vector<SpanningEdge> edges;
        const std::size_t wanted = m_tree.rows() - 1;
        while (edges.size() < wanted) {
            m_progress.at(static_cast<double>(edges.size()) / static_cast<double>(wanted), "spanning tree");
            label();
            std::fill(m_best.begin(), m_best.end(), Best{});
            eachChunk(0, 1, [this](std::uint32_t leaf) { refresh(leaf); });
            offer(0, 1);
            // A few leaves of everywhere first: what they find cuts the search of the others short.
            for (const auto &[start, step] : {std::pair<std::size_t, std::size_t>{0, 32}, {4, 8}, {0, 1}}) {
                eachChunk(start, step, [this](std::uint32_t leaf) { search(leaf); });
                offer(start, step);
            }
            if (m_progress.stopped())
                return base::fail(base::Code::Cancelled, "spanning tree stopped on request");
            join(edges);
        }
        return edges;
    }

private:
    /// What is known of one row's shortest way to another set.
    struct Way {
        double length2 = kFar; ///< of the way to @p to
        double floor2 = 0;     ///< no way out is shorter
        double listed2 = 0;    ///< no way to a row that is not among the listed neighbours is shorter
        std::uint32_t to = kNone;
    };
    struct Best {
        double length2 = kFar;
        std::uint32_t from = kNone, to = kNone;
    };

    template <class Work>
    void eachChunk(std::size_t start, std::size_t step, Work work)
    {
        const auto &leaves = m_tree.leaves();
        const std::size_t count = leaves.size() > start ? (leaves.size() - start + step - 1) / step : 0;
        forEachChunk((count + kLeavesPerChunk - 1) / kLeavesPerChunk, m_threads, [&](std::size_t chunk) {
            const std::size_t end = std::min((chunk + 1) * kLeavesPerChunk, count);
            for (std::size_t i = chunk * kLeavesPerChunk; i < end && !m_progress.stopped(); ++i)
                work(leaves[start + i * step]);
        });
    }

    void label()
    {
        for (std::uint32_t i = 0; i < m_set.size(); ++i)
            m_set[i] = m_sets.find(i);
        for (std::size_t node = m_nodeSet.size(); node-- > 0;) {
            const auto &at = m_tree.nodes()[node];
            if (at.left != 0) {
                m_nodeSet[node] = m_nodeSet[at.left] == m_nodeSet[at.left + 1] ? m_nodeSet[at.left] : kNone;
                continue;
            }
            m_nodeSet[node] = m_set[at.from];
            for (std::uint32_t i = at.from + 1; i < at.to; ++i)
                if (m_set[i] != m_nodeSet[node])
                    m_nodeSet[node] = kNone;
        }
    }

    [[nodiscard]] double way2(std::uint32_t i, std::uint32_t j, double dist2) const
    {
        return std::max({m_core2[i], m_core2[j], dist2});
    }

    void refresh(std::uint32_t leaf)
    {
        const auto &node = m_tree.nodes()[leaf];
        for (std::uint32_t i = node.from; i < node.to; ++i) {
            Way &way = m_ways[i];
            if (way.to != kNone && m_set[way.to] != m_set[i])
                continue;
            way.length2 = kFar;
            way.to = kNone;
            const RowTree::Hit *hits = m_near.of(i);
            for (std::size_t h = 0; h < m_near.k; ++h) {
                if (m_set[hits[h].position] == m_set[i])
                    continue;
                const double length2 = way2(i, hits[h].position, hits[h].dist2);
                if (length2 < way.length2) {
                    way.length2 = length2;
                    way.to = hits[h].position;
                }
            }
            way.floor2 = std::max(way.floor2, std::min(way.length2, way.listed2));
        }
    }

    /// Lets the rows of some leaves tell their sets.
    void offer(std::size_t start, std::size_t step)
    {
        for (std::size_t l = start; l < m_tree.leaves().size(); l += step) {
            const auto &node = m_tree.nodes()[m_tree.leaves()[l]];
            for (std::uint32_t i = node.from; i < node.to; ++i) {
                Best &best = m_best[m_set[i]];
                if (m_ways[i].length2 < best.length2)
                    best = {m_ways[i].length2, i, m_ways[i].to};
            }
        }
    }

    void search(std::uint32_t leaf)
    {
        const auto &node = m_tree.nodes()[leaf];
        if (m_nodeSet[0] != kNone)
            return;
        std::uint32_t rows[64];
        RowTree::Limit limits[64];
        double least[64];
        int count = 0;
        float most = 0;
        std::uint32_t set = m_set[node.from];
        for (std::uint32_t i = node.from; i < node.to; ++i) {
            const double best = std::min(m_best[m_set[i]].length2, m_ways[i].length2);
            if (m_ways[i].floor2 >= best)
                continue;
            if (count == 0)
                set = m_set[i];
            else if (m_set[i] != set)
                set = kNone;
            rows[count] = i;
            least[count] = best;
            limits[count] = m_tree.limit(best);
            most = std::max(most, limits[count].value);
            ++count;
        }
        if (count == 0)
            return;
        m_tree.walk([&](std::uint32_t other) { return m_tree.boxGap(leaf, other); },
                    [&](std::uint32_t other, float gap) {
                        return gap > most || (set != kNone && m_nodeSet[other] == set) ||
                               m_nodeCore2[other] > static_cast<double>(most);
                    },
                    [&](std::uint32_t other) {
                        most = 0;
                        for (int q = 0; q < count; ++q) {
                            if (m_nodeSet[other] != m_set[rows[q]])
                                look(other, rows[q], limits[q], least[q]);
                            most = std::max(most, limits[q].value);
                        }
                    });
        for (int q = 0; q < count; ++q)
            m_ways[rows[q]].floor2 = std::max(m_ways[rows[q]].floor2, least[q]);
    }

    void look(std::uint32_t leaf, std::uint32_t i, RowTree::Limit &limit, double &least)
    {
        if (m_tree.rowGap(i, leaf) > limit.value)
            return;
        const auto &node = m_tree.nodes()[leaf];
        for (std::uint64_t mask = m_tree.within(node, i, limit); mask != 0; mask &= mask - 1) {
            const auto j = node.from + static_cast<std::uint32_t>(std::countr_zero(mask));
            if (m_set[j] == m_set[i])
                continue;
            const double length2 = way2(i, j, m_tree.distance2(i, j));
            if (!(length2 < least))
                continue;
            least = length2;
            limit = m_tree.limit(least);
            m_ways[i].length2 = length2;
            m_ways[i].to = j;
        }
    }

    void join(std::vector<SpanningEdge> &edges)
    {
        std::vector<Best> chosen;
        for (const Best &best : m_best)
            if (best.from != kNone)
                chosen.push_back(best);
        // In rising order a cycle can only close between edges of one length, and leaving out its last is
        // right.
        std::stable_sort(chosen.begin(), chosen.end(),
                         [](const Best &a, const Best &b) { return a.length2 < b.length2; });
        for (const Best &best : chosen)
            if (m_sets.join(best.from, best.to))
                edges.push_back({best.from, best.to, std::sqrt(best.length2)});
    }

    const RowTree &m_tree;
    const RowNeighbours &m_near;
    const base::Progress &m_progress;
    std::vector<double> m_core2;
    int m_threads;
    DisjointSets m_sets;
    std::vector<std::uint32_t> m_set, m_nodeSet;
    std::vector<double> m_nodeCore2;
    std::vector<Way> m_ways;
    std::vector<Best> m_best;
};

/// Squared core distance of each position; copies of a row count as neighbours.
std::vector<double> coreOf(const RowTree &tree, const RowNeighbours &near, const DistinctRows &distinct,
                           std::size_t samples)
{
    std::vector<double> out(tree.rows(), 0);
    for (std::uint32_t i = 0; i < tree.rows(); ++i) {
        std::size_t seen = distinct.count[tree.rowAt(i)];
        for (std::size_t h = 0; h < near.k && seen < samples; ++h) {
            out[i] = near.of(i)[h].dist2;
            seen += distinct.count[tree.rowAt(near.of(i)[h].position)];
        }
    }
    return out;
}
} // namespace

base::Result<SpanningTree> spanningTree(MatrixView x, std::size_t samples, int threads,
                                        const base::Progress &progress)
{
    SpanningTree out;
    out.distinct = distinctRows(x, progress.stop);
    out.rows = std::make_shared<const RowTree>(x, out.distinct.first, progress.stop);
    const DistinctRows &distinct = out.distinct;
    const RowTree &tree = *out.rows;
    if (progress.stopped())
        return base::fail(base::Code::Cancelled, "spanning tree stopped on request");
    STATESCAPE_TRY(
        const RowNeighbours near,
        nearestRows(tree, std::max<std::size_t>(samples, 1) - 1 + kSpareNeighbours, threads, progress));
    const std::vector<double> core2 = coreOf(tree, near, distinct, samples);
    std::vector<double> core(core2.size());
    for (std::uint32_t i = 0; i < core2.size(); ++i)
        core[tree.rowAt(i)] = std::sqrt(core2[i]);
    if (tree.rows() > 1) {
        STATESCAPE_TRY(out.edges, SpanningRun(tree, near, core2, threads, progress).run());
        for (auto &edge : out.edges) {
            edge.a = distinct.first[tree.rowAt(edge.a)];
            edge.b = distinct.first[tree.rowAt(edge.b)];
        }
    }
    for (std::uint32_t i = 0; i < distinct.copy.size(); ++i) {
        const std::uint32_t first = distinct.first[distinct.copy[i]];
        out.core.push_back(core[distinct.copy[i]]);
        if (first != i)
            out.edges.push_back({first, i, core[distinct.copy[i]]});
    }
    for (auto &edge : out.edges)
        if (edge.a > edge.b)
            std::swap(edge.a, edge.b);
    std::sort(out.edges.begin(), out.edges.end(), [](const SpanningEdge &a, const SpanningEdge &b) {
        return a.length != b.length ? a.length < b.length : a.a != b.a ? a.a < b.a : a.b < b.b;
    });
    return out;
}

} // namespace statescape::ml
