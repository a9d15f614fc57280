// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/ml/row_tree.h"

#include <cstdint>
#include <vector>

namespace statescape::ml {

/// Rows whose distances tell how wide rows lie around one: its 4th to 6th nearest.
inline constexpr std::size_t kScaleNeighbours = 6;
/// Nearest rows looked at beyond those wanted, to choose from by scaled distance.
inline constexpr std::size_t kPlaceExtra = 20;

/// Which rows pull and push which, both ways, as kernel::MapPairs lists them.
struct MapPairs {
    std::vector<std::uint32_t> start, pair; ///< positions of the tree
    std::vector<float> scale;               ///< see mapScales()
};

/// Near pairs by distance over the product of scales, mid-near ones (the second of six drawn, five times) and
/// further ones (twenty drawn). The same for a seed whatever the thread count.
/// @pre 8 rows or more, all different @error Cancelled
/// @source Wang, Huang, Rudin & Shaposhnik 2021, section 4 and algorithm 1
base::Result<MapPairs> drawMapPairs(const RowTree &tree, std::size_t neighbours, std::uint64_t seed,
                                    int threads, const base::Progress &progress);

/// @return mean distance of each position to its 4th to 6th nearest. @error Cancelled
base::Result<std::vector<float>> mapScales(const RowTree &tree, int threads, const base::Progress &progress);

} // namespace statescape::ml
