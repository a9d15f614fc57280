// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/metrics.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <map>
#include <numeric>

namespace statescape::ml {
using base::Code;

namespace {
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

} // namespace

base::Result<Confusion> confusion(std::span<const int> truth, std::span<const int> predicted, int classes,
                                  int answers)
{
    if (truth.size() != predicted.size())
        return base::fail(Code::InvalidArgument,
                          fmt::format("{} truths against {} predictions", truth.size(), predicted.size()));
    Confusion counts(static_cast<std::size_t>(std::max(classes, 0)),
                     std::vector<std::uint64_t>(static_cast<std::size_t>(std::max(answers, 0)), 0));
    for (std::size_t i = 0; i < truth.size(); ++i) {
        if (truth[i] < 0 || truth[i] >= classes || predicted[i] < 0 || predicted[i] >= answers)
            return base::fail(Code::InvalidArgument, fmt::format("class out of range in row {}", i));
        ++counts[static_cast<std::size_t>(truth[i])][static_cast<std::size_t>(predicted[i])];
    }
    return counts;
}

BinaryScores binaryScores(std::uint64_t truePositives, std::uint64_t falsePositives,
                          std::uint64_t falseNegatives)
{
    const auto tp = static_cast<double>(truePositives);
    const auto fp = static_cast<double>(falsePositives);
    const auto fn = static_cast<double>(falseNegatives);
    return {tp + fp > 0 ? tp / (tp + fp) : kNaN, tp + fn > 0 ? tp / (tp + fn) : kNaN,
            tp + fp + fn > 0 ? 2 * tp / (2 * tp + fp + fn) : kNaN};
}

double balancedAccuracy(const Confusion &counts)
{
    double sum = 0;
    int classes = 0;
    for (std::size_t c = 0; c < counts.size(); ++c) {
        const auto all = std::accumulate(counts[c].begin(), counts[c].end(), std::uint64_t{0});
        if (all == 0)
            continue;
        sum += static_cast<double>(c < counts[c].size() ? counts[c][c] : 0) / static_cast<double>(all);
        ++classes;
    }
    return classes > 0 ? sum / classes : kNaN;
}

double accuracy(const Confusion &counts)
{
    std::uint64_t right = 0;
    std::uint64_t all = 0;
    for (std::size_t c = 0; c < counts.size(); ++c) {
        all += std::accumulate(counts[c].begin(), counts[c].end(), std::uint64_t{0});
        right += c < counts[c].size() ? counts[c][c] : 0;
    }
    return all > 0 ? static_cast<double>(right) / static_cast<double>(all) : kNaN;
}

double adjustedRand(std::span<const int> a, std::span<const int> b)
{
    const std::size_t n = std::min(a.size(), b.size());
    std::map<std::pair<int, int>, double> cells;
    std::map<int, double> rows;
    std::map<int, double> columns;
    for (std::size_t i = 0; i < n; ++i) {
        ++cells[{a[i], b[i]}];
        ++rows[a[i]];
        ++columns[b[i]];
    }
    const auto pairs = [](double count) { return count * (count - 1) / 2; };
    double together = 0;
    double inA = 0;
    double inB = 0;
    for (const auto &[key, count] : cells)
        together += pairs(count);
    for (const auto &[key, count] : rows)
        inA += pairs(count);
    for (const auto &[key, count] : columns)
        inB += pairs(count);
    const double all = pairs(static_cast<double>(n));
    if (!(all > 0))
        return 1;
    const double expected = inA * inB / all;
    const double most = (inA + inB) / 2;
    return most == expected ? 1 : (together - expected) / (most - expected);
}

} // namespace statescape::ml
