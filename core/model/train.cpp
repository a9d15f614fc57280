// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/model_data.h"
#include "core/model/state_rows.h"
#include "core/model/story.h"

#include "core/ml/columns.h"
#include "core/ml/metrics.h"
#include "core/ml/parallel.h"
#include "core/ml/pca.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <numeric>

namespace statescape::model {
using base::Code;
using schema::Polarity;
using Index = Eigen::Index;

namespace {
constexpr std::size_t kLeastRows = 10;
constexpr int kMostClusters = 256;
constexpr int kComponents = 8;
constexpr std::size_t kMostGolden = 32;
constexpr std::size_t kSilhouetteRows = 2000;
constexpr Index kJudgedAtOnce = 2048;
constexpr std::size_t kPreparedAtOnce = 1024;
constexpr std::size_t kDuplicateRows = 20000;
constexpr std::size_t kMostPairs = 3;
constexpr double kSameCorrelation = 0.999;

ml::ScaleKind kindOf(Scaler scaler)
{
    return scaler == Scaler::Robust ? ml::ScaleKind::Robust : ml::ScaleKind::Standard;
}

base::Result<> checkOptions(const TrainingSet &set, const TrainOptions &options)
{
    if (options.k < 0 || options.k > kMostClusters)
        return base::fail(Code::InvalidArgument,
                          fmt::format("k = {}, wanted 0 (choose) to {}", options.k, kMostClusters));
    STATESCAPE_CHECK(states::checkAlgorithm(options));
    if (options.restarts < 1 || options.restarts > 1000)
        return base::fail(Code::InvalidArgument,
                          fmt::format("{} restarts, wanted 1 to 1000", options.restarts));
    if (!(options.heldOutShare >= 0 && options.heldOutShare < 1))
        return base::fail(Code::InvalidArgument,
                          fmt::format("held-out share {}, wanted 0 to below 1", options.heldOutShare));
    if (set.schema == nullptr || static_cast<std::size_t>(set.x.cols()) != set.schema->size())
        return base::fail(Code::InvalidArgument,
                          "samples and their schema have different numbers of columns");
    if (!set.timeNs.empty() && set.timeNs.size() != static_cast<std::size_t>(set.x.rows()))
        return base::fail(Code::InvalidArgument,
                          fmt::format("{} times for {} samples", set.timeNs.size(), set.x.rows()));
    return {};
}

base::Result<std::vector<int>> chooseColumns(const schema::Schema &schema, const TrainOptions &options)
{
    std::vector<int> columns;
    for (const auto &key : options.features) {
        const int column = schema.indexOf(key);
        if (column < 0)
            return base::fail(Code::InvalidArgument, fmt::format("no feature \"{}\" in this session", key),
                              "`statescape probes` lists the features");
        if (std::find(columns.begin(), columns.end(), column) == columns.end())
            columns.push_back(column);
    }
    if (columns.empty())
        columns = usableColumns(schema, options.includeLevels);
    if (columns.empty())
        return base::fail(Code::NotEnoughData, "the session has no feature to train on");
    return columns;
}

/// @return part of a job, from..to of the whole.
base::Progress within(const base::Progress &progress, double from, double to)
{
    return {progress.stop, [&progress, from, to](double fraction, std::string_view stage) {
                progress.at(from + (to - from) * fraction, stage);
            }};
}

base::Error stopped()
{
    return base::fail(Code::Cancelled, "training stopped on request");
}

/// States of all rows, and the inertia.
base::Result<std::vector<int>> judgeRows(ModelContent &out, ml::MatrixView z, const base::Progress &progress)
{
    STATESCAPE_TRY(std::vector<int> states, states::answersOf(out.judge, z, progress));
    for (Index first = 0; first < z.rows(); first += kJudgedAtOnce) {
        if (progress.stopped())
            return stopped();
        out.inertia += out.judge.inertia(z.middleRows(first, std::min(kJudgedAtOnce, z.rows() - first)));
    }
    for (const int state : states)
        if (state >= 0)
            ++out.judge.states[static_cast<std::size_t>(state)].samples;
    STATESCAPE_TRY(const ml::Silhouette silhouette,
                   ml::silhouette(z, states, static_cast<int>(out.judge.states.size()), kSilhouetteRows,
                                  out.options.seed, {progress.stop, {}}));
    out.silhouette = silhouette.mean;
    for (std::size_t s = 0; s < out.judge.states.size(); ++s)
        out.judge.states[s].silhouette = silhouette.perCluster[s];
    return states;
}

/// Says which features tell the same twice. They stay: whitening and covariances take care of them, and
/// whoever looks for a reason may know only one of the two.
base::Result<> noteDuplicates(std::vector<std::string> &notes, const Preparer &preparer, ml::MatrixView z,
                              const base::Progress &progress)
{
    if (static_cast<std::size_t>(z.rows()) < kLeastRows)
        return {};
    const ml::Matrix some =
        states::take(z, states::evenRows(static_cast<std::size_t>(z.rows()), kDuplicateRows));
    STATESCAPE_TRY(const auto pairs, ml::nearDuplicates(some, kSameCorrelation, {progress.stop, {}}));
    std::vector<std::string> names;
    for (const auto &feature : preparer.features())
        names.push_back(feature.key);
    for (std::size_t i = 0; i < std::min(pairs.size(), kMostPairs); ++i)
        notes.push_back(ml::sentenceOf(pairs[i], names));
    if (pairs.size() > kMostPairs)
        notes.push_back(
            fmt::format("{} more pairs of features are as near to each other", pairs.size() - kMostPairs));
    return {};
}

/// Rows spread over the states: of each the first, then the last, then the middle ones.
std::vector<std::size_t> goldenRows(const std::vector<int> &states, std::size_t stateCount)
{
    std::vector<std::vector<std::size_t>> members(stateCount + 1);
    for (std::size_t i = 0; i < states.size(); ++i)
        members[states[i] < 0 ? stateCount : static_cast<std::size_t>(states[i])].push_back(i);
    std::vector<std::size_t> out;
    for (std::size_t round = 0; round < kMostGolden && out.size() < kMostGolden; ++round)
        for (const auto &rows : members)
            if (round < rows.size() && out.size() < kMostGolden)
                out.push_back(round == 0 ? rows.front() : rows[rows.size() * round / kMostGolden]);
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

void addGolden(ModelContent &out, const TrainingSet &set, const PreparedRows &prepared,
               const std::vector<int> &answers)
{
    std::vector<int> identity(static_cast<std::size_t>(out.preparer.size()));
    std::iota(identity.begin(), identity.end(), 0);
    for (const std::size_t i : goldenRows(answers, out.judge.states.size())) {
        Golden golden;
        for (const int column : prepared.fit.columns)
            golden.row.push_back(set.x(prepared.fit.rows[i], column));
        golden.score = out.score(golden.row, identity);
        out.golden.push_back(std::move(golden));
    }
}

base::Error tooFew(std::size_t rows, std::string_view which)
{
    return base::fail(Code::NotEnoughData,
                      fmt::format("{} {}samples, at least {} are needed", rows, which, kLeastRows),
                      "record for longer");
}

base::Result<Axes> fitAxes(ml::MatrixView z, const base::Progress &progress)
{
    STATESCAPE_TRY(
        const ml::Pca pca,
        ml::Pca::fit(z, static_cast<int>(std::min<Index>(kComponents, z.cols())), {progress.stop, {}}));
    return Axes{pca.mean(), pca.loadings(), pca.variance(), pca.totalVariance()};
}
} // namespace

base::Result<LabelTable> readLabels(const TrainingSet &set, bool useLabels)
{
    LabelTable out;
    out.classOf.assign(static_cast<std::size_t>(set.x.rows()), -1);
    if (!useLabels || set.labels.empty())
        return out;
    if (set.labels.size() != out.classOf.size())
        return base::fail(Code::InvalidArgument,
                          fmt::format("{} labels for {} samples", set.labels.size(), set.x.rows()));
    // Good first, then what has only a name, then bad; within that in order of class id.
    std::map<std::pair<int, std::uint16_t>, int> index;
    for (const auto &label : set.labels) {
        if (label.empty())
            continue;
        if (label.classId > 0 && label.classId >= set.classNames.size())
            return base::fail(Code::InvalidArgument,
                              fmt::format("label class {} has no name", label.classId));
        index.emplace(std::pair{-static_cast<int>(label.polarity), label.classId}, 0);
    }
    for (auto &[key, number] : index) {
        number = static_cast<int>(out.classes.size());
        const auto polarity = static_cast<Polarity>(-key.first);
        std::string name =
            key.second > 0 ? set.classNames[key.second] : std::string(schema::polarityKey(polarity));
        for (const auto &other : out.classes)
            if (other.name == name)
                name += fmt::format(" ({})", schema::polarityKey(polarity));
        out.classes.push_back({std::move(name), polarity});
    }
    for (std::size_t i = 0; i < set.labels.size(); ++i)
        if (const auto &label = set.labels[i]; !label.empty())
            out.classOf[i] = index.at({-static_cast<int>(label.polarity), label.classId});
    return out;
}

base::Result<PreparedRows> prepareRows(const TrainingSet &set, const LabelTable &labels,
                                       std::span<const std::uint32_t> rows, std::span<const int> columns,
                                       const TrainOptions &options, const base::Progress &progress)
{
    const bool every = rows.size() == static_cast<std::size_t>(set.x.rows());
    ml::Matrix chosen;
    if (!every) {
        chosen.resize(static_cast<Index>(rows.size()), set.x.cols());
        for (std::size_t i = 0; i < rows.size(); ++i)
            chosen.row(static_cast<Index>(i)) = set.x.row(rows[i]);
    }
    const ml::MatrixView x = every ? set.x : ml::MatrixView(chosen);
    STATESCAPE_TRY(Preparer::Fit fit,
                   Preparer::fit(*set.schema, x, columns, kindOf(options.scaler), progress,
                                 labels.classes.size() > 1 ? Preparer::WhenConstant::Refuse
                                                           : Preparer::WhenConstant::Keep));
    PreparedRows out{std::move(fit), {}, {}, {}};
    const auto d = static_cast<std::size_t>(out.fit.preparer.size());
    auto &used = out.fit.rows;
    out.z.resize(static_cast<Index>(used.size()), static_cast<Index>(d));
    ml::forEachChunk((used.size() + kPreparedAtOnce - 1) / kPreparedAtOnce,
                     used.size() < 4 * kPreparedAtOnce ? 1 : ml::threadCount(0), [&](std::size_t chunk) {
                         if (progress.stopped())
                             return;
                         const std::size_t first = chunk * kPreparedAtOnce;
                         for (std::size_t i = first; i < std::min(first + kPreparedAtOnce, used.size()); ++i)
                             out.fit.preparer.apply(
                                 {x.data() + used[i] * x.outerStride(), set.schema->size()}, out.fit.columns,
                                 {out.z.row(static_cast<Index>(i)).data(), d});
                     });
    if (progress.stopped())
        return stopped();
    for (auto &row : used) {
        row = rows[row];
        out.classOf.push_back(labels.classOf[row]);
        if (!set.timeNs.empty())
            out.timesNs.push_back(set.timeNs[row]);
    }
    return out;
}

base::Result<ModelContent> trainContent(const TrainingSet &set, const TrainOptions &options,
                                        const base::Progress &progress)
{
    const auto start = std::chrono::steady_clock::now();
    STATESCAPE_CHECK(checkOptions(set, options));
    STATESCAPE_TRY(const std::vector<int> columns, chooseColumns(*set.schema, options));
    STATESCAPE_TRY(const LabelTable labels, readLabels(set, options.useLabels));
    if (static_cast<std::size_t>(set.x.rows()) < kLeastRows)
        return tooFew(static_cast<std::size_t>(set.x.rows()), "");
    progress.at(0, "preparing");
    std::vector<std::uint32_t> rows(static_cast<std::size_t>(set.x.rows()));
    std::iota(rows.begin(), rows.end(), 0U);
    STATESCAPE_TRY(const PreparedRows prepared,
                   prepareRows(set, labels, rows, columns, options, within(progress, 0, 0.05)));
    if (prepared.fit.rows.size() < kLeastRows)
        return tooFew(prepared.fit.rows.size(), "usable ");
    const JudgeInput input{prepared.z, prepared.classOf, labels.classes, prepared.timesNs};
    STATESCAPE_TRY(const states::Plan plan, states::planStates(input, options, within(progress, 0.05, 0.2)));
    std::vector<std::string> notes;
    STATESCAPE_TRY(Quality quality,
                   evaluate(set, labels, columns, options, plan, notes, within(progress, 0.2, 0.5)));
    STATESCAPE_TRY(Judge judge, states::fitJudge(input, options, plan, within(progress, 0.5, 0.9)));
    ModelContent out{options.name,
                     options,
                     set.schema->hash(),
                     prepared.fit.preparer,
                     std::move(judge),
                     {},
                     std::move(quality),
                     0,
                     0,
                     0,
                     prepared.fit.notes,
                     {},
                     {},
                     {}};
    out.entity = set.schema->entityKind();
    out.notes.insert(out.notes.end(), out.judge.report.notes.begin(), out.judge.report.notes.end());
    out.notes.insert(out.notes.end(), notes.begin(), notes.end());
    STATESCAPE_CHECK(noteDuplicates(out.notes, out.preparer, prepared.z, progress));
    STATESCAPE_TRY(out.axes, fitAxes(prepared.z, progress));
    progress.at(0.92, "judging");
    STATESCAPE_TRY(const std::vector<int> answers, judgeRows(out, prepared.z, progress));
    if (set.previous != nullptr)
        STATESCAPE_CHECK(followModel(out, *set.previous, set, prepared.z, prepared.fit.rows, answers,
                                     labels.classes, progress));
    for (const auto &state : out.judge.states)
        out.lastId = std::max(out.lastId, state.id);
    STATESCAPE_TRY(out.story, storyOf(out.judge, prepared.z, answers, prepared.classOf, labels.classes,
                                      {progress.stop, {}}));
    addGolden(out, set, prepared, answers);
    out.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    progress.at(1, "done");
    return out;
}

} // namespace statescape::model
