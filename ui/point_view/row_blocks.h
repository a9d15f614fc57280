// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/point_view/point_set.h"
#include "ui/point_view/raster_kernels.h"
#include "ui/point_view/worker_pool.h"

#include <algorithm>

namespace statescape::ui {

/// Below this many points a second thread costs more than it gives.
inline constexpr std::size_t kSmallWork = 30000;

/// Calls @p visit(thread, first row, count, positions) for rows [first, last) that are drawn, block by block;
/// each thread its own half. @param pool null: this thread alone
template <class Visit>
void forRowsInBlocks(const PointSet &points, const Projection &projection, std::size_t first,
                     std::size_t last, WorkerPool *pool, Visit &&visit)
{
    const auto part = [&](int thread, std::size_t begin, std::size_t end) {
        ScreenBlock screen;
        while (begin < end) {
            // blocks end where a block of a chunk ends, so that they never cross from one chunk to the next
            const std::size_t next = std::min(end, (begin / kBlock + 1) * kBlock);
            const int n = int(next - begin);
            kernels().toScreen(projection,
                               {points.x.run(begin).data(), points.y.run(begin).data(),
                                points.z.empty() ? nullptr : points.z.run(begin).data(), n},
                               screen);
            visit(thread, begin, n, screen);
            begin = next;
        }
    };
    last = std::min(last, points.size());
    first = std::min(std::max(first, points.first), last);
    if (!pool || pool->threads() == 1 || last - first < kSmallWork) {
        part(0, first, last);
        return;
    }
    const std::size_t middle = (first + (last - first) / 2) / kBlock * kBlock;
    pool->run([&](int t) { t == 0 ? part(0, first, middle) : part(1, middle, last); });
}

} // namespace statescape::ui
