// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/point_view/area_selection.h"
#include "ui/point_view/raster.h"

#include <QImage>

namespace statescape::ui {

/// Everything a renderer needs for one frame; borrowed for the call.
struct PointFrame {
    const PointSet &points;
    const RowMask *selected; ///< may be null
    const Projection &projection;
    const RasterStyle &style;
};

/// Where points become pixels: the seam for another backend.
/// @thread GUI thread.
class PointRenderer {
public:
    virtual ~PointRenderer() = default;
    /// Draws over what @p image holds. @param image QImage::Format_RGB32 of the projection's size, device px.
    virtual void draw(QImage &image, const PointFrame &frame) = 0;
    /// selectArea() with whatever the backend has.
    virtual RowMask select(const PointSet &points, const Projection &projection,
                           std::span<const AreaPoint> polygon) = 0;
};

/// The rasteriser of raster.h on the processor.
std::unique_ptr<PointRenderer> makeCpuPointRenderer();

} // namespace statescape::ui
