// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/column.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace statescape::ui {

/// What a mark looks like. Shape tells classes apart without colour.
enum class Shape : std::uint8_t {
    Dot,
    Plus,
    Cross,
    Square,
    Diamond,
    TriangleUp,
    TriangleDown,
    Circle,
    HollowSquare
};

/// How points of one style are drawn. Colours are 0xAARRGGBB; the view takes the one of its own palette.
struct PointStyle {
    std::uint32_t onDark = 0xff8d939c;
    std::uint32_t onLight = 0xff767c86;
    Shape shape = Shape::Dot;
    float size = 3;      ///< diameter in logical px, 1..15
    bool dimmed = false; ///< half way to the background, for context points
    std::string name;    ///< UTF-8, shown in the legend; empty: not in the legend
};

/// Largest number of styles a picture may have.
inline constexpr std::size_t kMaxStyles = 2047;

/// One picture's points: row i is (x[i], y[i], z[i]). Immutable once shared, so a new one may replace it at
/// any rate; what two sets have in common they share, 14 bytes a point in all. A row with a NaN coordinate is
/// neither drawn nor selected.
struct PointSet {
    base::Column<float>::View x, y, z; ///< equally long; z may be empty, then every z is 0
    base::Column<std::uint16_t>::View
        style;             ///< index into the style table, 0..kMaxStyles - 1; shorter: the rest is 0
    std::size_t first = 0; ///< rows before it are neither drawn nor selected

    [[nodiscard]] std::size_t size() const { return x.size(); }
};

/// One byte a row, 0 or 1.
using RowMask = std::vector<std::uint8_t>;
using RowMaskPtr = std::shared_ptr<const RowMask>;

enum class ViewMode : std::uint8_t { TwoD, ThreeD };
enum class SelectionOp : std::uint8_t { Replace, Add, Subtract, Intersect };

} // namespace statescape::ui
