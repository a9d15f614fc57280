// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/point_view/pixel_kernels.h"
#include "ui/point_view/projection.h"

#include <vector>

namespace statescape::ui {

/// Eye-dome lighting: a pixel is darker the nearer the surface round it is, so that edges and shapes show
/// without a light. Depth is compared as a logarithm, so that it looks the same at every zoom.
/// @source C. Boucheny, Interactive scientific visualization of large datasets, 2009
/// @thread put() and clear() on parts of their own from any thread, then light() likewise.
class EyeDome {
public:
    explicit EyeDome(Isa isa)
        : m_kernels(pixelKernelsFor(isa))
    {}
    /// A picture of @p width x @p height px.
    void begin(const Projection &projection, int width, int height);
    /// @param words of the depth image from (x, y) on; null: nothing lies there
    void put(int x, int y, const std::uint32_t *words, int count);
    void light(int y, std::uint32_t *row) const;

private:
    static constexpr int kMargin = 2;

    [[nodiscard]] const float *row(int y) const
    {
        return m_depth.data() + std::size_t(y + kMargin) * m_stride + kMargin;
    }

    const PixelKernels &m_kernels;
    DepthScale m_scale{};
    int m_width = 0, m_height = 0;
    std::size_t m_stride = 0;
    std::vector<float> m_depth; ///< with a margin where nothing lies
};

} // namespace statescape::ui
