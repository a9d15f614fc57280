// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/ml/spanning_tree.h"

#include <cstdint>
#include <span>
#include <vector>

namespace statescape::ml {

/// How clusters of at least some size appear, shed rows, split and vanish as density rises. Density is
/// 1 / length; length 0 counts as half the shortest other length. Edges of one length go at once, so ties
/// have no order.
/// @source Campello, Moulavi, Zimek & Sander 2015
struct CondensedTree {
    struct Cluster {
        std::int32_t parent = -1;
        std::uint32_t size = 0; ///< rows at birth
        std::uint32_t children = 0;
        double birth = 0;     ///< density where it appears
        double death = 0;     ///< where it splits or vanishes
        double deepest = 0;   ///< where the last of its descendants vanishes
        double stability = 0; ///< sum over rows of the density they leave at less the birth
    };
    std::vector<Cluster> clusters;        ///< the root first, parents before children
    std::vector<std::int32_t> rowCluster; ///< n: the last cluster of each row
    std::vector<double> rowDensity;       ///< n: where the row leaves it
    double zeroDensity = 1;               ///< what length 0 counts as
    [[nodiscard]] double densityOf(double length) const { return length > 0 ? 1 / length : zeroDensity; }
};

/// O(n). @param edges a spanning tree, by length @param rows edges + 1 @param minClusterSize 2 and above
CondensedTree condense(std::span<const SpanningEdge> edges, std::size_t rows, std::size_t minClusterSize);

enum class ClusterChoice : std::uint8_t { ExcessOfMass, Leaves };

/// @return for each cluster of the tree the chosen cluster it lies in, or -1. @param single whether the root
/// may be chosen
std::vector<std::int32_t> chooseClusters(const CondensedTree &tree, ClusterChoice choice, bool single);

} // namespace statescape::ml
