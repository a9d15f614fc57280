// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <span>
#include <vector>

namespace statescape::forecast {

/// How often one state followed another, as a first-order Markov chain. Immutable; any thread.
class Transitions {
public:
    /// @param states one per interval in time order, 0..count-1; a negative one (unknown to the caller, a
    /// gap) joins nothing across it
    /// @param count 1..1024 @error InvalidArgument count or a state out of range
    static base::Result<Transitions> fit(std::span<const int> states, int count);

    [[nodiscard]] int states() const { return m_count; }
    [[nodiscard]] std::uint64_t count(int from, int to) const { return m_counts[at(from, to)]; }
    /// @return P(next is @p to | now @p from) with Laplace's +1 for each state, so that the unseen is rare
    /// and not impossible.
    [[nodiscard]] double probability(int from, int to) const;
    /// @param bad count flags, non-zero is bad @param horizon intervals, 0 and above
    /// @return probability that some interval of the next @p horizon is bad, starting after an interval in @p
    /// now. 0..1, rising with horizon. O(horizon count^2), at most 100,000 intervals.
    [[nodiscard]] double badWithin(int now, std::span<const std::uint8_t> bad, int horizon) const;

    /// When the first bad interval is due.
    struct Due {
        int earliest = 0, latest = 0; ///< intervals from now; the narrowest span that holds @c probability
        double probability = 0;       ///< of a bad interval between earliest and latest, both inside
    };
    /// @param share 0..1 of the chance within @p horizon that the span should hold
    /// @return the shortest such span, the earlier on a tie; probability 0 when nothing bad is possible.
    [[nodiscard]] Due nextBad(int now, std::span<const std::uint8_t> bad, int horizon,
                              double share = 0.8) const;

private:
    Transitions(int count, std::vector<std::uint64_t> counts);
    [[nodiscard]] std::size_t at(int from, int to) const
    {
        return static_cast<std::size_t>(from) * static_cast<std::size_t>(m_count) +
               static_cast<std::size_t>(to);
    }
    /// @return chance that the first bad interval is the h-th from now, h = 1..horizon.
    [[nodiscard]] std::vector<double> firstBad(int now, std::span<const std::uint8_t> bad, int horizon) const;

    int m_count;
    std::vector<std::uint64_t> m_counts;
    std::vector<std::uint64_t> m_totals;
};

/// The run of equal states at the end.
struct Run {
    int state = -1;         ///< -1 when there is none
    std::size_t length = 0; ///< intervals
};
Run presentRun(std::span<const int> states);

/// Where a series goes, with an interval.
struct Forecast {
    std::vector<double> mean; ///< horizon values, in the series' unit
    std::vector<double> low;  ///< 90 % interval from the one-step errors
    std::vector<double> high;
    double level = 0, trend = 0;
    double alpha = 0, beta = 0,
           phi = 0; ///< smoothing of level and trend, damping; chosen by one-step squared error
};

/// Damped Holt. Missing (NaN) values are stepped over with the forecast in their place.
/// @param series at least 8 present values @param horizon 1..10,000 @error NotEnoughData, InvalidArgument
/// @source Gardner & McKenzie 1985; variance after Hyndman et al. 2008, Forecasting with Exponential
/// Smoothing, table 6.1
base::Result<Forecast> dampedHolt(std::span<const float> series, int horizon);

} // namespace statescape::forecast
