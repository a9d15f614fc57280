// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/ranking.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace statescape::ml {
namespace {
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::vector<std::size_t> byFallingScore(std::span<const float> score, std::size_t n)
{
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return score[a] > score[b]; });
    return order;
}

/// Calls @p body(positives, negatives) for each group of equal scores, from the highest.
template <class Body>
void eachTie(std::span<const std::uint8_t> truth, std::span<const float> score, Body body)
{
    const std::size_t n = std::min(truth.size(), score.size());
    const auto order = byFallingScore(score, n);
    for (std::size_t from = 0; from < n;) {
        std::size_t to = from;
        double positives = 0;
        for (; to < n && score[order[to]] == score[order[from]]; ++to)
            positives += truth[order[to]] != 0 ? 1 : 0;
        body(positives, static_cast<double>(to - from) - positives);
        from = to;
    }
}
} // namespace

double areaUnderRoc(std::span<const std::uint8_t> truth, std::span<const float> score)
{
    double positives = 0;
    double negatives = 0;
    double won = 0;
    eachTie(truth, score, [&](double up, double down) {
        won += down * (positives + up / 2);
        positives += up;
        negatives += down;
    });
    return positives > 0 && negatives > 0 ? won / (positives * negatives) : kNaN;
}

double averagePrecision(std::span<const std::uint8_t> truth, std::span<const float> score)
{
    double positives = 0;
    double rows = 0;
    double area = 0;
    eachTie(truth, score, [&](double up, double down) {
        positives += up;
        rows += up + down;
        area += up * positives / rows;
    });
    return positives > 0 ? area / positives : kNaN;
}

double brierScore(std::span<const std::uint8_t> truth, std::span<const float> probability)
{
    const std::size_t n = std::min(truth.size(), probability.size());
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const double difference = (truth[i] != 0 ? 1.0 : 0.0) - probability[i];
        sum += difference * difference;
    }
    return n > 0 ? sum / static_cast<double>(n) : kNaN;
}

std::vector<ReliabilityBin> reliabilityCurve(std::span<const std::uint8_t> truth,
                                             std::span<const float> probability, int bins)
{
    std::vector<ReliabilityBin> all(static_cast<std::size_t>(std::max(bins, 1)));
    for (std::size_t i = 0; i < std::min(truth.size(), probability.size()); ++i) {
        const auto bin = static_cast<std::size_t>(std::clamp(probability[i] * static_cast<float>(all.size()),
                                                             0.0F, static_cast<float>(all.size() - 1)));
        all[bin].predicted += probability[i];
        all[bin].observed += truth[i] != 0 ? 1 : 0;
        ++all[bin].rows;
    }
    std::erase_if(all, [](const ReliabilityBin &bin) { return bin.rows == 0; });
    for (auto &bin : all) {
        bin.predicted /= static_cast<double>(bin.rows);
        bin.observed /= static_cast<double>(bin.rows);
    }
    return all;
}

double expectedCalibrationError(std::span<const std::uint8_t> truth, std::span<const float> probability,
                                int bins)
{
    double sum = 0;
    double rows = 0;
    for (const auto &bin : reliabilityCurve(truth, probability, bins)) {
        sum += static_cast<double>(bin.rows) * std::fabs(bin.predicted - bin.observed);
        rows += static_cast<double>(bin.rows);
    }
    return rows > 0 ? sum / rows : kNaN;
}

} // namespace statescape::ml
