// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/clusterer.h"

#include <array>

namespace statescape::ml {

namespace {
base::Result<KMeans> fitOne(MatrixView x, const KMeansOptions &options, const base::Progress &progress)
{
    return KMeans::fit(x, options, progress);
}
base::Result<GaussianMixture> fitOne(MatrixView x, const GaussianMixtureOptions &options,
                                     const base::Progress &progress)
{
    return GaussianMixture::fit(x, options, progress);
}
base::Result<Dbscan> fitOne(MatrixView x, const DbscanOptions &options, const base::Progress &progress)
{
    return Dbscan::fit(x, options, progress);
}
base::Result<Hdbscan> fitOne(MatrixView x, const HdbscanOptions &options, const base::Progress &progress)
{
    return Hdbscan::fit(x, options, progress);
}
base::Result<Genie> fitOne(MatrixView x, const GenieOptions &options, const base::Progress &progress)
{
    return Genie::fit(x, options, progress);
}
base::Result<Ward> fitOne(MatrixView x, const WardOptions &options, const base::Progress &progress)
{
    return Ward::fit(x, options, progress);
}

Clustering clusteringOf(const KMeans &fit)
{
    return countedClustering(fit.labels(), static_cast<int>(fit.centres().rows()));
}
template <class T>
Clustering clusteringOf(const T &fit)
{
    return fit.clustering();
}

base::Result<Clustering> predictOne(const KMeans &fit, MatrixView x)
{
    STATESCAPE_TRY(std::vector<std::int32_t> labels, fit.predict(x));
    return countedClustering(std::move(labels), static_cast<int>(fit.centres().rows()));
}
template <class T>
base::Result<Clustering> predictOne(const T &fit, MatrixView x)
{
    return fit.predict(x);
}
} // namespace

std::span<const ClustererFacts> clustererFacts()
{
    static constexpr std::array<ClustererFacts, 6> facts{
        {{"kmeans", "k-means",
          "States are round and of similar spread, their number is known, and speed matters most.",
          "Exact: the nearest centre.", true, false, false},
         {"gmm", "Gaussian mixture",
          "States are stretched or overlap, and you want to know how sure each sample's state is.",
          "Exact: the share of every state.", true, false, true},
         {"dbscan", "DBSCAN",
          "States are dense patches of any shape, you know what distance counts as near, and the rest is "
          "noise.",
          "Approximate: the nearest core sample within the radius; only samples between two states can "
          "differ.",
          false, true, false},
         {"hdbscan", "HDBSCAN*",
          "You do not know how many states there are, they differ in density, and odd samples should stay "
          "out.",
          "Approximate: the nearest sample's place in the tree; about 98 % of the samples fitted on get "
          "their state back.",
          false, true, false},
         {"genie", "Genie", "The number of states is known but not their shape: the safest first choice.",
          "Approximate: the nearest sample's state.", true, true, false},
         {"ward", "Ward", "States are compact and you want a hierarchy to cut at several numbers of states.",
          "Approximate: the nearest sample's state.", true, false, false}}};
    return facts;
}

base::Result<Clusterer> Clusterer::fit(MatrixView x, const ClustererOptions &options,
                                       const base::Progress &progress)
{
    return std::visit(
        [&](const auto &one) -> base::Result<Clusterer> {
            auto fitted = fitOne(x, one, progress);
            if (!fitted)
                return fitted.error();
            Clusterer out;
            out.m_clustering = std::make_shared<const Clustering>(clusteringOf(*fitted));
            out.m_fitted = std::make_shared<const Fitted>(std::move(*fitted));
            return out;
        },
        options);
}

base::Result<Clustering> Clusterer::predict(MatrixView x) const
{
    return std::visit([&](const auto &fit) { return predictOne(fit, x); }, *m_fitted);
}

} // namespace statescape::ml
