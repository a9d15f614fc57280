// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/ml/kernels.h"

#include <cstdint>

/// Filters of a search whose survivors are measured again in double: their versions may differ in the last
/// bits, the search's answer does not.
namespace statescape::ml::kernel {

/// Tiles of a leaf at most, so that a bit mask of 64 holds its rows.
inline constexpr int kLeafTiles = 4;
/// Values of a box are padded to a multiple of this.
inline constexpr int kBoxLanes = 8;

/// @param tiles as Tiles @param tileCount 1..kLeafTiles
/// @return bit 16 t + l for each row whose squared distance to @p row is at most @p limit.
std::uint64_t rowsWithin(const float *tiles, int tileCount, int columns, const float *row, float limit,
                         Isa isa);

/// Squared distance between two boxes, 0 where they touch. @param width a multiple of kBoxLanes
float boxDistance(const float *low, const float *high, const float *otherLow, const float *otherHigh,
                  int width, Isa isa);

} // namespace statescape::ml::kernel
