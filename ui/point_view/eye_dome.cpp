// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/eye_dome.h"

#include <algorithm>
#include <cmath>

namespace statescape::ui {

void EyeDome::begin(const Projection &projection, int width, int height)
{
    // Both rows measure depth along the same direction, so one is the other scaled: near = n3 + s (depth -
    // w3).
    int longest = 0;
    for (int i = 1; i < 3; ++i)
        if (std::abs(projection.w[i]) > std::abs(projection.w[longest]))
            longest = i;
    const double s = projection.perspective && projection.w[longest] != 0
                         ? double(projection.n[longest]) / projection.w[longest]
                         : 0;
    if (s < 0) {
        m_scale = {float(projection.w[3] - projection.n[3] / s), float(-1 / s)};
    } else { // parallel: as if seen from one depth of the box in front of it
        m_scale = {2, 1 / kNearest};
    }
    if (width == m_width && height == m_height)
        return;
    m_width = width;
    m_height = height;
    m_stride = std::size_t(width) + 2 * kMargin;
    m_depth.assign(m_stride * (std::size_t(height) + 2 * kMargin), kNoDepth);
}

void EyeDome::put(int x, int y, const std::uint32_t *words, int count)
{
    float *to = m_depth.data() + std::size_t(y + kMargin) * m_stride + kMargin + x;
    if (words)
        m_kernels.logDepth(m_scale, words, to, count);
    else
        std::fill_n(to, count, kNoDepth);
}

void EyeDome::light(int y, std::uint32_t *out) const
{
    const float *rows[5] = {row(y - 2), row(y - 1), row(y), row(y + 1), row(y + 2)};
    m_kernels.eyeDome(rows, out, m_width);
}

} // namespace statescape::ui
