// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/point_view/projection.h"
#include "ui/point_view/sprite.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace statescape::ui {

/// Depth images are kept in tiles: one tile is 8 KB in a row, so an untouched part of the picture costs no
/// memory and no time.
inline constexpr int kTileWidth = 64;
inline constexpr int kTileHeight = 32;
inline constexpr int kTileShift = 11;
inline constexpr int kTileCells = 1 << kTileShift;
static_assert(kTileWidth * kTileHeight == kTileCells && kMaxRadius <= kTileHeight);

inline constexpr int kBlock =
    512; ///< points projected at a time, so that intermediate values stay in the first cache

/// A word of a depth image: nearness in the upper 19 bits, then selected, then 11 bits of style, then whether
/// the pixel holds more than one point. 0: no point.
inline constexpr int kNearShift = 13;
inline constexpr std::uint32_t kManyBit = 1;
inline constexpr std::uint32_t kSelectedKey = 2048;
inline constexpr std::uint32_t kKeys = 4096;
inline constexpr std::uint32_t kOutlineKey = 4095; ///< all bits, so that it can be put in with an or
inline constexpr std::uint32_t kContextKey = 2047; ///< a row outside of the slab
constexpr std::uint32_t keyBits(std::uint32_t key)
{
    return key << 1;
}
constexpr std::uint32_t keyOf(std::uint32_t word)
{
    return (word >> 1) & (kKeys - 1);
}
static_assert(kMaxStyles <= kContextKey);
/// Behind everything in the slab, whose nearness is kFarthest and above.
inline constexpr std::uint32_t kContextWord = (1U << kNearShift) | keyBits(kContextKey);
static_assert((std::uint32_t(kFarthest) << 8) > kContextWord);

/// A selected point's outline gives way to another selected point at most this much farther, so that a dense
/// selection is outlined as one.
inline constexpr std::uint32_t kOutlineReach = (1U << 21) << 8;
inline constexpr int kFogLevels = 64; ///< of the upper six bits of the nearness

/// Positions of a block of points; z may be null.
struct PointBlock {
    const float *x;
    const float *y;
    const float *z;
    int count; ///< at most kBlock
};

struct ScreenBlock {
    alignas(64) std::array<float, kBlock> x; ///< NaN where not visible
    alignas(64) std::array<float, kBlock> y;
};

struct CellBlock {
    alignas(64) std::array<std::uint32_t,
                           kBlock> cell; ///< index within a tiled image; the trash tile when off the picture
    alignas(64)
        std::array<std::uint32_t, kBlock> word; ///< nearness without key; kContextWord outside of the slab
};

/// Where an area's mask of cells lies. Cells further out than the last are outside.
struct MaskGrid {
    float originX, originY;
    float perX, perY; ///< cells a px
    float lastColumn, lastRow;
};

/// A tile with its margin, and the running maxima over 2, 4, 8, 16 neighbours of it.
struct DilationScratch {
    static constexpr int kMargin = kMaxRadius;
    static constexpr int kStride = kTileWidth + 3 * kMargin;
    static constexpr int kRows = kTileHeight + 2 * kMargin;
    alignas(64) std::array<std::array<std::uint32_t, kStride * kRows>, 5> level;
    alignas(64) std::array<std::uint32_t, kTileCells> solid;
    alignas(64) std::array<std::uint32_t, kTileCells> fringe;
    alignas(64) std::array<std::uint32_t, kTileCells> chosen;  ///< solid of selected points
    alignas(64) std::array<std::uint32_t, kTileCells> outline; ///< outlines of selected points
};

/// The inner loops in one instruction set. All versions give the same bits: no fused multiply-add, no
/// reordering.
struct Kernels {
    const char *name;
    /// @param tilesX tiles a row; @param trash first cell of the tile for points off the picture.
    void (*toCells)(const Projection &, const PointBlock &, std::uint32_t tilesX, std::uint32_t trash,
                    CellBlock &);
    void (*toScreen)(const Projection &, const PointBlock &, ScreenBlock &);
    /// Index of each point's cell, ((row + 1) << 11) + column + 1, or 0 when it lies outside of the grid or
    /// is NaN.
    void (*toMask)(const MaskGrid &, const float *x, const float *y, int count, std::int32_t *index);
    /// Copies the largest of the sources (nine neighbour tiles, row by row, of one or two images) into level
    /// 0, without kManyBit.
    void (*gather)(DilationScratch &, const std::uint32_t *const *first, const std::uint32_t *const *second,
                   int radius);
    /// Adds one class to the tile; level 0 holds its centres. @param outlined the class of selected points.
    void (*dilate)(DilationScratch &, const Sprite &, bool outlined);
    /// Adds the outlines that dilate() gathered, where they show.
    void (*outline)(DilationScratch &);
    /// Blends a row of the tile over the picture. @param lut [key][fog level], so that a key's levels lie
    /// in four cache lines.
    void (*shade)(const std::uint32_t *solid, const std::uint32_t *fringe, const std::uint32_t *lut,
                  std::uint32_t *out, int count);
    /// Counts a tile's points into @p seen, 0: none, 1: one, 2: more.
    void (*crowd)(const std::uint32_t *tile, std::uint32_t *seen);
    /// @return the smallest square of a distance from (x, y); infinite when no point is visible.
    float (*nearest)(const ScreenBlock &, int count, float x, float y);
    /// Whether any of @p values lies within base .. base + width for one of the @p lines bases.
    bool (*anyWithin)(const std::uint16_t *values, int count, const std::uint16_t *bases, int lines,
                      std::uint16_t width);
    /// Smallest and largest finite value; leaves both untouched when there is none.
    void (*range)(const float *values, std::size_t count, float &low, float &high);
};

enum class Isa : std::uint8_t { Baseline, Avx2, Avx512 };
/// @return the best this processor has.
Isa bestIsa();
[[nodiscard]] bool isaAvailable(Isa isa);
/// @param isa must be available here.
const Kernels &kernelsFor(Isa isa);
const Kernels &kernels();

} // namespace statescape::ui
