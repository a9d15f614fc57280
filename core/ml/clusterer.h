// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/ml/dbscan.h"
#include "core/ml/gaussian_mixture.h"
#include "core/ml/genie.h"
#include "core/ml/hdbscan.h"
#include "core/ml/kmeans.h"
#include "core/ml/ward.h"

#include <string_view>
#include <variant>

namespace statescape::ml {

/// What to fit: the options of one algorithm.
using ClustererOptions = std::variant<KMeansOptions, GaussianMixtureOptions, DbscanOptions, HdbscanOptions,
                                      GenieOptions, WardOptions>;

/// What a person needs to know to choose an algorithm.
struct ClustererFacts {
    std::string_view key;        ///< stable, for files and command lines, e.g. "gmm"
    std::string_view name;       ///< for people
    std::string_view when;       ///< one sentence: when to use it
    std::string_view prediction; ///< how new rows are placed and how exact that is
    bool needsK = false, noise = false, membership = false;
};
/// In the order of ClustererOptions.
std::span<const ClustererFacts> clustererFacts();

/// Any of the algorithms behind one face. A value: copies share what was fitted. Immutable; any thread.
class Clusterer {
public:
    /// @param x n x d, finite. Errors are those of the algorithm's own fit().
    static base::Result<Clusterer> fit(MatrixView x, const ClustererOptions &options,
                                       const base::Progress &progress = {});

    [[nodiscard]] const ClustererFacts &facts() const { return clustererFacts()[m_fitted->index()]; }
    [[nodiscard]] const Clustering &clustering() const { return *m_clustering; } ///< of the rows fitted on
    /// New rows; facts().prediction says how exact. Errors are those of the algorithm's own predict().
    [[nodiscard]] base::Result<Clustering> predict(MatrixView x) const;
    /// @return what was fitted, when it is a T.
    template <class T>
    [[nodiscard]] const T *as() const
    {
        return std::get_if<T>(m_fitted.get());
    }

private:
    using Fitted = std::variant<KMeans, GaussianMixture, Dbscan, Hdbscan, Genie, Ward>;
    Clusterer() = default;
    std::shared_ptr<const Fitted> m_fitted;
    std::shared_ptr<const Clustering> m_clustering;
};

} // namespace statescape::ml
