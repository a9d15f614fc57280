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

/// How compact and separate clusters are by their centres. O(n d + k^2 d)
struct CentreValidity {
    double daviesBouldin = 0; ///< 0 and above, lower is better; NaN with fewer than two clusters
    double calinskiHarabasz =
        0;                  ///< 0 and above, higher is better; NaN likewise, infinite with no scatter inside
    double within = 0;      ///< sum of squared distances to the own centre
    double total = 0;       ///< to the mean of all
    std::uint64_t rows = 0; ///< used
    int clusters = 0;       ///< with rows
};
/// @param labels n, 0..clusters-1; negative rows are left out
/// @error InvalidArgument sizes differ, a label out of range
/// @source Davies & Bouldin 1979; Calinski & Harabasz 1974
base::Result<CentreValidity> centreValidity(MatrixView x, std::span<const std::int32_t> labels, int clusters);

/// Density-based validity, for clusters of any shape: -1..1 each, higher is better; noise weighs the mean
/// down.
struct DensityValidity {
    double score = 0;               ///< mean weighted by share of all n rows
    std::vector<double> perCluster; ///< NaN for a cluster of fewer than two rows
};
/// O(n^2 d), memory n. @param labels n, 0..clusters-1, negative for noise
/// @error InvalidArgument sizes differ, a label out of range; NotEnoughData fewer than two clusters with two
/// rows; Cancelled
/// @source Moulavi, Jaskowiak, Campello, Zimek & Sander 2014
base::Result<DensityValidity> densityValidity(MatrixView x, std::span<const std::int32_t> labels,
                                              int clusters, const base::Progress &progress = {});

} // namespace statescape::ml
