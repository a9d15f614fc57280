// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/ml/clustering.h"
#include "core/ml/row_tree.h"

#include <memory>

namespace statescape::ml {

/// Gives new rows the label of the nearest row that has been seen (plain 1-NN). Of equal rows the first
/// counts. Immutable; any thread.
class NearestLabels {
public:
    NearestLabels() = default;
    /// @param x n x d, finite @param labels n, -1..clusters-1
    NearestLabels(MatrixView x, std::span<const std::int32_t> labels, int clusters);
    /// @param rows of the distinct rows of such an x
    NearestLabels(std::shared_ptr<const RowTree> rows, const DistinctRows &distinct,
                  std::span<const std::int32_t> labels, int clusters);

    /// About O(log n) a row in few columns, O(n d) at worst. @param x m x d, finite
    /// @error InvalidArgument another number of columns, a value that is not finite
    [[nodiscard]] base::Result<Clustering> predict(MatrixView x) const;

private:
    std::shared_ptr<const RowTree> m_rows;
    std::vector<std::int32_t> m_labels; ///< by row of the tree
    int m_clusters = 0;
};

} // namespace statescape::ml
