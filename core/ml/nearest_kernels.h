// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/ml/kernels.h"

#include <cstddef>
#include <cstdint>

/// Fast filters before the exact kernels of kernels.h. They use fused multiply-add where the CPU has it, so
/// their scores differ between versions in the last bits; nothing that is kept may depend on more than what
/// their stated error proves.
namespace statescape::ml::kernel {

/// Rows a filter takes at a time.
inline constexpr std::size_t kFilterRows = 256;

/// @return centres that share a line of a panel.
int filterLanes(Isa isa);

/// Centres packed for the filter: panels of lanes centres, and one of lanes / 2 with two columns side by side
/// where that is enough for the rest. Each is led by a line of offsets.
struct PanelView {
    const float *data = nullptr; ///< lines of lanes values
    int columns = 0;
    int centres = 0;
    int lanes = 16;
    [[nodiscard]] int wide() const ///< panels of lanes centres
    {
        return (centres + lanes / 2 - 1) / lanes;
    }
    [[nodiscard]] bool narrow() const { return centres > lanes * wide(); } ///< then one of lanes / 2
    [[nodiscard]] std::size_t wideLines() const { return static_cast<std::size_t>(columns) + 1; }
    [[nodiscard]] std::size_t narrowLines() const { return (static_cast<std::size_t>(columns) + 1) / 2 + 1; }
};

/// Up to kFilterRows rows: all of @p count from @p x, or those of @p index.
struct RowsView {
    const float *x = nullptr;
    std::ptrdiff_t stride = 0;
    const std::uint32_t *index = nullptr; ///< null: rows 0..count-1
    std::size_t count = 0;
};

/// Lowest and second-lowest offset - <row, centre> with the lowest's number. @param best, second, label room
/// for count rounded up to 16
void nearestScores(const RowsView &rows, const PanelView &panels, float *best, float *second,
                   std::int32_t *label, Isa isa);

/// What turns scores into proven bounds.
struct FilterBounds {
    float relative; ///< error of a score is at most relative * (|row| * reach + offset) + tiny
    float reach;    ///< longest centre, from the origin of the scores
    float offset;   ///< largest |offset|
    float origin;   ///< length of the origin
};

/// Marks rows whose nearest centre the scores do not prove, and bounds the distances.
/// @param norm2 squared distance of each row to the origin of the scores
/// @param unsure count bytes out @param upper, lower null, or room for count: above the distance to the
/// nearest, below that to the second
void proveNearest(const float *best, const float *second, const float *norm2, std::size_t count,
                  const FilterBounds &bounds, std::uint8_t *unsure, float *upper, float *lower, Isa isa);

/// @return a squared distance to @p origin that no row exceeds by more than rounding in float; at most as many
/// times the largest as there are columns. NaN is passed over. @param rows all of count, without an index
float reachOf(const RowsView &rows, int columns, const float *origin, Isa isa);

/// Moves bounds with the centres and marks the rows whose nearest centre may have changed. In and out: upper,
/// lower, count values.
/// @param drift, half per centre: how far it moved, half the way to its nearest other centre
/// @param farthest largest drift @param second largest but one @param mover centre of the largest
/// @param margin 1 and above: relative safety of the comparison
void moveBounds(const std::int32_t *label, std::size_t count, const float *drift, const float *half,
                float farthest, float second, std::int32_t mover, float margin, float *upper, float *lower,
                std::uint8_t *unsure, Isa isa);

} // namespace statescape::ml::kernel
