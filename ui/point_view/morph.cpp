// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/morph.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace statescape::ui {

Morph::Morph(std::shared_ptr<const PointSet> from, const Camera &fromCamera,
             std::shared_ptr<const PointSet> to, const Camera &toCamera)
    : m_from(std::move(from))
    , m_to(std::move(to))
{
    // Scaling everything about the target together with the eye's distance changes nothing that is seen.
    const double zoom = fromCamera.pixelsPerViewUnit() / toCamera.pixelsPerViewUnit();
    for (std::size_t i = 0; i < 3; ++i) {
        m_scale[i] = fromCamera.axisScale()[i] * zoom / toCamera.axisScale()[i];
        m_shift[i] = toCamera.target()[i] - fromCamera.target()[i] * m_scale[i];
    }
}

std::shared_ptr<const PointSet> Morph::at(double t) const
{
    if (t >= 1)
        return m_to;
    auto out = std::make_shared<PointSet>(*m_to);
    const std::size_t rows = m_to->size(), old = std::min(m_from->size(), rows);
    std::vector<float> values;
    const auto blend = [&](const base::Column<float>::View &from, const base::Column<float>::View &to,
                           std::size_t axis) {
        values.resize(rows);
        for (std::size_t i = 0; i < rows; ++i) {
            const float end = to.empty() ? 0.0F : to[i];
            values[i] = end;
            if (i >= old || i < m_from->first)
                continue;
            const double start = (from.empty() ? 0.0 : double(from[i])) * m_scale[axis] + m_shift[axis];
            if (std::isfinite(start))
                values[i] = float(start + (double(end) - start) * t);
        }
        return base::Column<float>::View(std::span<const float>(values));
    };
    out->x = blend(m_from->x, m_to->x, 0);
    out->y = blend(m_from->y, m_to->y, 1);
    if (!m_from->z.empty() || !m_to->z.empty())
        out->z = blend(m_from->z, m_to->z, 2);
    return out;
}

} // namespace statescape::ui
