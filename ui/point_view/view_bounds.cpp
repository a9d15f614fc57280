// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/view_bounds.h"

#include "ui/point_view/raster_kernels.h"

#include <algorithm>
#include <cmath>

namespace statescape::ui {
namespace {

constexpr double kMargin = 0.04; // of the extent, on each side of a fresh fit
constexpr double kGrowth = 0.15; // of the extent, beyond the point that left
constexpr double kShrink = 1.0 / 3;

Box grown(const Box &data, double share)
{
    Box box = data;
    double largest = 0;
    for (int i = 0; i < 3; ++i)
        largest = std::max(largest, data.high[i] - data.low[i]);
    for (int i = 0; i < 3; ++i) {
        const double e = data.high[i] - data.low[i];
        const double by = e > 0 ? e * share : 0;
        box.low[i] -= by;
        box.high[i] += by;
    }
    if (largest == 0) { // a single place: show it in the middle of something
        for (int i = 0; i < 3; ++i) {
            const double by = std::max(std::abs(data.low[i]) * 1e-3, 0.5);
            box.low[i] -= by;
            box.high[i] += by;
        }
    }
    return box;
}

} // namespace

Box boundsOf(const PointSet &points)
{
    Box box;
    if (points.size() == 0)
        return box;
    const std::vector<float> *axes[3] = {&points.x, &points.y, &points.z};
    for (int i = 0; i < 3; ++i) {
        if (axes[i]->empty())
            continue;
        float low = 1;
        float high = 0;
        kernels().range(axes[i]->data(), axes[i]->size(), low, high);
        if (low > high)
            return {};
        box.low[i] = low;
        box.high[i] = high;
    }
    box.empty = false;
    return box;
}

Box boundsOf(const PointSet &points, const RowMask &rows)
{
    Box box;
    for (std::size_t i = 0; i < std::min(rows.size(), points.size()); ++i) {
        if (!rows[i])
            continue;
        const Vec3 p{points.x[i], points.y[i], points.z.empty() ? 0.0 : points.z[i]};
        if (std::isfinite(p[0]) && std::isfinite(p[1]) && std::isfinite(p[2]))
            box.add(p);
    }
    return box;
}

void ViewBounds::reset(const Box &data)
{
    m_box = data.empty ? data : grown(data, kMargin);
}

bool ViewBounds::update(const Box &data)
{
    if (data.empty)
        return false;
    if (m_box.empty) {
        reset(data);
        return true;
    }
    if (!m_box.contains(data)) {
        for (int i = 0; i < 3; ++i) {
            const double low = std::min(m_box.low[i], data.low[i]);
            const double high = std::max(m_box.high[i], data.high[i]);
            const double by = (high - low) * kGrowth;
            if (data.low[i] < m_box.low[i])
                m_box.low[i] = data.low[i] - by;
            if (data.high[i] > m_box.high[i])
                m_box.high[i] = data.high[i] + by;
        }
        return true;
    }
    bool small = false;
    for (int i = 0; i < 3; ++i) {
        const double have = m_box.high[i] - m_box.low[i];
        const double need = data.high[i] - data.low[i];
        if (need > have * kShrink)
            return false;
        small = small || need > 0;
    }
    if (small)
        reset(data);
    return small;
}

} // namespace statescape::ui
