// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/ml/clustering.h"
#include "core/ml/matrix.h"
#include "core/ml/row_tree.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace statescape::ml {

struct DbscanOptions {
    /// Units of x; a row at exactly this distance is near. 0 chooses one and a half times what
    /// seven rows in ten need to have minSamples near: a start, not a truth.
    double radius = 0;
    int minSamples = 5; ///< 1 and above: rows within the radius, itself included, that make a row a core
    int threads = 0;    ///< 0 chooses; the answer never depends on it
};

/// Density-connected clusters with noise. Immutable; any thread.
/// Clusters are numbered by their first core row. A border row that several clusters reach belongs to the
/// lowest-numbered of them, as in scikit-learn.
/// @source Ester, Kriegel, Sander & Xu 1996; Gunawan 2013 (connecting cores without listing all pairs)
class Dbscan {
public:
    /// Exact. About O(n log n) in few columns, at worst O(n^2 d); memory about 3 n d floats.
    /// @param x n x d, finite @error NotEnoughData n < 1 or d < 1; InvalidArgument radius < 0, minSamples < 1
    /// or a value out of range; Cancelled
    static base::Result<Dbscan> fit(MatrixView x, const DbscanOptions &options,
                                    const base::Progress &progress = {});

    [[nodiscard]] const Clustering &clustering() const { return m_clustering; }    ///< no membership
    [[nodiscard]] const std::vector<std::uint8_t> &core() const { return m_core; } ///< n, 1 for core rows
    [[nodiscard]] double radius() const { return m_radius; }                       ///< given or chosen

    /// Approximate: the cluster of the nearest core row within the radius, or noise. For the rows fitted on
    /// it differs only in border rows that two clusters reach; new rows never make cores.
    /// @param x m x d, finite @error InvalidArgument another number of columns, a value that is not finite
    [[nodiscard]] base::Result<Clustering> predict(MatrixView x) const;

private:
    Dbscan() = default;
    Clustering m_clustering;
    std::vector<std::uint8_t> m_core;
    std::shared_ptr<const RowTree> m_cores;   ///< core rows
    std::vector<std::int32_t> m_coreClusters; ///< by row of m_cores
    double m_radius = 0;
    Eigen::Index m_columns = 0;
};

} // namespace statescape::ml
