// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/scaler.h"
#include "core/ml/statistics.h"
#include "core/model/compare.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace statescape::model {
using Index = Eigen::Index;

namespace {
constexpr int kFewestBins = 4;
constexpr int kMostBins = 200;

/// From the smaller of the sides' 1st percentiles to the larger of their 99th.
std::array<double, 2> rangeOf(std::array<std::vector<float>, 2> &values)
{
    std::array<double, 2> range{INFINITY, -INFINITY};
    for (auto &side : values)
        if (!side.empty()) {
            range[0] = std::min(range[0], ml::quantileInPlace(side, 0.01));
            range[1] = std::max(range[1], ml::quantileInPlace(side, 0.99));
        }
    if (range[0] == range[1])
        for (const auto &side : values)
            if (!side.empty()) {
                const auto [low, high] = std::minmax_element(side.begin(), side.end());
                range = {std::min<double>(range[0], *low), std::max<double>(range[1], *high)};
            }
    if (!(range[0] <= range[1]))
        return {0, 1};
    const double least = std::max(1e-6 * std::max(std::fabs(range[0]), std::fabs(range[1])), 1e-30);
    if (range[1] - range[0] < least) {
        const double half = std::max(0.5 * std::fabs(range[0]), 0.5);
        range = {range[0] - half, range[1] + half};
    }
    return range;
}
} // namespace

TwinHistogram twinHistogram(const schema::Schema &schema, ml::MatrixView x, std::span<const Side> sides,
                            int column, int bins)
{
    TwinHistogram out;
    out.column = column;
    if (static_cast<std::size_t>(x.rows()) != sides.size() || column < 0 || column >= x.cols() ||
        static_cast<std::size_t>(x.cols()) != schema.size())
        return out;
    bins = std::clamp(bins, kFewestBins, kMostBins);
    std::array<std::vector<float>, 2> values; // others, selected
    for (std::size_t i = 0; i < sides.size(); ++i) {
        if (sides[i] == Side::LeftOut)
            continue;
        const bool selected = sides[i] == Side::Selected;
        const float value = x(static_cast<Index>(i), column);
        if (std::isfinite(value))
            values[selected ? 1 : 0].push_back(value);
        else
            ++(selected ? out.missingSelected : out.missingOthers);
    }
    const auto range = rangeOf(values);
    out.logarithmic = schema[static_cast<std::size_t>(column)].log1p;
    const auto transformed = [&](double value) {
        return !out.logarithmic ? value : value < 0 ? -std::log1p(-value) : std::log1p(value);
    };
    const double low = transformed(range[0]);
    const double high = transformed(range[1]);
    for (int bin = 0; bin <= bins; ++bin) {
        const double at = low + (high - low) * bin / bins;
        out.edges.push_back(out.logarithmic ? ml::signedExpm1(at) : at);
    }
    out.others.resize(static_cast<std::size_t>(bins));
    out.selected.resize(static_cast<std::size_t>(bins));
    for (const bool selected : {false, true})
        for (const float value : values[selected ? 1 : 0]) {
            // By the edges themselves, so that what is drawn and what is counted agree to the last bit.
            const auto above = std::upper_bound(out.edges.begin() + 1, out.edges.end() - 1, value);
            ++(selected ? out.selected : out.others)[static_cast<std::size_t>(above - out.edges.begin() - 1)];
        }
    return out;
}

} // namespace statescape::model
