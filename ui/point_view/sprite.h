// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/point_view/point_set.h"

#include <cstdint>
#include <vector>

namespace statescape::ui {

/// Largest sprite radius in device px, outline included; also the margin of points kept round the picture.
inline constexpr int kMaxRadius = 16;

/// One maximum over 2^level neighbours in a row: dst(x, y) takes the largest of src(x + x0 .. x + x0 +
/// 2^level - 1, y + dy).
struct SpriteStep {
    std::int8_t dy;
    std::int8_t x0;
    std::uint8_t level;
};

struct PixelOffset {
    int dx, dy;
};

/// A mark as sets of pixels round the point's own pixel. Solid pixels hide what is behind. Round them lie
/// fringe pixels, which blend over what is behind and so round the edge, or, for selected points, outline
/// pixels.
struct Sprite {
    std::vector<PixelOffset> solid, fringe, outline;
    std::vector<SpriteStep> solidSteps, fringeSteps, outlineSteps;
    int radius = 0;        ///< reach of solid and fringe
    int outlineRadius = 0; ///< reach of everything
    int levels = 1;        ///< 1 + largest step level

    /// @param size diameter in device px, clamped so that the outline stays within kMaxRadius.
    /// @param outlineWidth device px.
    static Sprite make(Shape shape, double size, double outlineWidth);
};

} // namespace statescape::ui
