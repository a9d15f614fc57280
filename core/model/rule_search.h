// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

/// The search behind findRule(), on values sorted into at most 255 bins a feature.
namespace statescape::model::rules {

inline constexpr std::uint8_t kMissingBin = 255;

/// One feature of some rows. Bin b holds cuts[b - 1] < value <= cuts[b].
struct BinnedColumn {
    std::vector<float> cuts; ///< rising, at most 254
    std::vector<std::uint8_t> bins;

    [[nodiscard]] int last() const { return static_cast<int>(cuts.size()); }
    void fill(std::span<const float> values);
};

/// @return cuts half-way between values at quantiles of either side, so that a small side is resolved too.
/// @param sides two sets of finite values; sorted here
std::vector<float> cutsOf(std::array<std::vector<float>, 2> &sides);

/// Rows to tell apart. A row counts as much as its side weighs: samples of both sides stand for all rows.
struct Binned {
    std::vector<BinnedColumn> columns;
    std::vector<std::uint8_t> selected; ///< n flags
    double weightSelected = 1, weightOthers = 1;
    double allSelected = 0; ///< weight of the selected
};

/// low <= bin <= high of one column. Open at an end: 0 or the column's last().
struct Range {
    int column = 0, low = 0, high = 0;
    bool operator==(const Range &) const = default;
};

struct Box {
    std::vector<Range> ranges; ///< the strongest first; no column twice
    double f1 = 0;
};
/// @return thresholds it takes: a range closed at both ends is two.
int termsOf(const Binned &data, const Box &box);

/// Beam search over boxes, each improved one range at a time. @param maxTerms 1..3
/// @return [t - 1]: boxes of t terms, best F1 first; empty when stopped
std::vector<std::vector<Box>> search(const Binned &data, int maxTerms, const base::Progress &progress);

/// Moves each range, the others standing, until F1 rises no further. Terms are neither added nor dropped.
void improve(const Binned &data, Box &box, const base::Progress &progress);

} // namespace statescape::model::rules
