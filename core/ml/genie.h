// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/ml/clustering.h"
#include "core/ml/nearest_labels.h"

namespace statescape::ml {

struct GenieOptions {
    int k = 8;         ///< 1..n
    double gini = 0.3; ///< 0..1: sizes more unequal than this (Gini index) send the smallest cluster to merge
    int samples = 1;   ///< above 1: distances are smoothed by mutual reachability over so many rows
    bool noise = false; ///< with samples above 1: rows at the ends of the tree are left out and stay noise
    int threads = 0;    ///< 0 chooses; the answer never depends on it
};

/// Single linkage that keeps clusters from starving: of any shape, of a given number. Immutable; any thread.
/// @source Gagolewski, Bartoszuk & Cena 2016; Gagolewski 2021 (genieclust)
class Genie {
public:
    /// The spanning tree's cost, then O(n sqrt(n)) at worst. With fewer inner rows of the tree than k, noise
    /// is not left out.
    /// @param x n x d, finite @error NotEnoughData n < k or d < 1; InvalidArgument an option out of range, a
    /// value that is not finite; Cancelled
    static base::Result<Genie> fit(MatrixView x, const GenieOptions &options,
                                   const base::Progress &progress = {});

    [[nodiscard]] const Clustering &clustering() const { return m_clustering; } ///< no membership
    /// Approximate: the label of the nearest row fitted on, noise included. The rows fitted on get theirs
    /// back.
    /// @param x m x d, finite @error InvalidArgument another number of columns, a value that is not finite
    [[nodiscard]] base::Result<Clustering> predict(MatrixView x) const { return m_nearest.predict(x); }

private:
    Genie() = default;
    Clustering m_clustering;
    NearestLabels m_nearest;
};

} // namespace statescape::ml
