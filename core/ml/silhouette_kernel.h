// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/ml/kernels.h"

namespace statescape::ml::kernel {

/// Distances (not squared) of four rows to the rows of some tiles: their sum for each of the four, added to
/// @p rowSums, and for each packed row the sum over the four, added to @p columnSums.
/// @param valid 16 * tileCount, 1 where a row counts and 0 for padding @param columnSums 16 * tileCount
/// values or null
void distanceSums(const float *const *row, const float *tiles, std::size_t tileCount, int columns,
                  const float *valid, double *rowSums, double *columnSums, Isa isa);

} // namespace statescape::ml::kernel
