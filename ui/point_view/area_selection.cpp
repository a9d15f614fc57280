// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/area_selection.h"

#include "ui/point_view/row_blocks.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace statescape::ui {
namespace {

constexpr std::size_t kMostRowEdges = 4'000'000; // 16 MB; beyond it rows get taller instead
constexpr double kSlack = AreaMask::kSlack;

bool crosses(double x0, double y0, double x1, double y1, double x, double y)
{
    // No branch: beside a border it would be guessed wrong every second time. A level edge divides by 0, but
    // then the first half is false.
    return ((y0 > y) != (y1 > y)) & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0);
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
    m_mask.setGrid(m_left, m_top, m_right, m_bottom, m_cellWidth, m_cellHeight);
    listEdges();
    for (int row = 0; row < m_mask.rows(); ++row) {
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
    m_cellWidth = std::max((m_right - m_left) / AreaMask::kMostCells, least);
    m_cellHeight = std::max((m_bottom - m_top) / AreaMask::kMostCells, least);
    double spans = 0;
    for (const auto &e : m_edges)
        spans += 1 + std::abs(e.y1 - e.y0) / m_cellHeight;
    if (spans > double(kMostRowEdges) && spans > 2.0 * double(m_edges.size()))
        m_cellHeight *= spans / double(kMostRowEdges);
}

void Area::listEdges()
{
    const auto rows = [this](const Edge &e) {
        const double a = (std::min(e.y0, e.y1) - m_top) / m_cellHeight;
        const double b = (std::max(e.y0, e.y1) - m_top) / m_cellHeight;
        return std::pair{std::max(int(std::floor(a - kSlack)), 0),
                         std::min(int(std::floor(b + kSlack)), m_mask.rows() - 1)};
    };
    m_rowStart.assign(std::size_t(m_mask.rows()) + 2, 0);
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
    const int columns = m_mask.columns();
    std::uint8_t *cells = m_mask.row(row);
    std::vector<int> flips(std::size_t(columns) + 1, 0);
    for (auto k = m_rowStart[std::size_t(row)]; k < m_rowStart[std::size_t(row) + 1]; ++k) {
        const Edge &e = m_edges[m_rowEdges[k]];
        if ((e.y0 > y) == (e.y1 > y))
            continue;
        // every cell whose middle lies left of the crossing flips
        const double x = (e.x1 - e.x0) * (y - e.y0) / (e.y1 - e.y0) + e.x0;
        const double before = std::ceil((x - m_left) / m_cellWidth - 0.5);
        ++flips[std::size_t(std::clamp(before, 0.0, double(columns)))];
    }
    int after = 0;
    for (int c = columns - 1; c >= 0; --c) {
        after += flips[std::size_t(c) + 1];
        cells[c] = (after & 1) ? AreaMask::Inside : AreaMask::Outside;
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
        for (int c = std::max(first, 0); c <= std::min(last, m_mask.columns() - 1); ++c)
            m_mask.row(row)[c] = AreaMask::Border;
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
    m_mask.classify(x, y, count, out,
                    [this](int row, int, double px, double py) { return exact(row, px, py); });
}

Region::Region(const DrawnShape &shape)
    : m_area(shape.kind == DrawnShape::Kind::Polygon
                 ? std::variant<Area, Stroke>(std::in_place_type<Area>, shape.points)
                 : std::variant<Area, Stroke>(std::in_place_type<Stroke>, shape.points, shape.radius))
{}

bool Region::contains(float x, float y) const
{
    std::uint8_t in = 0;
    classify(&x, &y, 1, &in);
    return in != 0;
}

namespace {

/// Calls @p visit(thread, first row, count, 0 or 1 a row) block by block.
template <class Visit>
void classifyRows(const PointSet &points, const Projection &projection, const DrawnShape &shape,
                  WorkerPool *pool, Visit &&visit)
{
    const Region region(shape);
    forRowsInBlocks(points, projection, 0, points.size(), pool,
                    [&](int thread, std::size_t first, int n, const ScreenBlock &screen) {
                        std::array<std::uint8_t, kBlock> in;
                        region.classify(screen.x.data(), screen.y.data(), n, in.data());
                        visit(thread, first, n, in.data());
                    });
}

} // namespace

RowMask selectArea(const PointSet &points, const Projection &projection, const DrawnShape &shape,
                   WorkerPool *pool)
{
    RowMask rows(points.size(), 0);
    classifyRows(points, projection, shape, pool, [&](int, std::size_t first, int n, const std::uint8_t *in) {
        std::copy_n(in, n, rows.data() + first);
    });
    return rows;
}

std::size_t countArea(const PointSet &points, const Projection &projection, const DrawnShape &shape,
                      WorkerPool *pool)
{
    std::size_t sums[2] = {};
    classifyRows(points, projection, shape, pool,
                 [&](int thread, std::size_t, int n, const std::uint8_t *in) {
                     unsigned sum = 0;
                     for (int i = 0; i < n; ++i)
                         sum += in[i];
                     sums[thread] += sum;
                 });
    return sums[0] + sums[1];
}

RowMask combine(const RowMask *current, const RowMask &made, SelectionOp op)
{
    if (op == SelectionOp::Replace)
        return made;
    RowMask out(made);
    const std::size_t known = current ? std::min(current->size(), made.size()) : 0;
    const std::uint8_t *was = known > 0 ? current->data() : nullptr;
    if (op == SelectionOp::Add) {
        for (std::size_t i = 0; i < known; ++i)
            out[i] |= was[i];
        return out;
    }
    // Rows that were not known were not selected, so neither operation leaves any of them.
    for (std::size_t i = 0; i < known; ++i)
        out[i] = op == SelectionOp::Subtract ? was[i] & std::uint8_t(out[i] ^ 1U) : was[i] & out[i];
    std::fill(out.begin() + std::ptrdiff_t(known), out.end(), std::uint8_t{0});
    return out;
}

std::size_t countRows(const RowMask &rows)
{
    return rows.size() - std::size_t(std::count(rows.begin(), rows.end(), std::uint8_t(0)));
}

} // namespace statescape::ui
