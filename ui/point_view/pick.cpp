// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/pick.h"

#include "ui/point_view/raster.h"
#include "ui/point_view/raster_kernels.h"

#include <algorithm>

namespace statescape::ui {
namespace {

struct Found {
    std::int64_t row = -1;
    float square = 0;
    float nearness = 0;

    void take(const Found &other)
    {
        if (other.row >= 0 &&
            (row < 0 || other.square < square || (other.square == square && other.nearness >= nearness)))
            *this = other;
    }
};

Found nearestOf(const PointSet &points, const Projection &projection, std::size_t first, std::size_t last,
                float x, float y, float radius)
{
    Found best;
    best.square = radius * radius;
    ScreenBlock screen;
    while (first < last) {
        const std::size_t end = std::min(last, (first / kBlock + 1) * kBlock);
        const int n = int(end - first);
        kernels().toScreen(projection,
                           {points.x.run(first).data(), points.y.run(first).data(),
                            points.z.empty() ? nullptr : points.z.run(first).data(), n},
                           screen);
        if (kernels().nearest(screen, n, x, y) <= best.square) {
            for (int i = 0; i < n; ++i) {
                const float dx = screen.x[std::size_t(i)] - x;
                const float dy = screen.y[std::size_t(i)] - y;
                const float square = dx * dx + dy * dy;
                if (!(square <= best.square))
                    continue;
                const std::size_t row = first + std::size_t(i);
                const auto p =
                    projection.project(points.x[row], points.y[row], points.z.empty() ? 0.0F : points.z[row]);
                best.take({std::int64_t(row), square, p.nearness});
            }
        }
        first = end;
    }
    return best;
}

} // namespace

std::int64_t pickNearest(const PointSet &points, const Projection &projection, float x, float y, float radius,
                         WorkerPool *pool)
{
    const std::size_t n = points.size();
    const std::size_t first = std::min(points.first, n);
    if (!pool || pool->threads() == 1 || n - first < kSmallWork)
        return nearestOf(points, projection, first, n, x, y, radius).row;
    const std::size_t middle = (first + (n - first) / 2) / kBlock * kBlock;
    Found found[2];
    pool->run([&](int t) {
        found[t] = nearestOf(points, projection, t == 0 ? first : middle, t == 0 ? middle : n, x, y, radius);
    });
    found[0].take(found[1]);
    return found[0].row;
}

} // namespace statescape::ui
