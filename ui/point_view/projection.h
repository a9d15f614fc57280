// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

namespace statescape::ui {

/// Nearness of drawn points: larger is nearer. A depth image keeps its upper 19 of 24 bits; what is below
/// kFarthest is left to rows outside of the slab and to nothing.
inline constexpr float kNearest = 16777215.0F;
inline constexpr float kFarthest = 64.0F;

/// Data to device pixels, ready for the kernels: rows applied to (p - origin, 1). Pixel (0, 0) covers [0, 1)
/// x [0, 1).
struct Projection {
    float origin[3] = {0, 0, 0}; ///< data units; subtracted first, so that deep zoom keeps its precision
    float x[4] = {1, 0, 0, 0};
    float y[4] = {0, 1, 0, 0};
    float w[4] = {0, 0, 0, 1};        ///< divisor of x and y when perspective
    float n[4] = {0, 0, 0, kNearest}; ///< nearness, linear in view depth, clamped to kFarthest..kNearest
    float wMin = 0;                   ///< nearer than this is behind the eye
    bool perspective = false;
    /// Depth slab, in nearness before it is clamped, ends included: points outside are drawn as faint context
    /// and are neither selected nor picked.
    float slabFar = -std::numeric_limits<float>::infinity();
    float slabNear = std::numeric_limits<float>::infinity();
    int width = 1; ///< device px
    int height = 1;

    friend bool operator==(const Projection &, const Projection &) = default;

    [[nodiscard]] bool hasSlab() const { return std::isfinite(slabFar) || std::isfinite(slabNear); }

    struct Point {
        float x, y;
        float nearness;
        bool visible; ///< in front of the eye and finite; may lie outside the picture
        bool inSlab;
    };
    /// The very arithmetic of the kernels, for one point.
    [[nodiscard]] Point project(float px, float py, float pz) const
    {
        const float a = px - origin[0];
        const float b = py - origin[1];
        const float c = pz - origin[2];
        float sx = ((x[0] * a + x[1] * b) + x[2] * c) + x[3];
        float sy = ((y[0] * a + y[1] * b) + y[2] * c) + y[3];
        bool visible = true;
        if (perspective) {
            const float q = ((w[0] * a + w[1] * b) + w[2] * c) + w[3];
            visible = q > wMin;
            sx = sx / q;
            sy = sy / q;
        }
        float near = ((n[0] * a + n[1] * b) + n[2] * c) + n[3];
        const bool inSlab = near >= slabFar && near <= slabNear;
        near = near < kNearest ? near : kNearest;
        near = near > kFarthest ? near : kFarthest;
        visible = visible && std::isfinite(sx) && std::isfinite(sy);
        return {sx, sy, near, visible, inSlab};
    }
};

} // namespace statescape::ui
