// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/clusterer_judging.h"

#include "core/ml/draw_rows.h"
#include "core/ml/metrics.h"
#include "core/ml/parallel.h"
#include "core/ml/partition_evidence.h"
#include "core/ml/validity.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace statescape::ml {
using base::Code;
using Index = Eigen::Index;

namespace {
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kSilhouetteRows = 700;
constexpr Index kDensityRows = 600;
constexpr Index kReferenceRows = 1000;
constexpr int kReferences = 4;
constexpr int kResamples = 4;
constexpr double kResampleShare = 0.6;
constexpr std::size_t kResampleRows = 900;
} // namespace

base::Result<std::vector<JudgedTrial>> ClustererJudging::judge(std::vector<ClustererTrial> trials,
                                                               const std::vector<int> &ks, double times,
                                                               const Structureless &structureless)
{
    STATESCAPE_CHECK(run(std::move(trials), times));
    STATESCAPE_CHECK(compareWithNothing(ks, structureless));
    STATESCAPE_CHECK(measure());
    STATESCAPE_CHECK(resample());
    STATESCAPE_CHECK(compareWithEachOther());
    return std::move(m_all);
}

double ClustererJudging::usualLeak(int k) const
{
    const auto at = m_usualLeak.find(k);
    return at == m_usualLeak.end() ? kNaN : at->second;
}

base::Result<> ClustererJudging::stoppedOrNot() const
{
    if (m_progress.stopped())
        return base::fail(Code::Cancelled, "choosing an algorithm stopped on request");
    return {};
}

base::Result<> ClustererJudging::run(std::vector<ClustererTrial> trials, double times)
{
    STATESCAPE_TRY(std::vector<Clustering> found, runTrials(m_x, trials, m_progress));
    for (std::size_t i = 0; i < trials.size(); ++i) {
        if (found[i].labels.empty())
            continue;
        JudgedTrial one;
        one.trial = std::move(trials[i]);
        one.found = std::move(found[i]);
        one.shown.algorithm = one.trial.algorithm;
        one.shown.options = onAllRows(one.trial, times);
        one.shown.k = one.found.clusters();
        one.shown.noise = static_cast<double>(one.found.noise) / static_cast<double>(one.found.labels.size());
        m_all.push_back(std::move(one));
    }
    m_progress.at(0.2, "choosing an algorithm");
    return {};
}

/// How much k-means leaks where there is nothing to find.
base::Result<> ClustererJudging::compareWithNothing(const std::vector<int> &ks,
                                                    const Structureless &structureless)
{
    std::vector<Matrix> rows;
    for (int r = 0; r < kReferences; ++r)
        rows.push_back(structureless.make(
            std::min(m_x.rows(), kReferenceRows),
            r % 2 == 0 ? Structureless::Kind::Gaussian : Structureless::Kind::Uniform, m_random));
    std::vector<std::vector<double>> leaks(rows.size(), std::vector<double>(ks.size(), kNaN));
    forEachChunk(rows.size(), threadCount(0), [&](std::size_t r) {
        const auto graph = nearGraph(rows[r], 1, quiet());
        for (std::size_t i = 0; i < ks.size() && graph; ++i) {
            KMeansOptions options;
            options.k = ks[i];
            options.seed = m_seed;
            options.restarts = 3;
            options.tolerance = 1e-4;
            options.threads = 1;
            const auto fit = KMeans::fit(rows[r], options, quiet());
            if (fit)
                leaks[r][i] = nearCriteria(*graph, fit->labels(), ks[i]).leak;
        }
    });
    for (std::size_t i = 0; i < ks.size(); ++i) {
        double sum = 0;
        for (const auto &one : leaks)
            sum += one[i] / static_cast<double>(leaks.size());
        m_usualLeak[ks[i]] = sum;
    }
    m_progress.at(0.35, "choosing an algorithm");
    return stoppedOrNot();
}

base::Result<> ClustererJudging::measure()
{
    STATESCAPE_TRY(const NearGraph graph, nearGraph(m_x, threadCount(0), quiet()));
    forEachChunk(m_all.size(), threadCount(0), [&](std::size_t i) {
        if (!m_progress.stopped())
            measureOne(m_all[i], graph);
    });
    m_progress.at(0.55, "choosing an algorithm");
    return stoppedOrNot();
}

void ClustererJudging::measureOne(JudgedTrial &one, const NearGraph &graph) const
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
    if (const auto value = silhouette(m_x, labels, k, kSilhouetteRows, m_seed, quiet()))
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
base::Result<> ClustererJudging::resample()
{
    const auto count =
        std::min(static_cast<std::size_t>(kResampleShare * static_cast<double>(m_x.rows())), kResampleRows);
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
        const Matrix x = drawRows(m_x, count, m_random, &rows);
        STATESCAPE_TRY(const std::vector<Clustering> again, runTrials(x, trials, m_progress));
        forEachChunk(m_all.size(), threadCount(0), [&](std::size_t i) {
            if (again[i].labels.empty())
                return;
            std::vector<std::int32_t> before;
            for (const std::size_t row : rows)
                before.push_back(m_all[i].found.labels[row]);
            agreement[i] += adjustedRand(before, again[i].labels) / kResamples;
            const std::vector<double> found = lastingOf(before, m_all[i].shown.k, again[i]);
            for (std::size_t c = 0; c < found.size(); ++c)
                lasting[i][c] += found[c];
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

base::Result<double> ClustererJudging::emptiness(const JudgedTrial &one)
{
    const auto count = static_cast<std::size_t>(kResampleShare * static_cast<double>(m_x.rows()));
    const double share = static_cast<double>(count) / static_cast<double>(m_x.rows());
    double sum = 0;
    for (int r = 0; r < kResamples; ++r) {
        std::vector<std::size_t> rows;
        const Matrix x = drawRows(m_x, count, m_random, &rows);
        Matrix others(m_x.rows() - x.rows(), m_x.cols());
        std::size_t next = 0;
        for (Index i = 0, o = 0; i < m_x.rows(); ++i) {
            if (next < rows.size() && rows[next] == static_cast<std::size_t>(i))
                ++next;
            else
                others.row(o++) = m_x.row(i);
        }
        STATESCAPE_TRY(const std::vector<Clustering> again,
                       runTrials(x, {onFewerRows(one.trial, share, true)}, m_progress));
        sum += emptinessBetween(x, again.front(), others);
    }
    return sum / kResamples;
}

base::Result<> ClustererJudging::compareWithEachOther()
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
double ClustererJudging::clearestWithin(const JudgedTrial &one, const JudgedTrial &other) const
{
    const auto cells = sharedRows(one.found.labels, one.shown.k, other.found.labels, other.shown.k);
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

} // namespace statescape::ml
