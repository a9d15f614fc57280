// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/pick.h"

#include "ui/point_view/raster_kernels.h"

#include <algorithm>

namespace statescape::ui {

std::int64_t pickNearest(const PointSet &points, const Projection &projection, float x, float y, float radius)
{
    std::int64_t best = -1;
    float bestSquare = radius * radius;
    float bestNearness = 0;
    ScreenBlock screen;
    for (std::size_t begin = 0; begin < points.size(); begin += kBlock) {
        const int n = int(std::min<std::size_t>(kBlock, points.size() - begin));
        kernels().toScreen(projection,
                           {points.x.data() + begin, points.y.data() + begin,
                            points.z.empty() ? nullptr : points.z.data() + begin, n},
                           screen);
        for (int i = 0; i < n; ++i) {
            const float dx = screen.x[std::size_t(i)] - x;
            const float dy = screen.y[std::size_t(i)] - y;
            const float square = dx * dx + dy * dy;
            if (!(square <= bestSquare))
                continue;
            const std::size_t row = begin + std::size_t(i);
            const float nearness =
                projection.project(points.x[row], points.y[row], points.z.empty() ? 0.0F : points.z[row])
                    .nearness;
            if (best < 0 || square < bestSquare || nearness >= bestNearness) {
                best = std::int64_t(row);
                bestSquare = square;
                bestNearness = nearness;
            }
        }
    }
    return best;
}

} // namespace statescape::ui
