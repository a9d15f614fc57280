// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/ml/clustering.h"
#include "core/ml/nearest_labels.h"

#include <vector>

namespace statescape::ml {

struct WardOptions {
    int k = 8;                 ///< 1..n
    int mostExactRows = 20000; ///< with more distinct rows, small groups are merged instead of rows
    int threads = 0;           ///< 0 chooses; the answer never depends on it
};

/// Merges the pair of clusters whose joining adds least to the sum of squares. Immutable; any thread.
/// @source Ward 1963; Murtagh 1983 (nearest-neighbour chain)
class Ward {
public:
    /// O(n^2 d) up to mostExactRows distinct rows. Above, approximate: rows are first grouped by a tree and
    /// two k-means passes into some 4,000 groups, and those are merged. With fewer distinct rows than k there
    /// are fewer clusters.
    /// @param x n x d, finite @error NotEnoughData n < k or d < 1; InvalidArgument k < 1, mostExactRows < 1,
    /// a value that is not finite; Cancelled
    static base::Result<Ward> fit(MatrixView x, const WardOptions &options,
                                  const base::Progress &progress = {});

    [[nodiscard]] const Clustering &clustering() const { return m_clustering; } ///< no membership
    [[nodiscard]] bool exact() const { return m_exact; }
    /// What each merge adds to the sum of squares, from the first merge to the last; never falls.
    [[nodiscard]] const std::vector<double> &costs() const { return m_costs; }
    /// Approximate: the label of the nearest row fitted on (or group, where rows were grouped).
    /// @param x m x d, finite @error InvalidArgument another number of columns, a value that is not finite
    [[nodiscard]] base::Result<Clustering> predict(MatrixView x) const { return m_nearest.predict(x); }

private:
    Ward() = default;
    Clustering m_clustering;
    NearestLabels m_nearest;
    std::vector<double> m_costs;
    bool m_exact = true;
};

} // namespace statescape::ml
