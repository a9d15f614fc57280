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
    Spreading spreading =
        Spreading::NearestLabel; ///< the default because it is as good as any with few labels
    int neighbours = 10;         ///< of the graph, 1 and above
    double spread = 0.95;        ///< 0..1, below 1: share that a row takes from its neighbours each step
    int maxSteps = 200;          ///< of the graph; ends earlier when no share moves by 1e-4
    int threads = 0;             ///< 0 chooses; the answer never depends on it
};

/// Classes as clusters: labels 0..classes-1, given rows keep theirs. Rows that nothing reaches are noise.
/// Membership: the share of each class (graph), or none.
/// O(m log n) in few columns for the nearest label; the graph is that of nearestRows() and O(n neighbours
/// classes) a step.
/// @param x n x d, finite @param labels n, 0 and above; kNoise where unknown
/// @error NotEnoughData no labelled row; InvalidArgument sizes, options or values out of range; Cancelled
/// @source Zhou, Bousquet, Lal, Weston & Schoelkopf 2004 (local and global consistency)
base::Result<Clustering> propagateLabels(MatrixView x, std::span<const std::int32_t> labels,
                                         const PropagationOptions &options,
                                         const base::Progress &progress = {});

} // namespace statescape::ml
