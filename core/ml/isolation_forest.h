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

struct IsolationForestOptions {
    int trees = 100;      ///< 1..10000
    int sampleSize = 256; ///< rows a tree sees, 2..65536; fewer when there are not so many
    std::uint64_t seed = 1;
};

/// Rows that few random cuts set apart are abnormal. Immutable; any thread; the same for a seed whatever the
/// thread count.
/// @source Liu, Ting & Zhou 2008
class IsolationForest {
public:
    /// O(trees sampleSize log sampleSize) @param x n x d, finite
    /// @error NotEnoughData n < 2 or d < 1; InvalidArgument options, a value that is not finite; Cancelled
    static base::Result<IsolationForest> fit(MatrixView x, const IsolationForestOptions &options = {},
                                             const base::Progress &progress = {});
    /// @param row d values @return 0..1: about 0.5 and below for the usual, towards 1 for what stands alone
    [[nodiscard]] double score(std::span<const float> row) const;
    /// @param x m x d @error InvalidArgument another number of columns
    [[nodiscard]] base::Result<std::vector<float>> score(MatrixView x) const;

private:
    IsolationForest() = default;
    /// A complete binary tree in breadth-first order: children of i are 2 i + 1 and 2 i + 2, so that walks
    /// need no links and several run side by side. Where a branch ended early, both sides carry its answer.
    struct Node {
        float cut;           ///< left when below
        std::int32_t column; ///< any, where the branch has ended
    };
    [[nodiscard]] double pathLength(const float *row) const;
    int m_columns = 0, m_depth = 0, m_trees = 0;
    double m_usual = 1;           ///< expected path length
    std::vector<Node> m_nodes;    ///< (2^depth - 1) a tree
    std::vector<float> m_lengths; ///< 2^depth a tree
};

} // namespace statescape::ml
