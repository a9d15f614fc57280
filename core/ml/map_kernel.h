// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/ml/kernels.h"

#include <cstddef>
#include <cstdint>

/// One pass of the optimisation behind NeighbourMap. Every version gives the same bits: no fused
/// multiply-add, sums in lanes that are joined in one order.
namespace statescape::ml::kernel {

/// Others of a row are listed in whole groups of this many; the row itself fills up a group and adds nothing.
inline constexpr std::size_t kMapLanes = 8;

/// What pulls and pushes. Row i's near others are pair[start[3 i] .. start[3 i + 1]), then its mid-near ones
/// up to start[3 i + 2], then its further ones up to start[3 i + 3].
struct MapPairs {
    const std::uint32_t *start = nullptr;
    const std::uint32_t *pair = nullptr;
};
struct MapWeights {
    float near = 1, mid = 0, further = 1;
};
/// Adam's step: rate with its bias corrections, and how much of the moments is new.
struct MapStep {
    float rate = 1, fresh1 = 0.1F, fresh2 = 0.001F;
};

/// Moves rows from..to against the gradient of PaCMAP's loss at @p y.
/// @param components 2 or 3 @param y, next rows x 4 @param moment1, moment2 rows x 4, in and out
void mapStep(const MapPairs &pairs, std::size_t from, std::size_t to, int components,
             const MapWeights &weights, const MapStep &step, const float *y, float *next, float *moment1,
             float *moment2, Isa isa);

} // namespace statescape::ml::kernel
