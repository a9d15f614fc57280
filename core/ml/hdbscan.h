// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/ml/clustering.h"
#include "core/ml/condensed_tree.h"
#include "core/ml/matrix.h"
#include "core/ml/row_tree.h"

#include <memory>
#include <vector>

namespace statescape::ml {

struct HdbscanOptions {
    int minClusterSize = 10; ///< 2 and above: fewer rows are no cluster of their own
    int minSamples = 5; ///< smooths density over so many rows, the row itself included; 0: minClusterSize.
                        ///< 5 agrees better than 10 with 200 sets whose clusters are known
    ClusterChoice choice = ClusterChoice::ExcessOfMass;
    bool single = false; ///< whether one cluster of everything is an answer
    int threads = 0;     ///< 0 chooses; the answer never depends on it
};

/// Clusters of any shape and different density, with noise; chooses their number. Immutable; any thread.
/// Without two dense parts everything is noise, unless @p single.
/// @source Campello, Moulavi & Sander 2013; Campello, Moulavi, Zimek & Sander 2015 (also the outlier scores)
class Hdbscan {
public:
    /// Exact; the cost is that of spanningTree().
    /// @param x n x d, finite @error NotEnoughData n < 1 or d < 1; InvalidArgument sizes out of range, a
    /// value that is not finite; Cancelled
    static base::Result<Hdbscan> fit(MatrixView x, const HdbscanOptions &options,
                                     const base::Progress &progress = {});

    [[nodiscard]] const Clustering &clustering() const
    {
        return m_clustering;
    } ///< no membership; see strength()
    /// n, 0..1: how deep in its cluster a row lies; 0 for noise.
    [[nodiscard]] const std::vector<float> &strength() const { return m_strength; }
    /// n, 0..1: how much thinner the row's place is than the densest of the cluster it left last (GLOSH).
    [[nodiscard]] const std::vector<float> &outlierScore() const { return m_outlier; }
    [[nodiscard]] const CondensedTree &tree() const { return m_tree; }

    /// Approximate: a row goes where its nearest neighbour by mutual reachability was at the density of the
    /// way there; the tree is not built again, so new rows never make or join clusters. Of the rows fitted
    /// on, about 98 % get their label back, the others lie at edges.
    /// @param x m x d, finite @error InvalidArgument another number of columns, a value that is not finite
    [[nodiscard]] base::Result<Clustering> predict(MatrixView x) const;

private:
    Hdbscan() = default;
    [[nodiscard]] std::int32_t place(const float *row, std::vector<RowTree::Hit> &hits) const;
    Clustering m_clustering;
    CondensedTree m_tree;
    std::vector<std::int32_t> m_label; ///< of each cluster of the tree
    std::vector<float> m_strength, m_outlier;
    std::shared_ptr<const RowTree> m_rows;
    DistinctRows m_distinct;
    std::vector<double> m_core; ///< by distinct row
    std::size_t m_minSamples = 1;
    Eigen::Index m_columns = 0;
};

} // namespace statescape::ml
