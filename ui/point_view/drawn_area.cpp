// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/drawn_area.h"

#include "ui/point_view/raster.h"

#include <cmath>

namespace statescape::ui {

RowMask rowsIn(const PointSet &points, const DrawnArea &area)
{
    WorkerPool pool(points.size() > kSmallWork ? 0 : 1);
    return selectArea(points,
                      area.camera.projection(1, int(std::lround(area.camera.width())),
                                             int(std::lround(area.camera.height())), area.slab),
                      area.shape, &pool);
}

} // namespace statescape::ui
