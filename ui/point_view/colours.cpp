// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/colours.h"

#include <QIcon>
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

struct Lab {
    double l, a, b; ///< OKLab
};

Lab toLab(const QColor &c)
{
    const auto linear = [](double v) {
        return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
    };
    const double r = linear(c.redF()), g = linear(c.greenF()), b = linear(c.blueF());
    const double l = std::cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
    const double m = std::cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
    const double s = std::cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
    return {0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
            1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
            0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

std::uint32_t toRgb(const Lab &lab)
{
    const auto cube = [](double v) { return v * v * v; };
    const double l = cube(lab.l + 0.3963377774 * lab.a + 0.2158037573 * lab.b);
    const double m = cube(lab.l - 0.1055613458 * lab.a - 0.0638541728 * lab.b);
    const double s = cube(lab.l - 0.0894841775 * lab.a - 1.2914855480 * lab.b);
    const auto byte = [](double v) {
        v = std::clamp(v, 0.0, 1.0);
        v = v <= 0.0031308 ? 12.92 * v : 1.055 * std::pow(v, 1 / 2.4) - 0.055;
        return std::uint32_t(std::lround(v * 255));
    };
    return 0xff000000U | byte(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s) << 16 |
           byte(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s) << 8 |
           byte(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s);
}

double distance(const Lab &p, const Lab &q)
{
    return std::hypot(p.l - q.l, p.a - q.a, p.b - q.b);
}

/// Along straight lines in OKLab through @p through, at equal distances.
std::vector<std::uint32_t> evenly(const std::vector<std::uint32_t> &through, int steps)
{
    std::vector<Lab> path;
    for (const std::uint32_t c : through)
        path.push_back(toLab(QColor::fromRgb(c)));
    double whole = 0;
    for (std::size_t i = 1; i < path.size(); ++i)
        whole += distance(path[i - 1], path[i]);
    std::vector<std::uint32_t> out;
    std::size_t part = 1;
    double before = 0;
    for (int k = 0; k < steps; ++k) {
        const double wanted = whole * k / (steps - 1);
        while (part + 1 < path.size() && before + distance(path[part - 1], path[part]) < wanted) {
            before += distance(path[part - 1], path[part]);
            ++part;
        }
        const Lab &p = path[part - 1], &q = path[part];
        const double t = std::clamp((wanted - before) / distance(p, q), 0.0, 1.0);
        out.push_back(toRgb({p.l + (q.l - p.l) * t, p.a + (q.a - p.a) * t, p.b + (q.b - p.b) * t}));
    }
    return out;
}

bool desktopWantsContrast()
{
    return QIcon::themeName().contains(QLatin1String("HighContrast"), Qt::CaseInsensitive) ||
           qEnvironmentVariable("GTK_THEME").contains(QLatin1String("HighContrast"), Qt::CaseInsensitive);
}

} // namespace

std::vector<ColourPair> perceptualRamp(int steps)
{
    steps = std::max(steps, 2);
    const auto dark = evenly({0xff4a6fd0, 0xff2a93a8, 0xff35b779, 0xff90d743, 0xfffde725}, steps);
    const auto light = evenly({0xff2f8f5f, 0xff1f7a8c, 0xff33608d, 0xff443983, 0xff2d0b4e}, steps);
    std::vector<ColourPair> out;
    for (std::size_t i = 0; i < dark.size(); ++i)
        out.push_back({dark[i], light[i]});
    return out;
}

PointStyle missingStyle(float size, std::string name)
{
    return makeStyle({0xffb4b9c2, 0xff5c626c}, Shape::HollowSquare, size, std::move(name));
}

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
    // Black on white is what most light desktops have; black all over is chosen on purpose.
    c.highContrast =
        (c.background.lightness() == 0 && contrastRatio(c.text, c.background) > 20) || desktopWantsContrast();
    if (c.highContrast) {
        c.muted = c.axis = c.text;
        c.grid = mixed(c.text, c.background, 0.5);
    }
    return c;
}

double contrastRatio(const QColor &a, const QColor &b)
{
    const double la = luminance(a);
    const double lb = luminance(b);
    return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

} // namespace statescape::ui
