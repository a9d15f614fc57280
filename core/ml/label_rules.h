// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/ml/clustering.h"

#include <utility>

namespace statescape::ml {

/// What is known of some rows beside their values.
struct LabelRules {
    std::vector<std::int32_t> classes; ///< n, 0 and above; kNoise where a row has no label. May be empty
    std::vector<std::pair<std::uint32_t, std::uint32_t>> mustLink;   ///< rows that belong together
    std::vector<std::pair<std::uint32_t, std::uint32_t>> cannotLink; ///< rows that do not
    bool splitMixed = true; ///< no cluster holds rows that must be apart
    bool mergeSame = false; ///< clusters whose labelled rows are of one class, the same, become one
};

/// A clustering that obeys the rules.
struct RuledClustering {
    Clustering clustering;             ///< no membership; noise stays noise unless a rule names the row
    std::vector<std::int32_t> classOf; ///< of each cluster: the class of its labelled rows, or -1
    std::vector<std::int32_t> from;    ///< of each cluster: which given cluster it is, or the largest part of
    int split = 0;                     ///< given clusters that were split
    int merged = 0;                    ///< clusters that went into another
    int moved = 0;                     ///< rows a must-link took from one cluster to another
};

/// Must-linked rows first become groups (with all links between them); a cluster that holds groups which must
/// be apart is split: every row goes with the nearest ruled row inside the cluster. O(n r d), r ruled rows of
/// a mixed cluster.
/// @param x n x d, finite @param given of those rows
/// @error InvalidArgument sizes differ, a row out of range, a pair that must and must not be together
/// (directly, over other pairs or by class); Cancelled
/// @source Wagstaff, Cardie, Rogers & Schroedl 2001 (what the rules mean)
base::Result<RuledClustering> applyRules(MatrixView x, const Clustering &given, const LabelRules &rules,
                                         const base::Progress &progress = {});

} // namespace statescape::ml
