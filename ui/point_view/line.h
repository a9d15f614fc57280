// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/point_view/raster.h"

namespace statescape::ui {

/// Blends a soft line one pixel wide over the picture, clipped to it. QPainter takes about a hundred times as
/// long for translucent lines, and the trail has hundreds.
/// @param x0,y0,x1,y1 device px, any size; not finite: nothing is drawn. @param colour 0x00RRGGBB. @param
/// opacity 0..255.
void blendLine(const PixelBuffer &out, double x0, double y0, double x1, double y1, std::uint32_t colour,
               int opacity);

} // namespace statescape::ui
