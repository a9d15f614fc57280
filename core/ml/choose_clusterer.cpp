// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/choose_clusterer.h"

#include "core/ml/clusterer_judging.h"
#include "core/ml/draw_rows.h"
#include "core/ml/metrics.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <map>
#include <numeric>

namespace statescape::ml {
using base::Code;
using Index = Eigen::Index;

namespace {
constexpr Index kLeastRows = 20;
constexpr Index kLeastRowsEach = 4; // on average, of each cluster
// Partitions that agree better than this are one answer.
constexpr double kSameAnswer = 0.9;

class Chooser {
public:
    Chooser(MatrixView x, const ChooseClustererOptions &options, std::vector<int> algorithms,
            const base::Progress &progress)
        : m_options(options)
        , m_algorithms(std::move(algorithms))
        , m_progress(progress)
        , m_times(std::max(1.0, static_cast<double>(x.rows()) / static_cast<double>(options.maxRows)))
    {
        Random random(options.seed, 0xcc);
        m_x = drawRows(x, options.maxRows, random);
    }

    base::Result<ClustererChoice> choose()
    {
        m_progress.at(0, "choosing an algorithm");
        STATESCAPE_TRY(const Structureless structureless, Structureless::fit(m_x));
        if (!structureless.spreads() && m_options.k == 0)
            return nothing(1, 1, "all rows are equal: there are no clusters here");
        if (m_options.k == 1)
            return nothing(1, 0, "one cluster was asked for");
        if (m_options.k > m_x.rows() / kLeastRowsEach)
            return unjudged();
        for (int k = m_options.k > 0 ? m_options.k : 2;
             k <=
             (m_options.k > 0 ? m_options.k : std::min<Index>(m_options.most, m_x.rows() / kLeastRowsEach));
             ++k)
            m_ks.push_back(k);
        ClustererJudging judging(m_x, m_options.seed, m_progress);
        STATESCAPE_TRY(m_all, judging.judge(trials(), m_ks, m_times, structureless));
        return decide(judging);
    }

private:
    [[nodiscard]] std::vector<ClustererTrial> trials() const
    {
        auto out = clustererTrials(m_x, m_ks, m_algorithms, m_options.seed);
        const auto askable = [](const ClustererTrial &trial) { return trial.k > 0; };
        if (m_options.k > 0 && std::any_of(out.begin(), out.end(), askable))
            std::erase_if(out, std::not_fn(askable));
        return out;
    }

    /// Weights from a search over 116 sets with known clusters, simulated, of the shapes in the tests and
    /// real; checked on 96 others of other kinds.
    void weigh()
    {
        for (auto &one : m_all) {
            const int k = one.shown.k;
            const double tightness = std::clamp(one.tightness, -1.0, 5.0) / 4;
            if (m_options.k > 0) {
                const double density = std::isnan(one.shown.density) ? 0 : one.shown.density;
                one.shown.score = std::clamp(0.35 + 0.45 * tightness + 0.2 * density, 0.0, 1.0);
                if (k != m_options.k)
                    one.shown.score /= 2.0 + std::abs(k - m_options.k);
                continue;
            }
            const double smallest =
                k > 0
                    ? static_cast<double>(*std::min_element(one.found.sizes.begin(), one.found.sizes.end())) *
                          k / static_cast<double>(m_x.rows())
                    : 0;
            const double sum = 0.22 * tightness - 0.09 * one.hidden + 0.08 * one.agreement + 0.06 * smallest -
                               0.55 * one.shown.noise;
            one.shown.score = k < 2 || k > m_options.most ? 0 : std::clamp(0.2 + 1.7 * sum, 0.0, 1.0);
        }
    }

    base::Result<ClustererChoice> decide(ClustererJudging &judging)
    {
        weigh();
        const auto best =
            std::max_element(m_all.begin(), m_all.end(), [](const JudgedTrial &a, const JudgedTrial &b) {
                return a.shown.score < b.shown.score;
            });
        if (best == m_all.end() || (best->shown.score <= 0 && m_options.k == 0))
            return nothing(0.5, 0, "no algorithm finds more than one cluster here");
        double second = 0;
        for (const auto &one : m_all)
            if (one.shown.score > second && &one != &*best &&
                adjustedRand(one.found.labels, best->found.labels) < kSameAnswer)
                second = one.shown.score;
        const double lead = (best->shown.score - second) / std::max(1e-9, best->shown.score);
        STATESCAPE_TRY(const double empty, judging.emptiness(*best));
        const double structure = structureOf(*best, empty);
        if (m_options.k == 0 && structure <= 0.5)
            return nothing(1 - structure, structure,
                           fmt::format("no partition into 2 to {} clusters stands out from rows without any",
                                       m_ks.empty() ? m_options.most : m_ks.back()));
        ClustererChoice out;
        out.options = best->shown.options;
        out.algorithm = best->shown.algorithm;
        out.k = best->shown.k;
        out.structure = structure;
        out.sure = sureOf(best->shown.stability, lead, structure);
        out.reason =
            fmt::format("{} clusters by {}: {:.1f} % of nearest neighbours lie in another cluster ({:.1f} % "
                        "if there were no "
                        "clusters), and two resamples agree to {:.2f} (1: the same)",
                        out.k, clustererFacts()[static_cast<std::size_t>(out.algorithm)].name,
                        100 * best->near.leak, 100 * judging.usualLeak(out.k), best->shown.stability);
        fillTable(out);
        return out;
    }

    /// @source logistic regression on the same sets and 110 without clusters
    static double structureOf(const JudgedTrial &best, double empty)
    {
        const double evidence = 2.9 * std::clamp(best.tightness, -0.5, 3.0) +
                                2.4 * std::max(0.0, best.shown.stability) +
                                1.25 * std::clamp(best.near.valley, -0.5, 2.0) + 2.4 * empty -
                                1.3 * std::log(static_cast<double>(best.shown.k)) - 3.35;
        return 1 / (1 + std::exp(-evidence));
    }

    /// How often such an answer was right. @source logistic regression on the same sets
    [[nodiscard]] double sureOf(double stability, double lead, double structure) const
    {
        const double evidence = m_options.k > 0
                                    ? 8.3 * lead + 3.8 * std::max(0.0, stability) + 5.0 * structure - 7.7
                                    : 3.6 * lead + 9.2 * std::max(0.0, stability) + 3.8 * structure - 11.9;
        return 1 / (1 + std::exp(-evidence));
    }

    /// Of several settings of one algorithm that find as many clusters, the best speaks for all.
    void fillTable(ClustererChoice &out) const
    {
        std::map<std::pair<int, int>, const ClustererCandidate *> best;
        for (const auto &one : m_all) {
            auto &listed = best[{one.shown.algorithm, one.shown.k}];
            if (listed == nullptr || one.shown.score > listed->score)
                listed = &one.shown;
        }
        for (const auto &[key, one] : best)
            out.table.push_back(*one);
    }

    /// @return the answer that there are no clusters.
    [[nodiscard]] ClustererChoice nothing(double sure, double structure, std::string reason) const
    {
        ClustererChoice out;
        out.k = 1;
        out.sure = sure;
        out.structure = structure;
        out.reason = std::move(reason);
        const std::vector<ClustererTrial> trials = clustererTrials(m_x, {1}, m_algorithms, m_options.seed);
        out.algorithm = trials.front().algorithm;
        out.options = onAllRows(trials.front(), m_times);
        // The densities have no k; these leave them nothing to split.
        if (auto *hdbscan = std::get_if<HdbscanOptions>(&out.options)) {
            hdbscan->single = true;
            hdbscan->minClusterSize = static_cast<int>(m_times * static_cast<double>(m_x.rows()) / 2) + 1;
        }
        if (auto *dbscan = std::get_if<DbscanOptions>(&out.options)) {
            const Eigen::RowVectorXd low = m_x.colwise().minCoeff().cast<double>();
            const Eigen::RowVectorXd high = m_x.colwise().maxCoeff().cast<double>();
            dbscan->radius = std::max(std::numeric_limits<double>::min(), (high - low).norm());
        }
        fillTable(out);
        return out;
    }

    /// @return what is safest where the rows looked at are too few to judge so many clusters.
    [[nodiscard]] ClustererChoice unjudged() const
    {
        const std::vector<ClustererTrial> trials =
            clustererTrials(m_x, {m_options.k}, m_algorithms, m_options.seed);
        const auto usual = std::find_if(trials.begin(), trials.end(), [](const ClustererTrial &trial) {
            const auto *genie = std::get_if<GenieOptions>(&trial.options);
            return genie != nullptr && genie->gini == GenieOptions().gini;
        });
        const auto &taken = usual == trials.end() ? trials.front() : *usual;
        ClustererChoice out;
        out.algorithm = taken.algorithm;
        out.options = onAllRows(taken, m_times);
        out.k = m_options.k;
        out.reason = fmt::format("{} clusters are too many to judge on {} rows: {} is the safest", out.k,
                                 m_x.rows(), clustererFacts()[static_cast<std::size_t>(out.algorithm)].name);
        return out;
    }

    const ChooseClustererOptions &m_options;
    std::vector<int> m_algorithms;
    const base::Progress &m_progress;
    double m_times; ///< rows given for each row looked at
    Matrix m_x;
    std::vector<int> m_ks;
    std::vector<JudgedTrial> m_all;
};

base::Result<std::vector<int>> algorithmsOf(const ChooseClustererOptions &options)
{
    const auto count = static_cast<int>(clustererFacts().size());
    std::vector<int> out = options.algorithms;
    if (out.empty()) {
        out.resize(clustererFacts().size());
        std::iota(out.begin(), out.end(), 0);
    }
    for (const int algorithm : out)
        if (algorithm < 0 || algorithm >= count)
            return base::fail(Code::InvalidArgument,
                              fmt::format("algorithm {} of {} is unknown", algorithm, count));
    return out;
}
} // namespace

base::Result<ClustererChoice> chooseClusterer(MatrixView x, const ChooseClustererOptions &options,
                                              const base::Progress &progress)
{
    if (x.rows() < kLeastRows || x.rows() < options.k || x.cols() < 1)
        return base::fail(Code::NotEnoughData,
                          fmt::format("{} rows of {} columns, {} are needed to choose an algorithm", x.rows(),
                                      x.cols(), std::max<Index>(kLeastRows, options.k)));
    if (options.k < 0 || (options.k == 0 && options.most < 2) ||
        options.maxRows < static_cast<std::size_t>(kLeastRows))
        return base::fail(Code::InvalidArgument, fmt::format("k {}, most {}, {} rows to look at", options.k,
                                                             options.most, options.maxRows));
    STATESCAPE_TRY(std::vector<int> algorithms, algorithmsOf(options));
    STATESCAPE_CHECK(checkFinite(x));
    return Chooser(x, options, std::move(algorithms), progress).choose();
}

} // namespace statescape::ml
