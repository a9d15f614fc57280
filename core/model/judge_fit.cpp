// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/judge.h"

#include "core/ml/kmeans.h"
#include "core/ml/metrics.h"
#include "core/ml/random.h"
#include "core/ml/split.h"
#include "core/ml/statistics.h"
#include "core/ml/whitening.h"
#include "core/model/state_names.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <numeric>
#include <optional>

namespace statescape::model {
using base::Code;
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
/// Samples next in time are near-copies, so the spread inside classes is known less well than their number
/// says.
constexpr double kLeastShrinkage = 0.1;
/// Prototypes are placed on at most this many rows; more only cost time.
constexpr std::size_t kMostFitRows = 20000;
constexpr std::size_t kChooseRows = 4000;
constexpr std::size_t kChooseSilhouetteRows = 1000;
constexpr double kSilhouetteTolerance = 0.02;
constexpr int kBlocks = 24;
constexpr int kFolds = 3;
constexpr double kPure = 0.9;
constexpr std::size_t kLeastToSplit = 8;
constexpr std::size_t kKnots = 257;
constexpr std::size_t kLeastCalibration = 5;

ml::Matrix take(ml::MatrixView z, const std::vector<std::size_t> &rows)
{
    ml::Matrix out(static_cast<Index>(rows.size()), z.cols());
    for (std::size_t i = 0; i < rows.size(); ++i)
        out.row(static_cast<Index>(i)) = z.row(static_cast<Index>(rows[i]));
    return out;
}

std::vector<std::size_t> thinned(std::vector<std::size_t> rows, std::size_t most, std::uint64_t seed)
{
    if (rows.size() <= most)
        return rows;
    ml::Random random(seed, 0x7417);
    for (std::size_t i = 0; i < most; ++i)
        std::swap(rows[i], rows[i + random.below(rows.size() - i)]);
    rows.resize(most);
    std::sort(rows.begin(), rows.end());
    return rows;
}

class Fitter {
public:
    Fitter(const JudgeInput &in, const TrainOptions &options, const base::Progress &progress)
        : m_in(in)
        , m_options(options)
        , m_progress(progress)
        , m_n(static_cast<std::size_t>(in.z.rows()))
        , m_rowsOf(in.classes.size())
    {
        for (std::size_t i = 0; i < m_n; ++i)
            if (const int c = in.classOf[i]; c >= 0)
                m_rowsOf[static_cast<std::size_t>(c)].push_back(i);
        for (std::size_t c = 0; c < m_rowsOf.size(); ++c)
            if (!m_rowsOf[c].empty())
                m_classes.push_back(c);
        m_blocks = ml::timeBlocks(in.timeNs, m_n, kBlocks);
    }

    /// Distances will be calibrated in spaces that have not seen the rows they measure: one whitening a fold,
    /// as the judge's own was fitted on all rows. @param raw n x d before whitening
    base::Result<> whitenFolds(ml::MatrixView raw)
    {
        m_raw.emplace(raw); // the view, not the parameter: that ends with this call
        for (int fold = 0; fold < kFolds; ++fold) {
            std::vector<std::size_t> rows;
            for (const std::size_t c : m_classes)
                for (const std::size_t row : m_rowsOf[c])
                    if (m_blocks[row] % kFolds != fold)
                        rows.push_back(row);
            rows = thinned(std::move(rows), kMostFitRows, m_options.seed);
            std::vector<int> classOf;
            for (const std::size_t row : rows)
                classOf.push_back(m_in.classOf[row]);
            auto whitening =
                ml::withinClassWhitening(take(raw, rows), classOf, kLeastShrinkage, {m_progress.stop, {}});
            if (!whitening && whitening.error().code != Code::NotEnoughData)
                return whitening.error();
            m_foldMetric.push_back(whitening ? std::move(whitening->forward) : ml::Matrix());
        }
        return {};
    }

    base::Result<Judge> run()
    {
        m_progress.at(0.1, "finding states");
        if (m_classes.empty())
            STATESCAPE_CHECK(plain());
        else if (m_options.k > 0)
            STATESCAPE_CHECK(seeded());
        else
            STATESCAPE_CHECK(byClass());
        m_progress.at(0.6, "calibrating");
        STATESCAPE_CHECK(calibrate());
        if (!m_classes.empty() && m_options.k == 0)
            STATESCAPE_CHECK(strangers());
        m_judge.report.algorithm = "kmeans";
        m_judge.finish();
        return std::move(m_judge);
    }

private:
    base::Result<ml::KMeans> cluster(ml::MatrixView z, int k, int restarts, std::uint64_t stream,
                                     ml::Matrix start = {})
    {
        ml::KMeansOptions options;
        options.k = k;
        options.seed = m_options.seed + stream * 0x9e3779b97f4a7c15U;
        options.restarts = std::max(1, restarts);
        options.start = std::move(start);
        return ml::KMeans::fit(z, options, {m_progress.stop, {}});
    }

    static int prototypesFor(std::size_t rows)
    {
        if (rows <= kAllPrototypes)
            return static_cast<int>(rows);
        const auto root = static_cast<std::size_t>(std::sqrt(static_cast<double>(rows)));
        return static_cast<int>(std::clamp(root, kLeastPrototypes, kMostPrototypes));
    }

    /// Rows in the space of a fold, or of the judge itself.
    [[nodiscard]] ml::Matrix inSpace(const std::vector<std::size_t> &rows, int fold) const
    {
        if (fold < 0 || m_foldMetric.empty() || m_foldMetric[static_cast<std::size_t>(fold)].size() == 0)
            return take(m_in.z, rows);
        return take(*m_raw, rows) * m_foldMetric[static_cast<std::size_t>(fold)];
    }

    /// Prototypes of one class from some of its rows.
    base::Result<ml::Matrix> prototypes(const std::vector<std::size_t> &rows, int restarts,
                                        std::uint64_t stream, int fold = -1)
    {
        const ml::Matrix z = inSpace(thinned(rows, kMostFitRows, m_options.seed + stream), fold);
        const int k = prototypesFor(rows.size());
        if (k == z.rows())
            return z;
        STATESCAPE_TRY(const ml::KMeans means, cluster(z, k, restarts, stream));
        return nonEmpty(means);
    }

    static ml::Matrix nonEmpty(const ml::KMeans &means)
    {
        std::vector<std::size_t> kept;
        for (std::size_t c = 0; c < means.sizes().size(); ++c)
            if (means.sizes()[c] > 0)
                kept.push_back(c);
        return take(means.centres(), kept);
    }

    void addState(State state, int classIndex)
    {
        m_judge.states.push_back(std::move(state));
        m_judge.classOf.push_back(classIndex);
    }

    void addPrototypes(const ml::Matrix &centres, int state)
    {
        ml::Matrix joined(m_judge.centres.rows() + centres.rows(), m_in.z.cols());
        if (m_judge.centres.rows() > 0)
            joined.topRows(m_judge.centres.rows()) = m_judge.centres;
        joined.bottomRows(centres.rows()) = centres;
        m_judge.centres = std::move(joined);
        m_judge.stateOf.resize(static_cast<std::size_t>(m_judge.centres.rows()), state);
    }

    base::Result<> byClass()
    {
        for (const std::size_t c : m_classes) {
            STATESCAPE_TRY(const ml::Matrix centres,
                           prototypes(m_rowsOf[c], std::min(m_options.restarts, 5), c));
            addPrototypes(centres, static_cast<int>(m_judge.states.size()));
            addState({m_in.classes[c].name, m_in.classes[c].polarity}, static_cast<int>(c));
        }
        return {};
    }

    /// Clusters of rows that no label explains.
    base::Result<> strangers()
    {
        m_judge.finish();
        std::vector<std::size_t> rows;
        for (std::size_t i = 0; i < m_n; ++i)
            if (m_in.classOf[i] < 0 &&
                m_judge.score(m_in.z.row(static_cast<Index>(i)).data(), true).cluster < 0)
                rows.push_back(i);
        if (rows.size() < std::max<std::size_t>(10, m_n / 200))
            return {};
        const ml::Matrix z = take(m_in.z, rows);
        STATESCAPE_TRY(const int k, chooseK(z, 1, 6));
        STATESCAPE_TRY(const ml::KMeans means, cluster(z, k, std::min(m_options.restarts, 5), 0x57));
        std::size_t made = 0;
        for (int c = 0; c < k; ++c) {
            std::vector<std::size_t> members;
            for (std::size_t i = 0; i < rows.size(); ++i)
                if (means.labels()[i] == c)
                    members.push_back(rows[i]);
            if (members.empty())
                continue;
            STATESCAPE_TRY(const ml::Matrix centres,
                           prototypes(members, 3, 0x570 + static_cast<std::uint64_t>(c)));
            STATESCAPE_TRY(std::vector<float> own, crossDistances(members, 0x57a));
            addPrototypes(centres, static_cast<int>(m_judge.states.size()));
            addState({fmt::format("state {}", ++made), Polarity::None}, -1);
            const double reach = own.empty() ? 0 : threshold(own);
            m_judge.reach.push_back(static_cast<float>(std::max(m_judge.unknownDistance, reach)));
        }
        m_judge.report.notes.push_back(fmt::format(
            "{} unlabelled samples far from every label became {} states of their own", rows.size(), made));
        uniqueNames(m_judge.states);
        return {};
    }

    /// @return the smallest k whose silhouette comes within a tolerance of the best; 1 when nothing
    /// separates.
    base::Result<int> chooseK(ml::MatrixView z, int low, int high)
    {
        std::vector<std::size_t> rows(static_cast<std::size_t>(z.rows()));
        std::iota(rows.begin(), rows.end(), std::size_t{0});
        const ml::Matrix sample = take(z, thinned(rows, kChooseRows, m_options.seed));
        std::vector<double> values;
        const int first = std::max(low, 2);
        high = static_cast<int>(std::min<Index>(high, sample.rows() - 1));
        for (int k = first; k <= high; ++k) {
            STATESCAPE_TRY(const ml::KMeans means, cluster(sample, k, std::min(m_options.restarts, 3), 0xc0));
            STATESCAPE_TRY(const ml::Silhouette silhouette,
                           ml::silhouette(sample, means.labels(), k, kChooseSilhouetteRows, m_options.seed,
                                          {m_progress.stop, {}}));
            values.push_back(std::isnan(silhouette.mean) ? -1 : silhouette.mean);
        }
        if (values.empty())
            return std::max(low, 1);
        const double best = *std::max_element(values.begin(), values.end());
        // Halving one round cloud scores about 0.1 to 0.2 in many dimensions; a second state should do better
        // than that.
        if (low <= 1 && best < 0.25)
            return 1;
        for (std::size_t i = 0; i < values.size(); ++i)
            if (values[i] >= best - kSilhouetteTolerance)
                return first + static_cast<int>(i);
        return first;
    }

    base::Result<> plain()
    {
        int k = m_options.k;
        if (k == 0) {
            STATESCAPE_TRY(k, chooseK(m_in.z, 2, 8));
            m_judge.report.notes.push_back(fmt::format("k = {} chosen by silhouette among 2 to 8", k));
        }
        STATESCAPE_TRY(const ml::KMeans means, cluster(m_in.z, k, m_options.restarts, 0));
        std::vector<std::size_t> order(static_cast<std::size_t>(k));
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::stable_sort(order.begin(), order.end(),
                         [&](auto a, auto b) { return means.sizes()[a] > means.sizes()[b]; });
        for (const std::size_t c : order) {
            if (means.sizes()[c] == 0)
                continue;
            const auto state = static_cast<int>(m_judge.states.size());
            addPrototypes(means.centres().row(static_cast<Index>(c)), state);
            addState({fmt::format("state {}", state + 1), Polarity::None}, -1);
        }
        return {};
    }

    /// Plain k-means from the class means; then clusters that mix polarities are cut along the labels.
    base::Result<> seeded()
    {
        int k = m_options.k;
        if (k < static_cast<int>(m_classes.size())) {
            m_judge.report.notes.push_back(
                fmt::format("k raised from {} to {}, the number of labelled classes", k, m_classes.size()));
            k = static_cast<int>(m_classes.size());
        }
        ml::Matrix start(static_cast<Index>(m_classes.size()), m_in.z.cols());
        for (std::size_t c = 0; c < m_classes.size(); ++c)
            start.row(static_cast<Index>(c)) = take(m_in.z, m_rowsOf[m_classes[c]]).colwise().mean();
        STATESCAPE_TRY(const ml::KMeans means, cluster(m_in.z, k, m_options.restarts, 0, start));
        std::vector<std::vector<std::size_t>> members(static_cast<std::size_t>(k));
        for (std::size_t i = 0; i < m_n; ++i)
            members[static_cast<std::size_t>(means.labels()[i])].push_back(i);
        std::size_t cut = 0;
        for (std::size_t c = 0; c < members.size(); ++c) {
            if (members[c].empty())
                continue;
            const int named = majority(members[c]);
            const auto state = static_cast<int>(m_judge.states.size());
            addState(named < 0 ? State{fmt::format("state {}", c + 1), Polarity::None}
                               : State{m_in.classes[static_cast<std::size_t>(named)].name,
                                       m_in.classes[static_cast<std::size_t>(named)].polarity},
                     named);
            if (purity(members[c]) >= kPure) {
                addPrototypes(means.centres().row(static_cast<Index>(c)), state);
                continue;
            }
            ++cut;
            STATESCAPE_CHECK(split(members[c], state));
        }
        if (cut > 0)
            m_judge.report.notes.push_back(
                fmt::format("{} clusters mixed positive and negative labels and were split along them", cut));
        uniqueNames(m_judge.states);
        return {};
    }

    /// Puts prototypes of each class in place of the centre of an impure cluster: those of its majority to
    /// its own @p state, the others to the state of their class.
    base::Result<> split(const std::vector<std::size_t> &rows, int state)
    {
        const int own = m_judge.classOf[static_cast<std::size_t>(state)];
        for (const std::size_t c : m_classes) {
            std::vector<std::size_t> mine;
            for (const std::size_t row : rows)
                if (m_in.classOf[row] == static_cast<int>(c))
                    mine.push_back(row);
            if (mine.empty())
                continue;
            int to = state;
            if (static_cast<int>(c) != own) {
                to = static_cast<int>(
                    std::find(m_judge.classOf.begin(), m_judge.classOf.end(), static_cast<int>(c)) -
                    m_judge.classOf.begin());
                if (to == static_cast<int>(m_judge.states.size()))
                    addState({m_in.classes[c].name, m_in.classes[c].polarity}, static_cast<int>(c));
            }
            STATESCAPE_TRY(const ml::Matrix centres, prototypes(mine, 3, 0x5911 + c));
            addPrototypes(centres, to);
        }
        return {};
    }

    [[nodiscard]] int majority(const std::vector<std::size_t> &rows) const
    {
        std::vector<std::size_t> votes(m_in.classes.size(), 0);
        for (const std::size_t row : rows)
            if (m_in.classOf[row] >= 0)
                ++votes[static_cast<std::size_t>(m_in.classOf[row])];
        const auto most = std::max_element(votes.begin(), votes.end());
        return most == votes.end() || *most == 0 ? -1 : static_cast<int>(most - votes.begin());
    }

    [[nodiscard]] double purity(const std::vector<std::size_t> &rows) const
    {
        std::size_t positive = 0;
        std::size_t negative = 0;
        for (const std::size_t row : rows)
            if (const int c = m_in.classOf[row]; c >= 0) {
                positive += m_in.classes[static_cast<std::size_t>(c)].polarity == Polarity::Positive ? 1 : 0;
                negative += m_in.classes[static_cast<std::size_t>(c)].polarity == Polarity::Negative ? 1 : 0;
            }
        const std::size_t all = positive + negative;
        return all < kLeastToSplit
                   ? 1
                   : static_cast<double>(std::max(positive, negative)) / static_cast<double>(all);
    }

    /// Distance beyond which a member of this spread would be a surprise. Bounded by the bulk, so that one
    /// stray sample in the calibration does not open the gate.
    static double threshold(std::vector<float> &distances)
    {
        const double top = 1.25 * ml::quantileInPlace(distances, 0.999);
        return std::min(top, 2.5 * ml::quantileInPlace(distances, 0.9));
    }

    /// Distances of rows to prototypes that were placed without their time block.
    base::Result<std::vector<float>> crossDistances(const std::vector<std::size_t> &rows,
                                                    std::uint64_t stream)
    {
        std::vector<float> out;
        for (int fold = 0; fold < kFolds; ++fold) {
            std::vector<std::size_t> inside;
            std::vector<std::size_t> outside;
            for (const std::size_t row : rows)
                (m_blocks[row] % kFolds == fold ? inside : outside).push_back(row);
            if (inside.empty() || outside.empty())
                continue;
            ml::Matrix centres;
            if (m_classes.empty()) {
                const int k = static_cast<int>(std::min<std::size_t>(m_judge.states.size(), outside.size()));
                const ml::Matrix z = take(m_in.z, thinned(outside, kMostFitRows, m_options.seed));
                STATESCAPE_TRY(const ml::KMeans means, cluster(z, k, 2, stream));
                centres = nonEmpty(means);
            } else {
                STATESCAPE_TRY(centres, prototypes(outside, 2, stream, fold));
            }
            inside = thinned(inside, kMostFitRows, m_options.seed + 1);
            const ml::Matrix z = inSpace(inside, fold);
            for (Index i = 0; i < z.rows(); ++i)
                out.push_back(std::sqrt((centres.rowwise() - z.row(i)).rowwise().squaredNorm().minCoeff()));
            if (m_progress.stopped())
                return base::fail(Code::Cancelled, "training stopped on request");
        }
        return out;
    }

    /// Every row to its nearest prototype as shipped; for when there are too few labels to cross-fit.
    std::vector<float> plainDistances() const
    {
        std::vector<float> out;
        std::vector<std::size_t> rows(m_n);
        std::iota(rows.begin(), rows.end(), std::size_t{0});
        for (const std::size_t row : thinned(rows, kMostFitRows, m_options.seed)) {
            const auto z = m_in.z.row(static_cast<Index>(row));
            out.push_back(std::sqrt((m_judge.centres.rowwise() - z).rowwise().squaredNorm().minCoeff()));
        }
        return out;
    }

    base::Result<> calibrate()
    {
        std::vector<float> good;
        std::vector<float> all;
        std::vector<double> reachOf(m_in.classes.size(), 0);
        if (m_classes.empty()) {
            std::vector<std::size_t> rows(m_n);
            std::iota(rows.begin(), rows.end(), std::size_t{0});
            STATESCAPE_TRY(good, crossDistances(rows, 0xca1));
            all = good;
        }
        const bool anyPositive = std::any_of(m_classes.begin(), m_classes.end(), [&](auto c) {
            return m_in.classes[c].polarity == Polarity::Positive;
        });
        for (const std::size_t c : m_classes) {
            STATESCAPE_TRY(std::vector<float> own, crossDistances(m_rowsOf[c], 0xca2 + c));
            const Polarity polarity = m_in.classes[c].polarity;
            if (anyPositive ? polarity == Polarity::Positive : polarity != Polarity::Negative)
                good.insert(good.end(), own.begin(), own.end());
            all.insert(all.end(), own.begin(), own.end());
            reachOf[c] = own.size() >= kLeastCalibration ? threshold(own) : 0;
        }
        if (all.size() < kLeastCalibration)
            all = plainDistances();
        if (good.size() < kLeastCalibration)
            good = all;
        double squares = 0;
        for (const float distance : all)
            squares += static_cast<double>(distance) * distance;
        m_judge.temperature = std::max(1e-6, squares / static_cast<double>(all.size()));
        // A calibration set of equal rows would call the smallest change unknown; a hundredth of a sigma a
        // feature is no change.
        const double least = 0.01 * std::sqrt(static_cast<double>(m_in.z.cols()));
        m_judge.unknownDistance = std::max(least, threshold(good));
        for (const int c : m_judge.classOf)
            m_judge.reach.push_back(static_cast<float>(
                std::max(m_judge.unknownDistance, c >= 0 ? reachOf[static_cast<std::size_t>(c)] : 0)));
        std::sort(good.begin(), good.end());
        m_judge.goodSamples = good.size();
        const std::size_t knots = std::min(kKnots, good.size());
        for (std::size_t i = 0; i < knots; ++i)
            m_judge.goodDistances.push_back(good[(i + 1) * good.size() / knots - 1]);
        return {};
    }

    const JudgeInput &m_in;
    const TrainOptions &m_options;
    const base::Progress &m_progress;
    std::size_t m_n;
    std::vector<std::vector<std::size_t>> m_rowsOf;
    std::vector<std::size_t> m_classes;
    std::vector<int> m_blocks;
    std::optional<ml::MatrixView> m_raw;
    std::vector<ml::Matrix> m_foldMetric;
    Judge m_judge;
};
} // namespace

base::Result<Judge> Judge::fit(const JudgeInput &in, const TrainOptions &options,
                               const base::Progress &progress)
{
    if (in.z.rows() < std::max(options.k, 1))
        return base::fail(Code::NotEnoughData,
                          fmt::format("{} samples cannot make {} states", in.z.rows(), options.k));
    const bool labelled = std::any_of(in.classOf.begin(), in.classOf.end(), [](int c) { return c >= 0; });
    if (!labelled || options.k > 0)
        return Fitter(in, options, progress).run();
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < in.classOf.size(); ++i)
        if (in.classOf[i] >= 0)
            rows.push_back(i);
    rows = thinned(std::move(rows), kMostFitRows, options.seed);
    std::vector<int> classOf;
    for (const std::size_t row : rows)
        classOf.push_back(in.classOf[row]);
    auto whitening =
        ml::withinClassWhitening(take(in.z, rows), classOf, kLeastShrinkage, {progress.stop, {}});
    if (!whitening && whitening.error().code == Code::NotEnoughData)
        return Fitter(in, options, progress).run();
    if (!whitening)
        return whitening.error();
    const ml::Matrix turned = in.z * whitening->forward;
    const JudgeInput round{turned, in.classOf, in.classes, in.timeNs};
    Fitter fitter(round, options, progress);
    STATESCAPE_CHECK(fitter.whitenFolds(in.z));
    STATESCAPE_TRY(Judge judge, fitter.run());
    judge.centres = judge.centres * whitening->backward;
    judge.metric = std::move(whitening->forward);
    judge.finish();
    return judge;
}

} // namespace statescape::model
