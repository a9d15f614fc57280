// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/point_view/area_selection.h"
#include "ui/point_view/raster.h"

#include <QImage>

#include <cstdint>
#include <memory>
#include <span>

namespace statescape::ui {

/// Everything a renderer needs for one frame; borrowed for the call.
struct PointFrame {
    const PointSet &points;
    const RowMask *selected; ///< may be null
    const Projection &projection;
    const RasterStyle &style;
    /// Changes whenever anything but the number of points does: while it stays, appended points alone are
    /// drawn on top of what is there, and an unfinished picture is gone on with. 0: never the same.
    std::uint64_t scene = 0;
};

/// Where points become pixels: the seam for another backend.
/// @thread GUI thread.
class PointRenderer {
public:
    virtual ~PointRenderer() = default;
    /// Draws over what @p image holds. With too many points for the time given it draws an even sample of
    /// them (rows spread over the whole session) and says so; the next call with the same scene goes on where
    /// it stopped.
    /// @param image QImage::Format_RGB32 of the projection's size, device px; ground already painted.
    /// @param budgetMs what the caller can wait; 0 or less: until complete
    virtual DrawResult draw(QImage &image, const PointFrame &frame, double budgetMs = 0) = 0;
    /// What of its 0..1 share of pixels that hold a point holds more than one: how crowded the last picture
    /// was.
    [[nodiscard]] virtual double crowding() const = 0;
    /// Rows whose own projected position lies in @p area, covered by others or not; see selectArea().
    virtual RowMask select(const PointSet &points, const Projection &projection, const DrawnShape &area) = 0;
    /// How many select() would give; quicker, for a preview.
    virtual std::size_t count(const PointSet &points, const Projection &projection,
                              const DrawnShape &area) = 0;
    /// See pickNearest().
    virtual std::int64_t pick(const PointSet &points, const Projection &projection, float x, float y,
                              float radius) = 0;
};

/// The rasteriser of raster.h on the processor.
std::unique_ptr<PointRenderer> makeCpuPointRenderer();

} // namespace statescape::ui
