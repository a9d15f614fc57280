// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/compare.h"

#include "core/ml/parallel.h"
#include "core/ml/random.h"
#include "core/ml/scaler.h"
#include "core/ml/significance.h"
#include "core/ml/sorting.h"
#include "core/ml/statistics.h"
#include "core/ml/time_blocks.h"
#include "core/model/preparer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <optional>

namespace statescape::model {
using Index = Eigen::Index;

namespace {
constexpr std::size_t kMostRows = 20000;
constexpr std::size_t kLeastValues = 3;
constexpr std::uint64_t kSeed = 20000;
/// Columns gathered at a time: one cache line of a row.
constexpr std::size_t kGathered = 16;
/// Both sides constant: any difference is beyond every sigma; a large finite figure keeps the order and
/// stays printable.
constexpr double kBeyond = 1e6;
/// A handful of values must not resample to no spread at all.
constexpr double kLeastSpread = 0.15;
constexpr std::size_t kResamples = ml::TimeBlocks::kResamples;

using Shifts = std::array<float, kResamples>;

/// The rows of one side, thinned to one out of every so many, and their blocks of neighbours.
struct SideRows {
    std::vector<std::uint32_t> rows;
    ml::TimeBlocks blocks;
};

SideRows sideRows(std::span<const Side> sides, Side side)
{
    std::vector<std::uint32_t> rows;
    for (std::size_t i = 0; i < sides.size(); ++i)
        if (sides[i] == side)
            rows.push_back(static_cast<std::uint32_t>(i));
    const std::uint64_t seed = kSeed + static_cast<std::uint64_t>(side);
    std::uint32_t stride = 1;
    if (rows.size() > kMostRows) {
        // One at random from each stretch of equal length: spread over the whole session, in its order, and
        // in step with nothing periodic.
        ml::Random random(seed);
        stride = static_cast<std::uint32_t>(2 * rows.size() / kMostRows + 1);
        std::vector<std::uint32_t> kept(kMostRows);
        for (std::size_t i = 0; i < kMostRows; ++i) {
            const std::size_t from = i * rows.size() / kMostRows;
            const std::size_t to = (i + 1) * rows.size() / kMostRows;
            kept[i] = rows[from + random.below(to - from)];
        }
        rows = std::move(kept);
    }
    ml::TimeBlocks blocks(rows, stride, seed);
    return {std::move(rows), std::move(blocks)};
}

/// One feature on one side.
struct SideValues {
    const SideRows *side = nullptr;
    std::vector<std::uint64_t> keyed; ///< value and position in side->rows, by rising value
    std::vector<float> sorted;        ///< the values, then on the transformed scale
    std::vector<float> ranks;         ///< at each position, about their mean; 0 where missing
    ml::TimeBlocks::Correlation correlation;
    std::size_t used = 0; ///< blocks with a value
    double medianRaw = 0, median = 0;

    [[nodiscard]] std::size_t count() const { return keyed.size(); }
    [[nodiscard]] double missing() const
    {
        return 1 - static_cast<double>(count()) / static_cast<double>(side->rows.size());
    }
};

struct Scratch {
    SideValues a, b;
    std::vector<std::uint64_t> keyed;
    std::vector<std::uint32_t> keys;
    std::vector<float> residuals, sums, momentSums;
};

double quantileOf(std::span<const float> sorted, double q)
{
    const double position = std::clamp(q, 0.0, 1.0) * static_cast<double>(sorted.size() - 1);
    const auto low = static_cast<std::size_t>(position);
    const double part = position - static_cast<double>(low);
    const double below = sorted[low];
    return part > 0 && low + 1 < sorted.size() ? below + part * (sorted[low + 1] - below) : below;
}

void readSide(SideValues &out, const SideRows &side, std::span<const float> values,
              std::vector<std::uint64_t> &scratch)
{
    out.side = &side;
    out.keyed.clear();
    for (std::size_t i = 0; i < values.size(); ++i)
        if (std::isfinite(values[i]))
            out.keyed.push_back(static_cast<std::uint64_t>(ml::orderKey(values[i])) << 32 | i);
    ml::sortByKey(out.keyed, scratch);
    out.sorted.resize(out.count());
    for (std::size_t i = 0; i < out.count(); ++i)
        out.sorted[i] = ml::orderedValue(static_cast<std::uint32_t>(out.keyed[i] >> 32));
}

/// Mid-ranks over both sides, the sum over them that Cliff's delta and Mann-Whitney share, and the ties.
struct Ranks {
    double superiority = 0; ///< P(a > b) + P(a = b) / 2
    double ties = 0;        ///< sum t^3 - t over N^3 - N
};

Ranks rankBoth(SideValues &a, SideValues &b)
{
    a.ranks.assign(a.side->rows.size(), 0);
    b.ranks.assign(b.side->rows.size(), 0);
    std::size_t i = 0;
    std::size_t j = 0;
    double sumA = 0;
    double sumB = 0;
    double cubes = 0;
    while (i < a.count() || j < b.count()) {
        const std::size_t firstA = i;
        const std::size_t firstB = j;
        const std::uint64_t keyA = i < a.count() ? a.keyed[i] >> 32 : UINT64_MAX;
        const std::uint64_t keyB = j < b.count() ? b.keyed[j] >> 32 : UINT64_MAX;
        const std::uint64_t key = std::min(keyA, keyB);
        while (i < a.count() && a.keyed[i] >> 32 == key)
            ++i;
        while (j < b.count() && b.keyed[j] >> 32 == key)
            ++j;
        const double tied = static_cast<double>(i - firstA + j - firstB);
        const double rank = static_cast<double>(firstA + firstB) + (tied + 1) / 2;
        cubes += tied * tied * tied - tied;
        sumA += rank * static_cast<double>(i - firstA);
        sumB += rank * static_cast<double>(j - firstB);
        for (std::size_t s = firstA; s < i; ++s)
            a.ranks[static_cast<std::uint32_t>(a.keyed[s])] = static_cast<float>(rank);
        for (std::size_t s = firstB; s < j; ++s)
            b.ranks[static_cast<std::uint32_t>(b.keyed[s])] = static_cast<float>(rank);
    }
    const double na = static_cast<double>(a.count());
    const double nb = static_cast<double>(b.count());
    for (auto [side, sum, n] : {std::tuple(&a, sumA, na), std::tuple(&b, sumB, nb)})
        for (const auto entry : side->keyed)
            side->ranks[static_cast<std::uint32_t>(entry)] -= static_cast<float>(sum / n);
    const double all = na + nb;
    return {(sumA - na * (na + 1) / 2) / (na * nb), cubes / (all * all * all - all)};
}

/// Sums over blocks of the indicators behind the median and behind the MAD, each about its mean, and from
/// them by how much resampled indicators differ.
void resampleSide(SideValues &side, double mad, Scratch &scratch, Shifts &median, Shifts &spread)
{
    const auto &blocks = side.side->blocks;
    const auto blockOf = blocks.blockOf(side.correlation.level);
    const std::size_t count = blocks.blocks(side.correlation.level);
    const double n = static_cast<double>(side.count());
    const auto below = [&](std::size_t i) { return side.sorted[i] <= side.median; };
    const auto near = [&](std::size_t i) { return std::fabs(side.sorted[i] - side.median) <= mad; };
    std::size_t countBelow = 0;
    std::size_t countNear = 0;
    for (std::size_t i = 0; i < side.count(); ++i) {
        countBelow += below(i) ? 1 : 0;
        countNear += near(i) ? 1 : 0;
    }
    const double shareBelow = static_cast<double>(countBelow) / n;
    const double shareNear = static_cast<double>(countNear) / n;
    scratch.sums.assign(count, 0);
    scratch.momentSums.assign(count, 0);
    std::vector<std::uint8_t> used(count, 0);
    for (std::size_t i = 0; i < side.count(); ++i) {
        const std::uint32_t b = blockOf[static_cast<std::uint32_t>(side.keyed[i])];
        scratch.sums[b] += static_cast<float>((below(i) ? 1 : 0) - shareBelow);
        scratch.momentSums[b] += static_cast<float>((near(i) ? 1 : 0) - shareNear);
        used[b] = 1;
    }
    side.used = static_cast<std::size_t>(std::count(used.begin(), used.end(), 1));
    blocks.resample(side.correlation, scratch.sums, side.used, shareBelow * (1 - shareBelow), side.count(),
                    median);
    blocks.resample(side.correlation, scratch.momentSums, side.used, shareNear * (1 - shareNear),
                    side.count(), spread);
}

/// The median of a resample in which the share of values up to the median is larger by @p shift: Bahadur's
/// representation of a quantile. Where a side has too few values to tell, a normal density of @p sigma goes
/// on beyond its ends.
double movedMedian(std::span<const float> sorted, double shift, double sigma)
{
    const double q = 0.5 - shift;
    const double beyond = q - std::clamp(q, 0.0, 1.0);
    return quantileOf(sorted, q) + beyond * sigma * std::sqrt(2 * std::numbers::pi);
}

double clampedEffect(double difference, double sigma)
{
    if (difference == 0)
        return 0;
    return sigma > 0 ? std::clamp(difference / sigma, -kBeyond, kBeyond) : std::copysign(kBeyond, difference);
}

void effectInterval(Difference &out, Scratch &scratch, double mad, double sigma, double floor)
{
    auto &a = scratch.a;
    auto &b = scratch.b;
    Shifts medianA;
    Shifts medianB;
    Shifts spreadA;
    Shifts spreadB;
    resampleSide(a, mad, scratch, medianA, spreadA);
    resampleSide(b, mad, scratch, medianB, spreadB);
    const double na = static_cast<double>(a.count());
    const double nb = static_cast<double>(b.count());
    std::array<double, kResamples> effects;
    for (std::size_t r = 0; r < kResamples; ++r) {
        double moved = sigma;
        if (mad > 0) {
            const double shift = (na * spreadA[r] + nb * spreadB[r]) / (na + nb);
            const double q = std::clamp(0.5 - shift, kLeastSpread, 1 - kLeastSpread);
            moved = std::max(1.4826 * quantileOf(scratch.residuals, q), floor);
        }
        const double difference =
            movedMedian(a.sorted, medianA[r], sigma) - movedMedian(b.sorted, medianB[r], sigma);
        effects[r] = clampedEffect(difference, moved > 0 ? moved : sigma);
    }
    std::sort(effects.begin(), effects.end());
    const auto at = [&](double q) {
        const double position = q * static_cast<double>(kResamples - 1);
        const auto low = static_cast<std::size_t>(position);
        return effects[low] + (position - static_cast<double>(low)) * (effects[low + 1] - effects[low]);
    };
    out.effectLow = std::min(out.effect, at(0.025));
    out.effectHigh = std::max(out.effect, at(0.975));
}

std::optional<Difference> differenceOf(const schema::Feature &feature, Scratch &scratch)
{
    auto &a = scratch.a;
    auto &b = scratch.b;
    if (a.count() < kLeastValues || b.count() < kLeastValues)
        return std::nullopt;
    Difference out;
    out.missingSelected = a.missing();
    out.missingOthers = b.missing();
    const Ranks ranks = rankBoth(a, b);
    out.cliffsDelta = 2 * ranks.superiority - 1;
    for (auto *side : {&a, &b}) {
        out.*(side == &a ? &Difference::medianSelected : &Difference::medianOthers) =
            quantileOf(side->sorted, 0.5);
        side->correlation = side->side->blocks.correlation(side->ranks, side->count());
        if (feature.log1p)
            for (auto &value : side->sorted)
                value = ml::signedLog1p(value);
        side->median = quantileOf(side->sorted, 0.5);
    }
    const double worthA = static_cast<double>(a.count()) / a.correlation.time;
    const double worthB = static_cast<double>(b.count()) / b.correlation.time;
    // Welch and Satterthwaite's degrees of freedom; infinite ones drop out.
    const double freedom =
        (1 / worthA + 1 / worthB) * (1 / worthA + 1 / worthB) /
        (1 / (worthA * worthA * a.correlation.freedom) + 1 / (worthB * worthB * b.correlation.freedom));
    out.pValue = ml::mannWhitneyP(ranks.superiority, worthA, worthB, ranks.ties, freedom);

    // Each side about its own median, so that the difference itself does not widen the spread.
    auto &residuals = scratch.residuals;
    residuals.clear();
    for (const auto *side : {&a, &b})
        for (const float value : side->sorted)
            residuals.push_back(static_cast<float>(value - side->median));
    const double deviation = ml::moments(residuals).standardDeviation;
    for (auto &value : residuals)
        value = std::fabs(value);
    ml::sortValues(residuals, scratch.keys);
    const double mad = quantileOf(residuals, 0.5);
    const double floor = leastScale(feature, b.median);
    const double sigma = std::max(mad > 0 ? 1.4826 * mad : deviation, floor);
    out.effect = clampedEffect(a.median - b.median, sigma);
    effectInterval(out, scratch, mad, sigma, floor);
    return out;
}
} // namespace

std::vector<Difference> whyDifferent(const schema::Schema &schema, ml::MatrixView x,
                                     std::span<const Side> sides)
{
    std::vector<Difference> out;
    if (static_cast<std::size_t>(x.rows()) != sides.size() ||
        static_cast<std::size_t>(x.cols()) != schema.size())
        return out;
    const SideRows selected = sideRows(sides, Side::Selected);
    const SideRows others = sideRows(sides, Side::Others);
    if (selected.rows.size() < kLeastValues || others.rows.size() < kLeastValues)
        return out;
    std::vector<std::optional<Difference>> found(schema.size());
    ml::forEachChunk((schema.size() + kGathered - 1) / kGathered, ml::threadCount(0), [&](std::size_t group) {
        const std::size_t first = group * kGathered;
        const std::size_t last = std::min(first + kGathered, schema.size());
        Scratch scratch;
        const auto gather = [&](const SideRows &side) {
            std::vector<std::vector<float>> columns(last - first, std::vector<float>(side.rows.size()));
            for (std::size_t i = 0; i < side.rows.size(); ++i) {
                const float *row = x.data() + static_cast<Index>(side.rows[i]) * x.outerStride();
                for (std::size_t j = first; j < last; ++j)
                    columns[j - first][i] = row[j];
            }
            return columns;
        };
        const auto columnsA = gather(selected);
        const auto columnsB = gather(others);
        for (std::size_t j = first; j < last; ++j) {
            readSide(scratch.a, selected, columnsA[j - first], scratch.keyed);
            readSide(scratch.b, others, columnsB[j - first], scratch.keyed);
            found[j] = differenceOf(schema[j], scratch);
            if (found[j])
                found[j]->column = static_cast<int>(j);
        }
    });
    std::vector<double> p;
    for (const auto &one : found)
        if (one) {
            out.push_back(*one);
            p.push_back(one->pValue);
        }
    const auto q = ml::benjaminiHochberg(p);
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i].qValue = q[i];
    std::stable_sort(out.begin(), out.end(), [](const Difference &a, const Difference &b) {
        // What is only perhaps so may still be by far the largest, and then it is what a person came for.
        if (a.directed() != b.directed())
            return a.directed();
        return std::fabs(a.effect) != std::fabs(b.effect)
                   ? std::fabs(a.effect) > std::fabs(b.effect)
                   : std::fabs(a.cliffsDelta) > std::fabs(b.cliffsDelta);
    });
    return out;
}

} // namespace statescape::model
