// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/abnormality.h"

#include "core/ml/covariance.h"
#include "core/ml/kmeans.h"
#include "core/ml/parallel.h"
#include "core/ml/random.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>

namespace statescape::ml {
using base::Code;
using Index = Eigen::Index;

namespace {
constexpr Index kLeastRows = 60;

/// What a block of rows is for. Every sixth measures, so that each stretch of time has its say in each part.
enum class Use : std::uint8_t { Fit, Parts, Together, Measure };
Use useOf(std::size_t block)
{
    constexpr std::array kUses{Use::Fit,     Use::Parts, Use::Fit, Use::Together, Use::Fit,
                               Use::Measure, Use::Fit,   Use::Fit, Use::Fit};
    return kUses[block % kUses.size()];
}

Matrix pick(MatrixView x, std::size_t blocks, Use use, const base::Progress &progress)
{
    std::vector<Index> rows;
    const auto n = static_cast<std::size_t>(x.rows());
    for (std::size_t i = 0; i < n; ++i)
        if (useOf(i * blocks / n) == use)
            rows.push_back(static_cast<Index>(i));
    Matrix out(static_cast<Index>(rows.size()), x.cols());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (i % 4096 == 0 && progress.stopped())
            break;
        out.row(static_cast<Index>(i)) = x.row(rows[i]);
    }
    return out;
}

constexpr std::size_t kInvented = 2000;

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
    const auto blocks =
        static_cast<std::size_t>(std::clamp<Index>(options.blocks / 9 * 9, 9, good.rows() / 5));
    const Matrix fitted = pick(good, blocks, Use::Fit, progress);
    const auto stopped = [] { return base::fail(Code::Cancelled, "abnormality stopped on request"); };
    if (progress.stopped())
        return stopped();
    Abnormality out;
    KMeansOptions means;
    means.k = static_cast<int>(std::min<Index>(options.centres, fitted.rows()));
    means.seed = options.seed;
    STATESCAPE_TRY(const KMeans centres, KMeans::fit(fitted, means, {progress.stop, {}}));
    Matrix around = fitted;
    for (Index i = 0; i < around.rows(); ++i)
        around.row(i) -= centres.centres().row(centres.labels()[static_cast<std::size_t>(i)]);
    STATESCAPE_TRY(const Mahalanobis within, Mahalanobis::fit(around, {}, {progress.stop, {}}));
    out.m_metric = within.inverseRoot();
    out.m_centres = (out.m_metric * centres.centres().transpose().cast<double>()).cast<float>();
    progress.at(0.3, "abnormality");
    STATESCAPE_TRY(const Pca all, Pca::fit(fitted, static_cast<int>(fitted.cols()), {progress.stop, {}},
                                           PcaRoute::Covariance));
    STATESCAPE_TRY(const Pca plane, Pca::fit(fitted, componentsFor(all, options.explained),
                                             {progress.stop, {}}, PcaRoute::Covariance));
    STATESCAPE_TRY(out.m_residual, PcaResidual::make(plane));
    progress.at(0.5, "abnormality");
    STATESCAPE_TRY(out.m_mahalanobis, Mahalanobis::fit(fitted, {options.trim, 10}, {progress.stop, {}}));
    progress.at(0.7, "abnormality");
    STATESCAPE_TRY(out.m_forest,
                   IsolationForest::fit(fitted, {options.trees, 256, options.seed}, {progress.stop, {}}));
    const auto d = static_cast<std::size_t>(good.cols());
    const auto rowOf = [d](const Matrix &x, Index i) { return std::span(x.row(i).data(), d); };

    const Matrix parts = pick(good, blocks, Use::Parts, progress);
    std::array<std::vector<float>, kAbnormalParts> scores;
    for (Index i = 0; i < parts.rows(); ++i) {
        if (progress.stopped())
            return stopped();
        const auto values = out.raw(rowOf(parts, i));
        for (std::size_t p = 0; p < kAbnormalParts; ++p)
            scores[p].push_back(static_cast<float>(values[p]));
    }
    for (auto &part : scores) {
        STATESCAPE_TRY(TailShare tail, TailShare::fit(std::move(part)));
        out.m_tails.push_back(std::move(tail));
    }
    STATESCAPE_TRY(const Covariance spread, covarianceOf(fitted, 0, {progress.stop, {}}));
    const auto partsOf = [&](const Matrix &x) {
        std::vector<std::array<double, kAbnormalParts>> rows;
        for (Index i = 0; i < x.rows() && !progress.stopped(); ++i)
            rows.push_back(out.score(rowOf(x, i)).part);
        return rows;
    };
    const Matrix calibrating = pick(good, blocks, Use::Together, progress);
    const auto usual = partsOf(calibrating);
    std::vector<std::array<double, kAbnormalParts>> some;
    for (std::size_t i = 0; i < usual.size(); i += usual.size() / kInvented + 1)
        some.push_back(usual[i]);
    out.m_weights = weightsFor(some, partsOf(invented(fitted, spread, options.seed)));
    if (progress.stopped())
        return stopped();
    std::vector<float> sums;
    for (const auto &row : usual)
        sums.push_back(static_cast<float>(weighted(out.m_weights, row)));
    STATESCAPE_TRY(out.m_together, TailShare::fit(std::move(sums)));
    const Matrix measured = pick(good, blocks, Use::Measure, progress);
    std::vector<float> rarity;
    for (Index i = 0; i < measured.rows(); ++i) {
        if (progress.stopped())
            return stopped();
        rarity.push_back(static_cast<float>(out.score(rowOf(measured, i)).abnormality));
    }
    out.m_calibrationRows = rarity.size();
    out.m_calibrationError = uniformityError(std::move(rarity));
    return out;
}

std::array<double, kAbnormalParts> Abnormality::raw(std::span<const float> row) const
{
    const auto values = Eigen::VectorXf::Map(row.data(), static_cast<Index>(row.size()));
    const Eigen::VectorXf turned =
        (m_metric.triangularView<Eigen::Lower>() * values.cast<double>()).cast<float>();
    const float nearest = (m_centres.colwise() - turned).colwise().squaredNorm().minCoeff();
    // Roots keep the sizes comparable with exponential tails.
    return {std::sqrt(static_cast<double>(nearest)), std::sqrt(m_residual->of(row).q),
            std::sqrt(m_mahalanobis->squared(row)), m_forest->score(row)};
}

Abnormality::Score Abnormality::score(std::span<const float> row) const
{
    Score out;
    const auto values = raw(row);
    for (std::size_t p = 0; p < kAbnormalParts; ++p)
        out.part[p] = -m_tails[p].log(values[p]);
    if (!m_together)
        return out;
    out.surprise = -m_together->log(weighted(m_weights, out.part));
    out.abnormality = -std::expm1(-out.surprise);
    return out;
}

base::Result<std::vector<Abnormality::Score>> Abnormality::score(MatrixView x) const
{
    if (x.cols() != m_centres.rows())
        return base::fail(Code::InvalidArgument,
                          fmt::format("abnormality of {} columns, got {}", m_centres.rows(), x.cols()));
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
