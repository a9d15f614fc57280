// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/ml/matrix.h"
#include "core/ml/pca.h"
#include "core/ml/random.h"

namespace statescape::bench {

inline constexpr int kClusters = 8;

/// What the benchmarks cluster: 8 blobs of spread 1 and 5 % noise, as in the reference measurements.
inline ml::Matrix samples(Eigen::Index rows, Eigen::Index columns)
{
    ml::Random random(1);
    ml::Matrix centres(kClusters, columns);
    for (Eigen::Index i = 0; i < centres.size(); ++i)
        centres.data()[i] = static_cast<float>(20 * (random.uniform() - 0.5));
    ml::Matrix x(rows, columns);
    for (Eigen::Index i = 0; i < rows; ++i) {
        const bool noise = random.uniform() < 0.05;
        const auto c = static_cast<Eigen::Index>(random.below(kClusters));
        for (Eigen::Index j = 0; j < columns; ++j)
            x(i, j) = noise ? static_cast<float>(30 * (random.uniform() - 0.5))
                            : centres(c, j) + static_cast<float>(random.normal());
    }
    return x;
}

/// @return x on its first principal axes.
inline ml::Matrix onAxes(const ml::Matrix &x, int axes)
{
    return ml::Pca::fit(x, axes)->project(x).value();
}

} // namespace statescape::bench
