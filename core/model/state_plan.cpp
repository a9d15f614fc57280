// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/state_plan.h"

#include "core/ml/choose_clusterer.h"
#include "core/ml/choose_k.h"
#include "core/model/state_rows.h"

#include <algorithm>
#include <fmt/format.h>

namespace statescape::model::states {
using base::Code;

namespace {
/// Fewer rows say nothing about how many states there are.
constexpr Eigen::Index kLeastToChoose = 20;
constexpr Eigen::Index kMostStates = 8;

base::Error notTaken(const TrainOptions &options, std::string_view what, std::string_view hint)
{
    return base::fail(Code::InvalidArgument, fmt::format("{} does not take {}", options.algorithm, what),
                      std::string(hint));
}

int classesSeen(const JudgeInput &in)
{
    std::vector<bool> seen(in.classes.size(), false);
    for (const int c : in.classOf)
        if (c >= 0)
            seen[static_cast<std::size_t>(c)] = true;
    return static_cast<int>(std::count(seen.begin(), seen.end(), true));
}

template <class Options>
ml::ClustererOptions withK(int k)
{
    Options out;
    out.k = k;
    return out;
}

ml::ClustererOptions fitOf(std::string_view algorithm, int k, const TrainOptions &options)
{
    if (algorithm == "dbscan") {
        ml::DbscanOptions out;
        out.radius = options.radius;
        if (options.minSamples > 0)
            if (options.minSamples > 0)
                out.minSamples = options.minSamples;
        return out;
    }
    if (algorithm == "hdbscan") {
        ml::HdbscanOptions out;
        if (options.minClusterSize > 0)
            out.minClusterSize = options.minClusterSize;
        if (options.minSamples > 0)
            out.minSamples = options.minSamples;
        return out;
    }
    if (algorithm == "gmm")
        return withK<ml::GaussianMixtureOptions>(k);
    if (algorithm == "genie")
        return withK<ml::GenieOptions>(k);
    return algorithm == "ward" ? withK<ml::WardOptions>(k) : withK<ml::KMeansOptions>(k);
}

Choice choiceOf(const ml::ClustererChoice &choice)
{
    Choice out;
    for (const auto &one : choice.table)
        out.table.push_back({std::string(ml::clustererFacts()[static_cast<std::size_t>(one.algorithm)].key),
                             one.k, one.silhouette, one.daviesBouldin, one.calinskiHarabasz, one.density,
                             one.stability, one.noise, one.score,
                             one.algorithm == choice.algorithm && one.k == choice.k});
    out.sure = choice.sure;
    out.structure = choice.structure;
    out.reason = choice.reason;
    return out;
}

int indexOf(std::string_view algorithm)
{
    const auto facts = ml::clustererFacts();
    return static_cast<int>(
        std::find_if(facts.begin(), facts.end(), [&](const auto &one) { return one.key == algorithm; }) -
        facts.begin());
}

Choice choiceOf(const ml::KChoice &choice, const std::string &algorithm)
{
    Choice out;
    for (const auto &one : choice.table)
        out.table.push_back({algorithm, one.k, one.silhouette, one.daviesBouldin, one.calinskiHarabasz,
                             kUndefined, one.stability, 0, one.score, one.k == choice.k});
    out.sure = choice.sure;
    out.structure = choice.structure;
    out.reason = choice.reason;
    return out;
}

/// Number of states for algorithms whose states are round or nearly so, by what k-means finds: on recordings
/// that names more of what went on than criteria for any shape do, and in a third of the time.
base::Result<> chooseRound(Plan &plan, const JudgeInput &in, const TrainOptions &options,
                           const base::Progress &progress)
{
    ml::ChooseKOptions wanted;
    wanted.most = static_cast<int>(std::min<Eigen::Index>(kMostStates, in.z.rows()));
    wanted.seed = options.seed;
    STATESCAPE_TRY(const ml::KChoice chosen, ml::chooseK(in.z, wanted, progress));
    plan.choice = choiceOf(chosen, plan.algorithm);
    plan.k = chosen.k;
    plan.single = chosen.k == 1;
    plan.fit = fitOf(plan.algorithm, chosen.k, options);
    plan.notes.push_back(chosen.reason);
    return {};
}

/// Number of states, and for auto the algorithm too.
base::Result<> choose(Plan &plan, const JudgeInput &in, const TrainOptions &options, bool anyAlgorithm,
                      const base::Progress &progress)
{
    if (in.z.rows() < kLeastToChoose) {
        plan.single = plan.k == 0;
        if (plan.single)
            plan.notes.push_back(fmt::format(
                "{} samples are too few to look for states among them: one state holds everything",
                in.z.rows()));
        return {};
    }
    if (!anyAlgorithm && plan.algorithm != "genie")
        return chooseRound(plan, in, options, progress);
    ml::ChooseClustererOptions wanted;
    wanted.k = plan.k;
    wanted.seed = options.seed;
    if (!anyAlgorithm)
        wanted.algorithms = {indexOf(plan.algorithm)};
    STATESCAPE_TRY(const ml::ClustererChoice chosen, ml::chooseClusterer(in.z, wanted, progress));
    plan.choice = choiceOf(chosen);
    plan.single = plan.k == 0 && chosen.k == 1;
    plan.algorithm = ml::clustererFacts()[static_cast<std::size_t>(chosen.algorithm)].key;
    plan.k = algorithmOf(plan.algorithm)->takesK ? chosen.k : 0;
    plan.fit = chosen.options;
    plan.rows = static_cast<std::size_t>(in.z.rows());
    plan.notes.push_back(chosen.reason);
    return {};
}
} // namespace

base::Result<> checkAlgorithm(const TrainOptions &options)
{
    const Algorithm *algorithm = algorithmOf(options.algorithm);
    if (algorithm == nullptr) {
        std::string known;
        for (const auto &one : algorithms())
            known += (known.empty() ? "" : ", ") + std::string(one.key);
        return base::fail(Code::InvalidArgument,
                          fmt::format("there is no algorithm \"{}\"", options.algorithm), "use " + known);
    }
    const bool dbscan = algorithm->key == "dbscan";
    const bool hdbscan = algorithm->key == "hdbscan";
    if (options.k != 0 && !algorithm->takesK)
        return notTaken(options, "a number of states", "leave it out: the algorithm finds their number");
    if (options.radius != 0 && !dbscan)
        return notTaken(options, "a radius", "only dbscan does");
    if (options.minSamples != 0 && !dbscan && !hdbscan)
        return notTaken(options, "a number of neighbours", "only dbscan and hdbscan do");
    if (options.minClusterSize != 0 && !hdbscan)
        return notTaken(options, "a least size of a state", "only hdbscan does");
    if (!(options.radius >= 0))
        return base::fail(Code::InvalidArgument,
                          fmt::format("radius {}, wanted 0 (choose) or above", options.radius));
    if (options.minSamples < 0)
        return base::fail(Code::InvalidArgument,
                          fmt::format("{} neighbours, wanted 0 (choose) or above", options.minSamples));
    if (options.minClusterSize < 0 || options.minClusterSize == 1)
        return base::fail(Code::InvalidArgument, fmt::format("least size of a state {}, wanted 0 (choose) or "
                                                             "2 and above",
                                                             options.minClusterSize));
    return {};
}

base::Result<Plan> planStates(const JudgeInput &in, const TrainOptions &options,
                              const base::Progress &progress)
{
    STATESCAPE_CHECK(checkAlgorithm(options));
    if (in.z.rows() < std::max(options.k, 1))
        return base::fail(Code::NotEnoughData,
                          fmt::format("{} samples cannot make {} states", in.z.rows(), options.k),
                          "record for longer, or ask for fewer states");
    Plan out;
    const int classes = classesSeen(in);
    out.algorithm = options.algorithm == "auto" ? "kmeans" : options.algorithm;
    if (classes > 0 && options.k == 0 && (out.algorithm == "kmeans" || out.algorithm == "gmm")) {
        out.byClass = true;
        return out;
    }
    out.k = options.k;
    if (classes > 0 && out.k > 0 && out.k < classes) {
        out.notes.push_back(
            fmt::format("k raised from {} to {}, the number of labelled classes", out.k, classes));
        out.k = classes;
    }
    out.fit = fitOf(out.algorithm, std::max(out.k, 1), options);
    const bool any = options.algorithm == "auto" && classes == 0;
    if (!any && (out.k > 0 || !algorithmOf(out.algorithm)->takesK))
        return out;
    STATESCAPE_CHECK(choose(out, in, options, any, progress));
    if (classes > out.k && algorithmOf(out.algorithm)->takesK) {
        out.single = false;
        out.k = classes;
        out.fit = fitOf(out.algorithm, classes, options);
        out.rows = 0;
    }
    return out;
}

} // namespace statescape::model::states
