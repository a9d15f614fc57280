// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/gini_cut.h"

#include "core/ml/clustering.h"

#include <algorithm>
#include <map>

namespace statescape::ml {
using base::Code;

namespace {
/// How many clusters there are of each size, and how unequal they are.
class Sizes {
public:
    explicit Sizes(std::size_t rows)
        : m_rows(rows)
        , m_clusters(rows)
    {
        m_count[1] = rows;
    }

    void merge(std::size_t a, std::size_t b)
    {
        remove(a);
        remove(b);
        ++m_count[a + b];
        --m_clusters;
    }
    [[nodiscard]] std::size_t smallest() const { return m_count.begin()->first; }
    [[nodiscard]] std::size_t clusters() const { return m_clusters; }
    /// 0 for equal sizes, 1 when one cluster has nearly all.
    [[nodiscard]] double gini() const
    {
        if (m_clusters < 2)
            return 0;
        const auto m = static_cast<double>(m_clusters);
        double sum = 0;
        double before = 0;
        for (const auto &[size, count] : m_count) {
            const auto c = static_cast<double>(count);
            // The sum of 2 i - m - 1 over the ranks that share this size.
            sum += static_cast<double>(size) * c * (2 * before + c - m);
            before += c;
        }
        return sum / ((m - 1) * static_cast<double>(m_rows));
    }

private:
    void remove(std::size_t size)
    {
        const auto at = m_count.find(size);
        if (--at->second == 0)
            m_count.erase(at);
    }
    std::map<std::size_t, std::size_t> m_count;
    std::size_t m_rows, m_clusters;
};

/// Merges along the tree.
class GenieMerge {
public:
    GenieMerge(const std::vector<SpanningEdge> &edges, const std::vector<bool> &left, std::size_t rows)
        : m_edges(edges)
        , m_next(edges.size() + 1)
        , m_previous(edges.size() + 1)
        , m_sets(left.size())
        , m_size(left.size(), 1)
        , m_sizes(rows)
    {
        // A ring with a guard at the end, so that a used edge is unhooked in one step.
        std::size_t last = edges.size();
        for (std::size_t e = 0; e < edges.size(); ++e) {
            if (left[edges[e].a] || left[edges[e].b])
                continue;
            m_next[last] = e;
            m_previous[e] = last;
            last = e;
        }
        m_next[last] = edges.size();
        m_previous[edges.size()] = last;
    }

    base::Result<> run(std::size_t k, double gini, const base::Progress &progress)
    {
        const std::size_t guard = m_edges.size();
        std::size_t scanned = 0; // size for which edges before `from` have no cluster
        std::size_t from = guard;
        for (std::size_t step = 0; m_sizes.clusters() > k; ++step) {
            if ((step & 1023U) == 0 && progress.stopped())
                return base::fail(Code::Cancelled, "Genie stopped on request");
            std::size_t edge = m_next[guard];
            if (m_sizes.gini() > gini) {
                const std::size_t smallest = m_sizes.smallest();
                edge = scanned == smallest && from != guard ? from : m_next[guard];
                while (sizeOf(m_edges[edge].a) != smallest && sizeOf(m_edges[edge].b) != smallest)
                    edge = m_next[edge];
                scanned = smallest;
                from = m_next[edge];
            } else if (edge == from) {
                from = m_next[edge];
            }
            use(edge);
        }
        return {};
    }

    std::uint32_t find(std::uint32_t row) { return m_sets.find(row); }

private:
    std::size_t sizeOf(std::uint32_t row) { return m_size[m_sets.find(row)]; }

    void use(std::size_t edge)
    {
        m_next[m_previous[edge]] = m_next[edge];
        m_previous[m_next[edge]] = m_previous[edge];
        const std::uint32_t a = m_sets.find(m_edges[edge].a);
        const std::uint32_t b = m_sets.find(m_edges[edge].b);
        m_sizes.merge(m_size[a], m_size[b]);
        m_sets.join(a, b);
        m_size[m_sets.find(a)] = m_size[a] + m_size[b];
    }

    const std::vector<SpanningEdge> &m_edges;
    std::vector<std::size_t> m_next, m_previous;
    DisjointSets m_sets;
    std::vector<std::size_t> m_size;
    Sizes m_sizes;
};
} // namespace

base::Result<std::vector<std::int32_t>> cutByGini(const std::vector<SpanningEdge> &edges,
                                                  const std::vector<bool> &left, std::size_t k, double gini,
                                                  const base::Progress &progress)
{
    const auto inner = static_cast<std::size_t>(std::count(left.begin(), left.end(), false));
    GenieMerge merge(edges, left, inner);
    STATESCAPE_CHECK(merge.run(k, gini, progress));
    std::vector<std::int32_t> labels(left.size(), kNoise);
    for (std::uint32_t i = 0; i < labels.size(); ++i)
        if (!left[i])
            labels[i] = static_cast<std::int32_t>(merge.find(i));
    return labels;
}

} // namespace statescape::ml
