// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace statescape::ml {

/// Cuts rows into about @p wanted runs of neighbours in time, so that near-copies never stand on both sides
/// of a split. A block also ends where time falls or jumps by more than 20 times the median step. Rows of one
/// time, about several entities, stay in one block.
/// @param timeNs n; empty: row numbers are the time (@p rows of them) @return n block numbers from 0, rising
std::vector<int> timeBlocks(std::span<const std::uint64_t> timeNs, std::size_t rows, int wanted);

/// @return how many rows there are at one time on average, rounded up; 1 without times.
std::size_t rowsAtOnce(std::span<const std::uint64_t> timeNs);

enum class Side : std::uint8_t {
    Train,
    HeldOut,
    Gap, ///< a neighbour of a held-out row in another block: in neither
};

/// Holds out whole blocks, at random but so that each class that fills two or more blocks stands on both
/// sides.
/// @param blocks n as from timeBlocks() @param classes n, -1 for none @param share 0..1 of blocks @param gap
/// rows next to a held-out block that train nothing @return n sides
std::vector<Side> holdOut(std::span<const int> blocks, std::span<const int> classes, double share,
                          std::size_t gap, std::uint64_t seed);

} // namespace statescape::ml
