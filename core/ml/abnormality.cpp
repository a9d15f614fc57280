// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/abnormality.h"

#include "core/ml/covariance.h"
#include "core/ml/kmeans.h"
#include "core/ml/parallel.h"
#include "core/ml/random.h"
#include "core/ml/whitening.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>

namespace statescape::ml {
using base::Code;
using Index = Eigen::Index;

namespace {
constexpr Index kLeastRows = 60;

constexpr std::size_t kFolds = 3;

/// Fold of each row: neighbours in time are near-copies and stay together, and each stretch of time has its
/// say in each fold.
std::vector<std::uint8_t> foldsOf(std::size_t rows, int wanted)
{
    const auto blocks = std::clamp<std::size_t>(static_cast<std::size_t>(wanted), kFolds, rows / 5);
    std::vector<std::uint8_t> out(rows);
    for (std::size_t i = 0; i < rows; ++i)
        out[i] = static_cast<std::uint8_t>(i * blocks / rows % kFolds);
    return out;
}

Matrix pick(MatrixView x, std::span<const std::uint8_t> folds, std::size_t fold, bool inside)
{
    std::vector<Index> rows;
    for (std::size_t i = 0; i < folds.size(); ++i)
        if ((folds[i] == fold) == inside)
            rows.push_back(static_cast<Index>(i));
    return x(rows, Eigen::all);
}

std::span<const float> rowOf(const Matrix &x, Index i)
{
    return {x.row(i).data(), static_cast<std::size_t>(x.cols())};
}

constexpr std::size_t kInvented = 700; // a fold
constexpr double kLeastShrinkage = 0.1;
constexpr std::size_t kLeastPrototypes = 4, kMostPrototypes = 32;

/// Rows that cannot be good, made of good ones: some columns of another row, a few columns far off, or a
/// place between and beyond the usual ones.
Matrix invented(const Matrix &good, const Covariance &spread, std::uint64_t seed)
{
    Random random(seed, 0xab);
    const Index d = good.cols();
    const auto rows = static_cast<std::uint64_t>(good.rows());
    const auto any = [&] { return static_cast<Index>(random.below(rows)); };
    const Eigen::VectorXd deviation = spread.matrix.diagonal().cwiseSqrt();
    Matrix out(static_cast<Index>(kInvented), d);
    for (Index i = 0; i < out.rows(); ++i) {
        out.row(i) = good.row(any());
        const auto kind = random.below(3);
        if (kind == 0) {
            const Index other = any();
            for (Index j = 0; j < d; ++j)
                if (random.uniform() < 0.5)
                    out(i, j) = good(other, j);
        } else if (kind == 1) {
            for (int times = 0; times < 3; ++times) {
                const auto j = static_cast<Index>(random.below(static_cast<std::uint64_t>(d)));
                const double far = (random.uniform() < 0.5 ? -1 : 1) * (1 + 2 * random.uniform());
                out(i, j) += static_cast<float>(far * deviation[j]);
            }
        } else {
            const auto part = static_cast<float>(0.3 + 1.2 * random.uniform());
            out.row(i) += part * (good.row(any()) - good.row(any()));
        }
    }
    return out;
}

using Weights = std::array<double, 2 * kAbnormalParts>;

/// What is weighted: each part's surprise, and what of it goes beyond the usual, so that a part which mostly
/// chatters still counts when it cries.
Weights heard(const std::array<double, kAbnormalParts> &parts)
{
    constexpr double kUsual = 4;
    Weights out;
    for (std::size_t p = 0; p < kAbnormalParts; ++p) {
        out[p] = parts[p];
        out[kAbnormalParts + p] = std::max(0.0, parts[p] - kUsual);
    }
    return out;
}

double weighted(const Weights &weights, const std::array<double, kAbnormalParts> &parts)
{
    const Weights terms = heard(parts);
    return std::inner_product(weights.begin(), weights.end(), terms.begin(), 0.0);
}

/// Weights, none below 0, with which surprises tell invented rows from good ones: logistic regression by
/// projected gradient. Sum 1.
Weights weightsFor(const std::vector<std::array<double, kAbnormalParts>> &good,
                   const std::vector<std::array<double, kAbnormalParts>> &bad)
{
    constexpr int kSteps = 300;
    constexpr double kRate = 0.1;
    // A score so high is decided; more would only pull at the line.
    constexpr double kMost = 15;
    Weights weights;
    weights.fill(1.0 / static_cast<double>(weights.size()));
    double bias = -2;
    for (int step = 0; step < kSteps; ++step) {
        Weights slope{};
        double biasSlope = 0;
        const auto add = [&](const auto &rows, double truth) {
            for (const auto &row : rows) {
                Weights terms = heard(row);
                double sum = bias;
                for (std::size_t p = 0; p < terms.size(); ++p) {
                    terms[p] = std::min(terms[p], kMost);
                    sum += weights[p] * terms[p];
                }
                const double miss = (truth - 1 / (1 + std::exp(-sum))) / static_cast<double>(rows.size());
                for (std::size_t p = 0; p < terms.size(); ++p)
                    slope[p] += miss * terms[p];
                biasSlope += miss;
            }
        };
        add(good, 0);
        add(bad, 1);
        bias += kRate * biasSlope;
        for (std::size_t p = 0; p < weights.size(); ++p)
            weights[p] = std::max(0.0, weights[p] + kRate * slope[p]);
    }
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    for (double &weight : weights)
        weight = sum > 0 ? weight / sum : 1.0 / static_cast<double>(weights.size());
    return weights;
}

int componentsFor(const Pca &all, double explained)
{
    const auto ratio = all.varianceRatio();
    double sum = 0;
    int kept = 0;
    while (kept + 1 < static_cast<int>(ratio.size()) && sum < explained)
        sum += ratio[static_cast<std::size_t>(kept++)];
    return std::max(1, kept);
}
} // namespace

std::string_view nameOf(AbnormalPart part)
{
    switch (part) {
    case AbnormalPart::Prototypes:
        return "distance to prototypes";
    case AbnormalPart::Centres:
        return "distance to centres";
    case AbnormalPart::Residual:
        return "distance to the plane";
    case AbnormalPart::Mahalanobis:
        return "Mahalanobis distance";
    case AbnormalPart::Isolation:
        break;
    }
    return "isolation forest";
}

base::Result<Abnormality> Abnormality::fit(MatrixView good, const AbnormalityOptions &options,
                                           const base::Progress &progress)
{
    if (options.centres < 1 || !(options.explained > 0 && options.explained <= 1) || options.blocks < 4)
        return base::fail(Code::InvalidArgument,
                          fmt::format("abnormality by {} centres, {} of the variance, {} blocks",
                                      options.centres, options.explained, options.blocks));
    if (good.rows() < kLeastRows || good.cols() < 1)
        return base::fail(
            Code::NotEnoughData,
            fmt::format("{} good rows, {} are needed to know how rare a row is", good.rows(), kLeastRows));
    STATESCAPE_CHECK(checkFinite(good));
    const auto stopped = [] { return base::fail(Code::Cancelled, "abnormality stopped on request"); };
    const auto folds = foldsOf(static_cast<std::size_t>(good.rows()), options.blocks);
    std::array<std::vector<PartScores>, kFolds> usual;
    std::array<std::vector<PartScores>, kFolds> strange;
    for (std::size_t fold = 0; fold < kFolds; ++fold) {
        const Matrix fitted = pick(good, folds, fold, false);
        const Matrix measured = pick(good, folds, fold, true);
        STATESCAPE_TRY(const Parts parts, Parts::fit(fitted, options, {progress.stop, {}}));
        STATESCAPE_TRY(const Covariance spread, covarianceOf(fitted, 0, {progress.stop, {}}));
        usual[fold] = parts.rawOf(measured, progress);
        strange[fold] = parts.rawOf(invented(measured, spread, options.seed + fold), progress);
        if (progress.stopped())
            return stopped();
        progress.at(0.25 * static_cast<double>(fold + 1), "abnormality");
    }
    const auto joined = [](const auto &lists, std::size_t without) {
        std::vector<PartScores> out;
        for (std::size_t fold = 0; fold < kFolds; ++fold)
            if (fold != without)
                out.insert(out.end(), lists[fold].begin(), lists[fold].end());
        return out;
    };
    std::vector<float> rarity;
    for (std::size_t fold = 0; fold < kFolds; ++fold) {
        STATESCAPE_TRY(const Tails tails, Tails::fit(joined(usual, fold), joined(strange, fold)));
        if (progress.stopped())
            return stopped();
        for (const auto &raw : usual[fold])
            rarity.push_back(static_cast<float>(-std::expm1(-tails.surprise(tails.surprises(raw)))));
    }
    Abnormality out;
    out.m_columns = good.cols();
    STATESCAPE_TRY(out.m_parts, Parts::fit(good, options, {progress.stop, {}}));
    STATESCAPE_TRY(out.m_tails, Tails::fit(joined(usual, kFolds), joined(strange, kFolds)));
    out.m_calibrationRows = rarity.size();
    out.m_calibrationError = uniformityError(std::move(rarity));
    return out;
}

base::Result<Abnormality::Parts> Abnormality::Parts::fit(MatrixView x, const AbnormalityOptions &options,
                                                         const base::Progress &progress)
{
    Parts out;
    const auto n = static_cast<std::size_t>(x.rows());
    KMeansOptions means;
    means.seed = options.seed;
    means.restarts = 3;
    means.k =
        static_cast<int>(std::min(n, std::clamp(static_cast<std::size_t>(std::sqrt(static_cast<double>(n))),
                                                kLeastPrototypes, kMostPrototypes)));
    STATESCAPE_TRY(const Whitening round,
                   withinClassWhitening(x, std::vector<int>(n, 0), kLeastShrinkage, progress));
    out.whitening = round.forward;
    STATESCAPE_TRY(const KMeans prototypes, KMeans::fit(x * round.forward, means, progress));
    out.prototypes = prototypes.centres().transpose();
    means.k = static_cast<int>(std::min<std::size_t>(static_cast<std::size_t>(options.centres), n));
    STATESCAPE_TRY(const KMeans centres, KMeans::fit(x, means, progress));
    Matrix around = x;
    for (Index i = 0; i < around.rows(); ++i)
        around.row(i) -= centres.centres().row(centres.labels()[static_cast<std::size_t>(i)]);
    STATESCAPE_TRY(const Mahalanobis within, Mahalanobis::fit(around, {}, progress));
    out.metric = within.inverseRoot();
    out.centres = (out.metric * centres.centres().transpose().cast<double>()).cast<float>();
    STATESCAPE_TRY(const Pca all, Pca::fit(x, static_cast<int>(x.cols()), progress, PcaRoute::Covariance));
    STATESCAPE_TRY(const Pca plane,
                   Pca::fit(x, componentsFor(all, options.explained), progress, PcaRoute::Covariance));
    STATESCAPE_TRY(out.residual, PcaResidual::make(plane));
    STATESCAPE_TRY(out.mahalanobis, Mahalanobis::fit(x, {options.trim, 10}, progress));
    STATESCAPE_TRY(out.forest, IsolationForest::fit(x, {options.trees, 256, options.seed}, progress));
    return out;
}

Abnormality::PartScores Abnormality::Parts::raw(std::span<const float> row) const
{
    const auto values = Eigen::VectorXf::Map(row.data(), static_cast<Index>(row.size()));
    const Eigen::VectorXf turned =
        (metric.triangularView<Eigen::Lower>() * values.cast<double>()).cast<float>();
    const auto nearest = [](const Eigen::MatrixXf &all, const auto &to) {
        return std::sqrt(static_cast<double>((all.colwise() - to).colwise().squaredNorm().minCoeff()));
    };
    // Roots keep the sizes comparable with exponential tails.
    const Eigen::VectorXf round = whitening.transpose() * values;
    return {nearest(prototypes, round), nearest(centres, turned), std::sqrt(residual->of(row).q),
            std::sqrt(mahalanobis->squared(row)), forest->score(row)};
}

std::vector<Abnormality::PartScores> Abnormality::Parts::rawOf(const Matrix &x,
                                                               const base::Progress &progress) const
{
    std::vector<PartScores> out;
    for (Index i = 0; i < x.rows() && !progress.stopped(); ++i)
        out.push_back(raw(rowOf(x, i)));
    return out;
}

base::Result<Abnormality::Tails> Abnormality::Tails::fit(std::span<const PartScores> good,
                                                         std::span<const PartScores> invented)
{
    Tails out;
    for (std::size_t p = 0; p < kAbnormalParts; ++p) {
        std::vector<float> scores;
        for (const auto &row : good)
            scores.push_back(static_cast<float>(row[p]));
        STATESCAPE_TRY(TailShare tail, TailShare::fit(std::move(scores)));
        out.parts.push_back(std::move(tail));
    }
    const auto surprisesOf = [&](std::span<const PartScores> rows, std::size_t most) {
        std::vector<PartScores> some;
        for (std::size_t i = 0; i < rows.size(); i += rows.size() / most + 1)
            some.push_back(out.surprises(rows[i]));
        return some;
    };
    constexpr std::size_t kRows = 2000;
    out.weights = weightsFor(surprisesOf(good, kRows), surprisesOf(invented, kRows));
    std::vector<float> sums;
    for (const auto &row : good)
        sums.push_back(static_cast<float>(weighted(out.weights, out.surprises(row))));
    STATESCAPE_TRY(out.together, TailShare::fit(std::move(sums)));
    return out;
}

Abnormality::PartScores Abnormality::Tails::surprises(const PartScores &raw) const
{
    PartScores out{};
    for (std::size_t p = 0; p < kAbnormalParts; ++p)
        out[p] = -parts[p].log(raw[p]);
    return out;
}

double Abnormality::Tails::surprise(const PartScores &surprises) const
{
    return -together->log(weighted(weights, surprises));
}

Abnormality::Score Abnormality::score(std::span<const float> row) const
{
    Score out;
    out.part = m_tails.surprises(m_parts.raw(row));
    out.surprise = m_tails.surprise(out.part);
    out.abnormality = -std::expm1(-out.surprise);
    return out;
}

base::Result<std::vector<Abnormality::Score>> Abnormality::score(MatrixView x) const
{
    if (x.cols() != m_columns)
        return base::fail(Code::InvalidArgument,
                          fmt::format("abnormality of {} columns, got {}", m_columns, x.cols()));
    std::vector<Score> out(static_cast<std::size_t>(x.rows()));
    constexpr std::size_t kRows = 512;
    forEachChunk((out.size() + kRows - 1) / kRows, out.size() < 4 * kRows ? 1 : threadCount(0),
                 [&](std::size_t chunk) {
                     for (std::size_t i = chunk * kRows; i < std::min(out.size(), (chunk + 1) * kRows); ++i)
                         out[i] = score({x.data() + static_cast<Index>(i) * x.outerStride(),
                                         static_cast<std::size_t>(x.cols())});
                 });
    return out;
}

} // namespace statescape::ml
