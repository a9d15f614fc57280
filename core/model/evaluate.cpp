// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/model_data.h"

#include "core/ml/metrics.h"
#include "core/ml/split.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace statescape::model {
using schema::Polarity;

namespace {
constexpr int kBlocks = 40;
/// Rows beside a held-out block that train nothing: neighbours in time are near-copies.
constexpr std::size_t kGap = 1;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Judgement {
    int truth = 0, predicted = 0; ///< classes; predicted == class count is unknown
    Polarity answer = Polarity::None;
};

/// Each class in turn against the rest, then the mean over those that occur: what scikit-learn calls macro.
ml::BinaryScores macroScores(std::span<const int> truth, std::span<const int> predicted, int classes)
{
    ml::BinaryScores sum;
    int occurring = 0;
    const auto orZero = [](double value) { return std::isnan(value) ? 0.0 : value; };
    for (int c = 0; c < classes; ++c) {
        std::uint64_t hits = 0;
        std::uint64_t wrong = 0;
        std::uint64_t missed = 0;
        for (std::size_t i = 0; i < truth.size(); ++i) {
            hits += truth[i] == c && predicted[i] == c ? 1 : 0;
            wrong += truth[i] != c && predicted[i] == c ? 1 : 0;
            missed += truth[i] == c && predicted[i] != c ? 1 : 0;
        }
        if (hits + missed == 0)
            continue;
        const auto one = ml::binaryScores(hits, wrong, missed);
        sum.precision += orZero(one.precision);
        sum.recall += orZero(one.recall);
        sum.f1 += orZero(one.f1);
        ++occurring;
    }
    if (occurring < 2)
        return {kNaN, kNaN, kNaN};
    return {sum.precision / occurring, sum.recall / occurring, sum.f1 / occurring};
}

Quality summed(const LabelTable &labels, const std::vector<Judgement> &judgements)
{
    Quality out;
    out.samples = judgements.size();
    std::vector<int> truth;
    std::vector<int> predicted;
    std::uint64_t hits = 0;
    std::uint64_t falseAlarms = 0;
    std::uint64_t misses = 0;
    bool negatives = false;
    for (const auto &one : judgements) {
        truth.push_back(one.truth);
        predicted.push_back(one.predicted);
        const bool bad = labels.classes[static_cast<std::size_t>(one.truth)].polarity == Polarity::Negative;
        const bool called = one.answer == Polarity::Negative;
        negatives |= bad;
        hits += bad && called ? 1 : 0;
        misses += bad && !called ? 1 : 0;
        falseAlarms += !bad && called ? 1 : 0;
    }
    const int classes = static_cast<int>(labels.classes.size());
    for (const auto &one : labels.classes)
        out.classes.push_back(one.name);
    out.confusion = ml::confusion(truth, predicted, classes, classes + 1).value_or(ml::Confusion{});
    out.accuracy = ml::accuracy(out.confusion);
    out.balancedAccuracy = ml::balancedAccuracy(out.confusion);
    const auto binary =
        negatives ? ml::binaryScores(hits, falseAlarms, misses) : macroScores(truth, predicted, classes);
    out.precision = binary.precision;
    out.recall = binary.recall;
    out.f1 = binary.f1;
    return out;
}
} // namespace

base::Result<Quality> evaluate(const TrainingSet &set, const LabelTable &labels, std::span<const int> columns,
                               const TrainOptions &options, std::vector<std::string> &notes,
                               const base::Progress &progress)
{
    Quality none;
    none.accuracy = none.f1 = none.precision = none.recall = none.balancedAccuracy = kNaN;
    if (labels.classes.empty() || options.heldOutShare <= 0)
        return none;
    const auto n = static_cast<std::size_t>(set.x.rows());
    const auto blocks = ml::timeBlocks(set.timeNs, n, kBlocks);
    const auto sides = ml::holdOut(blocks, labels.classOf, options.heldOutShare, kGap, options.seed);
    std::vector<std::uint32_t> train;
    std::vector<std::uint32_t> heldOut;
    for (std::size_t i = 0; i < n; ++i) {
        if (sides[i] == ml::Side::Train)
            train.push_back(static_cast<std::uint32_t>(i));
        else if (sides[i] == ml::Side::HeldOut && labels.classOf[i] >= 0)
            heldOut.push_back(static_cast<std::uint32_t>(i));
    }
    const base::Progress part{
        progress.stop, [&](double fraction, std::string_view) { progress.at(0.4 * fraction, "evaluating"); }};
    auto fitted = fitRows(set, labels, train, columns, options, part);
    if (!fitted && fitted.error().code == base::Code::Cancelled)
        return fitted.error();
    if (!fitted || heldOut.empty()) {
        notes.emplace_back("no held-out evaluation: too few labelled samples in separate time blocks");
        return none;
    }
    std::vector<Judgement> judgements;
    std::vector<float> z(static_cast<std::size_t>(fitted->prepared.preparer.size()));
    for (const auto row : heldOut) {
        const bool judgeable = fitted->prepared.preparer.apply(
            {set.x.data() + row * set.x.outerStride(), set.schema->size()}, fitted->prepared.columns, z);
        if (!judgeable)
            continue;
        const Score score = fitted->judge.score(z.data(), true);
        const int named =
            score.cluster < 0 ? -1 : fitted->judge.classOf[static_cast<std::size_t>(score.cluster)];
        judgements.push_back({labels.classOf[row],
                              named < 0 ? static_cast<int>(labels.classes.size()) : named, score.polarity});
    }
    return judgements.empty() ? none : summed(labels, judgements);
}

} // namespace statescape::model
