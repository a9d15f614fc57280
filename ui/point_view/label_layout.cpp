// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/label_layout.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace statescape::ui {
namespace {

constexpr double kGap = 4;         // kept free round every name, px
constexpr double kLineGap = 2;     // between a caption and an axis, px
constexpr double kLeaderFrom = 20; // a name farther from its anchor gets a line, px
constexpr double kPointCost = 60;  // of covering points, against 1 a px of distance
constexpr double kMoveCost = 40;   // of leaving last frame's place, so that names do not flicker

QRectF centreRegion(const QPointF &anchor)
{
    return {anchor.x() - kCentreRadius, anchor.y() - kCentreRadius, 2 * kCentreRadius, 2 * kCentreRadius};
}

QPointF nearestOn(const QRectF &rect, const QPointF &p)
{
    return {std::clamp(p.x(), rect.left(), rect.right()), std::clamp(p.y(), rect.top(), rect.bottom())};
}

struct Taken {
    std::vector<QRectF> rects;
    std::vector<QLineF> leaders;
    std::vector<QLineF> lines;
};

bool isFree(const QRectF &rect, const QLineF &line, const QRectF &view, const Taken &taken,
            const std::vector<QPointF> &centres)
{
    if (!view.contains(rect))
        return false;
    const QRectF room = rect.adjusted(-kGap, -kGap, kGap, kGap);
    for (const auto &r : taken.rects)
        if (room.intersects(r) || lineMeets(line, r))
            return false;
    for (const auto &l : taken.lines)
        if (lineMeets(l, room))
            return false;
    for (const auto &l : taken.leaders)
        if (lineMeets(l, room) || l.intersects(line) == QLineF::BoundedIntersection)
            return false;
    return std::none_of(centres.begin(), centres.end(),
                        [&](const QPointF &c) { return room.intersects(centreRegion(c)); });
}

std::vector<QPointF> candidates(const LabelRequest &label)
{
    std::vector<QPointF> offsets;
    if (!label.previous.isNull())
        offsets.push_back(label.previous);
    for (double distance = kCentreRadius + 8; distance < 420; distance *= 1.28) {
        for (int i = 0; i < 24; ++i) {
            const double angle = 2 * std::numbers::pi * i / 24;
            // by its nearest edge, so that wide names stand as close above as beside
            const double dx = std::cos(angle);
            const double dy = std::sin(angle);
            offsets.emplace_back(dx * distance + dx * label.size.width() / 2,
                                 dy * distance + dy * label.size.height() / 2);
        }
    }
    return offsets;
}

} // namespace

bool lineMeets(const QLineF &line, const QRectF &rect)
{
    if (rect.contains(line.p1()) || rect.contains(line.p2()))
        return true;
    const QPointF c[4] = {rect.topLeft(), rect.topRight(), rect.bottomRight(), rect.bottomLeft()};
    for (int i = 0; i < 4; ++i)
        if (line.intersects(QLineF(c[i], c[(i + 1) % 4]), nullptr) == QLineF::BoundedIntersection)
            return true;
    return false;
}

QRectF nearestFree(const QRectF &rect, const QRectF &view, const std::vector<QRectF> &obstacles,
                   const std::vector<QLineF> &lines)
{
    const auto free = [&](const QRectF &r) {
        return view.contains(r) &&
               std::none_of(obstacles.begin(), obstacles.end(),
                            [&](const QRectF &o) { return o.intersects(r); }) &&
               std::none_of(lines.begin(), lines.end(), [&](const QLineF &l) {
                   return lineMeets(l, r.adjusted(-kLineGap, -kLineGap, kLineGap, kLineGap));
               });
    };
    const double reach = view.width() + view.height();
    for (double distance = 0; distance < reach; distance += distance < 60 ? 4 : 16) {
        const int around = distance == 0 ? 1 : 16;
        for (int i = 0; i < around; ++i) {
            const double angle = 2 * std::numbers::pi * i / around;
            const QRectF moved = rect.translated(std::cos(angle) * distance, std::sin(angle) * distance);
            if (free(moved))
                return moved;
        }
    }
    return {};
}

Occupancy::Occupancy(QSizeF view)
    : m_columns(int(view.width() / kCell) + 2)
    , m_rows(int(view.height() / kCell) + 2)
    , m_sum(std::size_t(m_columns) * std::size_t(m_rows), 0)
{}

void Occupancy::add(double x, double y)
{
    const int c = int(std::floor(x / kCell)) + 1;
    const int r = int(std::floor(y / kCell)) + 1;
    if (c > 0 && r > 0 && c < m_columns && r < m_rows)
        m_sum[std::size_t(r) * std::size_t(m_columns) + std::size_t(c)] += 1;
}

void Occupancy::finish()
{
    const auto w = std::size_t(m_columns);
    for (std::size_t r = 1; r < std::size_t(m_rows); ++r)
        for (std::size_t c = 1; c < w; ++c)
            m_sum[r * w + c] += m_sum[(r - 1) * w + c] + m_sum[r * w + c - 1] - m_sum[(r - 1) * w + c - 1];
}

double Occupancy::in(const QRectF &rect) const
{
    const auto column = [this](double x) { return std::clamp(int(std::floor(x / kCell)), 0, m_columns - 1); };
    const auto row = [this](double y) { return std::clamp(int(std::floor(y / kCell)), 0, m_rows - 1); };
    const int c0 = column(rect.left());
    const int c1 = std::min(column(rect.right()) + 1, m_columns - 1);
    const int r0 = row(rect.top());
    const int r1 = std::min(row(rect.bottom()) + 1, m_rows - 1);
    const auto at = [this](int r, int c) {
        return m_sum[std::size_t(r) * std::size_t(m_columns) + std::size_t(c)];
    };
    return at(r1, c1) - at(r0, c1) - at(r1, c0) + at(r0, c0);
}

std::vector<LabelPlace> layoutLabels(const std::vector<LabelRequest> &labels, const QRectF &view,
                                     const std::vector<QRectF> &obstacles, const Occupancy &points,
                                     const std::vector<QLineF> &lines, bool hold)
{
    std::vector<LabelPlace> places(labels.size());
    std::vector<QPointF> centres;
    for (const auto &label : labels)
        centres.push_back(label.anchor);
    Taken taken{obstacles, {}, lines};
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const auto &label = labels[i];
        double best = std::numeric_limits<double>::infinity();
        if (!view.contains(label.anchor))
            continue;
        for (const auto &offset : candidates(label)) {
            const QPointF middle = label.anchor + offset;
            const QRectF rect(middle.x() - label.size.width() / 2, middle.y() - label.size.height() / 2,
                              label.size.width(), label.size.height());
            const QPointF edge = nearestOn(rect, label.anchor);
            const QLineF line(edge, label.anchor);
            const double covered = points.in(rect);
            const bool stays = !label.previous.isNull() && offset == label.previous;
            const double cost = line.length() + (covered > 0 ? kPointCost * std::log2(1 + covered) : 0) +
                                (label.previous.isNull() || stays ? 0 : kMoveCost);
            if (cost >= best || !isFree(rect, line, view, taken, centres))
                continue;
            best = cost;
            places[i] = {true, rect, line.length() > kLeaderFrom, line};
            if (hold && stays)
                break;
        }
        if (places[i].placed) {
            taken.rects.push_back(places[i].rect);
            if (places[i].leader)
                taken.leaders.push_back(places[i].line);
        }
    }
    return places;
}

} // namespace statescape::ui
