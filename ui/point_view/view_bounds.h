// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/point_view/camera.h"
#include "ui/point_view/point_set.h"

namespace statescape::ui {

/// @return the box of all rows from points.first on, finite coordinates only; empty when there are none. z is
/// 0..0 where the set has none.
Box boundsOf(const PointSet &points);
/// @return the box of the rows whose byte is not 0.
Box boundsOf(const PointSet &points, const RowMask &rows);

/// boundsOf() of sets that grow: looks only at rows it has not seen.
class DataBounds {
public:
    Box of(const PointSet &points);

private:
    PointSet m_known;
    Box m_box;
};

/// The box a live view is fitted to. It does not follow every sample: it grows, with room to spare, only when
/// points leave it, and shrinks only when they fill less than a third of it on every axis.
class ViewBounds {
public:
    /// @return whether the fitted box changed.
    bool update(const Box &data);
    /// Takes @p data as it is, with the usual margin.
    void reset(const Box &data);
    [[nodiscard]] const Box &box() const { return m_box; }

private:
    Box m_box;
};

} // namespace statescape::ui
