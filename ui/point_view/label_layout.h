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
std::vector<LabelPlace> layoutLabels(const std::vector<LabelRequest> &labels, const QRectF &view,
                                     const std::vector<QRectF> &obstacles, const Occupancy &points);

} // namespace statescape::ui
