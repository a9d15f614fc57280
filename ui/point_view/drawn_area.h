// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/point_view/area_selection.h"
#include "ui/point_view/camera.h"

#include <optional>
#include <utility>

namespace statescape::ui {

/// A gesture that selected something, complete enough to be made again on other points: what was looked at
/// and what was drawn.
struct DrawnArea {
    Camera camera;    ///< its viewport is the one drawn in
    DrawnShape shape; ///< logical px of that viewport
    std::optional<std::pair<double, double>>
        slab; ///< near and far depth as Camera::project() gives it; nothing: all depths
};

/// @return the rows @p area holds, exactly as when it was drawn, for any points.
RowMask rowsIn(const PointSet &points, const DrawnArea &area);

} // namespace statescape::ui
