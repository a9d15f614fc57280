// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/ml/spanning_tree.h"

#include <cstdint>
#include <vector>

namespace statescape::ml {

/// Genie's merging along a spanning tree until @p k clusters are left. O(n sqrt(n)) at worst.
/// @param edges n - 1, by length @param left n, rows that take no part; at least k others
/// @param gini 0..1, see GenieOptions @return n: the same number for rows of one cluster, kNoise for those
/// left out @error Cancelled
/// @source Gagolewski, Bartoszuk & Cena 2016
base::Result<std::vector<std::int32_t>> cutByGini(const std::vector<SpanningEdge> &edges,
                                                  const std::vector<bool> &left, std::size_t k, double gini,
                                                  const base::Progress &progress);

} // namespace statescape::ml
