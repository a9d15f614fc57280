// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/kmeans.h"
#include "core/ml/metrics.h"
#include "core/ml/statistics.h"
#include "core/model/calibrate.h"
#include "core/model/state_finder.h"
#include "core/model/state_names.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>

namespace statescape::model::states {
using schema::Polarity;
using Index = Eigen::Index;

namespace {
/// Up to this many labels of a class every one is a prototype: nearest neighbour, which few labels cannot be
/// beaten by.
constexpr std::size_t kAllPrototypes = 12;
/// Above, about the root of their number: measured on recordings with faults, more fit the noise and fewer
/// lose the busy-but-normal.
constexpr std::size_t kLeastPrototypes = 4;
constexpr std::size_t kMostPrototypes = 32;
constexpr std::size_t kChooseRows = 4000;
constexpr std::size_t kChooseSilhouetteRows = 1000;
constexpr double kSilhouetteTolerance = 0.02;
/// Halving one round cloud scores about 0.1 to 0.2 in many dimensions; a second state should do better.
constexpr double kLeastSilhouette = 0.25;
constexpr int kMostStrangeStates = 6;
constexpr double kPure = 0.9;
constexpr std::size_t kLeastToSplit = 8;

base::Result<ml::KMeans> cluster(ml::MatrixView z, int k, int restarts, std::uint64_t seed,
                                 const base::Progress &progress, ml::Matrix start = {})
{
    ml::KMeansOptions options;
    options.k = k;
    options.seed = seed;
    options.restarts = std::max(1, restarts);
    options.start = std::move(start);
    return ml::KMeans::fit(z, options, {progress.stop, {}});
}

/// @return the smallest k whose silhouette comes within a tolerance of the best; 1 when nothing separates.
base::Result<int> strangeStates(ml::MatrixView z, const TrainOptions &options, const base::Progress &progress)
{
    const ml::Matrix sample =
        take(z, thinned(allRows(static_cast<std::size_t>(z.rows())), kChooseRows, options.seed));
    std::vector<double> values;
    const auto high = static_cast<int>(std::min<Index>(kMostStrangeStates, sample.rows() - 1));
    for (int k = 2; k <= high; ++k) {
        STATESCAPE_TRY(const ml::KMeans means,
                       cluster(sample, k, std::min(options.restarts, 3), seedOf(options, 0xc0), progress));
        STATESCAPE_TRY(const ml::Silhouette silhouette,
                       ml::silhouette(sample, means.labels(), k, kChooseSilhouetteRows, options.seed,
                                      {progress.stop, {}}));
        values.push_back(std::isnan(silhouette.mean) ? -1 : silhouette.mean);
    }
    const double best = values.empty() ? -1 : *std::max_element(values.begin(), values.end());
    if (best < kLeastSilhouette)
        return 1;
    const auto found = std::find_if(values.begin(), values.end(),
                                    [&](double value) { return value >= best - kSilhouetteTolerance; });
    return 2 + static_cast<int>(found - values.begin());
}

double purity(const RowTable &table, const Rows &rows)
{
    std::size_t positive = 0;
    std::size_t negative = 0;
    for (const std::size_t row : rows)
        if (const int c = table.in.classOf[row]; c >= 0) {
            const Polarity polarity = table.in.classes[static_cast<std::size_t>(c)].polarity;
            positive += polarity == Polarity::Positive ? 1 : 0;
            negative += polarity == Polarity::Negative ? 1 : 0;
        }
    const std::size_t all = positive + negative;
    return all < kLeastToSplit ? 1
                               : static_cast<double>(std::max(positive, negative)) / static_cast<double>(all);
}

State stateOfClass(const RowTable &table, std::size_t c)
{
    return {table.in.classes[c].name, table.in.classes[c].polarity};
}

/// Puts prototypes of each class in place of the centre of an impure cluster: those of its majority to its
/// own @p state, the others to the state of their class.
base::Result<> splitAlongLabels(Found &found, const RowTable &table, const Space &space, const Rows &rows,
                                int state, const TrainOptions &options, const base::Progress &progress)
{
    Judge &judge = found.judge;
    const int own = judge.classOf[static_cast<std::size_t>(state)];
    for (const std::size_t c : table.classes) {
        Rows mine;
        for (const std::size_t row : rows)
            if (table.in.classOf[row] == static_cast<int>(c))
                mine.push_back(row);
        if (mine.empty())
            continue;
        int to = state;
        if (static_cast<int>(c) != own) {
            const auto known = std::find(judge.classOf.begin(), judge.classOf.end(), static_cast<int>(c));
            to = known != judge.classOf.end() ? static_cast<int>(known - judge.classOf.begin())
                                              : addState(judge, stateOfClass(table, c), static_cast<int>(c));
        }
        const ml::Matrix z = space.rows(thinned(mine, kMostFitRows, options.seed));
        STATESCAPE_TRY(const Part part,
                       prototypesOf(z, mine.size(), 3, seedOf(options, 0x5911 + c), progress));
        addPart(judge, part, to);
    }
    return {};
}

/// Every row to the state of its nearest prototype, which is how it will be measured.
void assignToNearest(Found &found, const Space &space)
{
    const Distances distances(found.judge);
    found.stateOf = distances.nearestStates(space.z());
}

/// As many prototypes as the state has, less for the rows that are left out.
MakePart sameCount(const Found &found, const RowTable &table, const Space &space, const TrainOptions &options,
                   const base::Progress &progress)
{
    std::vector<std::size_t> rows(found.judge.states.size(), 0);
    std::vector<std::size_t> prototypes(found.judge.states.size(), 0);
    for (const int state : found.stateOf)
        if (state >= 0)
            ++rows[static_cast<std::size_t>(state)];
    for (const int state : found.judge.stateOf)
        if (state >= 0)
            ++prototypes[static_cast<std::size_t>(state)];
    (void)table;
    return [rows, prototypes, &space, &options, progress](const Rows &some, int state, int fold) {
        const auto s = static_cast<std::size_t>(state);
        const double share =
            static_cast<double>(some.size()) / static_cast<double>(std::max<std::size_t>(rows[s], 1));
        const int count =
            std::max(1, static_cast<int>(std::lround(share * static_cast<double>(prototypes[s]))));
        const ml::Matrix z = space.rows(thinned(some, kMostFitRows, options.seed), fold);
        return prototypesOf(z, count, 2, seedOf(options, 0xca1 + s), progress);
    };
}
} // namespace

std::uint64_t seedOf(const TrainOptions &options, std::uint64_t stream)
{
    return options.seed + stream * 0x9e3779b97f4a7c15U;
}

int addState(Judge &judge, State state, int classIndex)
{
    judge.states.push_back(std::move(state));
    judge.classOf.push_back(classIndex);
    return static_cast<int>(judge.states.size()) - 1;
}

void addPart(Judge &judge, const Part &part, int state)
{
    ml::Matrix joined(judge.centres.rows() + part.centres.rows(), part.centres.cols());
    if (judge.centres.rows() > 0)
        joined.topRows(judge.centres.rows()) = judge.centres;
    joined.bottomRows(part.centres.rows()) = part.centres;
    judge.centres = std::move(joined);
    judge.shapes.insert(judge.shapes.end(), part.shapes.begin(), part.shapes.end());
    judge.logShare.insert(judge.logShare.end(), part.logShare.begin(), part.logShare.end());
    judge.stateOf.resize(static_cast<std::size_t>(judge.centres.rows()), state);
}

int majorityClass(const RowTable &table, const Rows &rows)
{
    std::vector<std::size_t> votes(table.in.classes.size(), 0);
    for (const std::size_t row : rows)
        if (table.in.classOf[row] >= 0)
            ++votes[static_cast<std::size_t>(table.in.classOf[row])];
    const auto most = std::max_element(votes.begin(), votes.end());
    return most == votes.end() || *most == 0 ? -1 : static_cast<int>(most - votes.begin());
}

base::Result<Part> prototypesOf(ml::MatrixView z, std::size_t rows, int restarts, std::uint64_t seed,
                                const base::Progress &progress)
{
    if (rows <= kAllPrototypes)
        return Part{z, {}, {}};
    const auto root = static_cast<std::size_t>(std::sqrt(static_cast<double>(rows)));
    return prototypesOf(z, static_cast<int>(std::clamp(root, kLeastPrototypes, kMostPrototypes)), restarts,
                        seed, progress);
}

base::Result<Part> prototypesOf(ml::MatrixView z, int count, int restarts, std::uint64_t seed,
                                const base::Progress &progress)
{
    if (count >= z.rows())
        return Part{z, {}, {}};
    STATESCAPE_TRY(const ml::KMeans means, cluster(z, count, restarts, seed, progress));
    Rows kept;
    for (std::size_t c = 0; c < means.sizes().size(); ++c)
        if (means.sizes()[c] > 0)
            kept.push_back(c);
    return Part{take(means.centres(), kept), {}, {}};
}

base::Result<Found> classesByPrototypes(const RowTable &table, const Space &space,
                                        const TrainOptions &options, const base::Progress &progress)
{
    Found out;
    out.stateOf.assign(table.n, -1);
    const auto place = [&space, &options, progress](const Rows &rows, int restarts, std::uint64_t stream,
                                                    int fold) {
        const ml::Matrix z = space.rows(thinned(rows, kMostFitRows, options.seed + stream), fold);
        return prototypesOf(z, rows.size(), restarts, seedOf(options, stream), progress);
    };
    for (const std::size_t c : table.classes) {
        const int state = addState(out.judge, stateOfClass(table, c), static_cast<int>(c));
        STATESCAPE_TRY(const Part part, place(table.rowsOf[c], std::min(options.restarts, 5), c, -1));
        addPart(out.judge, part, state);
        for (const std::size_t row : table.rowsOf[c])
            out.stateOf[row] = state;
    }
    out.remake = [place](const Rows &rows, int state, int fold) {
        return place(rows, 1, 0xca2 + static_cast<std::uint64_t>(state), fold);
    };
    return out;
}

base::Result<Found> everything(const RowTable &table, const Space &space, const TrainOptions &options,
                               const base::Progress &progress)
{
    Found out;
    out.stateOf.assign(table.n, 0);
    out.remake = [&space, &options, progress](const Rows &rows, int, int fold) {
        const ml::Matrix z = space.rows(thinned(rows, kMostFitRows, options.seed), fold);
        return prototypesOf(z, rows.size(), 2, seedOf(options, 0xa11), progress);
    };
    STATESCAPE_TRY(const Part part, out.remake(allRows(table.n), 0, -1));
    addPart(out.judge, part, addState(out.judge, {"state 1", Polarity::None}, -1));
    return out;
}

base::Result<Found> centres(const RowTable &table, const Space &space, const Plan &plan,
                            const TrainOptions &options, const base::Progress &progress)
{
    Found out;
    const int k = plan.k;
    ml::Matrix start;
    if (table.labelled()) {
        start.resize(static_cast<Index>(table.classes.size()), space.z().cols());
        for (std::size_t c = 0; c < table.classes.size(); ++c)
            start.row(static_cast<Index>(c)) = space.rows(table.rowsOf[table.classes[c]]).colwise().mean();
    }
    STATESCAPE_TRY(const ml::KMeans means,
                   cluster(space.z(), k, options.restarts, seedOf(options, 0), progress, std::move(start)));
    std::vector<Rows> members(static_cast<std::size_t>(k));
    for (std::size_t i = 0; i < table.n; ++i)
        members[static_cast<std::size_t>(means.labels()[i])].push_back(i);
    Rows order = allRows(static_cast<std::size_t>(k));
    if (!table.labelled())
        std::stable_sort(order.begin(), order.end(),
                         [&](auto a, auto b) { return members[a].size() > members[b].size(); });
    std::size_t cut = 0;
    std::size_t unnamed = 0;
    std::vector<int> stateOf(static_cast<std::size_t>(k), -1);
    for (const std::size_t c : order) {
        if (members[c].empty())
            continue;
        const int named = majorityClass(table, members[c]);
        const int state = stateOf[c] =
            addState(out.judge,
                     named < 0 ? State{fmt::format("state {}", ++unnamed), Polarity::None}
                               : stateOfClass(table, static_cast<std::size_t>(named)),
                     named);
        if (purity(table, members[c]) >= kPure) {
            addPart(out.judge, {means.centres().row(static_cast<Index>(c)), {}, {}}, state);
            continue;
        }
        ++cut;
        STATESCAPE_CHECK(splitAlongLabels(out, table, space, members[c], state, options, progress));
    }
    if (cut > 0)
        out.judge.report.notes.push_back(
            fmt::format("{} clusters mixed positive and negative labels and were split along them", cut));
    uniqueNames(out.judge.states);
    assignToNearest(out, space);
    out.remake = sameCount(out, table, space, options, progress);
    return out;
}

base::Result<> addStrangers(Judge &judge, const RowTable &table, const Space &space, const MakePart &make,
                            const TrainOptions &options, const base::Progress &progress)
{
    judge.finish();
    const ml::MatrixView all = space.z();
    Rows rows;
    for (std::size_t i = 0; i < table.n; ++i)
        if (table.in.classOf[i] < 0 &&
            judge.score(all.data() + static_cast<Index>(i) * all.outerStride(), true).cluster < 0)
            rows.push_back(i);
    if (rows.size() < std::max<std::size_t>(10, table.n / 200))
        return {};
    const ml::Matrix z = space.rows(rows);
    STATESCAPE_TRY(const int k, strangeStates(z, options, progress));
    STATESCAPE_TRY(const ml::KMeans means,
                   cluster(z, k, std::min(options.restarts, 5), seedOf(options, 0x57), progress));
    std::size_t made = 0;
    for (int c = 0; c < k; ++c) {
        Rows members;
        for (std::size_t i = 0; i < rows.size(); ++i)
            if (means.labels()[i] == c)
                members.push_back(rows[i]);
        if (members.empty())
            continue;
        const int state = addState(judge, {fmt::format("state {}", ++made), Polarity::None}, -1);
        STATESCAPE_TRY(const Part part, make(members, state, -1));
        STATESCAPE_TRY(std::vector<float> own, crossDistances(table, space, members, state, make, progress));
        addPart(judge, part, state);
        const double reach = own.empty() ? 0 : usualReach(own);
        judge.reach.push_back(static_cast<float>(std::max(judge.unknownDistance, reach)));
    }
    judge.report.notes.push_back(fmt::format(
        "{} unlabelled samples far from every label became {} states of their own", rows.size(), made));
    uniqueNames(judge.states);
    return {};
}

} // namespace statescape::model::states
