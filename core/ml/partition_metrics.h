// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>

namespace statescape::ml {

/// How two partitions of the same rows agree. Any integers name the parts; noise is a part like any other.
struct PartitionScores {
    double homogeneity = 1;  ///< 0..1: each part of b holds rows of one part of a
    double completeness = 1; ///< 0..1: each part of a lies in one part of b
    double vMeasure = 1;     ///< harmonic mean of both, which is the normalised mutual information
    double adjustedMutualInformation = 1; ///< about 0 for chance, 1 for equal partitions
    double purity = 1; ///< 0..1: share of rows in the commonest part of a of their part of b
};

/// @param a truth @param b found, same length; the shorter counts. O(n log n + parts of a times parts of b
/// times n for the chance correction)
/// @source Rosenberg & Hirschberg 2007; Vinh, Epps & Bailey 2010 (arithmetic mean, as scikit-learn)
PartitionScores partitionScores(std::span<const int> a, std::span<const int> b);

} // namespace statescape::ml
