// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/point_view/camera.h"
#include "ui/point_view/point_set.h"
#include "ui/point_view/view_bounds.h"

#include <memory>
#include <random>

namespace statescape::ui {

/// Gaussian clusters in the unit cube and a little beyond; styles 0..styles-1 by cluster. Same seed, same
/// points.
inline std::shared_ptr<PointSet> makeClusters(std::size_t count, int styles, unsigned seed, bool flat = false)
{
    std::mt19937 random(seed);
    std::normal_distribution<float> gauss(0, 0.16F);
    auto points = std::make_shared<PointSet>();
    points->x.resize(count);
    points->y.resize(count);
    if (!flat)
        points->z.resize(count);
    points->style.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
        const unsigned cluster = random() % 8;
        points->x[i] = ((cluster & 1U) ? 0.55F : -0.55F) + gauss(random);
        points->y[i] = ((cluster & 2U) ? 0.5F : -0.5F) + gauss(random);
        if (!flat)
            points->z[i] = ((cluster & 4U) ? 0.6F : -0.6F) + gauss(random);
        points->style[i] = std::uint8_t(cluster % unsigned(styles));
    }
    return points;
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
