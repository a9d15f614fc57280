// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/sprite.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace statescape::ui {
namespace {

constexpr int kSide = 2 * kMaxRadius + 1;

/// @param x,y in units of the sprite's radius, y down.
bool inside(Shape shape, double x, double y, double stroke)
{
    switch (shape) {
    case Shape::Dot:
        return x * x + y * y <= 1;
    case Shape::Plus:
        return (std::abs(x) <= stroke && std::abs(y) <= 1) || (std::abs(y) <= stroke && std::abs(x) <= 1);
    case Shape::Cross: {
        const double u = (x + y) * M_SQRT1_2;
        const double v = (x - y) * M_SQRT1_2;
        return (std::abs(u) <= stroke && std::abs(v) <= 1.2) || (std::abs(v) <= stroke && std::abs(u) <= 1.2);
    }
    case Shape::Square:
        return std::max(std::abs(x), std::abs(y)) <= 0.86;
    case Shape::Diamond:
        return std::abs(x) + std::abs(y) <= 1.12;
    case Shape::TriangleUp:
        return y <= 0.8 && std::abs(x) * 1.7 <= y + 1.05;
    case Shape::TriangleDown:
        return y >= -0.8 && std::abs(x) * 1.7 <= 1.05 - y;
    case Shape::Circle: {
        const double r = x * x + y * y;
        return r <= 1 && r >= (1 - 1.7 * stroke) * (1 - 1.7 * stroke);
    }
    case Shape::HollowSquare: {
        const double r = std::max(std::abs(x), std::abs(y));
        return r <= 0.95 && r >= 0.95 - 1.5 * stroke;
    }
    }
    return false;
}

double coverage(Shape shape, int dx, int dy, double radius)
{
    constexpr int n = 8;
    const double stroke = std::max(0.5, radius * 0.27) / radius;
    int hits = 0;
    for (int j = 0; j < n; ++j)
        for (int i = 0; i < n; ++i)
            hits += inside(shape, (dx + (i + 0.5) / n - 0.5) / radius, (dy + (j + 0.5) / n - 0.5) / radius,
                           stroke)
                        ? 1
                        : 0;
    return double(hits) / (n * n);
}

/// Rows of neighbouring pixels become one or two overlapping power-of-two maxima.
std::vector<SpriteStep> stepsOf(const std::vector<PixelOffset> &pixels, int &levels)
{
    bool set[kSide][kSide] = {};
    for (const auto &p : pixels)
        set[kMaxRadius - p.dy][kMaxRadius - p.dx] =
            true; // a pixel takes from where the point is, hence mirrored
    std::vector<SpriteStep> steps;
    for (int y = 0; y < kSide; ++y) {
        for (int x = 0; x < kSide;) {
            if (!set[y][x]) {
                ++x;
                continue;
            }
            int end = x;
            while (end < kSide && set[y][end])
                ++end;
            int level = 0;
            while ((2 << level) <= end - x)
                ++level;
            levels = std::max(levels, level + 1);
            const auto add = [&](int x0) {
                steps.push_back(
                    {std::int8_t(y - kMaxRadius), std::int8_t(x0 - kMaxRadius), std::uint8_t(level)});
            };
            add(x);
            if ((1 << level) != end - x)
                add(end - (1 << level));
            x = end;
        }
    }
    return steps;
}

int reach(const std::vector<PixelOffset> &pixels)
{
    int r = 0;
    for (const auto &p : pixels)
        r = std::max({r, std::abs(p.dx), std::abs(p.dy)});
    return r;
}

} // namespace

Sprite Sprite::make(Shape shape, double size, double outlineWidth)
{
    outlineWidth = std::clamp(outlineWidth, 1.0, 4.0);
    const double radius = std::clamp(size / 2, 0.5, kMaxRadius - outlineWidth - 1.5);
    Sprite sprite;
    const int r = int(std::ceil(radius)) + 1;
    for (int dy = -r; dy <= r; ++dy) {
        for (int dx = -r; dx <= r; ++dx) {
            const double c = coverage(shape, dx, dy, radius);
            if (c >= 0.62 || (dx == 0 && dy == 0 && shape != Shape::Circle && shape != Shape::HollowSquare))
                sprite.solid.push_back({dx, dy});
            else if (c >= 0.18)
                sprite.fringe.push_back({dx, dy});
        }
    }
    bool solid[kSide][kSide] = {};
    for (const auto &p : sprite.solid)
        solid[p.dy + kMaxRadius][p.dx + kMaxRadius] = true;
    for (int dy = -kMaxRadius; dy <= kMaxRadius; ++dy) {
        for (int dx = -kMaxRadius; dx <= kMaxRadius; ++dx) {
            if (solid[dy + kMaxRadius][dx + kMaxRadius])
                continue;
            const auto close = [&](const PixelOffset &p) {
                return std::hypot(p.dx - dx, p.dy - dy) <= outlineWidth + 0.05;
            };
            if (std::any_of(sprite.solid.begin(), sprite.solid.end(), close))
                sprite.outline.push_back({dx, dy});
        }
    }
    sprite.solidSteps = stepsOf(sprite.solid, sprite.levels);
    sprite.fringeSteps = stepsOf(sprite.fringe, sprite.levels);
    sprite.outlineSteps = stepsOf(sprite.outline, sprite.levels);
    sprite.radius = std::max(reach(sprite.solid), reach(sprite.fringe));
    sprite.outlineRadius = std::max(sprite.radius, reach(sprite.outline));
    return sprite;
}

} // namespace statescape::ui
