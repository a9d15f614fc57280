// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/pick_index.h"

#include "ui/point_view/pick.h"
#include "ui/point_view/raster.h"

#include <algorithm>
#include <cmath>

namespace statescape::ui {
namespace {

constexpr std::size_t kWorthIt = 500'000; // rows; fewer are looked through within a quarter millisecond
constexpr int kMargin = 32;               // px round the picture that have squares too
constexpr float kSlack = 1;               // px, more than rounding may carry a point into the next square
constexpr std::uint16_t kNoSquare = 0;
constexpr int kGroup = 64;

/// Squares of a picture, numbered row by row from 1 on.
struct Squares {
    int shift = 3;
    int pitch = 1;
    int high = 1;

    explicit Squares(const Projection &projection)
    {
        do {
            pitch = ((projection.width + 2 * kMargin) >> shift) + 1;
            high = ((projection.height + 2 * kMargin) >> shift) + 1;
        } while (pitch * high >= 65535 && ++shift);
    }
    [[nodiscard]] std::uint16_t of(float x, float y) const
    {
        const float side = float(1 << shift);
        const float column = (x + float(kMargin)) / side;
        const float row = (y + float(kMargin)) / side;
        if (!(column >= 0 && column < float(pitch) && row >= 0 && row < float(high)))
            return kNoSquare;
        return std::uint16_t(1 + int(row) * pitch + int(column));
    }
};

} // namespace

bool PickIndex::continues(const PointSet &points) const
{
    const std::size_t known = m_points.size();
    return points.first == m_points.first && points.z.empty() == m_points.z.empty() &&
           points.x.sharesPrefix(m_points.x, known) && points.y.sharesPrefix(m_points.y, known) &&
           (points.z.empty() || points.z.sharesPrefix(m_points.z, known));
}

void PickIndex::extend(const PointSet &points, WorkerPool &pool)
{
    const Squares squares(m_projection);
    const std::size_t begin = m_squares.size();
    m_squares.resize(points.size());
    forRowsInBlocks(points, m_projection, begin, points.size(), &pool,
                    [&](int, std::size_t first, int n, const ScreenBlock &screen) {
                        for (int i = 0; i < n; ++i)
                            m_squares[first + std::size_t(i)] =
                                squares.of(screen.x[std::size_t(i)], screen.y[std::size_t(i)]);
                    });
    m_points = points;
    m_points.style = {};
}

std::int64_t PickIndex::pick(const PointSet &points, const Projection &projection, float x, float y,
                             float radius, WorkerPool &pool)
{
    const bool stayed = m_seen && projection == m_projection;
    if (!stayed) {
        m_projection = projection;
        m_seen = true;
        m_points = {};
        m_squares = {};
    }
    const Squares squares(projection);
    const auto first = squares.of(x - radius - kSlack, y - radius - kSlack);
    const auto last = squares.of(x + radius + kSlack, y + radius + kSlack);
    if (!stayed || points.size() < kWorthIt || first == kNoSquare || last == kNoSquare)
        return pickNearest(points, projection, x, y, radius, &pool);
    if (!continues(points)) {
        m_points = {};
        m_squares.clear();
    }
    extend(points, pool);

    std::vector<std::uint16_t> lines; // first square of each line that the circle may touch
    const auto width = std::uint16_t((last - first) % squares.pitch);
    for (int at = first; at + width <= last; at += squares.pitch)
        lines.push_back(std::uint16_t(at));
    Picked found[2];
    const auto part = [&](int t, std::size_t begin, std::size_t end) {
        found[t].square = radius * radius;
        for (; begin < end; begin = std::min(end, begin + kGroup)) {
            const int n = int(std::min<std::size_t>(kGroup, end - begin));
            const std::uint16_t *group = m_squares.data() + begin;
            if (!kernels().anyWithin(group, n, lines.data(), int(lines.size()), width))
                continue;
            for (int i = 0; i < n; ++i)
                if (group[i] >= first && group[i] <= last)
                    found[t].look(points, projection, begin + std::size_t(i), x, y);
        }
    };
    const std::size_t start = std::min(points.first, points.size());
    const std::size_t middle = start + (points.size() - start) / 2;
    if (pool.threads() > 1)
        pool.run([&](int t) { t == 0 ? part(0, start, middle) : part(1, middle, points.size()); });
    else
        part(0, start, points.size());
    found[0].take(found[1]);
    return found[0].row;
}

} // namespace statescape::ui
