// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/view_bounds.h"

#include "ui/point_view/raster_kernels.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

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

/// Of rows [first, last), axis by axis: an axis without a finite value is left as it is.
void extend(const base::Column<float>::View &values, std::size_t first, std::size_t last, double &low,
            double &high)
{
    values.forEachRun(first, last, [&](std::size_t, std::span<const float> run) {
        float l = 1;
        float h = 0;
        kernels().range(run.data(), run.size(), l, h);
        if (l > h)
            return;
        low = std::min(low, double(l));
        high = std::max(high, double(h));
    });
}

/// @param known box of rows before @p first
Box boundsFrom(const PointSet &points, std::size_t first, const Box &known)
{
    const double inf = std::numeric_limits<double>::infinity();
    Box box;
    const base::Column<float>::View *axes[3] = {&points.x, &points.y, &points.z};
    for (std::size_t i = 0; i < 3; ++i) {
        if (axes[i]->empty())
            continue;
        double low = known.empty ? inf : known.low[i];
        double high = known.empty ? -inf : known.high[i];
        extend(*axes[i], first, points.size(), low, high);
        if (low > high)
            return {};
        box.low[i] = low;
        box.high[i] = high;
    }
    box.empty = points.size() == 0;
    return box;
}

} // namespace

Box boundsOf(const PointSet &points)
{
    return boundsFrom(points, points.first, {});
}

Box DataBounds::of(const PointSet &points)
{
    const std::size_t known = m_known.size();
    const bool grown = !m_box.empty && points.first == m_known.first &&
                       points.z.empty() == m_known.z.empty() && points.x.sharesPrefix(m_known.x, known) &&
                       points.y.sharesPrefix(m_known.y, known) &&
                       (points.z.empty() || points.z.sharesPrefix(m_known.z, known));
    m_box = grown ? boundsFrom(points, known, m_box) : boundsOf(points);
    m_known = points;
    m_known.style = {};
    return m_box;
}

Box boundsOf(const PointSet &points, const RowMask &rows)
{
    Box box;
    for (std::size_t i = points.first; i < std::min(rows.size(), points.size()); ++i) {
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
