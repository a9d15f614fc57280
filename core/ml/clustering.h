// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/ml/matrix.h"

#include <cstdint>
#include <span>
#include <vector>

namespace statescape::ml {

/// The label of a row that belongs to no cluster.
inline constexpr std::int32_t kNoise = -1;

/// What every clusterer answers, for the rows it was fitted on and for new ones.
struct Clustering {
    std::vector<std::int32_t> labels; ///< n, 0..clusters()-1 or kNoise
    std::vector<std::uint64_t> sizes; ///< rows of each cluster among these
    std::uint64_t noise = 0;          ///< rows of none
    Matrix membership; ///< n x clusters(), 0..1, rows sum to 1 or less (the rest is noise); 0 x 0 where the
                       ///< algorithm knows only yes and no

    [[nodiscard]] int clusters() const { return static_cast<int>(sizes.size()); }
};

/// Counts labels. @param labels each -1..clusters-1
Clustering countedClustering(std::vector<std::int32_t> labels, int clusters);

/// Renumbers clusters in order of their first row, so that two runs can be compared; keeps kNoise.
/// @return how many clusters there are
int renumberByFirstRow(std::span<std::int32_t> labels);

} // namespace statescape::ml
