// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/partition_metrics.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <vector>

namespace statescape::ml {
namespace {
double entropy(const std::map<int, std::int64_t> &sizes, double n)
{
    double sum = 0;
    for (const auto &[part, size] : sizes)
        sum -= static_cast<double>(size) / n * std::log(static_cast<double>(size) / n);
    return sum;
}

/// Mutual information that two random partitions with these part sizes have on average.
double expectedInformation(const std::map<int, std::int64_t> &a, const std::map<int, std::int64_t> &b,
                           std::int64_t n)
{
    std::vector<double> logFactorial(static_cast<std::size_t>(n) + 1, 0);
    for (std::size_t i = 1; i < logFactorial.size(); ++i)
        logFactorial[i] = logFactorial[i - 1] + std::log(static_cast<double>(i));
    const auto log = [&](std::int64_t i) { return logFactorial[static_cast<std::size_t>(i)]; };
    // Many parts share their size; what they expect is the same.
    std::map<std::int64_t, double> sizesA;
    std::map<std::int64_t, double> sizesB;
    for (const auto &[part, size] : a)
        ++sizesA[size];
    for (const auto &[part, size] : b)
        ++sizesB[size];
    const auto total = static_cast<double>(n);
    double expected = 0;
    for (const auto &[sizeA, countA] : sizesA)
        for (const auto &[sizeB, countB] : sizesB) {
            const double fixed = log(sizeA) + log(sizeB) + log(n - sizeA) + log(n - sizeB) - log(n);
            double sum = 0;
            for (std::int64_t both = std::max<std::int64_t>(1, sizeA + sizeB - n);
                 both <= std::min(sizeA, sizeB); ++both) {
                const double share = static_cast<double>(both) / total;
                const double gain = std::log(total * static_cast<double>(both) /
                                             (static_cast<double>(sizeA) * static_cast<double>(sizeB)));
                sum += share * gain *
                       std::exp(fixed - log(both) - log(sizeA - both) - log(sizeB - both) -
                                log(n - sizeA - sizeB + both));
            }
            expected += countA * countB * sum;
        }
    return expected;
}
} // namespace

PartitionScores partitionScores(std::span<const int> a, std::span<const int> b)
{
    const std::size_t rows = std::min(a.size(), b.size());
    PartitionScores out;
    if (rows == 0)
        return out;
    std::map<std::pair<int, int>, std::int64_t> cells;
    std::map<int, std::int64_t> inA;
    std::map<int, std::int64_t> inB;
    for (std::size_t i = 0; i < rows; ++i) {
        ++cells[{b[i], a[i]}];
        ++inA[a[i]];
        ++inB[b[i]];
    }
    const auto n = static_cast<double>(rows);
    double information = 0;
    std::map<int, std::int64_t> commonest;
    for (const auto &[key, count] : cells) {
        information += static_cast<double>(count) / n *
                       std::log(n * static_cast<double>(count) /
                                (static_cast<double>(inB[key.first]) * static_cast<double>(inA[key.second])));
        commonest[key.first] = std::max(commonest[key.first], count);
    }
    std::int64_t pure = 0;
    for (const auto &[part, count] : commonest)
        pure += count;
    out.purity = static_cast<double>(pure) / n;
    const double entropyA = entropy(inA, n);
    const double entropyB = entropy(inB, n);
    information = std::max(0.0, information);
    out.homogeneity = entropyA > 0 ? information / entropyA : 1;
    out.completeness = entropyB > 0 ? information / entropyB : 1;
    const double sum = out.homogeneity + out.completeness;
    out.vMeasure = sum > 0 ? 2 * out.homogeneity * out.completeness / sum : 0;
    const bool same = inA.size() == inB.size() && cells.size() == inA.size();
    if (same)
        return out;
    const double expected = expectedInformation(inA, inB, static_cast<std::int64_t>(rows));
    const double most = (entropyA + entropyB) / 2 - expected;
    out.adjustedMutualInformation = std::fabs(most) > 1e-15 ? (information - expected) / most : 0;
    return out;
}

} // namespace statescape::ml
