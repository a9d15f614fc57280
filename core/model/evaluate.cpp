// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/metrics.h"
#include "core/ml/split.h"
#include "core/model/model_data.h"
#include "core/model/reliability.h"
#include "core/model/state_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace statescape::model {
using schema::Polarity;
using Index = Eigen::Index;

namespace {
constexpr int kBlocks = 40;
/// Rows beside a held-out block that train nothing: neighbours in time are near-copies.
constexpr std::size_t kGap = 1;
/// Held-out rows judged at most, drawn evenly; more only cost time.
constexpr std::size_t kMostJudged = 50000;
/// Held-out rows clustered by themselves at most.
constexpr std::size_t kMostRepeated = 5000;
constexpr std::size_t kLeastRepeated = 20;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// A held-out row and what was said of it.
struct Judgement {
    std::uint32_t row = 0;
    int truth = -1; ///< class, -1 where nobody said
    Score score;
    int named = -1; ///< class of the state answered; -1 for none and for unknown
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

/// What the labels of held-out rows say.
void judgeLabelled(Quality &out, const LabelTable &labels, const std::vector<Judgement> &judgements)
{
    std::vector<int> truth;
    std::vector<int> predicted;
    std::uint64_t hits = 0;
    std::uint64_t falseAlarms = 0;
    std::uint64_t misses = 0;
    bool negatives = false;
    const int classes = static_cast<int>(labels.classes.size());
    for (const auto &one : judgements) {
        if (one.truth < 0)
            continue;
        truth.push_back(one.truth);
        predicted.push_back(one.named < 0 ? classes : one.named);
        const bool bad = labels.classes[static_cast<std::size_t>(one.truth)].polarity == Polarity::Negative;
        const bool called = one.score.polarity == Polarity::Negative;
        negatives |= bad;
        hits += bad && called ? 1 : 0;
        misses += bad && !called ? 1 : 0;
        falseAlarms += !bad && called ? 1 : 0;
    }
    if (truth.empty())
        return;
    out.samples = truth.size();
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
}

/// What was claimed of held-out rows against what was so.
void judgeClaims(Quality &out, const states::RowTable &table, const std::vector<Judgement> &judgements,
                 std::span<const int> blocks, std::uint64_t seed)
{
    std::vector<std::uint8_t> right;
    std::vector<float> confidence;
    GoodRows good;
    std::vector<std::uint8_t> bad;
    std::vector<float> abnormality;
    std::size_t unknown = 0;
    for (const auto &one : judgements) {
        unknown += one.score.cluster < 0 ? 1 : 0;
        if (one.truth >= 0 && one.score.cluster >= 0) {
            confidence.push_back(one.score.confidence);
            right.push_back(one.named == one.truth ? 1 : 0);
        }
        const bool isGood = table.goodRow(one.row);
        if (isGood) {
            good.abnormality.push_back(one.score.abnormality);
            good.block.push_back(blocks[one.row]);
        }
        const bool isBad = one.truth >= 0 && table.in.classes[static_cast<std::size_t>(one.truth)].polarity ==
                                                 Polarity::Negative;
        if (isBad || isGood) {
            bad.push_back(isBad ? 1 : 0);
            abnormality.push_back(one.score.abnormality);
        }
    }
    if (!judgements.empty())
        out.unknownShare = static_cast<double>(unknown) / static_cast<double>(judgements.size());
    measureConfidence(out, right, confidence);
    measureAbnormality(out, good, seed);
    measureRanking(out, bad, abnormality);
}

/// Whether states found on held-out rows alone are those the model answers with.
base::Result<double> agreementOf(const Judge &judge, ml::MatrixView z, const std::vector<Judgement> &judged,
                                 const TrainOptions &options, const base::Progress &progress)
{
    const states::Rows rows = states::evenRows(judged.size(), kMostRepeated);
    if (rows.size() < kLeastRepeated)
        return kNaN;
    ml::Matrix own = states::take(z, rows);
    if (judge.metric.size() > 0)
        own = own * judge.metric;
    const std::vector<int> none(rows.size(), -1);
    TrainOptions again = options;
    again.algorithm = judge.report.algorithm;
    again.k = algorithmOf(again.algorithm)->takesK
                  ? static_cast<int>(std::min(judge.states.size(), rows.size()))
                  : 0;
    STATESCAPE_TRY(const std::vector<int> found,
                   states::partitionOf({own, none, {}, {}}, again, {progress.stop, {}}));
    std::vector<int> answers;
    for (const std::size_t row : rows)
        answers.push_back(judged[row].score.cluster);
    return ml::adjustedRand(answers, found);
}
} // namespace

base::Result<Quality> evaluate(const TrainingSet &set, const LabelTable &labels, std::span<const int> columns,
                               const TrainOptions &options, const states::Plan &plan,
                               std::vector<std::string> &notes, const base::Progress &progress)
{
    Quality out;
    out.accuracy = out.f1 = out.precision = out.recall = out.balancedAccuracy = kNaN;
    if (options.heldOutShare <= 0)
        return out;
    const auto n = static_cast<std::size_t>(set.x.rows());
    const auto blocks = ml::timeBlocks(set.timeNs, n, kBlocks);
    const auto sides = ml::holdOut(blocks, labels.classOf, options.heldOutShare,
                                   kGap * ml::rowsAtOnce(set.timeNs), options.seed);
    std::vector<std::uint32_t> train;
    std::vector<std::uint32_t> labelled;
    std::vector<std::uint32_t> other;
    for (std::size_t i = 0; i < n; ++i) {
        if (sides[i] == ml::Side::Train)
            train.push_back(static_cast<std::uint32_t>(i));
        else if (sides[i] == ml::Side::HeldOut)
            (labels.classOf[i] >= 0 ? labelled : other).push_back(static_cast<std::uint32_t>(i));
    }
    const base::Progress part{
        progress.stop, [&](double fraction, std::string_view) { progress.at(0.9 * fraction, "evaluating"); }};
    auto prepared = prepareRows(set, labels, train, columns, options, part);
    if (!prepared && prepared.error().code == base::Code::Cancelled)
        return prepared.error();
    base::Result<Judge> fitted = base::fail(base::Code::NotEnoughData, "nothing to train on");
    if (prepared)
        fitted = states::fitJudge({prepared->z, prepared->classOf, labels.classes, prepared->timesNs},
                                  options, plan, part);
    if (!fitted && fitted.error().code == base::Code::Cancelled)
        return fitted.error();
    const bool lacking = labels.classes.empty() ? other.empty() : labelled.empty();
    if (!fitted || lacking) {
        notes.emplace_back(labels.classes.empty()
                               ? "no held-out evaluation: too few samples in separate time blocks"
                               : "no held-out evaluation: too few labelled samples in separate time blocks");
        return out;
    }
    std::vector<std::uint32_t> rows;
    for (const auto *side : {&labelled, &other})
        for (const std::size_t i : states::evenRows(side->size(), kMostJudged))
            rows.push_back((*side)[i]);
    std::sort(rows.begin(), rows.end());
    const Preparer &preparer = prepared->fit.preparer;
    ml::Matrix z(static_cast<Index>(rows.size()), preparer.size());
    std::vector<Judgement> judgements;
    for (const auto row : rows) {
        float *to = z.row(static_cast<Index>(judgements.size())).data();
        if (!preparer.apply({set.x.data() + row * set.x.outerStride(), set.schema->size()},
                            prepared->fit.columns, {to, static_cast<std::size_t>(z.cols())}))
            continue;
        const Score score = fitted->score(to, true);
        judgements.push_back(
            {row, labels.classOf[row], score,
             score.cluster < 0 ? -1 : fitted->classOf[static_cast<std::size_t>(score.cluster)]});
        if (judgements.size() % 1024 == 0 && progress.stopped())
            return base::fail(base::Code::Cancelled, "the evaluation stopped on request");
    }
    if (judgements.empty())
        return out;
    const JudgeInput in{set.x, labels.classOf, labels.classes, set.timeNs};
    judgeLabelled(out, labels, judgements);
    judgeClaims(out, states::RowTable(in), judgements, blocks, options.seed);
    auto agreement =
        agreementOf(*fitted, z.topRows(static_cast<Index>(judgements.size())), judgements, options, progress);
    if (!agreement && agreement.error().code == base::Code::Cancelled)
        return agreement.error();
    out.agreement = agreement.value_or(kNaN);
    return out;
}

} // namespace statescape::model
