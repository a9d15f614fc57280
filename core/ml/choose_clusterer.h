// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/ml/clusterer.h"

#include <cstdint>
#include <string>
#include <vector>

namespace statescape::ml {

struct ChooseClustererOptions {
    int k = 0;                   ///< clusters wanted, 1..n; 0 chooses, and may answer that there are none
    int most = 12;               ///< when it chooses
    std::vector<int> algorithms; ///< indices into clustererFacts() that may be chosen; empty: all
    std::uint64_t seed = 1;
    std::size_t maxRows = 2000; ///< that are looked at, drawn at random
};

/// One algorithm with one number of clusters, of the settings tried the best. NaN where a criterion says
/// nothing.
struct ClustererCandidate {
    int algorithm = 0;        ///< index into clustererFacts()
    ClustererOptions options; ///< ready for Clusterer::fit
    int k = 0;                ///< clusters found
    double silhouette = 0, daviesBouldin = 0, calinskiHarabasz = 0;
    double density = 0;   ///< DBCV, -1..1
    double stability = 0; ///< mean adjusted Rand index between resamples, at most 1
    double noise = 0;     ///< 0..1, share of rows in no cluster
    double score = 0;     ///< 0..1, all together
};

struct ClustererChoice {
    ClustererOptions options;              ///< ready for Clusterer::fit on all rows
    int algorithm = 0;                     ///< index into clustererFacts()
    int k = 1;                             ///< 1 with options.k = 0: there are no clusters here
    double sure = 0;                       ///< 0..1, how clearly it is this candidate and no other partition
    double structure = 0;                  ///< 0..1, how clearly there are clusters at all
    std::vector<ClustererCandidate> table; ///< by algorithm, then k
    std::string reason;                    ///< one sentence
};

/// Algorithm and number of clusters by several criteria together: what the rows look like decides, not one
/// index that favours round clusters.
/// @param x n x d, finite @error NotEnoughData n < 20 or n < k; InvalidArgument options, a value that is not
/// finite; Cancelled
base::Result<ClustererChoice> chooseClusterer(MatrixView x, const ChooseClustererOptions &options = {},
                                              const base::Progress &progress = {});

} // namespace statescape::ml
