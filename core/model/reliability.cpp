// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/reliability.h"

#include "core/ml/calibration.h"
#include "core/ml/random.h"
#include "core/ml/ranking.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace statescape::model {

namespace {
constexpr int kBins = 10;
constexpr std::size_t kFine = 256; ///< steps of a distribution while it is drawn anew
constexpr int kResamples = 400;
constexpr double kQuantile = 0.95;
/// Fewer runs than this say nothing about each other.
constexpr std::size_t kLeastRuns = 4;
using Counts = std::array<double, kFine>;

/// Rows of each run of time by abnormality.
std::vector<Counts> countsByRun(const GoodRows &good)
{
    std::map<int, Counts> runs;
    for (std::size_t i = 0; i < good.block.size(); ++i) {
        const auto bin = static_cast<std::size_t>(
            std::clamp(static_cast<double>(good.abnormality[i]) * kFine, 0.0, kFine - 1.0));
        auto [run, fresh] = runs.try_emplace(good.block[i]);
        if (fresh)
            run->second.fill(0);
        run->second[bin] += 1;
    }
    std::vector<Counts> out;
    for (const auto &[block, counts] : runs)
        out.push_back(counts);
    return out;
}

Counts distributionOf(const Counts &counts)
{
    Counts out{};
    double sum = 0;
    for (std::size_t b = 0; b < kFine; ++b)
        out[b] = sum += counts[b];
    for (auto &share : out)
        share /= std::max(sum, 1.0);
    return out;
}

double chanceError(const GoodRows &good, std::uint64_t seed)
{
    const std::vector<Counts> runs = countsByRun(good);
    if (runs.size() < kLeastRuns)
        return kUndefined;
    Counts all{};
    for (const auto &run : runs)
        for (std::size_t b = 0; b < kFine; ++b)
            all[b] += run[b];
    const Counts whole = distributionOf(all);
    // Runs drawn anew spread less than new runs would, by their number.
    const auto count = static_cast<double>(runs.size());
    const double widen = std::sqrt(count / (count - 1));
    ml::Random random(seed, 0xb007);
    std::vector<double> errors;
    for (int i = 0; i < kResamples; ++i) {
        Counts drawn{};
        for (std::size_t r = 0; r < runs.size(); ++r) {
            const auto &run = runs[random.below(runs.size())];
            for (std::size_t b = 0; b < kFine; ++b)
                drawn[b] += run[b];
        }
        const Counts share = distributionOf(drawn);
        double error = 0;
        for (std::size_t b = 0; b < kFine; ++b)
            error = std::max(error, std::fabs(share[b] - whole[b]));
        errors.push_back(std::min(1.0, widen * error));
    }
    std::sort(errors.begin(), errors.end());
    return errors[static_cast<std::size_t>(kQuantile * (kResamples - 1))];
}
} // namespace

void measureConfidence(Quality &out, std::span<const std::uint8_t> right, std::span<const float> confidence)
{
    if (right.empty())
        return;
    for (const auto &bin : ml::reliabilityCurve(right, confidence, kBins))
        out.confidence.push_back({bin.predicted, bin.observed, bin.rows});
    out.confidenceError = ml::expectedCalibrationError(right, confidence, kBins);
}

void measureAbnormality(Quality &out, const GoodRows &good, std::uint64_t seed)
{
    out.goodSamples = good.abnormality.size();
    if (good.abnormality.empty())
        return;
    std::vector<float> sorted = good.abnormality;
    std::sort(sorted.begin(), sorted.end());
    for (int bin = 1; bin <= kBins; ++bin) {
        const double claimed = static_cast<double>(bin) / kBins;
        const auto below =
            std::upper_bound(sorted.begin(), sorted.end(), static_cast<float>(claimed)) - sorted.begin();
        const auto before =
            std::upper_bound(sorted.begin(), sorted.end(), static_cast<float>(claimed - 1.0 / kBins)) -
            sorted.begin();
        out.abnormality.push_back({claimed, static_cast<double>(below) / static_cast<double>(sorted.size()),
                                   static_cast<std::uint64_t>(below - (bin == 1 ? 0 : before))});
    }
    out.abnormalityError = ml::uniformityError(std::move(sorted));
    out.abnormalityChance = chanceError(good, seed);
}

void measureRanking(Quality &out, std::span<const std::uint8_t> bad, std::span<const float> abnormality)
{
    if (std::find(bad.begin(), bad.end(), 1) == bad.end() ||
        std::find(bad.begin(), bad.end(), 0) == bad.end())
        return;
    out.auroc = ml::areaUnderRoc(bad, abnormality);
    out.auprc = ml::averagePrecision(bad, abnormality);
}

} // namespace statescape::model
