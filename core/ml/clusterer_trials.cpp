// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/clusterer_trials.h"

#include "core/ml/gini_cut.h"
#include "core/ml/parallel.h"
#include "core/ml/spanning_tree.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace statescape::ml {
using base::Code;
using Index = Eigen::Index;

namespace {
template <class T>
constexpr int kIndexOf = static_cast<int>(ClustererOptions(T{}).index());

// A full covariance of more columns says more about the rows drawn than about where they come from.
constexpr Index kMostFullColumns = 32;
constexpr int kSmoothing = 6;
// Smoothing over more rows costs more than it tells.
constexpr double kMostSmoothing = 64;

int scaled(int value, double by, double least, double most = 1e9)
{
    return static_cast<int>(std::lround(std::clamp(value * by, std::min(least, most), most)));
}

double meanVariance(MatrixView x)
{
    const Eigen::RowVectorXd mean = x.cast<double>().colwise().mean();
    return (x.cast<double>().rowwise() - mean).squaredNorm() / static_cast<double>(x.size());
}

/// Merges clusters as Ward goes on to do from them, until @p k are left.
class WardMerges {
public:
    WardMerges(MatrixView x, const Clustering &from)
        : m_label(from.labels)
        , m_sizes(from.sizes.begin(), from.sizes.end())
        , m_means(Eigen::MatrixXd::Zero(from.clusters(), x.cols()))
        , m_left(from.clusters())
    {
        for (std::size_t i = 0; i < m_label.size(); ++i)
            m_means.row(m_label[i]) += x.row(static_cast<Index>(i)).cast<double>();
        for (Index c = 0; c < m_means.rows(); ++c)
            m_means.row(c) /= std::max(1.0, m_sizes[static_cast<std::size_t>(c)]);
    }

    Clustering cut(int k)
    {
        while (m_left > std::max(1, k))
            mergeCheapest();
        std::vector<std::int32_t> labels = m_label;
        const int clusters = renumberByFirstRow(labels);
        return countedClustering(std::move(labels), clusters);
    }

private:
    void mergeCheapest()
    {
        std::size_t first = 0;
        std::size_t second = 0;
        double least = std::numeric_limits<double>::infinity();
        for (std::size_t a = 0; a < m_sizes.size(); ++a)
            for (std::size_t b = a + 1; b < m_sizes.size(); ++b) {
                if (!(m_sizes[a] > 0) || !(m_sizes[b] > 0))
                    continue;
                const double cost =
                    (m_means.row(static_cast<Index>(a)) - m_means.row(static_cast<Index>(b))).squaredNorm() *
                    m_sizes[a] * m_sizes[b] / (m_sizes[a] + m_sizes[b]);
                if (cost < least || second == 0) {
                    least = cost;
                    first = a;
                    second = b;
                }
            }
        --m_left;
        if (second == 0)
            return;
        const double total = m_sizes[first] + m_sizes[second];
        m_means.row(static_cast<Index>(first)) = (m_means.row(static_cast<Index>(first)) * m_sizes[first] +
                                                  m_means.row(static_cast<Index>(second)) * m_sizes[second]) /
                                                 total;
        m_sizes[first] = total;
        m_sizes[second] = 0;
        for (auto &label : m_label)
            if (label == static_cast<std::int32_t>(second))
                label = static_cast<std::int32_t>(first);
    }

    std::vector<std::int32_t> m_label;
    std::vector<double> m_sizes;
    Eigen::MatrixXd m_means;
    int m_left;
};

/// Trials that share what is costly.
using Group = std::vector<std::size_t>;

std::vector<Group> grouped(const std::vector<ClustererTrial> &trials)
{
    std::vector<Group> out;
    std::map<std::pair<int, int>, std::size_t> shared;
    for (std::size_t i = 0; i < trials.size(); ++i) {
        const auto *genie = std::get_if<GenieOptions>(&trials[i].options);
        if (genie == nullptr && trials[i].algorithm != kIndexOf<WardOptions>) {
            out.push_back({i});
            continue;
        }
        const auto [at, added] = shared.try_emplace(
            std::pair{trials[i].algorithm, genie != nullptr ? genie->samples : 0}, out.size());
        if (added)
            out.emplace_back();
        out[at->second].push_back(i);
    }
    // The costly ones come last in their algorithm; begun first, they leave no CPU waiting for them.
    std::reverse(out.begin(), out.end());
    return out;
}

base::Result<> runGenie(MatrixView x, const std::vector<ClustererTrial> &trials, const Group &group,
                        std::vector<Clustering> &out, const base::Progress &progress)
{
    const auto n = static_cast<std::size_t>(x.rows());
    const auto &first = std::get<GenieOptions>(trials[group.front()].options);
    STATESCAPE_TRY(
        const SpanningTree tree,
        spanningTree(x, std::min<std::size_t>(static_cast<std::size_t>(first.samples), n), 1, progress));
    const std::vector<bool> all(n);
    for (const std::size_t i : group) {
        const auto &options = std::get<GenieOptions>(trials[i].options);
        STATESCAPE_TRY(std::vector<std::int32_t> labels,
                       cutByGini(tree.edges, all,
                                 std::min<std::size_t>(static_cast<std::size_t>(options.k), n), options.gini,
                                 progress));
        const int clusters = renumberByFirstRow(labels);
        out[i] = countedClustering(std::move(labels), clusters);
    }
    return {};
}

base::Result<> runWard(MatrixView x, const std::vector<ClustererTrial> &trials, Group group,
                       std::vector<Clustering> &out, const base::Progress &progress)
{
    std::sort(group.begin(), group.end(),
              [&](std::size_t a, std::size_t b) { return trials[a].k > trials[b].k; });
    WardOptions options = std::get<WardOptions>(trials[group.front()].options);
    options.k = static_cast<int>(std::min<Index>(options.k, x.rows()));
    options.threads = 1;
    STATESCAPE_TRY(const Ward finest, Ward::fit(x, options, progress));
    WardMerges merges(x, finest.clustering());
    for (const std::size_t i : group)
        out[i] = merges.cut(trials[i].k);
    return {};
}

base::Result<> runGroup(MatrixView x, const std::vector<ClustererTrial> &trials, const Group &group,
                        std::vector<Clustering> &out, const base::Progress &progress)
{
    const auto &first = trials[group.front()];
    if (first.algorithm == kIndexOf<GenieOptions>)
        return runGenie(x, trials, group, out, progress);
    if (first.algorithm == kIndexOf<WardOptions>)
        return runWard(x, trials, group, out, progress);
    ClustererOptions options = first.options;
    std::visit([](auto &one) { one.threads = 1; }, options);
    STATESCAPE_TRY(const Clusterer fit, Clusterer::fit(x, options, progress));
    out[group.front()] = fit.clustering();
    out[group.front()].membership = Matrix();
    const int clusters = renumberByFirstRow(out[group.front()].labels);
    out[group.front()] = countedClustering(std::move(out[group.front()].labels), clusters);
    return {};
}
} // namespace

std::vector<ClustererTrial> clustererTrials(MatrixView x, const std::vector<int> &ks,
                                            const std::vector<int> &algorithms, std::uint64_t seed)
{
    std::vector<ClustererTrial> out;
    const auto wanted = [&](int algorithm) {
        return std::find(algorithms.begin(), algorithms.end(), algorithm) != algorithms.end();
    };
    const auto add = [&](int k, ClustererOptions options) {
        const int algorithm = static_cast<int>(options.index());
        if (wanted(algorithm))
            out.push_back({algorithm, k, std::move(options)});
    };
    const double floor = 1e-6 * std::max(1e-12, meanVariance(x));
    for (const int k : ks) {
        KMeansOptions kmeans;
        kmeans.k = k;
        kmeans.seed = seed;
        kmeans.restarts = 5;
        kmeans.tolerance = 1e-4;
        add(k, kmeans);
        for (const auto covariance : {Covariance::Full, Covariance::Diagonal}) {
            GaussianMixtureOptions mixture;
            mixture.k = k;
            mixture.seed = seed;
            mixture.covariance = covariance;
            mixture.restarts = 2;
            mixture.regularisation = floor;
            if (covariance == Covariance::Diagonal || x.cols() <= kMostFullColumns)
                add(k, mixture);
        }
        for (const auto &[gini, samples] :
             {std::pair{0.1, 1}, {0.3, 1}, {0.5, 1}, {0.7, 1}, {0.3, kSmoothing}}) {
            GenieOptions genie;
            genie.k = k;
            genie.gini = gini;
            genie.samples = samples;
            add(k, genie);
        }
        WardOptions ward;
        ward.k = k;
        add(k, ward);
    }
    const auto n = static_cast<int>(x.rows());
    DbscanOptions dbscan;
    dbscan.minSamples = std::max(4, n / 200);
    add(0, dbscan);
    for (const double share : {0.01, 0.02, 0.05}) {
        HdbscanOptions hdbscan;
        hdbscan.minClusterSize = std::max(5, static_cast<int>(share * n));
        hdbscan.minSamples = std::max(3, hdbscan.minClusterSize / 3);
        add(0, hdbscan);
    }
    std::stable_sort(out.begin(), out.end(), [](const ClustererTrial &a, const ClustererTrial &b) {
        return a.algorithm != b.algorithm ? a.algorithm < b.algorithm : a.k < b.k;
    });
    return out;
}

ClustererTrial onFewerRows(ClustererTrial trial, double share, bool quick)
{
    if (auto *hdbscan = std::get_if<HdbscanOptions>(&trial.options)) {
        hdbscan->minClusterSize = scaled(hdbscan->minClusterSize, share, 3);
        hdbscan->minSamples = scaled(hdbscan->minSamples, share, 2);
    }
    if (!quick)
        return trial;
    if (auto *kmeans = std::get_if<KMeansOptions>(&trial.options))
        kmeans->restarts = 2;
    if (auto *mixture = std::get_if<GaussianMixtureOptions>(&trial.options)) {
        mixture->restarts = 1;
        mixture->maxPasses = 40;
    }
    return trial;
}

ClustererOptions onAllRows(const ClustererTrial &trial, double times)
{
    ClustererOptions out = trial.options;
    if (auto *hdbscan = std::get_if<HdbscanOptions>(&out)) {
        hdbscan->minClusterSize = scaled(hdbscan->minClusterSize, times, 5);
        hdbscan->minSamples =
            scaled(hdbscan->minSamples, times, 3, std::max<double>(kMostSmoothing, hdbscan->minSamples));
    }
    if (auto *genie = std::get_if<GenieOptions>(&out); genie != nullptr && genie->samples > 1)
        genie->samples = scaled(genie->samples, times, 2, kMostSmoothing);
    if (auto *dbscan = std::get_if<DbscanOptions>(&out))
        dbscan->minSamples = scaled(dbscan->minSamples, times, 4);
    if (auto *kmeans = std::get_if<KMeansOptions>(&out)) {
        const KMeansOptions usual;
        kmeans->restarts = usual.restarts;
        kmeans->tolerance = usual.tolerance;
    }
    return out;
}

base::Result<std::vector<Clustering>> runTrials(MatrixView x, const std::vector<ClustererTrial> &trials,
                                                const base::Progress &progress)
{
    std::vector<Clustering> out(trials.size());
    const std::vector<Group> groups = grouped(trials);
    const base::Progress quiet{progress.stop, {}};
    forEachChunk(groups.size(), threadCount(0), [&](std::size_t g) {
        if (progress.stopped())
            return;
        if (!runGroup(x, trials, groups[g], out, quiet))
            for (const std::size_t i : groups[g])
                out[i] = Clustering();
    });
    if (progress.stopped())
        return base::fail(Code::Cancelled, "trying clusterers stopped on request");
    return out;
}

} // namespace statescape::ml
