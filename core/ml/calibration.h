// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <span>
#include <vector>

namespace statescape::ml {

/// Turns scores into probabilities by the closest rising function. Immutable; any thread.
/// @source Zadrozny & Elkan 2002; pool adjacent violators, as scikit-learn IsotonicRegression (clipped)
class IsotonicMap {
public:
    /// @param score n, finite @param truth n, 0 or 1 @error InvalidArgument sizes, a score that is not
    /// finite; NotEnoughData n = 0. O(n log n)
    static base::Result<IsotonicMap> fit(std::span<const float> score, std::span<const std::uint8_t> truth);
    /// @return 0..1; straight between the fitted scores, level beyond them
    [[nodiscard]] double operator()(float score) const;

private:
    IsotonicMap() = default;
    std::vector<float> m_score; ///< rising
    std::vector<double> m_value;
};

/// How rare a score is among scores known to be usual: their empirical tail, and beyond the rarest twentieth
/// an exponential one, so that the extreme keeps an order. Immutable; any thread.
/// @source Davison & Smith 1990 (excesses over a threshold), with shape 0
class TailShare {
public:
    /// @param usual finite, not empty @error NotEnoughData; InvalidArgument a score that is not finite
    static base::Result<TailShare> fit(std::vector<float> usual);
    /// @return share of usual scores at least as high, above 0 and at most 1; falls as @p score rises
    [[nodiscard]] double operator()(double score) const;
    /// @return its natural logarithm, which does not underflow.
    [[nodiscard]] double log(double score) const;

private:
    TailShare() = default;
    std::vector<float> m_usual; ///< rising
    double m_threshold = 0, m_excess = 1, m_logShare = 0;
};

/// @param rarity of samples known to be usual, 0..1 each, 1 minus a tail share: uniform when calibrated
/// @return largest difference between the share at or below a value and the value, 0..1 (Kolmogorov-Smirnov)
double uniformityError(std::vector<float> rarity);

} // namespace statescape::ml
