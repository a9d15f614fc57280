// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/point_view/raster_kernels.h"

#include <array>
#include <cstdint>

namespace statescape::ui {

/// Hue is kept for squares of 4 x 4 px: it changes slowly where density is read.
inline constexpr int kHueShift = 2;
inline constexpr int kHueWidth = kTileWidth >> kHueShift;
inline constexpr int kHueHeight = kTileHeight >> kHueShift;
inline constexpr int kHueCells = kHueWidth * kHueHeight;
/// Sums over the points of a square: red, green, blue, points.
struct HueSum {
    std::uint32_t sum[4];
};

/// Weights of the blur of counts add up to this.
inline constexpr std::uint32_t kBlurUnit = 256;
inline constexpr std::uint32_t kMostCount = 1U << 23; ///< more in one pixel count as this

/// Hue sums of a tile and one square round it, smoothed; a plane each of red, green, blue, points.
struct HueTile {
    static constexpr int kStride = kHueWidth + 2;
    alignas(64) float plane[4][(kHueHeight + 2) * kStride];
};

struct DensityShade {
    float perCount;   ///< of a blurred count, in the argument of the logarithm
    float perLog;     ///< 1 over the logarithm of the densest
    float opacity;    ///< of everything
    float extreme[3]; ///< what the densest fade to beyond the full hue: red, green, blue
};

/// From depth words to logarithms of view depth: log2(a - b * nearness).
struct DepthScale {
    float a, b;
};
inline constexpr float kNoDepth = 1e9F; ///< of pixels without a point

/// Inner loops of what is done per pixel after the depth images are filtered; same bits in every version.
struct PixelKernels {
    /// Sums of counts of one or two images (nine neighbour tiles each), blurred by 1 4 6 4 1 both ways, into
    /// @p smooth.
    void (*blur)(DilationScratch &, const std::uint32_t *const *first, const std::uint32_t *const *second,
                 std::uint32_t *smooth);
    /// Blends one row of a tile over the picture. @param y row in the tile. @param left first column
    void (*density)(const DensityShade &, const std::uint32_t *smooth, const HueTile &, int y, int left,
                    std::uint32_t *out, int count);
    void (*logDepth)(const DepthScale &, const std::uint32_t *words, float *out, int count);
    /// Darkens a row by how much nearer the surface round each pixel is. @param rows of logDepth() above by
    /// 2, above by 1, own, below by 1, below by 2; readable 2 beyond either end.
    void (*eyeDome)(const float *const *rows, std::uint32_t *out, int count);
};

const PixelKernels &pixelKernelsFor(Isa isa);

} // namespace statescape::ui
