// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace statescape::ml {

/// How well scores rank positives above the rest. Spans are of equal length, truth 0 or 1, scores finite; the
/// shorter counts.

/// Area under the receiver operating characteristic: chance that a positive scores higher than a negative,
/// half for ties. NaN without both kinds. O(n log n) @source Fawcett 2006
double areaUnderRoc(std::span<const std::uint8_t> truth, std::span<const float> score);
/// Area under precision over recall as average precision: steps, never lines between them. NaN without
/// positives. @source Davis & Goadrich 2006 (why not lines); definition as scikit-learn
double averagePrecision(std::span<const std::uint8_t> truth, std::span<const float> score);

/// Mean squared difference of probability and truth. NaN when empty. @param probability 0..1
double brierScore(std::span<const std::uint8_t> truth, std::span<const float> probability);

struct ReliabilityBin {
    double predicted = 0; ///< mean probability in the bin
    double observed = 0;  ///< share of positives in it
    std::size_t rows = 0;
};
/// @param bins of equal width over 0..1; empty ones are left out
std::vector<ReliabilityBin> reliabilityCurve(std::span<const std::uint8_t> truth,
                                             std::span<const float> probability, int bins = 10);
/// Mean of |predicted - observed| over bins, by rows. @source Naeini, Cooper & Hauskrecht 2015
double expectedCalibrationError(std::span<const std::uint8_t> truth, std::span<const float> probability,
                                int bins = 10);

} // namespace statescape::ml
