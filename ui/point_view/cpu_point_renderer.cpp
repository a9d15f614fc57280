// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/point_renderer.h"

namespace statescape::ui {
namespace {

class CpuPointRenderer final : public PointRenderer {
public:
    void draw(QImage &image, const PointFrame &frame) override
    {
        const PixelBuffer out{reinterpret_cast<std::uint32_t *>(image.bits()), image.width(), image.height(),
                              int(image.bytesPerLine() / 4)};
        m_raster.draw(out, frame.projection, frame.points, frame.selected, frame.style);
    }
    RowMask select(const PointSet &points, const Projection &projection,
                   std::span<const AreaPoint> polygon) override
    {
        return selectArea(points, projection, polygon, &m_pool);
    }

private:
    WorkerPool m_pool;
    Raster m_raster{m_pool};
};

} // namespace

std::unique_ptr<PointRenderer> makeCpuPointRenderer()
{
    return std::make_unique<CpuPointRenderer>();
}

} // namespace statescape::ui
