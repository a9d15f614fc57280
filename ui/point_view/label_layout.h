// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QLineF>
#include <QRectF>
#include <vector>

namespace statescape::ui {

/// A name that wants a place near its anchor, the middle of its points.
struct LabelRequest {
    QSizeF size;
    QPointF anchor;
    QPointF previous; ///< offset of its middle from the anchor in the last layout, null when new; kept where
                      ///< still good
};

struct LabelPlace {
    bool placed = false; ///< false: no free place, do not draw
    QRectF rect;
    bool leader = false;
    QLineF line; ///< from the rect to the anchor, when leader
};

/// How many points lie where, coarse; summed so that any rectangle costs four reads.
class Occupancy {
public:
    static constexpr double kCell = 8; ///< logical px
    explicit Occupancy(QSizeF view);
    void add(double x, double y);
    void finish();
    /// @return points in @p rect, rounded outwards to cells.
    [[nodiscard]] double in(const QRectF &rect) const;

private:
    int m_columns, m_rows;
    std::vector<double> m_sum;
};

/// Around each anchor nothing may be written: the centre of the points it names.
inline constexpr double kCentreRadius = 14;

/// Places names so that none touches another, a centre, an obstacle or the edge of the view; of what is left
/// it takes the place over the fewest points and nearest to the anchor. Names come first served in the order
/// given.
/// @param obstacles captions, legend and the like.
/// @param lines drawn lines, axes above all, that no name may lie on.
/// @param hold a name that had a place keeps it as long as nothing but points comes to lie there.
std::vector<LabelPlace> layoutLabels(const std::vector<LabelRequest> &labels, const QRectF &view,
                                     const std::vector<QRectF> &obstacles, const Occupancy &points,
                                     const std::vector<QLineF> &lines = {}, bool hold = false);

/// @return whether @p line touches @p rect.
bool lineMeets(const QLineF &line, const QRectF &rect);
/// @return the place of @p rect's size nearest to @p rect within @p view that touches none of @p obstacles
/// and
/// @p lines; invalid when there is none.
QRectF nearestFree(const QRectF &rect, const QRectF &view, const std::vector<QRectF> &obstacles,
                   const std::vector<QLineF> &lines);

} // namespace statescape::ui
