// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/colours.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace statescape::ui {
namespace {

constexpr std::array<ColourPair, kClassColours> kClasses{{
    {0xfff0c35a, 0xffb17a00}, // orange-yellow
    {0xff2fbf8f, 0xff007a5a}, // bluish green
    {0xffcc79a7, 0xffa8437c}, // reddish purple
    {0xff7fa8ff, 0xff3b4cc0}, // blue
    {0xffe8e06a, 0xff7a7000}, // yellow
    {0xffff9eb5, 0xffb0355a}, // rose
    {0xff7fd6d6, 0xff00707c}, // teal
    {0xffc9b08a, 0xff7a5c33}, // sand
}};

constexpr std::array<Shape, 6> kShapes{Shape::Diamond, Shape::TriangleUp,   Shape::Square,
                                       Shape::Circle,  Shape::TriangleDown, Shape::Dot};

QColor mixed(const QColor &a, const QColor &b, double t)
{
    return QColor::fromRgbF(float(a.redF() + (b.redF() - a.redF()) * t),
                            float(a.greenF() + (b.greenF() - a.greenF()) * t),
                            float(a.blueF() + (b.blueF() - a.blueF()) * t));
}

double luminance(const QColor &c)
{
    const auto linear = [](double v) {
        return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(c.redF()) + 0.7152 * linear(c.greenF()) + 0.0722 * linear(c.blueF());
}

} // namespace

ColourPair unlabelledColour()
{
    return {};
}

ColourPair positiveColour()
{
    return {0xff56b4e9, 0xff0072b2};
}

ColourPair negativeColour()
{
    return {0xffe8703a, 0xffd55e00};
}

ColourPair classColour(int index)
{
    return kClasses[std::size_t(std::max(index, 0) % kClassColours)];
}

Shape classShape(int index)
{
    return kShapes[std::size_t(std::max(index, 0)) % kShapes.size()];
}

PointStyle makeStyle(ColourPair colour, Shape shape, float size, std::string name)
{
    PointStyle style;
    style.onDark = colour.onDark;
    style.onLight = colour.onLight;
    style.shape = shape;
    style.size = size;
    style.name = std::move(name);
    return style;
}

ViewColours ViewColours::of(const QPalette &palette)
{
    ViewColours c;
    c.background = palette.color(QPalette::Base);
    c.text = palette.color(QPalette::Text);
    c.dark = luminance(c.background) < 0.18;
    c.muted = mixed(c.text, c.background, 0.35);
    c.axis = mixed(c.text, c.background, 0.45);
    c.grid = mixed(c.text, c.background, c.dark ? 0.82 : 0.85);
    return c;
}

double contrastRatio(const QColor &a, const QColor &b)
{
    const double la = luminance(a);
    const double lb = luminance(b);
    return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

} // namespace statescape::ui
