// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/ml/choose_clusterer.h"
#include "core/ml/clusterer_trials.h"
#include "core/ml/near_graph.h"
#include "core/ml/random.h"
#include "core/ml/structureless.h"

#include <map>
#include <vector>

namespace statescape::ml {

/// A candidate with what speaks for it beyond what people are shown.
struct JudgedTrial {
    ClustererTrial trial;
    Clustering found;
    ClustererCandidate shown;
    NearCriteria near;
    double tightness = 0; ///< ln of how much less it leaks than k-means does on rows without clusters
    double lasting = 0;   ///< 0..1: how well a resample finds the cluster that lasts worst, Jaccard index
    double agreement = 0; ///< mean adjusted Rand index with other candidates of as many clusters
    double hidden = 0;    ///< how much clearer a cluster within one of its clusters is than its own
};

/// Runs trials and collects what speaks for each: near rows, other rows, other trials, rows without clusters.
class ClustererJudging {
public:
    /// @param x the rows looked at, finite, n >= 20; must outlive the judging, as must @p progress
    ClustererJudging(const Matrix &x, std::uint64_t seed, const base::Progress &progress)
        : m_x(x)
        , m_seed(seed)
        , m_progress(progress)
        , m_random(seed, 0xcd)
    {}

    /// @param ks that those trials are asked for which need a number @param times rows there are for each row
    /// looked at @return the trials that could be fitted. @error Cancelled
    base::Result<std::vector<JudgedTrial>> judge(std::vector<ClustererTrial> trials,
                                                 const std::vector<int> &ks, double times,
                                                 const Structureless &structureless);
    /// The mean of emptinessBetween() for rows left out at random. @error Cancelled
    base::Result<double> emptiness(const JudgedTrial &one);
    /// Mean leak of k-means on rows without clusters; NaN where it was not measured.
    [[nodiscard]] double usualLeak(int k) const;

private:
    [[nodiscard]] base::Progress quiet() const { return {m_progress.stop, {}}; }
    [[nodiscard]] base::Result<> stoppedOrNot() const;
    base::Result<> run(std::vector<ClustererTrial> trials, double times);
    base::Result<> compareWithNothing(const std::vector<int> &ks, const Structureless &structureless);
    base::Result<> measure();
    void measureOne(JudgedTrial &one, const NearGraph &graph) const;
    base::Result<> resample();
    base::Result<> compareWithEachOther();
    [[nodiscard]] double clearestWithin(const JudgedTrial &one, const JudgedTrial &other) const;

    const Matrix &m_x;
    std::uint64_t m_seed;
    const base::Progress &m_progress;
    Random m_random;
    std::vector<JudgedTrial> m_all;
    std::map<int, double> m_usualLeak;
};

} // namespace statescape::ml
