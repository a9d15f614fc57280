// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/area_selection.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace statescape::ui {
namespace {

constexpr std::size_t kMostReaches = 4'000'000; // 32 MB; beyond it rows get taller instead
constexpr double kSlack = AreaMask::kSlack;

bool withinSegment(const AreaPoint &a, const AreaPoint &b, double square, double x, double y)
{
    const double dx = b.x - a.x;
    const double dy = b.y - a.y;
    const double length = dx * dx + dy * dy;
    const double along = length > 0 ? ((x - a.x) * dx + (y - a.y) * dy) / length : 0;
    const double t = along > 0 ? (along < 1 ? along : 1) : 0;
    const double ex = x - (a.x + t * dx);
    const double ey = y - (a.y + t * dy);
    return ex * ex + ey * ey <= square;
}

struct Span {
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();
    void add(double a, double b)
    {
        low = std::min(low, a);
        high = std::max(high, b);
    }
};

/// Where the line at height @p y runs through everything within @p radius of the segment: convex, so one
/// span.
Span section(const AreaPoint &a, const AreaPoint &b, double radius, double y)
{
    Span out;
    if (radius < 0)
        return out;
    for (const AreaPoint &p : {a, b}) {
        const double under = radius * radius - (y - p.y) * (y - p.y);
        if (under >= 0)
            out.add(p.x - std::sqrt(under), p.x + std::sqrt(under));
    }
    const double dx = b.x - a.x;
    const double dy = b.y - a.y;
    const double length = std::hypot(dx, dy);
    if (length == 0)
        return out;
    const double nx = -dy / length * radius;
    const double ny = dx / length * radius;
    const AreaPoint corners[4] = {
        {a.x + nx, a.y + ny}, {b.x + nx, b.y + ny}, {b.x - nx, b.y - ny}, {a.x - nx, a.y - ny}};
    for (int i = 0; i < 4; ++i) {
        const AreaPoint &p = corners[i];
        const AreaPoint &q = corners[(i + 1) % 4];
        if (p.y == q.y || y < std::min(p.y, q.y) || y > std::max(p.y, q.y))
            continue;
        const double x = p.x + (q.x - p.x) * ((y - p.y) / (q.y - p.y));
        out.add(x, x);
    }
    return out;
}

} // namespace

bool withinStroke(std::span<const AreaPoint> path, double radius, double x, double y)
{
    if (!(radius >= 0))
        return false;
    for (std::size_t i = 0; i + 1 < path.size(); ++i)
        if (withinSegment(path[i], path[i + 1], radius * radius, x, y))
            return true;
    return path.size() == 1 && withinSegment(path[0], path[0], radius * radius, x, y);
}

Stroke::Stroke(std::span<const AreaPoint> path, double radius)
    : m_radius(radius)
{
    for (const auto &v : path)
        if (std::isfinite(v.x) && std::isfinite(v.y))
            m_path.push_back(v);
    if (m_path.empty() || !(radius >= 0) || !std::isfinite(radius))
        return;
    m_left = m_right = m_path[0].x;
    m_top = m_bottom = m_path[0].y;
    for (const auto &v : m_path) {
        m_left = std::min(m_left, v.x);
        m_right = std::max(m_right, v.x);
        m_top = std::min(m_top, v.y);
        m_bottom = std::max(m_bottom, v.y);
    }
    const double far =
        std::max({std::abs(m_left), std::abs(m_right), std::abs(m_top), std::abs(m_bottom), radius, 1.0});
    const double reach = radius + 1e-9 * far;
    m_left -= reach;
    m_right += reach;
    m_top -= reach;
    m_bottom += reach;
    chooseGrid();
    m_mask.setGrid(m_left, m_top, m_right, m_bottom, m_cellWidth, m_cellHeight);
    listReaches();
}

void Stroke::chooseGrid()
{
    // A cell must stay much larger than the distance between floats out there, or rounding would carry points
    // over it.
    const double far =
        std::max({std::abs(m_left), std::abs(m_right), std::abs(m_top), std::abs(m_bottom), 1.0});
    const double least = far * 0x1p-15;
    m_cellWidth = std::max((m_right - m_left) / AreaMask::kMostCells, least);
    m_cellHeight = std::max((m_bottom - m_top) / AreaMask::kMostCells, least);
    double spans = 0;
    for (std::size_t i = 0; i + 1 < m_path.size(); ++i)
        spans += 2 + (std::abs(m_path[i + 1].y - m_path[i].y) + 2 * m_radius) / m_cellHeight;
    if (spans > double(kMostReaches) && spans > 3.0 * double(m_path.size()))
        m_cellHeight =
            std::min(m_cellHeight * spans / double(kMostReaches), std::max(m_bottom - m_top, least));
}

void Stroke::listReaches()
{
    struct Entry {
        int row;
        Reach reach;
        std::int16_t insideFirst, insideLast;
    };
    const double slack = kSlack * (m_cellWidth + m_cellHeight);
    const int lastColumn = m_mask.columns() - 1;
    const int lastRow = m_mask.rows() - 1;
    const auto rowAt = [&](double y) {
        return int(std::clamp(std::floor((y - m_top) / m_cellHeight), 0.0, double(lastRow)));
    };
    const auto column = [&](double x) { return (x - m_left) / m_cellWidth; };
    std::vector<Entry> entries;
    for (std::size_t i = 0; i < std::max<std::size_t>(m_path.size() - 1, 1); ++i) {
        const AreaPoint &a = m_path[i];
        const AreaPoint &b = m_path[std::min(i + 1, m_path.size() - 1)];
        const double wide = m_radius + slack;
        const double narrow = m_radius - slack;
        const int last = rowAt(std::max(a.y, b.y) + wide);
        int row = rowAt(std::min(a.y, b.y) - wide);
        Span outerTop = section(a, b, wide, m_top + row * m_cellHeight);
        Span innerTop = section(a, b, narrow, m_top + row * m_cellHeight);
        for (; row <= last; ++row) {
            const double top = m_top + row * m_cellHeight;
            const double bottom = m_top + (row + 1) * m_cellHeight;
            const Span outerBottom = section(a, b, wide, bottom);
            const Span innerBottom = section(a, b, narrow, bottom);
            Span outer = outerTop;
            outer.add(outerBottom.low, outerBottom.high);
            for (const AreaPoint &p : {a, b}) // the ends reach farthest at their own height
                if (p.y >= top && p.y <= bottom)
                    outer.add(p.x - wide, p.x + wide);
            const double inLow = std::max(innerTop.low, innerBottom.low);
            const double inHigh = std::min(innerTop.high, innerBottom.high);
            outerTop = outerBottom;
            innerTop = innerBottom;
            if (outer.low > outer.high)
                continue;
            const auto clamped = [&](double value) {
                return std::int16_t(std::clamp(value, -1.0, double(lastColumn) + 1));
            };
            entries.push_back({row,
                               {std::uint32_t(i),
                                std::max<std::int16_t>(clamped(std::floor(column(outer.low) - kSlack)), 0),
                                std::min<std::int16_t>(clamped(std::floor(column(outer.high) + kSlack)),
                                                       std::int16_t(lastColumn))},
                               1,
                               0});
            if (inLow <= inHigh) {
                entries.back().insideFirst = std::max<std::int16_t>(clamped(std::ceil(column(inLow))), 0);
                entries.back().insideLast =
                    std::min<std::int16_t>(clamped(std::floor(column(inHigh)) - 1), std::int16_t(lastColumn));
            }
        }
    }
    m_rowStart.assign(std::size_t(lastRow) + 2, 0);
    for (const auto &e : entries) {
        ++m_rowStart[std::size_t(e.row) + 1];
        if (e.reach.first <= e.reach.last)
            std::fill(m_mask.row(e.row) + e.reach.first, m_mask.row(e.row) + e.reach.last + 1,
                      AreaMask::Border);
    }
    for (std::size_t r = 1; r < m_rowStart.size(); ++r)
        m_rowStart[r] += m_rowStart[r - 1];
    m_reaches.resize(entries.size());
    auto next = m_rowStart;
    for (const auto &e : entries) {
        m_reaches[next[std::size_t(e.row)]++] = e.reach;
        if (e.insideFirst <= e.insideLast)
            std::fill(m_mask.row(e.row) + e.insideFirst, m_mask.row(e.row) + e.insideLast + 1,
                      AreaMask::Inside);
    }
}

bool Stroke::exact(int row, int column, double x, double y) const
{
    for (auto k = m_rowStart[std::size_t(row)]; k < m_rowStart[std::size_t(row) + 1]; ++k) {
        const Reach &r = m_reaches[k];
        if (column < r.first || column > r.last)
            continue;
        if (withinSegment(m_path[r.segment], m_path[std::min<std::size_t>(r.segment + 1, m_path.size() - 1)],
                          m_radius * m_radius, x, y))
            return true;
    }
    return false;
}

bool Stroke::contains(float x, float y) const
{
    std::uint8_t in = 0;
    classify(&x, &y, 1, &in);
    return in != 0;
}

void Stroke::classify(const float *x, const float *y, int count, std::uint8_t *out) const
{
    m_mask.classify(x, y, count, out,
                    [this](int row, int column, double px, double py) { return exact(row, column, px, py); });
}

} // namespace statescape::ui
