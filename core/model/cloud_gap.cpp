// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/cloud_gap.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace statescape::model {
using Index = Eigen::Index;

namespace {
// Of the dip times the root of n, simulated; see Gap.
constexpr double kUsual = 0.54;
constexpr double kHardlyChance = 0.62;
constexpr double kNoValley = 0.7;
constexpr double kValley = 0.5;
/// Means nearer than this are not side by side, so neither is half of the other.
constexpr double kLeastApart = 1;
constexpr int kGrid = 48;

/// Modal interval search of the dip. Positions are 0-based; distribution functions are counted in rows.
class DipSearch {
public:
    explicit DipSearch(std::span<const double> x)
        : m_x(x)
        , m_below(hull(false))
        , m_above(hull(true))
    {}

    double run()
    {
        std::size_t low = 0;
        std::size_t high = m_x.size() - 1;
        double best = 1;
        while (true) {
            std::vector<std::size_t> under{high}; // greatest convex minorant, from the right
            while (under.back() > low)
                under.push_back(m_below[under.back()]);
            std::vector<std::size_t> over{low}; // least concave majorant, from the left
            while (over.back() < high)
                over.push_back(m_above[over.back()]);
            std::size_t left = under.size() - 1;
            std::size_t right = over.size() - 1;
            const double between = widest(under, over, left, right);
            if (between < best)
                break;
            best = std::max(
                {best, fit(under, left, under.size() - 1, false), fit(over, right, over.size() - 1, true)});
            if (low == under[left] && high == over[right])
                break;
            low = under[left];
            high = over[right];
        }
        return best / (2 * static_cast<double>(m_x.size()));
    }

private:
    /// For each position the one before (or behind) it on the convex minorant (concave majorant) up to it.
    [[nodiscard]] std::vector<std::size_t> hull(bool concave) const
    {
        const std::size_t n = m_x.size();
        std::vector<std::size_t> next(n);
        for (std::size_t step = 0; step < n; ++step) {
            const std::size_t at = concave ? n - 1 - step : step;
            const std::size_t end = concave ? n - 1 : 0;
            if (step == 0) {
                next[at] = at;
                continue;
            }
            std::size_t to = concave ? at + 1 : at - 1;
            while (to != end) {
                const std::size_t beyond = next[to];
                const double here = (m_x[at] - m_x[to]) * gap(to, beyond);
                const double there = (m_x[to] - m_x[beyond]) * gap(at, to);
                if (here < there)
                    break;
                to = beyond;
            }
            next[at] = to;
        }
        return next;
    }
    static double gap(std::size_t a, std::size_t b)
    {
        return static_cast<double>(a) - static_cast<double>(b);
    }

    /// Largest distance between minorant and majorant, and the two vertices around it.
    double widest(const std::vector<std::size_t> &under, const std::vector<std::size_t> &over,
                  std::size_t &left, std::size_t &right) const
    {
        if (under.size() == 2 && over.size() == 2)
            return 1;
        double most = 0;
        std::size_t i = under.size() - 2;
        std::size_t j = 1;
        while (true) {
            const std::size_t u = under[i];
            const std::size_t o = over[j];
            if (u > o) {
                const std::size_t before = under[i + 1];
                const double distance =
                    gap(o, before) + 1 - (m_x[o] - m_x[before]) * gap(u, before) / (m_x[u] - m_x[before]);
                ++j;
                if (distance >= most) {
                    most = distance;
                    left = i + 1;
                    right = j - 1;
                }
            } else {
                const std::size_t before = over[j - 1];
                const double distance =
                    (m_x[u] - m_x[before]) * gap(o, before) / (m_x[o] - m_x[before]) - gap(u, before) + 1;
                if (distance >= most) {
                    most = distance;
                    left = i;
                    right = j;
                }
                i = i > 0 ? i - 1 : 0;
            }
            j = std::min(j, over.size() - 1);
            if (under[i] == over[j])
                break;
        }
        return most;
    }

    /// Largest distance of the empirical distribution function from a hull outside the modal interval.
    [[nodiscard]] double fit(const std::vector<std::size_t> &vertices, std::size_t from, std::size_t to,
                             bool concave) const
    {
        double most = 0;
        for (std::size_t v = from; v < to; ++v) {
            const std::size_t begin = concave ? vertices[v] : vertices[v + 1];
            const std::size_t end = concave ? vertices[v + 1] : vertices[v];
            double here = 1;
            if (end - begin > 1 && m_x[end] != m_x[begin]) {
                const double slope = gap(end, begin) / (m_x[end] - m_x[begin]);
                for (std::size_t p = begin; p <= end; ++p) {
                    const double line = (m_x[p] - m_x[begin]) * slope;
                    here = std::max(here, concave ? line - gap(p, begin) + 1 : gap(p, begin) + 1 - line);
                }
            }
            most = std::max(most, here);
        }
        return most;
    }

    std::span<const double> m_x;
    std::vector<std::size_t> m_below, m_above;
};

double rootedDip(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return dip(values) * std::sqrt(static_cast<double>(values.size()));
}

/// Places of @p own along the line between the means when each row is left out of its own mean.
void placeOnLine(ml::MatrixView own, const Eigen::RowVectorXd &ownMean, const Eigen::RowVectorXd &otherMean,
                 double side, std::vector<double> &out)
{
    const auto n = static_cast<double>(own.rows());
    for (Index i = 0; i < own.rows(); ++i) {
        const Eigen::RowVectorXd row = own.row(i).cast<double>();
        const Eigen::RowVectorXd mean = (ownMean * n - row) / (n - 1);
        const Eigen::RowVectorXd line = mean - otherMean;
        const double length = line.norm();
        out.push_back(length > 0 ? side * (row - (mean + otherMean) / 2).dot(line) / length : 0);
    }
}

struct Spread {
    double mean = 0, variance = 0;
};
Spread spreadOf(std::span<const double> values)
{
    Spread out;
    for (const double value : values)
        out.mean += value / static_cast<double>(values.size());
    for (const double value : values)
        out.variance += (value - out.mean) * (value - out.mean) / static_cast<double>(values.size());
    return out;
}

/// Normal kernels of Silverman's width for the groups, so that two groups are not smoothed into one.
double valleyOf(const std::vector<double> &places, double deviation, double from, double to)
{
    const double width = 1.06 * deviation * std::pow(static_cast<double>(places.size()), -0.2);
    if (!(width > 0) || !(to > from))
        return 0;
    double least = std::numeric_limits<double>::infinity();
    double ends = least;
    for (int step = 0; step <= kGrid; ++step) {
        const double at = from + (to - from) * step / kGrid;
        double density = 0;
        for (const double place : places)
            density += std::exp(-0.5 * (place - at) * (place - at) / (width * width));
        least = std::min(least, density);
        if (step == 0 || step == kGrid)
            ends = std::min(ends, density);
    }
    return ends > 0 ? least / ends : 0;
}

/// Distance to the nearest row of the other group, less that to the nearest other of its own.
void marginsOf(ml::MatrixView own, ml::MatrixView other, double side, std::vector<double> &out)
{
    const Eigen::VectorXf ownNorm = own.rowwise().squaredNorm();
    const Eigen::VectorXf otherNorm = other.rowwise().squaredNorm();
    const ml::Matrix toOther = own * other.transpose();
    const ml::Matrix toOwn = own * own.transpose();
    for (Index i = 0; i < own.rows(); ++i) {
        float across = std::numeric_limits<float>::infinity();
        float inside = across;
        for (Index j = 0; j < other.rows(); ++j)
            across = std::min(across, otherNorm[j] - 2 * toOther(i, j));
        for (Index j = 0; j < own.rows(); ++j)
            if (j != i)
                inside = std::min(inside, ownNorm[j] - 2 * toOwn(i, j));
        const auto distance = [&](float part) {
            return std::sqrt(std::max(0.0, static_cast<double>(ownNorm[i]) + part));
        };
        out.push_back(side * (distance(across) - distance(inside)));
    }
}
} // namespace

double dip(std::span<const double> rising)
{
    if (rising.size() < 2 || rising.front() == rising.back())
        return 0;
    return DipSearch(rising).run();
}

Gap gapBetween(ml::MatrixView a, ml::MatrixView b)
{
    const Eigen::RowVectorXd meanA = a.cast<double>().colwise().mean();
    const Eigen::RowVectorXd meanB = b.cast<double>().colwise().mean();
    std::vector<double> places;
    placeOnLine(b, meanB, meanA, -1, places);
    const std::size_t first = places.size();
    placeOnLine(a, meanA, meanB, 1, places);
    const Spread low = spreadOf(std::span(places).first(first));
    const Spread high = spreadOf(std::span(places).subspan(first));
    const auto n = static_cast<double>(places.size());
    const double deviation = std::sqrt(
        (low.variance * static_cast<double>(b.rows()) + high.variance * static_cast<double>(a.rows())) / n);
    std::vector<double> margins;
    // About a common middle, or large coordinates would cancel in float.
    const Eigen::RowVectorXf middle = ((meanA + meanB) / 2).cast<float>();
    const ml::Matrix nearA = a.rowwise() - middle;
    const ml::Matrix nearB = b.rowwise() - middle;
    marginsOf(nearA, nearB, 1, margins);
    marginsOf(nearB, nearA, -1, margins);
    Gap out;
    out.valley = valleyOf(places, deviation, low.mean, high.mean);
    out.apart = deviation > 0 ? (high.mean - low.mean) / deviation
                              : (high.mean > low.mean ? std::numeric_limits<double>::infinity() : 0);
    out.line = rootedDip(std::move(places));
    out.margin = rootedDip(std::move(margins));
    return out;
}

bool oneCloud(const Gap &gap)
{
    return gap.apart >= kLeastApart && gap.line < kUsual && gap.margin < kUsual && gap.valley >= kNoValley;
}

bool twoClouds(const Gap &gap)
{
    return gap.line > kHardlyChance && gap.margin > kHardlyChance && gap.valley < kValley;
}

} // namespace statescape::model
