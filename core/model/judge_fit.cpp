// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/parallel.h"
#include "core/model/background.h"
#include "core/model/calibrate.h"
#include "core/model/label_spreading.h"
#include "core/model/state_finder.h"

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace statescape::model {
using base::Code;
using Index = Eigen::Index;

namespace states {
namespace {
base::Result<Found> find(const RowTable &table, const Space &space, const Plan &plan,
                         const TrainOptions &options, const base::Progress &progress)
{
    if (plan.single)
        return everything(table, space, options, progress);
    if (plan.algorithm == "gmm")
        return plan.byClass ? classesByMixtures(table, space, options, progress)
                            : mixture(table, space, plan, options, progress);
    if (plan.byClass)
        return classesByPrototypes(table, space, options, progress);
    return plan.algorithm == "kmeans" ? centres(table, space, plan, options, progress)
                                      : clusters(table, space, plan, options, progress);
}

/// From the space where classes are round to the scaled one.
void turnBack(Judge &judge, const Space &space)
{
    judge.centres = judge.centres * space.backward();
    if (judge.shapes.empty()) {
        judge.metric = space.forward();
        return;
    }
    const Eigen::MatrixXd forward = space.forward().cast<double>();
    const Eigen::MatrixXd backward = space.backward().cast<double>();
    const double grown = std::log(std::fabs(forward.determinant()));
    for (std::size_t p = 0; p < judge.shapes.size(); ++p) {
        // The same ellipsoid needs a lower triangle again: by its covariance.
        const Eigen::MatrixXd shape = judge.shapes[p].cast<double>();
        const auto identity = Eigen::MatrixXd::Identity(shape.rows(), shape.cols());
        const Eigen::MatrixXd root = shape.triangularView<Eigen::Lower>().solve(identity);
        const Eigen::MatrixXd turned = backward * root;
        const Eigen::MatrixXd factor = (turned * turned.transpose()).llt().matrixL();
        judge.shapes[p] =
            Eigen::MatrixXd(factor.triangularView<Eigen::Lower>().solve(identity)).cast<float>();
        judge.logShare[p] += static_cast<float>(grown);
    }
}

/// How far the judge repeats what was found, and what belongs to no state.
base::Result<> measureFidelity(Judge &judge, const Found &found, ml::MatrixView z,
                               const base::Progress &progress)
{
    STATESCAPE_TRY(const std::vector<int> answers, answersOf(judge, z, progress));
    std::uint64_t asked = 0;
    std::uint64_t same = 0;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        judge.report.noise += answers[i] < 0 ? 1 : 0;
        if (found.own.empty() || found.own[i] == kNotAsked)
            continue;
        ++asked;
        same += answers[i] == found.own[i] ? 1 : 0;
    }
    judge.report.fidelity = asked > 0 ? static_cast<double>(same) / static_cast<double>(asked) : 1;
    return {};
}

base::Result<Judge> fitStates(const JudgeInput &in, const TrainOptions &options, const Plan &plan,
                              const base::Progress &progress)
{
    const RowTable table(in);
    std::optional<Space> space;
    if (plan.byClass && table.labelled()) {
        STATESCAPE_TRY(Space turned, Space::whitened(table, options.seed, progress));
        space.emplace(std::move(turned));
    } else {
        space.emplace(table);
    }
    progress.at(0.1, "finding states");
    STATESCAPE_TRY(Found found, find(table, *space, plan, options, progress));
    progress.at(0.6, "calibrating");
    STATESCAPE_CHECK(calibrate(found, table, *space, progress));
    Judge &judge = found.judge;
    if (plan.byClass)
        STATESCAPE_CHECK(addStrangers(judge, table, *space, found.remake, options, progress));
    if (space->turned())
        turnBack(judge, *space);
    judge.finish();
    STATESCAPE_CHECK(measureFidelity(judge, found, in.z, progress));
    auto &report = judge.report;
    report.algorithm = plan.algorithm;
    report.choice = plan.choice;
    report.notes.insert(report.notes.begin(), plan.notes.begin(), plan.notes.end());
    return std::move(judge);
}
} // namespace

base::Result<Judge> fitJudge(const JudgeInput &in, const TrainOptions &options, const Plan &plan,
                             const base::Progress &progress)
{
    if (!plan.byClass)
        return fitStates(in, options, plan, progress);
    if (needsBackground(in)) {
        STATESCAPE_TRY(const Background background, backgroundOf(in, options.seed, {progress.stop, {}}));
        STATESCAPE_TRY(Judge judge, fitStates({in.z, background.classOf, background.classes, in.timeNs},
                                              options, plan, progress));
        for (int &classIndex : judge.classOf)
            if (classIndex == static_cast<int>(in.classes.size()))
                classIndex = -1;
        judge.report.notes.insert(judge.report.notes.begin(), background.note);
        return judge;
    }
    STATESCAPE_TRY(const SpreadLabels spread, spreadLabels(in, options.seed, {progress.stop, {}}));
    STATESCAPE_TRY(Judge judge,
                   fitStates({in.z, spread.classOf, in.classes, in.timeNs}, options, plan, progress));
    judge.report.notes.insert(judge.report.notes.begin(), spread.notes.begin(), spread.notes.end());
    return judge;
}

base::Result<std::vector<int>> partitionOf(const JudgeInput &in, const TrainOptions &options,
                                           const base::Progress &progress)
{
    const std::vector<int> none(static_cast<std::size_t>(in.z.rows()), -1);
    const JudgeInput bare{in.z, none, {}, in.timeNs};
    const RowTable table(bare);
    const Space space(table);
    STATESCAPE_TRY(const Plan plan, planStates(bare, options, progress));
    STATESCAPE_TRY(Found found, find(table, space, plan, options, progress));
    return std::move(found.own.empty() ? found.stateOf : found.own);
}
} // namespace states

base::Result<std::vector<int>> states::answersOf(const Judge &judge, ml::MatrixView z,
                                                 const base::Progress &progress)
{
    const auto n = static_cast<std::size_t>(z.rows());
    std::vector<int> out(n, -1);
    constexpr std::size_t kScoredAtOnce = 1024;
    const std::size_t chunks = (n + kScoredAtOnce - 1) / kScoredAtOnce;
    ml::forEachChunk(chunks, chunks < 4 ? 1 : ml::threadCount(0), [&](std::size_t chunk) {
        if (progress.stopped())
            return;
        const std::size_t first = chunk * kScoredAtOnce;
        const std::size_t count = std::min(kScoredAtOnce, n - first);
        const std::vector<std::uint8_t> judgeable(count, 1);
        std::vector<Score> scores(count);
        judge.score(z.middleRows(static_cast<Index>(first), static_cast<Index>(count)), judgeable, scores);
        for (std::size_t i = 0; i < count; ++i)
            out[first + i] = scores[i].cluster;
    });
    if (progress.stopped())
        return base::fail(Code::Cancelled, "training stopped on request");
    return out;
}

base::Result<Judge> Judge::fit(const JudgeInput &in, const TrainOptions &options,
                               const base::Progress &progress)
{
    STATESCAPE_TRY(const states::Plan plan, states::planStates(in, options, progress));
    return states::fitJudge(in, options, plan, progress);
}

} // namespace statescape::model
