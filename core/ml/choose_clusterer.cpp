// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/choose_clusterer.h"

#include "core/ml/clusterer_trials.h"
#include "core/ml/metrics.h"
#include "core/ml/near_graph.h"
#include "core/ml/parallel.h"
#include "core/ml/random.h"
#include "core/ml/structureless.h"
#include "core/ml/validity.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <map>
#include <numeric>
#include <optional>

namespace statescape::ml {
using base::Code;
using Index = Eigen::Index;

namespace {
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr Index kLeastRows = 20;
constexpr std::size_t kSilhouetteRows = 700;
constexpr Index kDensityRows = 600;
constexpr Index kReferenceRows = 1000;
constexpr int kReferences = 4;
constexpr int kResamples = 4;
constexpr double kResampleShare = 0.6;
constexpr std::size_t kResampleRows = 900;
// Partitions that agree better than this are one answer.
constexpr double kSameAnswer = 0.9;

Matrix drawn(MatrixView x, std::size_t count, Random &random, std::vector<std::size_t> &rows)
{
    rows.resize(static_cast<std::size_t>(x.rows()));
    std::iota(rows.begin(), rows.end(), std::size_t{0});
    count = std::min(count, rows.size());
    for (std::size_t i = 0; i < count; ++i)
        std::swap(rows[i], rows[i + random.below(rows.size() - i)]);
    rows.resize(count);
    std::sort(rows.begin(), rows.end());
    Matrix out(static_cast<Index>(count), x.cols());
    for (std::size_t i = 0; i < count; ++i)
        out.row(static_cast<Index>(i)) = x.row(static_cast<Index>(rows[i]));
    return out;
}

/// How often each pair of parts shares a row. [part of a][part of b]
std::vector<std::vector<double>> shared(std::span<const std::int32_t> a, int partsA,
                                        std::span<const std::int32_t> b, int partsB)
{
    std::vector<std::vector<double>> out(static_cast<std::size_t>(partsA),
                                         std::vector<double>(static_cast<std::size_t>(partsB), 0));
    for (std::size_t i = 0; i < a.size(); ++i)
        if (a[i] >= 0 && b[i] >= 0)
            ++out[static_cast<std::size_t>(a[i])][static_cast<std::size_t>(b[i])];
    return out;
}

/// A candidate with what speaks for it beyond what people are shown.
struct Judged {
    ClustererTrial trial;
    Clustering found;
    ClustererCandidate shown;
    NearCriteria near;
    double tightness = 0; ///< ln of how much less it leaks than k-means does on rows without clusters
    double lasting = 0;   ///< 0..1: how well a resample finds the cluster that lasts worst, Jaccard index
    double agreement = 0; ///< mean adjusted Rand index with other candidates of as many clusters
    double hidden = 0;    ///< how much clearer a cluster within one of its clusters is than its own
};

class Chooser {
public:
    Chooser(MatrixView x, const ChooseClustererOptions &options, std::vector<int> algorithms,
            const base::Progress &progress)
        : m_options(options)
        , m_algorithms(std::move(algorithms))
        , m_progress(progress)
        , m_random(options.seed, 0xcc)
        , m_times(std::max(1.0, static_cast<double>(x.rows()) / static_cast<double>(options.maxRows)))
    {
        std::vector<std::size_t> rows;
        m_x = drawn(x, options.maxRows, m_random, rows);
    }

    base::Result<ClustererChoice> choose()
    {
        m_progress.at(0, "choosing an algorithm");
        STATESCAPE_TRY(m_structureless, Structureless::fit(m_x));
        if (!m_structureless->spreads() && m_options.k == 0)
            return nothing(1, 1, "all rows are equal: there are no clusters here");
        for (int k = m_options.k > 0 ? m_options.k : 2;
             k <= (m_options.k > 0 ? m_options.k : std::min<Index>(m_options.most, m_x.rows() / 4)); ++k)
            m_ks.push_back(k);
        STATESCAPE_CHECK(makeCandidates());
        STATESCAPE_CHECK(compareWithNothing());
        STATESCAPE_CHECK(measure());
        STATESCAPE_CHECK(resample());
        STATESCAPE_CHECK(compareWithEachOther());
        return decide();
    }

private:
    [[nodiscard]] base::Progress quiet() const { return {m_progress.stop, {}}; }
    [[nodiscard]] base::Result<> stoppedOrNot() const
    {
        if (m_progress.stopped())
            return base::fail(Code::Cancelled, "choosing an algorithm stopped on request");
        return {};
    }

    base::Result<> makeCandidates()
    {
        auto trials = clustererTrials(m_x, m_ks, m_algorithms, m_options.seed);
        const auto askable = [](const ClustererTrial &trial) { return trial.k > 0; };
        if (m_options.k > 0 && std::any_of(trials.begin(), trials.end(), askable))
            std::erase_if(trials, std::not_fn(askable));
        STATESCAPE_TRY(std::vector<Clustering> found, runTrials(m_x, trials, m_progress));
        for (std::size_t i = 0; i < trials.size(); ++i) {
            if (found[i].labels.empty())
                continue;
            Judged one;
            one.trial = std::move(trials[i]);
            one.found = std::move(found[i]);
            one.shown.algorithm = one.trial.algorithm;
            one.shown.options = onAllRows(one.trial, m_times);
            one.shown.k = one.found.clusters();
            one.shown.noise =
                static_cast<double>(one.found.noise) / static_cast<double>(one.found.labels.size());
            m_all.push_back(std::move(one));
        }
        m_progress.at(0.2, "choosing an algorithm");
        return {};
    }

    /// How much k-means leaks where there is nothing to find.
    base::Result<> compareWithNothing()
    {
        std::vector<Matrix> rows;
        for (int r = 0; r < kReferences; ++r)
            rows.push_back(m_structureless->make(
                std::min(m_x.rows(), kReferenceRows),
                r % 2 == 0 ? Structureless::Kind::Gaussian : Structureless::Kind::Uniform, m_random));
        std::vector<std::vector<double>> leaks(rows.size(), std::vector<double>(m_ks.size(), kNaN));
        forEachChunk(rows.size(), threadCount(0), [&](std::size_t r) {
            const auto graph = nearGraph(rows[r], 1, quiet());
            for (std::size_t i = 0; i < m_ks.size() && graph; ++i) {
                KMeansOptions options;
                options.k = m_ks[i];
                options.seed = m_options.seed;
                options.restarts = 3;
                options.tolerance = 1e-4;
                options.threads = 1;
                const auto fit = KMeans::fit(rows[r], options, quiet());
                if (fit)
                    leaks[r][i] = nearCriteria(*graph, fit->labels(), m_ks[i]).leak;
            }
        });
        for (std::size_t i = 0; i < m_ks.size(); ++i) {
            double sum = 0;
            for (const auto &one : leaks)
                sum += one[i] / static_cast<double>(leaks.size());
            m_usualLeak[m_ks[i]] = sum;
        }
        m_progress.at(0.35, "choosing an algorithm");
        return stoppedOrNot();
    }

    base::Result<> measure()
    {
        STATESCAPE_TRY(const NearGraph graph, nearGraph(m_x, threadCount(0), quiet()));
        forEachChunk(m_all.size(), threadCount(0), [&](std::size_t i) {
            if (!m_progress.stopped())
                measureOne(m_all[i], graph);
        });
        m_progress.at(0.55, "choosing an algorithm");
        return stoppedOrNot();
    }

    void measureOne(Judged &one, const NearGraph &graph) const
    {
        const auto &labels = one.found.labels;
        const int k = one.found.clusters();
        one.near = nearCriteria(graph, labels, k);
        constexpr double kLeastLeak = 0.003;
        const auto usual = m_usualLeak.find(k);
        one.tightness = usual == m_usualLeak.end() || std::isnan(usual->second)
                            ? 0
                            : std::log((usual->second + kLeastLeak) / (one.near.leak + kLeastLeak));
        auto &shown = one.shown;
        shown.silhouette = shown.daviesBouldin = shown.calinskiHarabasz = shown.density = kNaN;
        shown.stability = kNaN;
        if (const auto value = silhouette(m_x, labels, k, kSilhouetteRows, m_options.seed, quiet()))
            shown.silhouette = value->mean;
        if (const auto value = centreValidity(m_x, labels, k)) {
            shown.daviesBouldin = value->daviesBouldin;
            shown.calinskiHarabasz = value->calinskiHarabasz;
        }
        const Index rows = std::min(m_x.rows(), kDensityRows);
        if (const auto value = densityValidity(
                m_x.topRows(rows), std::span(labels).first(static_cast<std::size_t>(rows)), k, quiet()))
            shown.density = value->score;
    }

    /// Whether fewer rows lead to the same clusters.
    base::Result<> resample()
    {
        const auto count = std::min(
            static_cast<std::size_t>(kResampleShare * static_cast<double>(m_x.rows())), kResampleRows);
        const double share = static_cast<double>(count) / static_cast<double>(m_x.rows());
        std::vector<ClustererTrial> trials;
        std::vector<std::vector<double>> lasting;
        for (const auto &one : m_all) {
            trials.push_back(onFewerRows(one.trial, share, true));
            lasting.emplace_back(one.found.sizes.size(), 0);
        }
        std::vector<double> agreement(m_all.size(), 0);
        for (int r = 0; r < kResamples; ++r) {
            std::vector<std::size_t> rows;
            const Matrix x = drawn(m_x, count, m_random, rows);
            STATESCAPE_TRY(const std::vector<Clustering> again, runTrials(x, trials, m_progress));
            forEachChunk(m_all.size(), threadCount(0), [&](std::size_t i) {
                if (again[i].labels.empty())
                    return;
                std::vector<std::int32_t> before;
                for (const std::size_t row : rows)
                    before.push_back(m_all[i].found.labels[row]);
                agreement[i] += adjustedRand(before, again[i].labels) / kResamples;
                addLasting(before, again[i], lasting[i]);
            });
            m_progress.at(0.55 + 0.4 * (r + 1) / kResamples, "choosing an algorithm");
        }
        for (std::size_t i = 0; i < m_all.size(); ++i) {
            m_all[i].shown.stability = agreement[i];
            m_all[i].lasting =
                lasting[i].empty() ? 0 : *std::min_element(lasting[i].begin(), lasting[i].end()) / kResamples;
        }
        return {};
    }

    /// @source Hennig 2007, Cluster-wise assessment of cluster stability
    static void addLasting(const std::vector<std::int32_t> &before, const Clustering &again,
                           std::vector<double> &lasting)
    {
        const auto cells = shared(before, static_cast<int>(lasting.size()), again.labels, again.clusters());
        std::vector<double> sizes(lasting.size(), 0);
        for (const std::int32_t label : before)
            if (label >= 0)
                ++sizes[static_cast<std::size_t>(label)];
        for (std::size_t c = 0; c < lasting.size(); ++c) {
            double best = sizes[c] > 0 ? 0 : 0.5; // no row drawn tells nothing
            for (std::size_t o = 0; o < cells[c].size() && sizes[c] > 0; ++o)
                best = std::max(best,
                                cells[c][o] / (sizes[c] + static_cast<double>(again.sizes[o]) - cells[c][o]));
            lasting[c] += best;
        }
    }

    base::Result<> compareWithEachOther()
    {
        forEachChunk(m_all.size(), threadCount(0), [&](std::size_t i) {
            double sum = 0;
            double others = 0;
            double clearest = 0;
            for (std::size_t j = 0; j < m_all.size() && !m_progress.stopped(); ++j) {
                if (i == j)
                    continue;
                const auto &other = m_all[j];
                if (other.shown.k == m_all[i].shown.k && other.trial.k > 0) {
                    sum += adjustedRand(m_all[i].found.labels, other.found.labels);
                    ++others;
                }
                clearest = std::max(clearest, clearestWithin(m_all[i], other));
            }
            m_all[i].agreement = others > 0 ? sum / others : 0;
            m_all[i].hidden = clearest - (1 - m_all[i].near.worstLeak) * m_all[i].lasting;
        });
        return stoppedOrNot();
    }

    /// How clear the clearest cluster of another candidate is that is a part of one of this one's.
    [[nodiscard]] double clearestWithin(const Judged &one, const Judged &other) const
    {
        const auto cells = shared(one.found.labels, one.shown.k, other.found.labels, other.shown.k);
        const double least = std::max(4.0, 0.01 * static_cast<double>(m_x.rows()));
        double clearest = 0;
        for (std::size_t o = 0; o < other.found.sizes.size(); ++o) {
            const auto part = static_cast<double>(other.found.sizes[o]);
            for (std::size_t c = 0; c < cells.size() && part >= least; ++c) {
                const auto whole = static_cast<double>(one.found.sizes[c]);
                if (cells[c][o] >= 0.97 * part && part >= 0.05 * whole && part <= 0.9 * whole)
                    clearest = std::max(clearest, (1 - other.near.leaks[o]) * std::max(0.0, other.lasting));
            }
        }
        return clearest;
    }

    /// Weights from 82 sets with known clusters, checked on others; see tests/ml/test_choose_clusterer.cpp.
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

    base::Result<ClustererChoice> decide()
    {
        weigh();
        const auto best = std::max_element(m_all.begin(), m_all.end(), [](const Judged &a, const Judged &b) {
            return a.shown.score < b.shown.score;
        });
        if (best == m_all.end() || (best->shown.score <= 0 && m_options.k == 0))
            return nothing(1, 0, "no algorithm finds more than one cluster here");
        double second = 0;
        for (const auto &one : m_all)
            if (one.shown.score > second && &one != &*best &&
                adjustedRand(one.found.labels, best->found.labels) < kSameAnswer)
                second = one.shown.score;
        const double lead = (best->shown.score - second) / std::max(1e-9, best->shown.score);
        const double structure = structureOf(*best);
        if (m_options.k == 0 && structure <= 0.5)
            return nothing(1 - structure, structure,
                           fmt::format("no partition into 2 to {} clusters stands out from rows without any",
                                       m_ks.empty() ? m_options.most : m_ks.back()));
        ClustererChoice out;
        out.options = best->shown.options;
        out.algorithm = best->shown.algorithm;
        out.k = best->shown.k;
        out.structure = structure;
        out.sure = (m_options.k == 0 ? structure : 1.0) *
                   std::clamp(0.5 * std::max(0.0, best->shown.stability) + 2 * lead, 0.0, 1.0);
        out.reason = fmt::format("{} clusters by {}: near rows lie in different clusters {:.1f} % of the "
                                 "time, against {:.1f} % in "
                                 "rows without clusters, and two resamples agree to {:.2f}",
                                 out.k, clustererFacts()[static_cast<std::size_t>(out.algorithm)].name,
                                 100 * best->near.leak, 100 * m_usualLeak[out.k], best->shown.stability);
        fillTable(out);
        return out;
    }

    /// @source logistic regression on the same sets and 18 without clusters
    static double structureOf(const Judged &best)
    {
        const double evidence = 3.1 * std::clamp(best.tightness, -0.5, 3.0) +
                                5.1 * std::max(0.0, best.shown.stability) +
                                1.9 * std::clamp(best.near.valley, -0.5, 2.0) - 7.3;
        return 1 / (1 + std::exp(-evidence));
    }

    void fillTable(ClustererChoice &out) const
    {
        for (const auto &one : m_all)
            out.table.push_back(one.shown);
        std::stable_sort(out.table.begin(), out.table.end(),
                         [](const ClustererCandidate &a, const ClustererCandidate &b) {
                             return a.algorithm != b.algorithm ? a.algorithm < b.algorithm : a.k < b.k;
                         });
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
        if (auto *hdbscan = std::get_if<HdbscanOptions>(&out.options))
            hdbscan->single = true;
        fillTable(out);
        return out;
    }

    const ChooseClustererOptions &m_options;
    std::vector<int> m_algorithms;
    const base::Progress &m_progress;
    Random m_random;
    double m_times; ///< rows given for each row looked at
    Matrix m_x;
    std::optional<Structureless> m_structureless;
    std::vector<int> m_ks;
    std::vector<Judged> m_all;
    std::map<int, double> m_usualLeak; ///< by k
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
