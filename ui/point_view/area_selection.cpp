// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/area_selection.h"

#include "ui/point_view/raster_kernels.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace statescape::ui {
namespace {

constexpr int kMostCells = 1024;                 // along one side: the mask stays in the second cache
constexpr std::size_t kMostRowEdges = 4'000'000; // 16 MB; beyond it rows get taller instead
constexpr double kSlack = 0.02;                  // of a cell, more than float rounding can move a point
constexpr std::size_t kSmallWork = 30000;        // points; below it one thread is faster

bool crosses(double x0, double y0, double x1, double y1, double x, double y)
{
    return (y0 > y) != (y1 > y) && x < (x1 - x0) * (y - y0) / (y1 - y0) + x0;
}

} // namespace

bool insidePolygon(std::span<const AreaPoint> polygon, double x, double y)
{
    bool in = false;
    if (polygon.size() < 3)
        return in;
    for (std::size_t i = 0, j = polygon.size() - 1; i < polygon.size(); j = i++)
        in ^= crosses(polygon[j].x, polygon[j].y, polygon[i].x, polygon[i].y, x, y);
    return in;
}

Area::Area(std::span<const AreaPoint> polygon)
{
    std::vector<AreaPoint> vertices;
    for (const auto &v : polygon)
        if (std::isfinite(v.x) && std::isfinite(v.y))
            vertices.push_back(v);
    if (vertices.size() < 3)
        return;
    m_left = m_right = vertices[0].x;
    m_top = m_bottom = vertices[0].y;
    for (std::size_t i = 0, j = vertices.size() - 1; i < vertices.size(); j = i++) {
        m_left = std::min(m_left, vertices[i].x);
        m_right = std::max(m_right, vertices[i].x);
        m_top = std::min(m_top, vertices[i].y);
        m_bottom = std::max(m_bottom, vertices[i].y);
        // level edges cross no ray but part inside from outside, so their cells are borders too
        m_edges.push_back({vertices[j].x, vertices[j].y, vertices[i].x, vertices[i].y});
    }
    // An edge's crossing may round to just outside of its own ends.
    const double slip = 1e-12 * std::max({std::abs(m_left), std::abs(m_right), 1e-300});
    m_left -= slip;
    m_right += slip;
    chooseGrid();
    listEdges();
    m_cells.assign(std::size_t(m_rows + 1) << kStride, Outside);
    for (int row = 0; row < m_rows; ++row) {
        fillRow(row);
        markBorders(row);
    }
}

void Area::chooseGrid()
{
    // A cell must stay much larger than the distance between floats out there, or rounding would carry points
    // over it.
    const double far =
        std::max({std::abs(m_left), std::abs(m_right), std::abs(m_top), std::abs(m_bottom), 1.0});
    const double least = far * 0x1p-15;
    m_cellWidth = std::max((m_right - m_left) / kMostCells, least);
    m_cellHeight = std::max((m_bottom - m_top) / kMostCells, least);
    double spans = 0;
    for (const auto &e : m_edges)
        spans += 1 + std::abs(e.y1 - e.y0) / m_cellHeight;
    if (spans > double(kMostRowEdges) && spans > 2.0 * double(m_edges.size()))
        m_cellHeight *= spans / double(kMostRowEdges);
    m_columns =
        int(std::ceil((m_right - m_left) / m_cellWidth)) + 1; // the last takes what rounds beyond the edge
    m_rows = int(std::ceil((m_bottom - m_top) / m_cellHeight)) + 1;
    m_originX = float(m_left);
    m_originY = float(m_top);
    m_perCellX = float(1 / m_cellWidth);
    m_perCellY = float(1 / m_cellHeight);
}

void Area::listEdges()
{
    const auto rows = [this](const Edge &e) {
        const double a = (std::min(e.y0, e.y1) - m_top) / m_cellHeight;
        const double b = (std::max(e.y0, e.y1) - m_top) / m_cellHeight;
        return std::pair{std::max(int(std::floor(a - kSlack)), 0),
                         std::min(int(std::floor(b + kSlack)), m_rows - 1)};
    };
    m_rowStart.assign(std::size_t(m_rows) + 2, 0);
    for (const auto &e : m_edges) {
        const auto [first, last] = rows(e);
        for (int r = first; r <= last; ++r)
            ++m_rowStart[std::size_t(r) + 2];
    }
    for (std::size_t r = 2; r < m_rowStart.size(); ++r)
        m_rowStart[r] += m_rowStart[r - 1];
    m_rowEdges.resize(m_rowStart.back());
    for (std::uint32_t i = 0; i < m_edges.size(); ++i) {
        const auto [first, last] = rows(m_edges[i]);
        for (int r = first; r <= last; ++r)
            m_rowEdges[m_rowStart[std::size_t(r) + 1]++] = i;
    }
    m_rowStart.pop_back();
}

void Area::fillRow(int row)
{
    const double y = m_top + (row + 0.5) * m_cellHeight;
    std::vector<int> flips(std::size_t(m_columns) + 1, 0);
    for (auto k = m_rowStart[std::size_t(row)]; k < m_rowStart[std::size_t(row) + 1]; ++k) {
        const Edge &e = m_edges[m_rowEdges[k]];
        if ((e.y0 > y) == (e.y1 > y))
            continue;
        // every cell whose middle lies left of the crossing flips
        const double x = (e.x1 - e.x0) * (y - e.y0) / (e.y1 - e.y0) + e.x0;
        const double cells = std::ceil((x - m_left) / m_cellWidth - 0.5);
        ++flips[std::size_t(std::clamp(cells, 0.0, double(m_columns)))];
    }
    int after = 0;
    for (int c = m_columns - 1; c >= 0; --c) {
        after += flips[std::size_t(c) + 1];
        cell(row, c) = (after & 1) ? Inside : Outside;
    }
}

void Area::markBorders(int row)
{
    const double low = m_top + (row - kSlack) * m_cellHeight;
    const double high = m_top + (row + 1 + kSlack) * m_cellHeight;
    for (auto k = m_rowStart[std::size_t(row)]; k < m_rowStart[std::size_t(row) + 1]; ++k) {
        const Edge &e = m_edges[m_rowEdges[k]];
        double a = e.x0;
        double b = e.x1;
        if (e.y0 != e.y1) {
            const auto xAt = [&](double y) {
                y = std::clamp(y, std::min(e.y0, e.y1), std::max(e.y0, e.y1));
                return e.x0 + (e.x1 - e.x0) * ((y - e.y0) / (e.y1 - e.y0));
            };
            a = xAt(low);
            b = xAt(high);
        }
        const int first = int(std::floor((std::min(a, b) - m_left) / m_cellWidth - kSlack));
        const int last = int(std::floor((std::max(a, b) - m_left) / m_cellWidth + kSlack));
        for (int c = std::max(first, 0); c <= std::min(last, m_columns - 1); ++c)
            cell(row, c) = Border;
    }
}

bool Area::exact(int row, double x, double y) const
{
    // The point may be of the next row by rounding; then so are its edges, which listEdges() put in this row
    // too, within the slack.
    bool in = false;
    for (auto k = m_rowStart[std::size_t(row)]; k < m_rowStart[std::size_t(row) + 1]; ++k) {
        const Edge &e = m_edges[m_rowEdges[k]];
        in ^= crosses(e.x0, e.y0, e.x1, e.y1, x, y);
    }
    return in;
}

bool Area::contains(float x, float y) const
{
    std::uint8_t in = 0;
    classify(&x, &y, 1, &in);
    return in != 0;
}

void Area::classify(const float *x, const float *y, int count, std::uint8_t *out) const
{
    if (m_cells.empty()) {
        std::fill_n(out, count, std::uint8_t(0));
        return;
    }
    alignas(64) std::array<std::int32_t, kBlock> index;
    kernels().toMask({m_originX, m_originY, m_perCellX, m_perCellY, float(m_columns - 1), float(m_rows - 1)},
                     x, y, count, index.data());
    const std::uint8_t *cells = m_cells.data();
    for (int i = 0; i < count; ++i) {
        const std::uint8_t state = cells[index[std::size_t(i)]];
        out[i] = state == Inside ? 1 : 0;
        if (state == Border)
            out[i] = exact((index[std::size_t(i)] >> kStride) - 1, x[i], y[i]) ? 1 : 0;
    }
}

RowMask selectArea(const PointSet &points, const Projection &projection, std::span<const AreaPoint> polygon,
                   WorkerPool *pool)
{
    RowMask rows(points.size(), 0);
    const Area area(polygon);
    const auto part = [&](std::size_t first, std::size_t last) {
        ScreenBlock screen;
        for (std::size_t begin = first; begin < last; begin += kBlock) {
            const int n = int(std::min<std::size_t>(kBlock, last - begin));
            kernels().toScreen(projection,
                               {points.x.data() + begin, points.y.data() + begin,
                                points.z.empty() ? nullptr : points.z.data() + begin, n},
                               screen);
            area.classify(screen.x.data(), screen.y.data(), n, rows.data() + begin);
        }
    };
    const std::size_t n = points.size();
    if (!pool || n < kSmallWork) {
        part(0, n);
        return rows;
    }
    const std::size_t middle = pool->threads() > 1 ? n / 2 : n;
    pool->run([&](int t) { t == 0 ? part(0, middle) : part(middle, n); });
    return rows;
}

RowMask combine(const RowMask *current, const RowMask &made, SelectionOp op)
{
    if (op == SelectionOp::Replace)
        return made;
    RowMask out(made.size(), 0);
    const std::size_t known = current ? std::min(current->size(), made.size()) : 0;
    if (known > 0)
        std::copy_n(current->begin(), known, out.begin());
    for (std::size_t i = 0; i < made.size(); ++i) {
        switch (op) {
        case SelectionOp::Add:
            out[i] = out[i] | made[i];
            break;
        case SelectionOp::Subtract:
            out[i] = out[i] & std::uint8_t(made[i] ^ 1U);
            break;
        default:
            out[i] = out[i] & made[i];
        }
    }
    return out;
}

std::size_t countRows(const RowMask &rows)
{
    return rows.size() - std::size_t(std::count(rows.begin(), rows.end(), std::uint8_t(0)));
}

} // namespace statescape::ui
