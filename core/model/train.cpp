// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/model_data.h"

#include "core/ml/metrics.h"
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

ml::ScaleKind kindOf(Scaler scaler)
{
    return scaler == Scaler::Robust ? ml::ScaleKind::Robust : ml::ScaleKind::Standard;
}

base::Result<> checkOptions(const TrainingSet &set, const TrainOptions &options)
{
    if (algorithmOf(options.algorithm) == nullptr) {
        std::string known;
        for (const auto &one : algorithms())
            known += (known.empty() ? "" : ", ") + std::string(one.key);
        return base::fail(Code::InvalidArgument,
                          fmt::format("there is no algorithm \"{}\"", options.algorithm), "use " + known);
    }
    if (options.k < 0 || options.k > kMostClusters)
        return base::fail(Code::InvalidArgument,
                          fmt::format("k = {}, wanted 0 (choose) to {}", options.k, kMostClusters));
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

std::vector<int> statesOf(const Judge &judge, ml::MatrixView z)
{
    std::vector<int> out;
    for (Index i = 0; i < z.rows(); ++i)
        out.push_back(judge.score(z.data() + i * z.outerStride(), true).cluster);
    return out;
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

base::Result<Fitted> fitRows(const TrainingSet &set, const LabelTable &labels,
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
    STATESCAPE_TRY(Preparer::Fit prepared,
                   Preparer::fit(*set.schema, x, columns, kindOf(options.scaler), progress));
    Fitted out{std::move(prepared), {}, {}, {}};
    const auto d = static_cast<std::size_t>(out.prepared.preparer.size());
    out.z.resize(static_cast<Index>(out.prepared.rows.size()), static_cast<Index>(d));
    std::vector<std::uint64_t> times;
    for (std::size_t i = 0; i < out.prepared.rows.size(); ++i) {
        const auto row = out.prepared.rows[i];
        out.prepared.preparer.apply({x.data() + row * x.outerStride(), set.schema->size()},
                                    out.prepared.columns, {out.z.row(static_cast<Index>(i)).data(), d});
        out.classOf.push_back(labels.classOf[rows[row]]);
        if (!set.timeNs.empty())
            times.push_back(set.timeNs[rows[row]]);
        out.prepared.rows[i] = rows[row];
    }
    const JudgeInput input{out.z, out.classOf, labels.classes, times};
    STATESCAPE_TRY(out.judge, Judge::fit(input, options, progress));
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
        return base::fail(Code::NotEnoughData,
                          fmt::format("{} samples, at least {} are needed", set.x.rows(), kLeastRows),
                          "record for longer");
    std::vector<std::string> notes;
    STATESCAPE_TRY(Quality quality, evaluate(set, labels, columns, options, notes, progress));

    std::vector<std::uint32_t> rows(static_cast<std::size_t>(set.x.rows()));
    std::iota(rows.begin(), rows.end(), 0U);
    const base::Progress rest{progress.stop, [&](double fraction, std::string_view stage) {
                                  progress.at(0.4 + 0.5 * fraction, stage);
                              }};
    STATESCAPE_TRY(Fitted fitted, fitRows(set, labels, rows, columns, options, rest));
    if (fitted.prepared.rows.size() < kLeastRows)
        return base::fail(
            Code::NotEnoughData,
            fmt::format("{} usable samples, at least {} are needed", fitted.prepared.rows.size(), kLeastRows),
            "record for longer");
    ModelContent out{options.name,
                     options,
                     set.schema->hash(),
                     fitted.prepared.preparer,
                     std::move(fitted.judge),
                     {},
                     std::move(quality),
                     0,
                     0,
                     0,
                     fitted.prepared.notes,
                     {},
                     {},
                     {}};
    out.notes.insert(out.notes.end(), out.judge.report.notes.begin(), out.judge.report.notes.end());
    out.notes.insert(out.notes.end(), notes.begin(), notes.end());
    STATESCAPE_TRY(out.axes, fitAxes(fitted.z, progress));
    progress.at(0.92, "judging");
    const auto states = statesOf(out.judge, fitted.z);
    for (const int state : states)
        if (state >= 0)
            ++out.judge.states[static_cast<std::size_t>(state)].samples;
    STATESCAPE_TRY(const ml::Silhouette silhouette,
                   ml::silhouette(fitted.z, states, static_cast<int>(out.judge.states.size()),
                                  kSilhouetteRows, options.seed, {progress.stop, {}}));
    out.silhouette = silhouette.mean;
    for (std::size_t s = 0; s < out.judge.states.size(); ++s)
        out.judge.states[s].silhouette = silhouette.perCluster[s];
    out.inertia = out.judge.inertia(fitted.z);

    std::vector<int> identity(static_cast<std::size_t>(out.preparer.size()));
    std::iota(identity.begin(), identity.end(), 0);
    for (const std::size_t i : goldenRows(states, out.judge.states.size())) {
        Golden golden;
        for (const int column : fitted.prepared.columns)
            golden.row.push_back(set.x(fitted.prepared.rows[i], column));
        golden.score = out.score(golden.row, identity);
        out.golden.push_back(std::move(golden));
    }
    out.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    progress.at(1, "done");
    return out;
}

} // namespace statescape::model
