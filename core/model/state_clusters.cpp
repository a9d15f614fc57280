// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/label_rules.h"
#include "core/ml/nearest_labels.h"
#include "core/model/prototype_search.h"
#include "core/model/state_finder.h"
#include "core/model/state_names.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <numeric>

namespace statescape::model::states {
using schema::Polarity;
using Index = Eigen::Index;

namespace {
/// Clusterers that look at pairs of rows see at most this many.
constexpr std::size_t kMostClustered = 20000;
/// Of each labelled class at least this many rows are among them, where there are.
constexpr std::size_t kLeastOfClass = 50;
/// Fewer samples than this share are no state of their own, unless somebody says so.
constexpr double kLeastShare = 0.01;
/// Ward's cost grows with the square of the rows; above this many it merges small groups of them.
constexpr int kMostExactRows = 5000;
constexpr int kLeastClusterSize = 8;
/// Beyond some ten neighbours density only loses detail, whatever the least size of a state.
constexpr int kMostSmoothing = 10;

Rows clusteredRows(const RowTable &table)
{
    Rows rows = evenRows(table.n, kMostClustered);
    if (rows.size() == table.n)
        return rows;
    std::vector<std::size_t> seen(table.in.classes.size(), 0);
    for (const std::size_t row : rows)
        if (table.in.classOf[row] >= 0)
            ++seen[static_cast<std::size_t>(table.in.classOf[row])];
    for (const std::size_t c : table.classes)
        if (seen[c] < kLeastOfClass) {
            const auto &all = table.rowsOf[c];
            for (const std::size_t i : evenRows(all.size(), kLeastOfClass))
                rows.push_back(all[i]);
        }
    std::sort(rows.begin(), rows.end());
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    return rows;
}

/// What is left to choose depends on how many rows there are.
ml::ClustererOptions sizedFor(const Plan &plan, std::size_t rows, const TrainOptions &options)
{
    ml::ClustererOptions out = plan.fit;
    if (auto *ward = std::get_if<ml::WardOptions>(&out))
        ward->mostExactRows = kMostExactRows;
    auto *one = std::get_if<ml::HdbscanOptions>(&out);
    if (one == nullptr)
        return out;
    if (options.minClusterSize == 0) {
        const double chosen =
            plan.rows > 0 ? one->minClusterSize / static_cast<double>(plan.rows) : kLeastShare;
        one->minClusterSize =
            std::max(kLeastClusterSize, static_cast<int>(chosen * static_cast<double>(rows)));
    }
    if (options.minSamples == 0 && plan.rows == 0)
        one->minSamples = std::min(one->minClusterSize, kMostSmoothing);
    return out;
}

/// A label outranks noise: a labelled row joins the nearest row of its class that is in a cluster; where
/// there is none the class becomes a cluster.
void adoptLabelledNoise(ml::RuledClustering &ruled, ml::MatrixView z, std::span<const int> classOf)
{
    std::map<int, std::pair<Rows, Rows>> byClass; // in clusters, noise
    auto &labels = ruled.clustering.labels;
    for (std::size_t i = 0; i < labels.size(); ++i)
        if (classOf[i] >= 0)
            (labels[i] >= 0 ? byClass[classOf[i]].first : byClass[classOf[i]].second).push_back(i);
    for (const auto &[named, rows] : byClass) {
        const auto &[inside, outside] = rows;
        if (outside.empty())
            continue;
        if (inside.empty()) {
            for (const std::size_t row : outside)
                labels[row] = static_cast<std::int32_t>(ruled.classOf.size());
            ruled.classOf.push_back(named);
            continue;
        }
        std::vector<std::int32_t> known;
        for (const std::size_t row : inside)
            known.push_back(labels[row]);
        const ml::NearestLabels nearest(take(z, inside), known, static_cast<int>(ruled.classOf.size()));
        if (const auto placed = nearest.predict(take(z, outside)))
            for (std::size_t i = 0; i < outside.size(); ++i)
                labels[outside[i]] = placed->labels[i];
    }
    ruled.clustering = ml::countedClustering(std::move(labels), static_cast<int>(ruled.classOf.size()));
}

/// Clusters in the order of states: by class, those without one last, larger ones first.
std::vector<std::size_t> stateOrder(const ml::RuledClustering &ruled)
{
    Rows order = allRows(ruled.classOf.size());
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) {
        const auto rank = [&](std::size_t c) {
            return ruled.classOf[c] < 0 ? static_cast<int>(ruled.classOf.size()) + INT16_MAX
                                        : ruled.classOf[c];
        };
        if (rank(a) != rank(b))
            return rank(a) < rank(b);
        return ruled.clustering.sizes[a] > ruled.clustering.sizes[b];
    });
    return order;
}

struct Clustered {
    ml::RuledClustering ruled;
    double radius = 0; ///< of DBSCAN, else 0
};

base::Result<Clustered> clusterRows(ml::MatrixView z, std::span<const int> classOf,
                                    const ml::ClustererOptions &fit, const base::Progress &progress)
{
    const base::Progress part{progress.stop, [&](double fraction, std::string_view) {
                                  progress.at(0.1 + 0.3 * fraction, "finding states");
                              }};
    STATESCAPE_TRY(const ml::Clusterer clusterer, ml::Clusterer::fit(z, fit, part));
    Clustered made;
    auto &out = made.ruled;
    if (const auto *dense = clusterer.as<ml::Dbscan>())
        made.radius = dense->radius();
    const bool labelled = std::any_of(classOf.begin(), classOf.end(), [](int c) { return c >= 0; });
    if (!labelled) {
        out.clustering = clusterer.clustering();
        out.classOf.assign(static_cast<std::size_t>(out.clustering.clusters()), -1);
        return made;
    }
    ml::LabelRules rules;
    rules.classes.assign(classOf.begin(), classOf.end());
    STATESCAPE_TRY(out, ml::applyRules(z, clusterer.clustering(), rules, {progress.stop, {}}));
    adoptLabelledNoise(out, z, classOf);
    return made;
}

/// @return the state of each clustered row, -1 for noise
std::vector<int> nameStates(Judge &judge, const RowTable &table, const ml::RuledClustering &ruled)
{
    std::vector<int> stateOf(ruled.classOf.size(), -1);
    std::size_t unnamed = 0;
    for (const std::size_t c : stateOrder(ruled)) {
        if (ruled.clustering.sizes[c] == 0)
            continue;
        const int named = ruled.classOf[c];
        State state{named < 0 ? fmt::format("state {}", ++unnamed)
                              : table.in.classes[static_cast<std::size_t>(named)].name};
        if (named >= 0)
            state.polarity = table.in.classes[static_cast<std::size_t>(named)].polarity;
        stateOf[c] = addState(judge, std::move(state), named);
    }
    uniqueNames(judge.states);
    std::vector<int> answers;
    for (const std::int32_t label : ruled.clustering.labels)
        answers.push_back(label < 0 ? -1 : stateOf[static_cast<std::size_t>(label)]);
    return answers;
}

std::string percent(std::uint64_t part, std::size_t all)
{
    return fmt::format("{:.1f} %", 100 * static_cast<double>(part) / static_cast<double>(all));
}
} // namespace

base::Result<Found> clusters(const RowTable &table, const Space &space, const Plan &plan,
                             const TrainOptions &options, const base::Progress &progress)
{
    const Rows rows = clusteredRows(table);
    const ml::Matrix z = space.rows(rows);
    std::vector<int> classOf;
    for (const std::size_t row : rows)
        classOf.push_back(table.in.classOf[row]);
    const ml::ClustererOptions fit = sizedFor(plan, rows.size(), options);
    STATESCAPE_TRY(const Clustered made, clusterRows(z, classOf, fit, progress));
    const auto &ruled = made.ruled;
    if (ruled.classOf.empty()) {
        STATESCAPE_TRY(Found out, everything(table, space, options, progress));
        out.judge.report.notes.push_back(
            fmt::format("{} found no dense part that stands apart: one state holds everything",
                        algorithmOf(plan.algorithm)->name));
        return out;
    }
    Found out;
    const std::vector<int> answers = nameStates(out.judge, table, ruled);
    const SearchInput search{z, answers, static_cast<int>(out.judge.states.size()), options.seed,
                             made.radius};
    const base::Progress part{progress.stop, [&](double fraction, std::string_view) {
                                  progress.at(0.4 + 0.2 * fraction, "placing prototypes");
                              }};
    STATESCAPE_TRY(PrototypeSet set, searchPrototypes(search, part));
    for (std::size_t s = 0; s < set.parts.size(); ++s)
        addPart(out.judge, set.parts[s], s < out.judge.states.size() ? static_cast<int>(s) : -1);
    out.judge.reach = std::move(set.reach);
    out.noise = ruled.clustering.noise > 0;
    out.own.assign(table.n, kNotAsked);
    out.stateOf.assign(table.n, -1);
    std::vector<std::size_t> sizes(out.judge.states.size(), 0);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        out.own[rows[i]] = out.stateOf[rows[i]] = answers[i];
        if (answers[i] >= 0)
            ++sizes[static_cast<std::size_t>(answers[i])];
    }
    auto &notes = out.judge.report.notes;
    if (rows.size() < table.n)
        notes.push_back(
            fmt::format("states were found on {} of {} samples, evenly drawn", rows.size(), table.n));
    if (ruled.split > 0)
        notes.push_back(
            fmt::format("{} clusters mixed labelled classes and were split along them", ruled.split));
    if (ruled.clustering.noise > 0)
        notes.push_back(fmt::format("{} of the samples looked at belong to no state",
                                    percent(ruled.clustering.noise, rows.size())));
    std::vector<std::size_t> prototypes;
    for (std::size_t s = 0; s < out.judge.states.size(); ++s)
        prototypes.push_back(static_cast<std::size_t>(set.parts[s].centres.rows()));
    out.remake = [sizes, prototypes, &space, &options, progress](const Rows &some, int state, int fold) {
        const auto s = static_cast<std::size_t>(state);
        const double share =
            static_cast<double>(some.size()) / static_cast<double>(std::max<std::size_t>(sizes[s], 1));
        const int count =
            std::max(1, static_cast<int>(std::lround(share * static_cast<double>(prototypes[s]))));
        return prototypesOf(space.rows(some, fold), count, 1, seedOf(options, 0xca3 + s), progress);
    };
    return out;
}

} // namespace statescape::model::states
