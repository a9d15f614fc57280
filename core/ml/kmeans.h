// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/ml/matrix.h"

#include <cstdint>
#include <span>
#include <vector>

namespace statescape::ml {

struct KMeansOptions {
    int k = 8; ///< 1..n
    std::uint64_t seed = 1;
    int restarts = 10; ///< best inertia wins, the earlier on a tie; one when every centre is given
    int maxPasses = 300;
    double tolerance = 1e-6; ///< stop when the centres' summed squared shift is below this times the mean
                             ///< column variance; 0: only when no row moves
    Matrix start;            ///< up to k given centres (m x d); k-means++ chooses the rest. Empty: all chosen
    std::span<const float> weights; ///< n, 0 and above, finite; empty: all 1
    int threads = 0;                ///< 0 chooses; the answer never depends on it
};

/// Lloyd's k-means. Rows whose nearest centre cannot have changed are passed over once that pays (Hamerly's
/// bounds); labels are those of the plain algorithm. Immutable; any thread.
/// @source Lloyd 1982; Hamerly 2010, Making k-means even faster; Arthur & Vassilvitskii 2007 (k-means++,
/// greedy form with 2 + ln k trials as scikit-learn)
class KMeans {
public:
    /// O(n k d) a pass at most; memory n beside the rows, n d when centres have to be chosen. A cluster that
    /// runs empty takes the row farthest from its centre; with fewer distinct rows than k some stay empty on
    /// purpose.
    /// @param x n x d, finite @error NotEnoughData n < k; InvalidArgument k < 1, restarts or passes < 1, a
    /// start of another shape, a value that is not finite, weights of another number or below 0; Cancelled
    static base::Result<KMeans> fit(MatrixView x, const KMeansOptions &options,
                                    const base::Progress &progress = {});

    [[nodiscard]] const Matrix &centres() const { return m_centres; }                  ///< k x d
    [[nodiscard]] const std::vector<std::int32_t> &labels() const { return m_labels; } ///< n, 0..k-1
    [[nodiscard]] const std::vector<std::uint64_t> &sizes() const { return m_sizes; }  ///< k
    [[nodiscard]] double inertia() const
    {
        return m_inertia;
    } ///< sum of weighted squared distances to the nearest centre, in double
    [[nodiscard]] const std::vector<double> &history() const
    {
        return m_history;
    } ///< objective before each pass; never rises
    [[nodiscard]] bool converged() const { return m_converged; }
    /// @param x m x d @return nearest centre of each row. @error InvalidArgument another number of columns
    [[nodiscard]] base::Result<std::vector<std::int32_t>> predict(MatrixView x) const;

private:
    KMeans() = default;
    friend class KMeansRun;
    Matrix m_centres;
    std::vector<std::int32_t> m_labels;
    std::vector<std::uint64_t> m_sizes;
    std::vector<double> m_history;
    double m_inertia = 0;
    bool m_converged = false;
};

/// @return InvalidArgument naming the first value that is not finite.
base::Result<> checkFinite(MatrixView x);

} // namespace statescape::ml
