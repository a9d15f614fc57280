// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/ml/clustering.h"
#include "core/ml/matrix.h"
#include "core/ml/random.h"

#include <cmath>
#include <numbers>
#include <string>
#include <vector>

namespace statescape::ml::test {

/// A set whose clusters are known by construction.
struct Shape {
    std::string name;
    Matrix x;
    std::vector<std::int32_t> truth; ///< kNoise for rows of no cluster
    int k = 0;
};

/// Collects rows of one set.
class ShapeMaker {
public:
    ShapeMaker(std::string name, int columns, std::uint64_t seed)
        : m_name(std::move(name))
        , m_columns(columns)
        , m_random(seed)
    {}
    double uniform(double low, double high) { return low + (high - low) * m_random.uniform(); }
    double normal() { return m_random.normal(); }
    void add(std::int32_t label, const std::vector<double> &values)
    {
        m_values.insert(m_values.end(), values.begin(), values.end());
        m_truth.push_back(label);
    }
    /// Rows around a point.
    void cloud(std::int32_t label, int rows, const std::vector<double> &centre, double spread)
    {
        for (int i = 0; i < rows; ++i) {
            std::vector<double> row = centre;
            for (auto &value : row)
                value += spread * normal();
            add(label, row);
        }
    }
    /// A circle or part of one. @param from, to radians
    void arc(std::int32_t label, int rows, double x, double y, double radius, double from, double to,
             double spread)
    {
        for (int i = 0; i < rows; ++i) {
            const double angle = uniform(from, to);
            add(label, {x + radius * std::cos(angle) + spread * normal(),
                        y + radius * std::sin(angle) + spread * normal()});
        }
    }
    /// A filled box.
    void box(std::int32_t label, int rows, const std::vector<double> &low, const std::vector<double> &high)
    {
        for (int i = 0; i < rows; ++i) {
            std::vector<double> row;
            for (std::size_t j = 0; j < low.size(); ++j)
                row.push_back(uniform(low[j], high[j]));
            add(label, row);
        }
    }
    Shape done(int k)
    {
        Shape out{m_name, Matrix(static_cast<Eigen::Index>(m_truth.size()), m_columns), m_truth, k};
        for (Eigen::Index i = 0; i < out.x.size(); ++i)
            out.x.data()[i] = static_cast<float>(m_values[static_cast<std::size_t>(i)]);
        return out;
    }

private:
    std::string m_name;
    int m_columns;
    Random m_random;
    std::vector<double> m_values;
    std::vector<std::int32_t> m_truth;
};

namespace shape {
using std::numbers::pi;

inline Shape chainLinks(std::uint64_t seed)
{
    ShapeMaker make("chain links", 3, seed);
    for (int i = 0; i < 1000; ++i) {
        const double angle = make.uniform(0, 2 * pi);
        const double u = std::cos(angle) + 0.05 * make.normal();
        const double v = std::sin(angle) + 0.05 * make.normal();
        if (i % 2 == 0)
            make.add(0, {u, v, 0.05 * make.normal()});
        else
            make.add(1, {1 + u, 0.05 * make.normal(), v});
    }
    return make.done(2);
}
inline Shape twoMoons(std::uint64_t seed)
{
    ShapeMaker make("two moons", 2, seed);
    make.arc(0, 400, 0, 0, 1, 0, pi, 0.06);
    make.arc(1, 400, 1, 0.5, 1, pi, 2 * pi, 0.06);
    return make.done(2);
}
inline Shape target(std::uint64_t seed)
{
    ShapeMaker make("target", 2, seed);
    make.cloud(0, 360, {0, 0}, 0.2);
    make.arc(1, 400, 0, 0, 2, 0, 2 * pi, 0.08);
    int corner = 2;
    for (const double x : {-3.2, 3.2})
        for (const double y : {-3.2, 3.2})
            make.cloud(corner++, 12, {x, y}, 0.05);
    return make.done(6);
}
inline Shape unbalanced(std::uint64_t seed)
{
    ShapeMaker make("unbalanced", 2, seed);
    make.cloud(0, 900, {0, 0}, 0.5);
    make.cloud(1, 900, {4, 0}, 0.5);
    for (int c = 0; c < 4; ++c)
        make.cloud(2 + c, 60, {12.0 + 3 * (c % 2), 3.0 * (c / 2)}, 0.4);
    return make.done(6);
}
inline Shape noisy(std::uint64_t seed)
{
    ShapeMaker make("noise", 2, seed);
    make.cloud(0, 250, {0, 0}, 0.4);
    make.cloud(1, 250, {5, 1}, 0.5);
    make.arc(2, 300, 1, 6, 1.5, 0, pi, 0.1);
    make.box(kNoise, 200, {-5, -5}, {10, 11});
    return make.done(3);
}
inline Shape nested(std::uint64_t seed)
{
    ShapeMaker make("nested", 2, seed);
    for (int c = 0; c < 3; ++c)
        make.arc(c, 200 * (c + 1), 0, 0, 1.0 + c, 0, 2 * pi, 0.08);
    return make.done(3);
}
inline Shape varyingDensity(std::uint64_t seed)
{
    ShapeMaker make("varying density", 2, seed);
    make.cloud(0, 400, {0, 0}, 0.15);
    make.cloud(1, 300, {3, 0}, 0.5);
    make.cloud(2, 300, {9, 3}, 1.5);
    return make.done(3);
}
inline Shape highDimensional(std::uint64_t seed)
{
    ShapeMaker make("high-dimensional", 40, seed);
    std::vector<std::vector<double>> centres(6, std::vector<double>(40));
    for (auto &centre : centres)
        for (auto &value : centre)
            value = make.uniform(-2, 2);
    for (int c = 0; c < 6; ++c)
        make.cloud(c, 150, centres[static_cast<std::size_t>(c)], 1);
    return make.done(6);
}
inline Shape wingNut(std::uint64_t seed)
{
    ShapeMaker make("wing nut", 2, seed);
    // Each wing is denser towards the other's far corner.
    for (int i = 0; i < 1000; ++i) {
        const double u = std::sqrt(make.uniform(0, 1));
        const double v = std::sqrt(make.uniform(0, 1));
        if (i % 2 == 0)
            make.add(0, {-0.15 - 2 * (1 - u), 3 * v});
        else
            make.add(1, {0.15 + 2 * (1 - u), 3 * (1 - v)});
    }
    return make.done(2);
}
inline Shape tetra(std::uint64_t seed)
{
    ShapeMaker make("tetra", 3, seed);
    const double a = 1 / std::sqrt(2.0);
    const std::vector<std::vector<double>> corners{{1, 0, -a}, {-1, 0, -a}, {0, 1, a}, {0, -1, a}};
    for (int c = 0; c < 4; ++c)
        make.cloud(c, 100, corners[static_cast<std::size_t>(c)], 0.36);
    return make.done(4);
}
inline Shape twoDiamonds(std::uint64_t seed)
{
    ShapeMaker make("two diamonds", 2, seed);
    for (int i = 0; i < 800; ++i) {
        const double u = make.uniform(-1, 1);
        const double v = make.uniform(-1, 1);
        make.add(i % 2, {(u + v) / 2 + 2.06 * (i % 2), (u - v) / 2});
    }
    return make.done(2);
}
inline Shape engyTime(std::uint64_t seed)
{
    ShapeMaker make("engy time", 2, seed);
    make.cloud(0, 800, {0, 0}, 0.55);
    for (int i = 0; i < 800; ++i)
        make.add(1, {2.6 + 0.8 * make.normal(), 2.4 + 1.3 * make.normal()});
    return make.done(2);
}
inline Shape atom(std::uint64_t seed)
{
    ShapeMaker make("atom", 3, seed);
    make.cloud(0, 400, {0, 0, 0}, 0.3);
    for (int i = 0; i < 400; ++i) {
        const double x = make.normal();
        const double y = make.normal();
        const double z = make.normal();
        const double scale = (5 + 0.1 * make.normal()) / std::sqrt(x * x + y * y + z * z);
        make.add(1, {scale * x, scale * y, scale * z});
    }
    return make.done(2);
}
inline Shape lsun(std::uint64_t seed)
{
    ShapeMaker make("lsun", 2, seed);
    make.box(0, 200, {0, 0}, {4, 0.5});
    make.box(1, 200, {0, 1}, {0.5, 5});
    make.cloud(2, 200, {3, 3}, 0.35);
    return make.done(3);
}
inline Shape spirals(std::uint64_t seed)
{
    ShapeMaker make("spirals", 2, seed);
    for (int i = 0; i < 1000; ++i) {
        const double t = std::sqrt(make.uniform(0.02, 1)) * 3 * pi;
        const double sign = i % 2 == 0 ? 1 : -1;
        make.add(i % 2, {sign * t * std::cos(t) / 3 + 0.06 * make.normal(),
                         sign * t * std::sin(t) / 3 + 0.06 * make.normal()});
    }
    return make.done(2);
}
inline Shape stretched(std::uint64_t seed)
{
    ShapeMaker make("stretched", 2, seed);
    for (int i = 0; i < 900; ++i) {
        const double u = 2.0 * make.normal();
        const double v = 0.25 * make.normal();
        make.add(i % 3, {u * 0.6 - v * 0.8, u * 0.8 + v * 0.6 + 2.4 * (i % 3)});
    }
    return make.done(3);
}
} // namespace shape

/// All shapes, of the kind of the Fundamental Clustering Problems Suite. @source Ultsch & Loetsch 2020
inline std::vector<Shape> shapes(std::uint64_t seed)
{
    std::vector<Shape> out;
    for (const auto make :
         {shape::chainLinks, shape::twoMoons, shape::target, shape::unbalanced, shape::noisy, shape::nested,
          shape::varyingDensity, shape::highDimensional, shape::wingNut, shape::tetra, shape::twoDiamonds,
          shape::engyTime, shape::atom, shape::lsun, shape::spirals, shape::stretched})
        out.push_back(make(seed + out.size()));
    return out;
}

} // namespace statescape::ml::test
