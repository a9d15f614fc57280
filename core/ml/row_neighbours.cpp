// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/row_neighbours.h"

#include "core/ml/parallel.h"

#include <algorithm>
#include <limits>

namespace statescape::ml {

namespace {
constexpr double kFar = std::numeric_limits<double>::infinity();

/// The search for one leaf's rows, with memory that is kept from leaf to leaf.
class LeafSearch {
public:
    LeafSearch(const RowTree &tree, std::size_t k)
        : m_tree(tree)
        , m_k(k)
        , m_hits(64 * k)
        , m_found(64)
        , m_limits(64)
    {}

    void run(std::uint32_t leaf, RowTree::Hit *out)
    {
        const auto &node = m_tree.nodes()[leaf];
        m_from = node.from;
        m_count = node.to - node.from;
        std::fill(m_found.begin(), m_found.end(), std::size_t{0});
        std::fill(m_limits.begin(), m_limits.end(), m_tree.limit(kFar));
        m_most = m_tree.limit(kFar).value;
        look(leaf);
        m_tree.walk([&](std::uint32_t other) { return m_tree.boxGap(leaf, other); },
                    [&](std::uint32_t, float gap) { return gap > m_most; },
                    [&](std::uint32_t other) {
                        if (other != leaf)
                            look(other);
                    });
        std::copy_n(m_hits.begin(), m_count * m_k, out);
    }

private:
    void look(std::uint32_t leaf)
    {
        const auto &node = m_tree.nodes()[leaf];
        for (std::uint32_t q = 0; q < m_count; ++q) {
            const std::uint32_t position = m_from + q;
            if (m_tree.rowGap(position, leaf) > m_limits[q].value)
                continue;
            for (std::uint64_t mask = m_tree.within(node, position, m_limits[q]); mask != 0;
                 mask &= mask - 1) {
                const auto other = node.from + static_cast<std::uint32_t>(std::countr_zero(mask));
                if (other != position)
                    insert(q, {m_tree.distance2(position, other), other});
            }
        }
        m_most = 0;
        for (std::uint32_t q = 0; q < m_count; ++q)
            m_most = std::max(m_most, m_limits[q].value);
    }

    void insert(std::uint32_t q, const RowTree::Hit &hit)
    {
        RowTree::Hit *hits = m_hits.data() + q * m_k;
        std::size_t &found = m_found[q];
        if (found == m_k && !(hit < hits[found - 1]))
            return;
        std::size_t at = found == m_k ? found - 1 : found++;
        for (; at > 0 && hit < hits[at - 1]; --at)
            hits[at] = hits[at - 1];
        hits[at] = hit;
        if (found == m_k)
            m_limits[q] = m_tree.limit(hits[found - 1].dist2);
    }

    const RowTree &m_tree;
    std::size_t m_k;
    std::vector<RowTree::Hit> m_hits;
    std::vector<std::size_t> m_found;
    std::vector<RowTree::Limit> m_limits;
    std::uint32_t m_from = 0, m_count = 0;
    float m_most = 0;
};
} // namespace

int searchThreads(const RowTree &tree, int asked)
{
    return tree.rows() * static_cast<std::size_t>(tree.columns()) < 20000 ? 1 : threadCount(asked);
}

base::Result<RowNeighbours> nearestRows(const RowTree &tree, std::size_t k, int threads,
                                        const base::Progress &progress)
{
    RowNeighbours out;
    out.k = std::min(k, tree.rows() == 0 ? 0 : tree.rows() - 1);
    out.hit.resize(out.k * tree.rows());
    if (out.k == 0)
        return out;
    constexpr std::size_t kLeavesPerChunk = 8;
    const auto &leaves = tree.leaves();
    forEachChunk((leaves.size() + kLeavesPerChunk - 1) / kLeavesPerChunk, searchThreads(tree, threads),
                 [&](std::size_t chunk) {
                     LeafSearch search(tree, out.k);
                     const std::size_t end = std::min((chunk + 1) * kLeavesPerChunk, leaves.size());
                     for (std::size_t l = chunk * kLeavesPerChunk; l < end && !progress.stopped(); ++l)
                         search.run(leaves[l], out.hit.data() + tree.nodes()[leaves[l]].from * out.k);
                 });
    if (progress.stopped())
        return base::fail(base::Code::Cancelled, "search for neighbours stopped on request");
    return out;
}

} // namespace statescape::ml
