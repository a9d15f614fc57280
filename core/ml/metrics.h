// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/ml/matrix.h"

#include <cstdint>
#include <span>
#include <vector>

namespace statescape::ml {

/// Mean silhouette overall and per cluster. @source Rousseeuw 1987
struct Silhouette {
    double mean = 0;                ///< -1..1; NaN with fewer than two clusters among the rows used
    std::vector<double> perCluster; ///< same; NaN for a cluster without rows
    std::size_t rows = 0;           ///< used
    double halfWidth = 0;           ///< of the 95 % interval of the mean, from drawing rows; 0 when exact
};

/// Exact up to @p maxRows labelled rows; above, the silhouette of a random sample of that many. O(min(n,
/// maxRows)^2 d), every pair once; memory 16 clusters times the rows used at most.
/// @param x n x d, finite @param labels n, 0..clusters-1; negative rows are left out
/// @error InvalidArgument sizes differ, a label out of range; Cancelled
base::Result<Silhouette> silhouette(MatrixView x, std::span<const std::int32_t> labels, int clusters,
                                    std::size_t maxRows, std::uint64_t seed,
                                    const base::Progress &progress = {});

/// counts[truth][predicted]
using Confusion = std::vector<std::vector<std::uint64_t>>;
/// @param truth 0..classes-1 @param predicted 0..answers-1, same length @error InvalidArgument
base::Result<Confusion> confusion(std::span<const int> truth, std::span<const int> predicted, int classes,
                                  int answers);

/// Of one class against the rest. NaN where undefined (no such truth, nothing predicted).
struct BinaryScores {
    double precision = 0, recall = 0, f1 = 0;
};
BinaryScores binaryScores(std::uint64_t truePositives, std::uint64_t falsePositives,
                          std::uint64_t falseNegatives);
/// Mean recall over classes that occur; predicted columns beyond the classes count as wrong. NaN when none
/// occurs.
double balancedAccuracy(const Confusion &counts);
/// Share on the diagonal. NaN when empty.
double accuracy(const Confusion &counts);
/// Adjusted Rand index, 1 for equal partitions. @source Hubert & Arabie 1985 @param a, b same length, any
/// integers
double adjustedRand(std::span<const int> a, std::span<const int> b);

} // namespace statescape::ml
