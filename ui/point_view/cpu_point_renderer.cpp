// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/pick_index.h"
#include "ui/point_view/point_renderer.h"

namespace statescape::ui {
namespace {

class CpuPointRenderer final : public PointRenderer {
public:
    DrawResult draw(QImage &image, const PointFrame &frame, double budgetMs) override
    {
        const PixelBuffer out{reinterpret_cast<std::uint32_t *>(image.bits()), image.width(), image.height(),
                              int(image.bytesPerLine() / 4)};
        return m_raster.draw(
            out, {frame.projection, frame.points, frame.selected, frame.style, frame.scene, budgetMs});
    }
    [[nodiscard]] double crowding() const override { return m_raster.crowding(); }
    RowMask select(const PointSet &points, const Projection &projection, const DrawnShape &area) override
    {
        return selectArea(points, projection, area, &m_pool);
    }
    std::size_t count(const PointSet &points, const Projection &projection, const DrawnShape &area) override
    {
        return countArea(points, projection, area, &m_pool);
    }
    std::int64_t pick(const PointSet &points, const Projection &projection, float x, float y,
                      float radius) override
    {
        return m_picker.pick(points, projection, x, y, radius, m_pool);
    }

private:
    WorkerPool m_pool;
    Raster m_raster{m_pool};
    PickIndex m_picker;
};

} // namespace

std::unique_ptr<PointRenderer> makeCpuPointRenderer()
{
    return std::make_unique<CpuPointRenderer>();
}

} // namespace statescape::ui
