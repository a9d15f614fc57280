// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/label_spreading.h"

#include "core/ml/label_propagation.h"
#include "core/ml/row_neighbours.h"
#include "core/ml/whitening.h"
#include "core/model/state_rows.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>

namespace statescape::model {
using base::Code;
using Index = Eigen::Index;

namespace {
/// More labels than this a class say enough by themselves, and leave rows unknown that they do not explain.
constexpr std::size_t kFewLabels = 50;
/// A graph of more rows costs seconds in many columns; the others are judged by what these become.
constexpr std::size_t kMostRows = 5000;
constexpr std::size_t kNeighbours = 10;
/// A row this much thinner surrounded than its own neighbours are is no part of what they form.
constexpr float kLonely = 3;
/// As for the judge: spread inside classes is known less well than the number of rows says. And less still
/// where the classes themselves were guessed.
constexpr double kLeastShrinkage = 0.1;
constexpr double kLeastShrinkageGuessed = 0.3;

/// All labelled rows and as many others as a graph may have.
states::Rows chooseRows(std::span<const int> classOf, std::uint64_t seed)
{
    states::Rows labelled;
    states::Rows others;
    for (std::size_t i = 0; i < classOf.size(); ++i)
        (classOf[i] >= 0 ? labelled : others).push_back(i);
    const std::size_t room = kMostRows - std::min(kMostRows, labelled.size());
    others = states::thinned(std::move(others), room, seed);
    labelled.insert(labelled.end(), others.begin(), others.end());
    std::sort(labelled.begin(), labelled.end());
    return labelled;
}

/// Turned so that classes are round, as far as their rows tell.
base::Result<ml::Matrix> whitened(const ml::Matrix &z, const std::vector<int> &classOf, double shrinkage,
                                  const base::Progress &progress)
{
    auto whitening = ml::withinClassWhitening(z, classOf, shrinkage, {progress.stop, {}});
    if (whitening) {
        ml::Matrix turned = z * whitening->forward;
        return turned.allFinite() ? turned : z; // denormal spreads
    }
    if (whitening.error().code == Code::NotEnoughData)
        return z;
    return whitening.error();
}

/// @return n: rows much farther from their neighbours than those are from theirs
base::Result<std::vector<std::uint8_t>> lonelyRows(const ml::Matrix &z, const base::Progress &progress)
{
    const ml::DistinctRows distinct = ml::distinctRows(z, progress.stop);
    const ml::RowTree tree(z, distinct.first, progress.stop);
    if (progress.stopped())
        return base::fail(Code::Cancelled, "label spreading stopped on request");
    STATESCAPE_TRY(const ml::RowNeighbours near, ml::nearestRows(tree, kNeighbours, 0, {progress.stop, {}}));
    std::vector<std::uint8_t> lonely(tree.rows(), 0);
    std::vector<float> around(near.k);
    for (std::uint32_t i = 0; near.k > 0 && i < tree.rows(); ++i) {
        for (std::size_t h = 0; h < near.k; ++h)
            around[h] = static_cast<float>(near.of(near.of(i)[h].position)[near.k - 1].dist2);
        const auto middle = around.begin() + static_cast<std::ptrdiff_t>(near.k / 2);
        std::nth_element(around.begin(), middle, around.end());
        lonely[tree.rowAt(i)] =
            static_cast<float>(near.of(i)[near.k - 1].dist2) > kLonely * kLonely * *middle ? 1 : 0;
    }
    std::vector<std::uint8_t> out(static_cast<std::size_t>(z.rows()));
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = lonely[distinct.copy[i]];
    return out;
}

/// @return n, -1 where the graph leads to no label
base::Result<std::vector<int>> throughGraph(const ml::Matrix &z, const std::vector<int> &given,
                                            const base::Progress &progress)
{
    ml::PropagationOptions options;
    options.neighbours = static_cast<int>(kNeighbours);
    STATESCAPE_TRY(const ml::Clustering spread, ml::propagateLabels(z, given, options, {progress.stop, {}}));
    std::vector<int> out = given;
    for (std::size_t i = 0; i < out.size(); ++i)
        if (out[i] < 0 && spread.membership.row(static_cast<Index>(i)).sum() > 0)
            out[i] = spread.labels[i];
    return out;
}

bool worthwhile(const JudgeInput &in)
{
    std::vector<std::size_t> counts(in.classes.size(), 0);
    for (const int c : in.classOf)
        if (c >= 0)
            ++counts[static_cast<std::size_t>(c)];
    const auto named = static_cast<std::size_t>(
        std::count_if(counts.begin(), counts.end(), [](std::size_t count) { return count > 0; }));
    const std::size_t labels = std::accumulate(counts.begin(), counts.end(), std::size_t{0});
    // One class has no rival: it would take everything.
    return named >= 2 && labels <= kFewLabels * named && 2 * labels <= in.classOf.size() &&
           2 * labels <= kMostRows;
}
} // namespace

base::Result<SpreadLabels> spreadLabels(const JudgeInput &in, std::uint64_t seed,
                                        const base::Progress &progress)
{
    SpreadLabels out{{in.classOf.begin(), in.classOf.end()}, {}};
    if (!worthwhile(in))
        return out;
    const states::Rows rows = chooseRows(in.classOf, seed);
    const ml::Matrix z = states::take(in.z, rows);
    std::vector<int> given;
    for (const std::size_t row : rows)
        given.push_back(in.classOf[row]);
    progress.at(0, "spreading labels");
    STATESCAPE_TRY(const ml::Matrix few, whitened(z, given, kLeastShrinkage, progress));
    STATESCAPE_TRY(const std::vector<int> first, throughGraph(few, given, progress));
    // The shape of classes is known far better from the rows the labels reached than from the labels.
    STATESCAPE_TRY(const ml::Matrix round, whitened(z, first, kLeastShrinkageGuessed, progress));
    STATESCAPE_TRY(const std::vector<int> second, throughGraph(round, given, progress));
    STATESCAPE_TRY(const std::vector<std::uint8_t> lonely, lonelyRows(round, progress));
    std::size_t reached = 0;
    std::size_t left = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (given[i] >= 0)
            continue;
        if (second[i] >= 0 && lonely[i] == 0) {
            out.classOf[rows[i]] = second[i];
            ++reached;
        } else {
            ++left;
        }
    }
    const std::size_t labels =
        static_cast<std::size_t>(std::count_if(given.begin(), given.end(), [](int c) { return c >= 0; }));
    if (reached > 0)
        out.notes.push_back(
            fmt::format("{} labels told the class of {} more samples like them while training; {} "
                        "were too unlike",
                        labels, reached, left));
    return out;
}

} // namespace statescape::model
