// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/point_view/camera.h"
#include "ui/point_view/point_set.h"
#include "ui/point_view/view_bounds.h"

#include <memory>
#include <random>

namespace statescape::ui {

using FloatView = base::Column<float>::View;
using StyleView = base::Column<std::uint16_t>::View;

inline FloatView floats(const std::vector<float> &values)
{
    return FloatView(std::span<const float>(values));
}

inline StyleView styles(const std::vector<std::uint16_t> &values)
{
    return StyleView(std::span<const std::uint16_t>(values));
}

/// Points still being recorded: Gaussian clusters in the unit cube and a little beyond; styles 0..styles-1 by
/// cluster. Same seed, same points.
class ClusterColumns {
public:
    ClusterColumns(int styles, unsigned seed, bool flat = false)
        : m_styles(unsigned(styles))
        , m_flat(flat)
        , m_random(seed)
    {}
    void append(std::size_t count)
    {
        for (std::size_t i = 0; i < count; ++i) {
            const unsigned cluster = m_random() % 8;
            m_x.push_back(((cluster & 1U) ? 0.55F : -0.55F) + m_gauss(m_random));
            m_y.push_back(((cluster & 2U) ? 0.5F : -0.5F) + m_gauss(m_random));
            if (!m_flat)
                m_z.push_back(((cluster & 4U) ? 0.6F : -0.6F) + m_gauss(m_random));
            m_style.push_back(std::uint16_t(cluster % m_styles));
        }
    }
    [[nodiscard]] PointSet view() const { return {m_x.view(), m_y.view(), m_z.view(), m_style.view(), 0}; }

private:
    unsigned m_styles;
    bool m_flat;
    std::mt19937 m_random;
    std::normal_distribution<float> m_gauss{0, 0.16F};
    base::Column<float> m_x, m_y, m_z;
    base::Column<std::uint16_t> m_style;
};

inline std::shared_ptr<PointSet> makeClusters(std::size_t count, int styles, unsigned seed, bool flat = false)
{
    ClusterColumns columns(styles, seed, flat);
    columns.append(count);
    return std::make_shared<PointSet>(columns.view());
}

inline Box cubeBox()
{
    return {{-1, -1, -1}, {1, 1, 1}, false};
}

inline Camera cameraFor(const PointSet &points, ViewMode mode, double width, double height,
                        Lens lens = Lens::Perspective)
{
    Camera camera;
    camera.setMode(mode);
    camera.setLens(lens);
    camera.setViewport(width, height);
    camera.fit(boundsOf(points), {20, 20, 20, 20});
    return camera;
}

} // namespace statescape::ui
