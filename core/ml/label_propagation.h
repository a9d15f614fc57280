// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/ml/clustering.h"

namespace statescape::ml {

/// How the labels of a few rows reach the others.
enum class Spreading : std::uint8_t {
    NearestLabel, ///< of the nearest labelled row (1-NN)
    Graph,        ///< through a graph of near rows: follows the shape of the data
};

struct PropagationOptions {
    /// The default because it reaches the nearest label's accuracy with 1, 3 and 10 labels a class, on the
    /// mean of the sets it is tested on; where the labelled rows are far from typical the nearest label can
    /// be better.
    Spreading spreading = Spreading::Graph;
    int neighbours = 10;  ///< of the graph, 1 and above
    double spread = 0.95; ///< 0..1, below 1: share that a row takes from its neighbours each step
    int maxSteps = 200;   ///< of the graph; ends earlier when no share moves by 1e-4
    int threads = 0;      ///< 0 chooses; the answer never depends on it
};

/// Classes as clusters: labels 0..classes-1, given rows keep theirs. Rows that the graph does not connect
/// to any label take the nearest. Membership: the share of each class (graph; 0 for rows not connected), or
/// none. O(m log n) in few columns for the nearest label; the graph is that of nearestRows() and O(n
/// neighbours classes) a step.
/// @param x n x d, finite @param labels n, 0 and above; kNoise where unknown
/// @error NotEnoughData no labelled row; InvalidArgument sizes, options or values out of range; Cancelled
/// @source Zhou, Bousquet, Lal, Weston & Schoelkopf 2004 (local and global consistency)
base::Result<Clustering> propagateLabels(MatrixView x, std::span<const std::int32_t> labels,
                                         const PropagationOptions &options,
                                         const base::Progress &progress = {});

} // namespace statescape::ml
