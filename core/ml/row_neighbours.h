// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/ml/row_tree.h"

namespace statescape::ml {

/// The nearest others of every row of a tree.
struct RowNeighbours {
    std::size_t k = 0;             ///< the same for every row: what was asked or rows - 1
    std::vector<RowTree::Hit> hit; ///< k for each position, nearest first
    [[nodiscard]] const RowTree::Hit *of(std::uint32_t position) const { return hit.data() + position * k; }
};

/// Exact. @param threads 0 chooses @error Cancelled
base::Result<RowNeighbours> nearestRows(const RowTree &tree, std::size_t k, int threads,
                                        const base::Progress &progress);

/// How many threads a search over a tree is worth.
int searchThreads(const RowTree &tree, int asked);

} // namespace statescape::ml
