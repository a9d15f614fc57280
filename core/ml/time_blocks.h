// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace statescape::ml {

/// Rows in time order, joined two by two into ever longer blocks of neighbours, and random resamples of those
/// blocks. Tells how far samples that follow each other repeat each other, and what that does to a mean.
/// Immutable; any thread.
/// @source Flyvbjerg & Petersen 1989 (blocking); Lee et al. 2011, Phys. Rev. E 83, 066706 (which block
/// length); Kuensch 1989 (block bootstrap)
class TimeBlocks {
public:
    static constexpr std::size_t kResamples = 400;

    /// Two blocks of level k join when at most 2^k strides lie between them: runs broken by gaps stay apart.
    /// @param rows row numbers, rising @param stride rows between neighbours after thinning; 1 when none were
    /// left out @param seed of the resamples
    TimeBlocks(std::span<const std::uint32_t> rows, std::uint32_t stride, std::uint64_t seed);

    [[nodiscard]] std::size_t rows() const { return m_follows.size(); }

    /// How a series of these rows depends on itself.
    struct Correlation {
        std::size_t level = 0; ///< of blocks long enough to be independent of each other
        double time = 1;       ///< 1..rows/2: so many rows are worth one independent row
        double cautious = 1;   ///< time, taking even a chance agreement of neighbours for real
        double freedom = std::numeric_limits<double>::infinity(); ///< degrees with which time is known
    };
    /// The time is 1 unless neighbours agree more than chance would have it (lag one at 5 %, or block sums by
    /// two standard errors). Else it is what block sums say or, where a first-order autoregression broken at
    /// the gaps says more, the geometric mean of both.
    /// @param series one value a row, about its mean; 0 where missing @param present how many are not missing
    [[nodiscard]] Correlation correlation(std::span<const float> series, std::size_t present) const;

    [[nodiscard]] std::size_t blocks(std::size_t level) const { return m_levels[level].count; }
    [[nodiscard]] std::span<const std::uint32_t> blockOf(std::size_t level) const
    {
        return m_levels[level].blockOf;
    }

    /// What resampling blocks makes of the mean of a series: @p shifts gets mean* - mean for every resample.
    /// They spread as block sums do, widened for few blocks as Student's t is, and never less than those of
    /// rows / cautious independent rows; of independent rows exactly so.
    /// @param sums of the series about its mean, one a block of the level @param used blocks that have a
    /// value
    /// @param variance of one value @param present values
    void resample(const Correlation &correlation, std::span<const float> sums, std::size_t used,
                  double variance, std::size_t present, std::span<float> shifts) const;

private:
    struct Level {
        std::size_t count = 0;
        std::vector<std::uint32_t> blockOf; ///< of each row
        std::vector<std::uint32_t> parent;  ///< of each block; empty at the top
        std::vector<float> weights;         ///< count x kResamples; empty where blocks are too short to use
    };
    void join(std::span<const std::uint32_t> rows, std::uint32_t stride);
    void draw(Level &level, std::uint64_t seed) const;
    [[nodiscard]] double autoregressionTime(double lagOne, double rows) const;
    std::vector<Level> m_levels;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> m_runs; ///< length, how many
    std::vector<std::uint8_t> m_follows;                         ///< whether the row before is its neighbour
};

} // namespace statescape::ml
