// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/line.h"

#include <algorithm>
#include <cmath>

namespace statescape::ui {
namespace {

void blendPixel(std::uint32_t &pixel, std::uint32_t colour, std::uint32_t share)
{
    const std::uint32_t rest = 256 - share;
    const std::uint32_t rb = (((pixel & 0xff00ffU) * rest + (colour & 0xff00ffU) * share) >> 8) & 0xff00ffU;
    const std::uint32_t g = (((pixel & 0x00ff00U) * rest + (colour & 0x00ff00U) * share) >> 8) & 0x00ff00U;
    pixel = 0xff000000U | rb | g;
}

} // namespace

void blendLine(const PixelBuffer &out, double x0, double y0, double x1, double y1, std::uint32_t colour,
               int opacity)
{
    if (!std::isfinite(x0 + y0 + x1 + y1))
        return;
    const bool steep = std::abs(y1 - y0) > std::abs(x1 - x0);
    if (steep) {
        std::swap(x0, y0);
        std::swap(x1, y1);
    }
    if (x0 > x1) {
        std::swap(x0, x1);
        std::swap(y0, y1);
    }
    const int length = steep ? out.height : out.width;
    const int across = steep ? out.width : out.height;
    const double slope = x1 > x0 ? (y1 - y0) / (x1 - x0) : 0;
    const int first = int(std::clamp(std::floor(x0), 0.0, double(length)));
    const int last = int(std::clamp(std::ceil(x1), 0.0, double(length)));
    const auto put = [&](int along, int side, double share) {
        if (side < 0 || side >= across)
            return;
        const std::ptrdiff_t at =
            steep ? std::ptrdiff_t(along) * out.stride + side : std::ptrdiff_t(side) * out.stride + along;
        blendPixel(out.pixels[at], colour, std::uint32_t(share * opacity));
    };
    for (int i = first; i < last; ++i) {
        const double y = y0 + slope * (i + 0.5 - x0) - 0.5;
        if (y < -1 || y > across)
            continue;
        const int side = int(std::floor(y));
        const double part = y - side;
        put(i, side, 1 - part);
        put(i, side + 1, part);
    }
}

} // namespace statescape::ui
