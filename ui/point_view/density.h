// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/point_view/pixel_kernels.h"

#include <array>
#include <cstdint>
#include <vector>

namespace statescape::ui {

/// A tile and its eight neighbours, row by row, of one or two images of counts and of hue sums.
struct DensityTile {
    const std::uint32_t *const *counts[2]; ///< second null when there is one image
    const HueSum *hue[2][9];               ///< null where nothing lies
};

/// How many points lie where, as colour: counts blurred over 5 px, on a logarithmic scale up to the densest
/// half percent, in the mean hue of the points around. Counts are whole numbers, so order and threads cannot
/// matter.
/// Two passes over the tiles, smooth() and shade(), with finish() between.
/// @thread each pass from any number of workers on tiles of their own.
class Density {
public:
    explicit Density(Isa isa)
        : m_kernels(pixelKernelsFor(isa))
    {}
    void begin(std::size_t tiles);
    void smooth(int worker, std::size_t tile, const DensityTile &sources, DilationScratch &scratch);
    [[nodiscard]] bool touched(std::size_t tile) const { return m_touched[tile] != 0; }
    /// @param hueShift see Raster. @param faded when the rest stands back behind a selection
    void finish(bool dark, std::uint32_t hueShift, bool faded);
    void prepareHue(const DensityTile &sources, HueTile &hue) const;
    /// @param y row in the tile, @param left first column
    void shadeRow(std::size_t tile, const HueTile &hue, int y, int left, std::uint32_t *out, int count) const
    {
        m_kernels.density(m_shade, m_smooth.data() + (tile << kTileShift) + y * kTileWidth + left, hue, y,
                          left, out, count);
    }

private:
    /// Blurred counts by size, eight steps an octave, of every fourth pixel each way.
    using Histogram = std::array<std::uint32_t, 8 * 33>;

    const PixelKernels &m_kernels;
    std::vector<std::uint32_t> m_smooth; ///< tile by tile
    std::vector<std::uint8_t> m_touched;
    std::array<Histogram, 2> m_histogram{}; ///< by worker
    DensityShade m_shade{};
    float m_hueScale = 1;
};

} // namespace statescape::ui
