// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/ml/matrix.h"

#include <cstdint>
#include <string>
#include <vector>

namespace statescape::ml {

struct ChooseKOptions {
    int least = 2, most = 8; ///< 2..n
    std::uint64_t seed = 1;
    int restarts = 5;           ///< of each k-means
    int resamples = 6;          ///< pairs of halves a k must agree between
    int references = 8;         ///< structureless sets of each kind to compare with
    std::size_t maxRows = 2000; ///< that are looked at, drawn at random
};

/// What speaks for one number of clusters.
struct KCriteria {
    int k = 0;
    double silhouette = 0;       ///< -1..1
    double calinskiHarabasz = 0; ///< higher is better
    double daviesBouldin = 0;    ///< lower is better
    double bic = 0;              ///< of round Gaussians of one size, lower is better
    double gap = 0;              ///< ln of scatter below that of uniform rows in the same box
    double gapError = 0;         ///< its standard error
    double stability = 0;        ///< mean adjusted Rand index of k-means on two resamples, at most 1
    double score = 0;            ///< 0..1, all together
};

struct KChoice {
    int k = 1;                    ///< 1: there are no clusters here
    double sure = 0;              ///< 0..1, how clearly it is k and no other number
    double structure = 0;         ///< 0..1, how clearly there are clusters at all
    std::vector<KCriteria> table; ///< of k = least..most
    std::string reason;           ///< one sentence
};

/// Number of k-means clusters by several criteria together, and whether there are any: the rows must look
/// more clustered than Gaussian and uniform rows of the same covariance do at their best. O(restarts maxRows
/// d most^2 (2 references + 2 resamples))
/// @param x n x d, finite @error NotEnoughData n < 20; InvalidArgument the range, a value that is not finite;
/// Cancelled
/// @source Tibshirani, Walther & Hastie 2001 (gap); Pelleg & Moore 2000 (BIC); Ben-Hur, Elisseeff & Guyon
/// 2002 (stability)
base::Result<KChoice> chooseK(MatrixView x, const ChooseKOptions &options = {},
                              const base::Progress &progress = {});

} // namespace statescape::ml
