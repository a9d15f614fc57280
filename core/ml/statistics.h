// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <vector>

namespace statescape::ml {

/// Quantile by linear interpolation between order statistics (type 7, as NumPy). Reorders @p values.
/// @param values finite, not empty @param q 0..1
double quantileInPlace(std::span<float> values, double q);
/// @return median; of an empty span 0.
double medianInPlace(std::span<float> values);
/// Median absolute deviation from @p centre, not scaled. Overwrites @p values.
double madInPlace(std::span<float> values, double centre);

struct Moments {
    double mean = 0;
    double standardDeviation = 0; ///< of the population (divided by n)
};
/// Two passes in double. Of an empty span 0, 0.
Moments moments(std::span<const float> values);

} // namespace statescape::ml
