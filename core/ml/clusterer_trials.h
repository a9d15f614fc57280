// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/ml/clusterer.h"

#include <vector>

namespace statescape::ml {

/// One algorithm with one set of options that is tried on some rows.
struct ClustererTrial {
    int algorithm = 0; ///< index into clustererFacts()
    int k = 0;         ///< clusters asked for; 0 where the algorithm finds their number
    ClustererOptions options;
};

/// What is worth trying: k-means, Ward, mixtures (full covariances up to 32 columns), Genie between single
/// linkage and equal sizes, with smoothed distances too, and densities at three scales.
/// @param x the rows they are tried on @param ks for those that need a number @param algorithms indices into
/// clustererFacts() @return by algorithm, then k
std::vector<ClustererTrial> clustererTrials(MatrixView x, const std::vector<int> &ks,
                                            const std::vector<int> &algorithms, std::uint64_t seed);

/// The same trial for rows drawn from those it is meant for. @param share 0..1 @param quick whether a rough
/// answer will do
ClustererTrial onFewerRows(ClustererTrial trial, double share, bool quick);
/// The same trial for all rows that those it was tried on were drawn from. @param times 1 and above
ClustererOptions onAllRows(const ClustererTrial &trial, double times);

/// Partitions of the rows, one a trial; what cannot be fitted has no labels. As Clusterer::fit gives them,
/// but a spanning tree or hierarchy that several trials share is made once. Uses every CPU.
/// @param x n x d, finite @error Cancelled
base::Result<std::vector<Clustering>> runTrials(MatrixView x, const std::vector<ClustererTrial> &trials,
                                                const base::Progress &progress);

} // namespace statescape::ml
