// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/ml/matrix.h"
#include "core/ml/row_tree.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace statescape::ml {

struct SpanningEdge {
    std::uint32_t a = 0, b = 0; ///< rows, a < b
    double length = 0;
};

/// The shortest tree that connects all rows.
struct SpanningTree {
    std::vector<SpanningEdge> edges; ///< n - 1, by length, then by rows
    std::vector<double> core; ///< n: distance to the neighbour numbered samples, the row itself being 1
    DistinctRows distinct;
    std::shared_ptr<const RowTree> rows; ///< of the distinct rows
};

/// Sets that are joined until one is left.
class DisjointSets {
public:
    explicit DisjointSets(std::size_t n);
    std::uint32_t find(std::uint32_t i);
    /// @return whether they were apart. The set of @p b takes the representative of @p a.
    bool join(std::uint32_t a, std::uint32_t b);

private:
    std::vector<std::uint32_t> m_parent;
};

/// Exact Euclidean minimum spanning tree, by mutual reachability max(d(a, b), core(a), core(b)) when
/// @p samples is above 1. Equal rows cost nothing. Of several shortest trees one is chosen, the same for any
/// number of threads. About O(n log n) in few columns; in many at worst n^2 d for each of log n rounds.
/// @param x n x d, finite @param samples 1..n @error Cancelled
/// @source Boruvka 1926; March, Ram & Gray 2010; Campello, Moulavi & Sander 2013 (mutual reachability)
base::Result<SpanningTree> spanningTree(MatrixView x, std::size_t samples, int threads,
                                        const base::Progress &progress);

} // namespace statescape::ml
