// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/dbscan.h"

#include "core/ml/kmeans.h"
#include "core/ml/parallel.h"
#include "core/ml/predict_rows.h"
#include "core/ml/row_neighbours.h"
#include "core/ml/spanning_tree.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>

namespace statescape::ml {
using base::Code;

namespace {
constexpr std::uint32_t kNone = UINT32_MAX;
constexpr std::uint32_t kMixed = UINT32_MAX - 1;
// Near rows remembered of each row: they connect nearly every cluster before anything is searched.
constexpr std::size_t kSeeds = 16;
constexpr std::size_t kLeavesPerChunk = 8;

/// One fit over distinct rows.
class DbscanRun {
public:
    DbscanRun(const RowTree &tree, const DistinctRows &distinct, double radius, const DbscanOptions &options,
              const base::Progress &progress)
        : m_tree(tree)
        , m_distinct(distinct)
        , m_progress(progress)
        , m_radius2(radius * radius)
        , m_limit(tree.limit(m_radius2))
        , m_minSamples(static_cast<std::uint64_t>(options.minSamples))
        , m_threads(searchThreads(tree, options.threads))
        , m_seeds(tree.rows() * kSeeds)
        , m_near(tree.rows())
        , m_core(tree.rows())
        , m_sets(tree.rows())
        , m_set(tree.rows())
        , m_nodeSet(tree.nodes().size())
        , m_links((tree.leaves().size() + kLeavesPerChunk - 1) / kLeavesPerChunk)
    {}

    base::Result<> run()
    {
        m_progress.at(0, "core samples");
        eachLeaf(0, 1, [this](std::size_t, std::uint32_t leaf) { count(leaf); });
        for (std::uint32_t i = 0; i < m_core.size(); ++i)
            for (std::size_t s = 0; m_core[i] != 0 && s < seedsOf(i); ++s)
                if (m_core[m_seeds[i * kSeeds + s]] != 0)
                    m_sets.join(i, m_seeds[i * kSeeds + s]);
        m_progress.at(0.6, "connecting");
        // A few leaves of everywhere first: what they join need not be searched again.
        for (const auto &[start, step] : {std::pair<std::size_t, std::size_t>{0, 32}, {4, 8}, {0, 1}}) {
            label();
            eachLeaf(start, step,
                     [this](std::size_t chunk, std::uint32_t leaf) { connect(leaf, m_links[chunk]); });
            for (auto &links : m_links) {
                for (const auto &[a, b] : links)
                    m_sets.join(a, b);
                links.clear();
            }
        }
        number();
        eachLeaf(0, 1, [this](std::size_t, std::uint32_t leaf) { assignBorder(leaf); });
        if (m_progress.stopped())
            return base::fail(Code::Cancelled, "DBSCAN stopped on request");
        return {};
    }

    [[nodiscard]] int clusters() const { return m_clusters; }
    [[nodiscard]] std::int32_t labelAt(std::uint32_t position) const { return m_labels[position]; }
    [[nodiscard]] bool coreAt(std::uint32_t position) const { return m_core[position] != 0; }

private:
    template <class Work>
    void eachLeaf(std::size_t start, std::size_t step, Work work)
    {
        const auto &leaves = m_tree.leaves();
        const std::size_t count = leaves.size() > start ? (leaves.size() - start + step - 1) / step : 0;
        forEachChunk((count + kLeavesPerChunk - 1) / kLeavesPerChunk, m_threads, [&](std::size_t chunk) {
            const std::size_t end = std::min((chunk + 1) * kLeavesPerChunk, count);
            for (std::size_t i = chunk * kLeavesPerChunk; i < end && !m_progress.stopped(); ++i)
                work(chunk, leaves[start + i * step]);
        });
    }

    [[nodiscard]] std::size_t seedsOf(std::uint32_t i) const
    {
        return std::min<std::size_t>(m_near[i], kSeeds);
    }

    /// Calls found(row, other) for pairs within the radius until it says enough.
    template <class Wanted, class Prune, class Found>
    void search(std::uint32_t leaf, Wanted wanted, Prune prune, Found found) const
    {
        const auto &node = m_tree.nodes()[leaf];
        std::uint64_t open = 0;
        for (std::uint32_t i = node.from; i < node.to; ++i)
            if (wanted(i))
                open |= std::uint64_t{1} << (i - node.from);
        const auto look = [&](std::uint32_t other) {
            const auto &there = m_tree.nodes()[other];
            for (std::uint64_t rows = open; rows != 0; rows &= rows - 1) {
                const int bit = std::countr_zero(rows);
                const std::uint32_t i = node.from + static_cast<std::uint32_t>(bit);
                if (m_tree.rowGap(i, other) > m_limit.value)
                    continue;
                for (std::uint64_t mask = m_tree.within(there, i, m_limit); mask != 0; mask &= mask - 1) {
                    const auto j = there.from + static_cast<std::uint32_t>(std::countr_zero(mask));
                    if (i != j && found(i, j)) {
                        open &= ~(std::uint64_t{1} << bit);
                        break;
                    }
                }
            }
        };
        if (open != 0 && !prune(leaf))
            look(leaf);
        m_tree.walk(
            [&](std::uint32_t other) { return m_tree.boxGap(leaf, other); },
            [&](std::uint32_t other, float gap) { return open == 0 || gap > m_limit.value || prune(other); },
            [&](std::uint32_t other) {
                if (other != leaf)
                    look(other);
            });
    }

    void count(std::uint32_t leaf)
    {
        const auto &node = m_tree.nodes()[leaf];
        std::uint64_t weights[64];
        const auto weightOf = [this](std::uint32_t i) -> std::uint64_t {
            return m_distinct.count[m_tree.rowAt(i)];
        };
        for (std::uint32_t i = node.from; i < node.to; ++i) {
            weights[i - node.from] = weightOf(i);
            m_core[i] = weightOf(i) >= m_minSamples ? 1 : 0;
        }
        search(
            leaf, [&](std::uint32_t i) { return m_core[i] == 0; }, [](std::uint32_t) { return false; },
            [&](std::uint32_t i, std::uint32_t j) {
                if (!(m_tree.distance2(i, j) <= m_radius2))
                    return false;
                if (m_near[i] < kSeeds)
                    m_seeds[i * kSeeds + m_near[i]] = j;
                ++m_near[i];
                weights[i - node.from] += weightOf(j);
                m_core[i] = weights[i - node.from] >= m_minSamples ? 1 : 0;
                return m_core[i] != 0;
            });
    }

    /// The set of all cores in each node; kNone without a core.
    void label()
    {
        for (std::uint32_t i = 0; i < m_set.size(); ++i)
            m_set[i] = m_core[i] != 0 ? m_sets.find(i) : kNone;
        const auto both = [](std::uint32_t a, std::uint32_t b) {
            return a == b || b == kNone ? a : a == kNone ? b : kMixed;
        };
        for (std::size_t node = m_nodeSet.size(); node-- > 0;) {
            const auto &at = m_tree.nodes()[node];
            if (at.left != 0) {
                m_nodeSet[node] = both(m_nodeSet[at.left], m_nodeSet[at.left + 1]);
                continue;
            }
            m_nodeSet[node] = kNone;
            for (std::uint32_t i = at.from; i < at.to; ++i)
                m_nodeSet[node] = both(m_nodeSet[node], m_set[i]);
        }
    }

    void connect(std::uint32_t leaf, std::vector<std::pair<std::uint32_t, std::uint32_t>> &links)
    {
        const std::uint32_t set = m_nodeSet[leaf];
        if (set == kNone)
            return;
        const std::uint32_t from = m_tree.nodes()[leaf].from;
        search(
            leaf, [&](std::uint32_t i) { return m_core[i] != 0; },
            [&](std::uint32_t other) {
                // The other leaf does the pairs that lie before.
                return m_nodeSet[other] == kNone || (set != kMixed && m_nodeSet[other] == set) ||
                       m_tree.nodes()[other].to <= from;
            },
            [&](std::uint32_t i, std::uint32_t j) {
                if (m_core[j] != 0 && m_set[i] != m_set[j] && m_tree.distance2(i, j) <= m_radius2)
                    links.emplace_back(i, j);
                return false;
            });
    }

    void number()
    {
        std::vector<std::uint32_t> positionOf(m_core.size());
        for (std::uint32_t i = 0; i < positionOf.size(); ++i)
            positionOf[m_tree.rowAt(i)] = i;
        std::vector<std::int32_t> numberOf(m_core.size(), kNoise);
        m_labels.assign(m_core.size(), kNoise);
        for (const std::uint32_t i : positionOf) {
            if (m_core[i] == 0)
                continue;
            auto &number = numberOf[m_sets.find(i)];
            if (number < 0)
                number = m_clusters++;
            m_labels[i] = number;
        }
    }

    void assignBorder(std::uint32_t leaf)
    {
        const auto &node = m_tree.nodes()[leaf];
        bool more = false;
        const auto take = [this](std::uint32_t i, std::uint32_t j) {
            if (m_core[j] != 0 && (m_labels[i] < 0 || m_labels[j] < m_labels[i]))
                m_labels[i] = m_labels[j];
        };
        for (std::uint32_t i = node.from; i < node.to; ++i) {
            if (m_core[i] != 0)
                continue;
            for (std::size_t s = 0; s < seedsOf(i); ++s)
                take(i, m_seeds[i * kSeeds + s]);
            more |= m_near[i] > kSeeds;
        }
        if (!more)
            return;
        search(
            leaf, [&](std::uint32_t i) { return m_core[i] == 0 && m_near[i] > kSeeds; },
            [&](std::uint32_t other) { return m_nodeSet[other] == kNone; },
            [&](std::uint32_t i, std::uint32_t j) {
                if (m_core[j] != 0 && m_tree.distance2(i, j) <= m_radius2)
                    take(i, j);
                return false;
            });
    }

    const RowTree &m_tree;
    const DistinctRows &m_distinct;
    const base::Progress &m_progress;
    double m_radius2;
    RowTree::Limit m_limit;
    std::uint64_t m_minSamples;
    int m_threads;
    std::vector<std::uint32_t> m_seeds;
    std::vector<std::uint32_t> m_near; ///< others found; all of them unless the row is a core
    std::vector<std::uint8_t> m_core;
    DisjointSets m_sets;
    std::vector<std::uint32_t> m_set, m_nodeSet;
    std::vector<std::vector<std::pair<std::uint32_t, std::uint32_t>>> m_links; ///< of each chunk
    std::vector<std::int32_t> m_labels;
    int m_clusters = 0;
};
} // namespace

namespace {
// Best of several on the mean agreement with 200 sets whose clusters are known.
constexpr double kUsualShare = 0.7;
constexpr double kUsualTimes = 1.5;

/// A little more than the radius within which the usual share of rows has enough others.
base::Result<double> usualRadius(const RowTree &tree, const DbscanOptions &options,
                                 const base::Progress &progress)
{
    STATESCAPE_TRY(const RowNeighbours near,
                   nearestRows(tree, static_cast<std::size_t>(std::max(options.minSamples - 1, 1)),
                               options.threads, progress));
    std::vector<double> far;
    for (std::uint32_t i = 0; near.k > 0 && i < tree.rows(); ++i)
        far.push_back(near.of(i)[near.k - 1].dist2);
    if (far.empty())
        return std::numeric_limits<double>::min();
    const auto at =
        far.begin() + static_cast<std::ptrdiff_t>(static_cast<double>(far.size() - 1) * kUsualShare);
    std::nth_element(far.begin(), at, far.end());
    return std::max(kUsualTimes * std::sqrt(*at), std::numeric_limits<double>::min());
}
} // namespace

base::Result<Dbscan> Dbscan::fit(MatrixView x, const DbscanOptions &options, const base::Progress &progress)
{
    if (!(options.radius >= 0) || !std::isfinite(options.radius) || options.minSamples < 1)
        return base::fail(
            Code::InvalidArgument,
            fmt::format("radius {} must be 0 or more and the least number of samples {} 1 or more",
                        options.radius, options.minSamples));
    if (x.rows() < 1 || x.cols() < 1)
        return base::fail(Code::NotEnoughData,
                          fmt::format("{} rows of {} columns cannot be clustered", x.rows(), x.cols()));
    STATESCAPE_CHECK(checkFinite(x));
    const DistinctRows distinct = distinctRows(x, progress.stop);
    const RowTree tree(x, distinct.first, progress.stop);
    if (progress.stopped())
        return base::fail(Code::Cancelled, "DBSCAN stopped on request");
    Dbscan out;
    out.m_radius = options.radius;
    if (options.radius == 0) {
        STATESCAPE_TRY(out.m_radius, usualRadius(tree, options, progress));
    }
    DbscanRun run(tree, distinct, out.m_radius, options, progress);
    STATESCAPE_CHECK(run.run());
    std::vector<std::int32_t> labels(tree.rows());
    std::vector<std::uint8_t> core(tree.rows());
    for (std::uint32_t i = 0; i < tree.rows(); ++i) {
        labels[tree.rowAt(i)] = run.labelAt(i);
        core[tree.rowAt(i)] = run.coreAt(i) ? 1 : 0;
    }

    out.m_columns = x.cols();
    std::vector<std::uint32_t> coreRows;
    for (std::uint32_t u = 0; u < core.size(); ++u)
        if (core[u] != 0) {
            coreRows.push_back(distinct.first[u]);
            out.m_coreClusters.push_back(labels[u]);
        }
    out.m_cores = std::make_shared<const RowTree>(x, coreRows, progress.stop);
    if (progress.stopped())
        return base::fail(Code::Cancelled, "DBSCAN stopped on request");
    std::vector<std::int32_t> all;
    all.reserve(distinct.copy.size());
    for (const std::uint32_t u : distinct.copy) {
        all.push_back(labels[u]);
        out.m_core.push_back(core[u]);
    }
    out.m_clustering = countedClustering(std::move(all), run.clusters());
    return out;
}

base::Result<Clustering> Dbscan::predict(MatrixView x) const
{
    return predictRows(
        x, m_columns, m_clustering.clusters(), [this](const float *row, std::vector<RowTree::Hit> &hits) {
            m_cores->nearest(row, 1, m_radius * m_radius, hits);
            return hits.empty() ? kNoise : m_coreClusters[m_cores->rowAt(hits.front().position)];
        });
}

} // namespace statescape::ml
