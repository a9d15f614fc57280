// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/compare.h"

#include "core/ml/random.h"
#include "core/ml/scaler.h"
#include "core/ml/statistics.h"
#include "core/model/preparer.h"

#include <algorithm>
#include <cmath>

namespace statescape::model {
using Index = Eigen::Index;

namespace {
constexpr std::size_t kMostRows = 20000;
constexpr std::size_t kLeastValues = 3;

std::vector<Index> sideRows(std::span<const std::uint8_t> selected, bool side)
{
    std::vector<Index> rows;
    for (std::size_t i = 0; i < selected.size(); ++i)
        if ((selected[i] != 0) == side)
            rows.push_back(static_cast<Index>(i));
    if (rows.size() > kMostRows) {
        ml::Random random(20000, side ? 1 : 2);
        for (std::size_t i = 0; i < kMostRows; ++i)
            std::swap(rows[i], rows[i + random.below(rows.size() - i)]);
        rows.resize(kMostRows);
    }
    return rows;
}

/// P(a > b) - P(a < b) over all pairs. Sorts both. @source Cliff 1993
double cliffsDelta(std::vector<float> &a, std::vector<float> &b)
{
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
    double sum = 0;
    std::size_t below = 0;
    std::size_t notAbove = 0;
    for (const float value : a) {
        while (below < b.size() && b[below] < value)
            ++below;
        while (notAbove < b.size() && b[notAbove] <= value)
            ++notAbove;
        sum += static_cast<double>(below) - static_cast<double>(b.size() - notAbove);
    }
    return sum / (static_cast<double>(a.size()) * static_cast<double>(b.size()));
}

/// Robust sigma of both sides together, each about its own median, so that the difference itself does not
/// widen it.
double pooledSigma(std::vector<float> a, std::vector<float> b, double medianA, double medianB)
{
    std::vector<float> rest;
    rest.reserve(a.size() + b.size());
    for (const float value : a)
        rest.push_back(static_cast<float>(value - medianA));
    for (const float value : b)
        rest.push_back(static_cast<float>(value - medianB));
    const double deviation = ml::moments(rest).standardDeviation;
    const double mad = 1.4826 * ml::madInPlace(rest, 0);
    return mad > 0 ? mad : deviation;
}
} // namespace

std::vector<Difference> whyDifferent(const schema::Schema &schema, ml::MatrixView x,
                                     std::span<const std::uint8_t> selected)
{
    std::vector<Difference> out;
    if (static_cast<std::size_t>(x.rows()) != selected.size() ||
        static_cast<std::size_t>(x.cols()) != schema.size())
        return out;
    const auto inside = sideRows(selected, true);
    const auto others = sideRows(selected, false);
    for (Index column = 0; column < x.cols(); ++column) {
        const auto &feature = schema[static_cast<std::size_t>(column)];
        const auto collect = [&](const std::vector<Index> &rows) {
            std::vector<float> values;
            for (const Index row : rows)
                if (const float value = x(row, column); std::isfinite(value))
                    values.push_back(value);
            return values;
        };
        auto a = collect(inside);
        auto b = collect(others);
        if (a.size() < kLeastValues || b.size() < kLeastValues)
            continue;
        Difference row;
        row.column = static_cast<int>(column);
        row.missingSelected = 1 - static_cast<double>(a.size()) / static_cast<double>(inside.size());
        row.missingOthers = 1 - static_cast<double>(b.size()) / static_cast<double>(others.size());
        row.cliffsDelta = cliffsDelta(a, b);
        row.medianSelected = ml::medianInPlace(a);
        row.medianOthers = ml::medianInPlace(b);
        if (feature.log1p)
            for (auto *side : {&a, &b})
                for (auto &value : *side)
                    value = ml::signedLog1p(value);
        const double medianA = ml::medianInPlace(a);
        const double medianB = ml::medianInPlace(b);
        const double sigma =
            std::max(pooledSigma(std::move(a), std::move(b), medianA, medianB), leastScale(feature, medianB));
        // Both sides constant: any difference is beyond every sigma; a large finite figure keeps the order
        // and stays printable.
        constexpr double kBeyond = 1e6;
        if (medianA != medianB)
            row.effect = sigma > 0 ? std::clamp((medianA - medianB) / sigma, -kBeyond, kBeyond)
                                   : std::copysign(kBeyond, medianA - medianB);
        out.push_back(row);
    }
    std::stable_sort(out.begin(), out.end(), [](const Difference &a, const Difference &b) {
        return std::fabs(a.effect) != std::fabs(b.effect)
                   ? std::fabs(a.effect) > std::fabs(b.effect)
                   : std::fabs(a.cliffsDelta) > std::fabs(b.cliffsDelta);
    });
    return out;
}

} // namespace statescape::model
