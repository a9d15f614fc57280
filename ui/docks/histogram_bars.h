// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/docks/histogram_view.h"

/// What a histogram's counting and painting share.
namespace statescape::ui::bars {

inline constexpr int kPerBar = session::FeatureBins::kBins / HistogramView::kBars;
static_assert(kPerBar * HistogramView::kBars == session::FeatureBins::kBins);
inline constexpr int kSide = 6, kGap = 8; ///< px left of the plot, between it and the bars beside it

/// @param bar 0..kBars - 1, kBeyondBar or kMissingBar
inline std::uint64_t barOf(const session::BinCounts &counts, int bar)
{
    if (bar == HistogramView::kBeyondBar)
        return counts[session::FeatureBins::kBeyond];
    if (bar == HistogramView::kMissingBar)
        return counts[session::FeatureBins::kMissing];
    std::uint64_t sum = 0;
    for (int i = 0; i < kPerBar; ++i)
        sum += counts[std::size_t(bar * kPerBar + i)];
    return sum;
}

inline std::uint64_t totalOf(const session::BinCounts &counts)
{
    std::uint64_t sum = 0;
    for (const std::uint64_t count : counts)
        sum += count;
    return sum;
}

} // namespace statescape::ui::bars
