// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/pick.h"

#include <algorithm>

namespace statescape::ui {

void Picked::take(const Picked &other)
{
    if (other.row >= 0 &&
        (row < 0 || other.square < square || (other.square == square && other.nearness >= nearness)))
        *this = other;
}

void Picked::look(const PointSet &points, const Projection &projection, std::size_t at, float x, float y)
{
    const auto p = projection.project(points.x[at], points.y[at], points.z.empty() ? 0.0F : points.z[at]);
    const float dx = p.x - x;
    const float dy = p.y - y;
    const float distance = dx * dx + dy * dy;
    if (p.visible && p.inSlab && distance <= square)
        take({std::int64_t(at), distance, p.nearness});
}

std::int64_t pickNearest(const PointSet &points, const Projection &projection, float x, float y, float radius,
                         WorkerPool *pool)
{
    Picked found[2];
    found[0].square = found[1].square = radius * radius;
    forRowsInBlocks(points, projection, 0, points.size(), pool,
                    [&](int t, std::size_t first, int n, const ScreenBlock &screen) {
                        Picked &best = found[t];
                        if (!(kernels().nearest(screen, n, x, y) <= best.square))
                            return;
                        for (int i = 0; i < n; ++i) {
                            const float dx = screen.x[std::size_t(i)] - x;
                            const float dy = screen.y[std::size_t(i)] - y;
                            if (dx * dx + dy * dy <= best.square)
                                best.look(points, projection, first + std::size_t(i), x, y);
                        }
                    });
    found[0].take(found[1]);
    return found[0].row;
}

} // namespace statescape::ui
