// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/gaussian_mixture.h"
#include "core/ml/kmeans.h"
#include "core/ml/label_rules.h"
#include "core/model/calibrate.h"
#include "core/model/state_finder.h"
#include "core/model/state_names.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <array>
#include <climits>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <optional>

namespace statescape::model::states {
using schema::Polarity;
using Index = Eigen::Index;

namespace {
constexpr int kMostComponents = 4;
/// A full covariance takes this many rows a column before it is worth its parameters; shared by all
/// components, half as many.
constexpr double kRowsAColumn = 8;
/// A component is made of at least this many rows.
constexpr std::size_t kLeastRows = 20;
/// Variance that no state goes below, scaled units squared: what a tenth of a sigma tells apart is chance.
constexpr double kLeastVariance = 0.01;
/// How many rows the variances that go for all classes are worth beside a component's own.
constexpr double kPriorRows = 10;
constexpr int kMostPasses = 60;
/// From known shares a few passes settle.
constexpr int kFewPasses = 4;

/// Labels are few or many; distributions are fitted on an even draw of this many rows.
constexpr std::size_t kMostMixed = kMostFitRows;

struct Kind {
    ml::Covariance covariance = ml::Covariance::Diagonal;
    int components = 1;
};

ml::GaussianMixtureOptions optionsOf(const Kind &kind, const TrainOptions &options, std::uint64_t stream)
{
    ml::GaussianMixtureOptions out;
    out.k = kind.components;
    out.covariance = kind.covariance;
    out.seed = seedOf(options, stream);
    out.maxPasses = kMostPasses;
    out.regularisation = kLeastVariance;
    return out;
}

/// A component's covariance with what goes for all rows mixed in by how few rows it has.
Eigen::MatrixXd steadied(const Eigen::MatrixXd &covariance, ml::Covariance kind, double rows, bool round)
{
    const auto d = static_cast<double>(covariance.rows());
    const double prior =
        kind == ml::Covariance::Full || kind == ml::Covariance::Tied ? std::max(d, kPriorRows) : kPriorRows;
    Eigen::MatrixXd target = Eigen::MatrixXd::Zero(covariance.rows(), covariance.cols());
    // In the space where classes are round the identity is what all classes together say.
    if (round)
        target.setIdentity();
    else
        target.diagonal() = covariance.diagonal();
    return (rows * covariance + prior * target) / (rows + prior);
}

Part partOf(const ml::GaussianMixture &mixture, ml::Covariance kind, std::size_t rows, double share,
            bool round)
{
    Part out;
    const auto k = mixture.means().rows();
    const auto d = mixture.means().cols();
    out.centres = mixture.means().cast<float>();
    for (Index c = 0; c < k; ++c) {
        const double own = mixture.weights()[c] * static_cast<double>(rows);
        const double behind = kind == ml::Covariance::Tied ? static_cast<double>(rows) : own;
        const Eigen::MatrixXd covariance =
            steadied(mixture.covariances()[static_cast<std::size_t>(c)], kind, behind, round);
        const Eigen::MatrixXd factor = covariance.llt().matrixL();
        const Eigen::MatrixXd shape =
            factor.triangularView<Eigen::Lower>().solve(Eigen::MatrixXd::Identity(d, d));
        out.shapes.emplace_back(shape.cast<float>());
        const double weight = std::max(mixture.weights()[c] * share, 1e-12);
        out.logShare.push_back(static_cast<float>(std::log(weight) + shape.diagonal().array().log().sum()));
    }
    return out;
}

/// One distribution of few rows: their mean, and what spread they show beside what goes for all.
base::Result<Part> simplePart(ml::MatrixView z, double share, bool round, const TrainOptions &options,
                              const base::Progress &progress)
{
    const Kind kind{ml::Covariance::Diagonal, 1};
    STATESCAPE_TRY(const ml::GaussianMixture one,
                   ml::GaussianMixture::fit(z, optionsOf(kind, options, 0), {progress.stop, {}}));
    return partOf(one, kind.covariance, static_cast<std::size_t>(z.rows()), share, round);
}

/// What a class was found to be made of.
struct ClassMixture {
    Kind kind;
    std::vector<std::int32_t> component; ///< of each row fitted on
};

/// Components and their shape by BIC.
base::Result<ml::GaussianMixture> bestMixture(ml::MatrixView z, const TrainOptions &options, Kind &best,
                                              const base::Progress &progress)
{
    const auto n = static_cast<std::size_t>(z.rows());
    const auto d = static_cast<double>(z.cols());
    std::optional<ml::GaussianMixture> winner;
    for (const auto covariance :
         {ml::Covariance::Spherical, ml::Covariance::Diagonal, ml::Covariance::Full}) {
        double last = std::numeric_limits<double>::infinity();
        for (int k = 1; k <= kMostComponents; ++k) {
            const bool few = n < static_cast<std::size_t>(k) * kLeastRows && k > 1;
            if (few || (covariance == ml::Covariance::Full && static_cast<double>(n) < kRowsAColumn * d * k))
                break;
            const Kind kind{covariance, k};
            STATESCAPE_TRY(ml::GaussianMixture fitted,
                           ml::GaussianMixture::fit(z, optionsOf(kind, options, 0x93), {progress.stop, {}}));
            const double bic = fitted.bic();
            if (!winner || bic < winner->bic()) {
                winner.emplace(std::move(fitted));
                best = kind;
            }
            if (bic > last)
                break;
            last = bic;
        }
    }
    return std::move(*winner);
}

std::string_view wordOf(ml::Covariance kind)
{
    constexpr std::array<std::string_view, 4> words{"full", "shared", "one per feature", "round"};
    return words[static_cast<std::size_t>(kind)];
}

/// What the rows can carry.
ml::Covariance affordable(std::size_t rows, Index columns, int components, ml::Covariance wanted)
{
    const double perColumn = static_cast<double>(rows) / static_cast<double>(columns);
    if (wanted == ml::Covariance::Full && perColumn < kRowsAColumn * components)
        wanted = ml::Covariance::Tied;
    if (wanted == ml::Covariance::Tied && perColumn < kRowsAColumn / 2)
        wanted = ml::Covariance::Diagonal;
    return wanted;
}

/// First shares: k-means from the class means.
base::Result<std::vector<std::int32_t>> startFromClasses(const RowTable &table, ml::MatrixView z,
                                                         const Rows &rows, int k, const TrainOptions &options,
                                                         const base::Progress &progress)
{
    ml::KMeansOptions means;
    means.k = k;
    means.seed = seedOf(options, 0x5eed);
    means.restarts = std::min(options.restarts, 5);
    std::vector<std::size_t> counts(table.in.classes.size(), 0);
    ml::Matrix sums = ml::Matrix::Zero(static_cast<Index>(counts.size()), z.cols());
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (const int c = table.in.classOf[rows[i]]; c >= 0) {
            sums.row(c) += z.row(static_cast<Index>(i));
            ++counts[static_cast<std::size_t>(c)];
        }
    Rows seen;
    for (std::size_t c = 0; c < counts.size(); ++c)
        if (counts[c] > 0) {
            sums.row(static_cast<Index>(c)) /= static_cast<float>(counts[c]);
            seen.push_back(c);
        }
    means.start = take(sums, seen);
    STATESCAPE_TRY(const ml::KMeans fitted, ml::KMeans::fit(z, means, {progress.stop, {}}));
    return fitted.labels();
}

/// A distribution for one cluster of a hard partition.
base::Result<Part> clusterPart(const ml::Matrix &z, ml::Covariance covariance, double share, bool round,
                               const TrainOptions &options, const base::Progress &progress)
{
    const Kind kind{covariance, 1};
    STATESCAPE_TRY(const ml::GaussianMixture one,
                   ml::GaussianMixture::fit(z, optionsOf(kind, options, 0), {progress.stop, {}}));
    return partOf(one, covariance, static_cast<std::size_t>(z.rows()), share, round);
}
} // namespace

base::Result<Found> classesByMixtures(const RowTable &table, const Space &space, const TrainOptions &options,
                                      const base::Progress &progress)
{
    Found out;
    out.stateOf.assign(table.n, -1);
    std::size_t labelled = 0;
    for (const std::size_t c : table.classes)
        labelled += table.rowsOf[c].size();
    std::vector<Kind> kinds;
    std::vector<double> shares;
    std::string small;
    std::size_t done = 0;
    for (const std::size_t c : table.classes) {
        progress.at(0.1 + 0.4 * static_cast<double>(done++) / static_cast<double>(table.classes.size()),
                    "finding states");
        const Rows &all = table.rowsOf[c];
        const int state = addState(out.judge, {table.in.classes[c].name, table.in.classes[c].polarity},
                                   static_cast<int>(c));
        shares.push_back(static_cast<double>(all.size()) / static_cast<double>(labelled));
        Kind kind;
        const Rows rows = thinned(all, kMostMixed, options.seed);
        const ml::Matrix z = space.rows(rows);
        if (rows.size() < kLeastRows) {
            small += (small.empty() ? "" : ", ") + table.in.classes[c].name;
            STATESCAPE_TRY(const Part part, simplePart(z, shares.back(), space.turned(), options, progress));
            addPart(out.judge, part, state);
        } else {
            STATESCAPE_TRY(const ml::GaussianMixture best, bestMixture(z, options, kind, progress));
            addPart(out.judge, partOf(best, kind.covariance, rows.size(), shares.back(), space.turned()),
                    state);
        }
        kinds.push_back(kind);
        for (const std::size_t row : all)
            out.stateOf[row] = state;
    }
    if (!small.empty())
        out.judge.report.notes.push_back(fmt::format(
            "too few samples for a distribution of their own, one of the common shape instead: {}", small));
    out.remake = [&space, &options, progress, kinds, shares](const Rows &some, int state,
                                                             int fold) -> base::Result<Part> {
        const auto s = static_cast<std::size_t>(state);
        const Rows rows = thinned(some, kMostMixed, options.seed + 1);
        const ml::Matrix z = space.rows(rows, fold);
        const bool known = s < kinds.size();
        Kind kind = known ? kinds[s] : Kind{};
        if (rows.size() < kLeastRows)
            return simplePart(z, known ? shares[s] : 1, space.turned(), options, progress);
        kind.components = std::min(kind.components, static_cast<int>(rows.size() / kLeastRows));
        STATESCAPE_TRY(const ml::GaussianMixture one,
                       ml::GaussianMixture::fit(z, optionsOf(kind, options, 0x93), {progress.stop, {}}));
        return partOf(one, kind.covariance, rows.size(), known ? shares[s] : 1, space.turned());
    };
    return out;
}

base::Result<Found> mixture(const RowTable &table, const Space &space, const Plan &plan,
                            const TrainOptions &options, const base::Progress &progress)
{
    const Rows rows = evenRows(table.n, kMostMixed);
    const ml::Matrix z = space.rows(rows);
    ml::GaussianMixtureOptions fit = std::get<ml::GaussianMixtureOptions>(plan.fit);
    const ml::Covariance wanted = fit.covariance;
    fit.k = std::min<int>(plan.k, static_cast<int>(rows.size()));
    fit.covariance = affordable(rows.size(), z.cols(), fit.k, wanted);
    fit.seed = seedOf(options, 0);
    fit.maxPasses = kMostPasses;
    fit.regularisation = kLeastVariance;
    const ml::Covariance separate =
        fit.covariance == ml::Covariance::Tied ? ml::Covariance::Diagonal : fit.covariance;
    Found out;
    auto &notes = out.judge.report.notes;
    if (table.labelled()) {
        STATESCAPE_TRY(fit.startLabels, startFromClasses(table, z, rows, fit.k, options, progress));
    } else {
        fit.restarts = std::clamp(options.restarts, 1, 3);
    }
    const base::Progress part{progress.stop, [&](double fraction, std::string_view) {
                                  progress.at(0.1 + 0.5 * fraction, "finding states");
                              }};
    STATESCAPE_TRY(const ml::GaussianMixture fitted, ml::GaussianMixture::fit(z, fit, part));
    if (fit.covariance != wanted)
        notes.push_back(fmt::format("{} samples are too few for {} {} covariances: {} instead", rows.size(),
                                    fit.k, wordOf(wanted), wordOf(fit.covariance)));
    if (rows.size() < table.n)
        notes.push_back(
            fmt::format("states were found on {} of {} samples, evenly drawn", rows.size(), table.n));

    ml::LabelRules rules;
    for (const std::size_t row : rows)
        rules.classes.push_back(table.in.classOf[row]);
    STATESCAPE_TRY(const ml::RuledClustering ruled,
                   ml::applyRules(z, fitted.clustering(), rules, {progress.stop, {}}));
    std::vector<Rows> members(ruled.classOf.size());
    for (std::size_t i = 0; i < rows.size(); ++i)
        members[static_cast<std::size_t>(ruled.clustering.labels[i])].push_back(rows[i]);
    const Part whole = partOf(fitted, fit.covariance, rows.size(), 1, space.turned());
    std::vector<int> parts(static_cast<std::size_t>(fit.k), 0);
    for (const auto from : ruled.from)
        ++parts[static_cast<std::size_t>(from)];
    Rows order = allRows(members.size());
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) {
        const auto rank = [&](std::size_t c) { return ruled.classOf[c] < 0 ? INT_MAX : ruled.classOf[c]; };
        return rank(a) != rank(b) ? rank(a) < rank(b) : members[a].size() > members[b].size();
    });
    out.own.assign(table.n, kNotAsked);
    out.stateOf.assign(table.n, -1);
    std::size_t unnamed = 0;
    std::vector<double> shares;
    std::vector<Part> common; // of a state whose shape is not its own, and that shape
    for (const std::size_t c : order) {
        const int named = ruled.classOf[c];
        const int state =
            addState(out.judge,
                     named < 0 ? State{fmt::format("state {}", ++unnamed), Polarity::None}
                               : State{table.in.classes[static_cast<std::size_t>(named)].name,
                                       table.in.classes[static_cast<std::size_t>(named)].polarity},
                     named);
        shares.push_back(static_cast<double>(members[c].size()) / static_cast<double>(rows.size()));
        const auto from = static_cast<std::size_t>(ruled.from[c]);
        common.emplace_back();
        if (parts[from] == 1) {
            const Part own{
                whole.centres.row(static_cast<Index>(from)), {whole.shapes[from]}, {whole.logShare[from]}};
            addPart(out.judge, own, state);
            if (fit.covariance == ml::Covariance::Tied)
                common.back() = own;
        } else {
            STATESCAPE_TRY(const Part own, clusterPart(space.rows(members[c]), separate, shares.back(),
                                                       space.turned(), options, progress));
            addPart(out.judge, own, state);
        }
        for (const std::size_t row : members[c])
            out.own[row] = out.stateOf[row] = state;
    }
    uniqueNames(out.judge.states);
    if (ruled.split > 0)
        notes.push_back(
            fmt::format("{} components mixed labelled classes and were split along them", ruled.split));
    out.remake = [&space, &options, progress, shares, common, separate](const Rows &some, int state,
                                                                        int fold) -> base::Result<Part> {
        const auto s = static_cast<std::size_t>(state);
        const ml::Matrix z = space.rows(some, fold);
        if (common[s].shapes.empty())
            return clusterPart(z, separate, shares[s], space.turned(), options, progress);
        Part moved = common[s];
        moved.centres = z.colwise().mean();
        return moved;
    };
    return out;
}

} // namespace statescape::model::states
