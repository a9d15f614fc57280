// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/ml/matrix.h"

#include <cstdint>
#include <span>
#include <vector>

namespace statescape::ml {

/// Who is near whom, for judging partitions of the same rows by it.
struct NearGraph {
    std::size_t rows = 0, near = 0; ///< near: neighbours of each row
    std::vector<std::uint32_t> row; ///< rows x near, nearest first
    std::vector<double> thinness;   ///< n: ln of the distance within which ten rows lie, averaged over these
    double dimension = 1;           ///< 1..d: how many directions near rows fill
    [[nodiscard]] const std::uint32_t *of(std::size_t i) const { return row.data() + i * near; }
};

/// Exact. O(n^2 d). @param x n x d, finite, n >= 2 @param threads 0 chooses @error Cancelled
/// @source Levina & Bickel 2004 (dimension)
base::Result<NearGraph> nearGraph(MatrixView x, int threads, const base::Progress &progress = {});

/// What near rows say about a partition, whatever the shape of its clusters.
struct NearCriteria {
    double leak = 0;      ///< 0..1: share of a cluster's near rows that lie in others, mean of the clusters
    double worstLeak = 0; ///< of the leakiest cluster
    double valley = 0;    ///< ln of how much thinner than the clusters it is between the two hardest to tell
                          ///< apart, at most 4; below 0: there is no valley
    double depth = 0;     ///< the same for each cluster's shallowest side, mean of the rows
    std::vector<double> leaks; ///< of each cluster
};
/// O(n). @param labels n, 0..clusters-1 or negative, which count nowhere
/// @source Shi & Malik 2000 (leak: the normalised cut)
NearCriteria nearCriteria(const NearGraph &graph, std::span<const std::int32_t> labels, int clusters);

} // namespace statescape::ml
