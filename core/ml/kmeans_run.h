// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/ml/kmeans.h"
#include "core/ml/nearest_centre.h"
#include "core/ml/random.h"

#include <atomic>
#include <functional>
#include <vector>

namespace statescape::ml {

/// What all restarts of one fit share; read-only once made.
struct KMeansData {
    /// Stops early when asked; nothing may be used then.
    KMeansData(MatrixView rows, const KMeansOptions &wanted, const base::Progress &progress);

    [[nodiscard]] std::size_t rows() const { return static_cast<std::size_t>(x.rows()); }
    [[nodiscard]] const float *row(std::size_t i) const
    {
        return x.data() + static_cast<Eigen::Index>(i) * x.outerStride();
    }
    [[nodiscard]] double weight(std::size_t i) const { return weights != nullptr ? weights[i] : 1; }

    MatrixView x;
    const KMeansOptions &options;
    kernel::Isa isa = kernel::bestIsa();
    int d;
    std::size_t groups, groupsPerChunk, chunks; ///< of kFilterRows rows, fixed by n alone
    const float *weights = nullptr;             ///< n, or null
    std::vector<float> paddedWeights;           ///< as weights, in whole tiles; empty without
    Eigen::VectorXd origin;                     ///< near the rows' mean
    std::vector<float> norm2;                   ///< squared distance to it
    bool finite = true;                         ///< when not, nothing below is set
    double spread = 0;                          ///< sum of weight times norm2, in double
    double shiftLimit = 0;
    float usualNorm2 = 0; ///< median of norm2
    kernel::Tiles tiles;  ///< only when centres have to be chosen
};

/// One restart with its scratch memory. Assignments are exact; which rows are looked at follows bounds on how
/// far centres moved. @source Hamerly 2010, Making k-means even faster
class KMeansRun {
public:
    KMeansRun(const KMeansData &data, int threads, const base::Progress &progress,
              const std::atomic<bool> &stop);
    base::Result<KMeans> once(std::uint64_t stream);

private:
    struct Partial {
        std::vector<double> sums;
        std::vector<double> weights;
        std::vector<std::int64_t> sizes;
        double value = 0;
        std::size_t moved = 0, looked = 0;
        bool rebuild = false;
    };
    struct Drift {
        std::vector<float> each, half;
        float farthest = 0, second = 0;
        std::int32_t mover = -1;
    };

    [[nodiscard]] bool stopped() const
    {
        return m_stop.load(std::memory_order_relaxed) || m_progress.stopped();
    }
    void eachChunk(double multiplyAdds, const std::function<void(std::size_t)> &body);
    void eachGroup(std::size_t chunk, const std::function<void(std::size_t from, std::size_t count)> &body);
    void eachGroupOfAll(const std::function<void(std::size_t from, std::size_t count)> &body);
    base::Result<> seed(Random &random);
    void lower(const Matrix &candidates, const std::vector<float> &current,
               std::vector<std::vector<float>> &lowered, std::vector<double> &totals,
               std::vector<std::vector<double>> &groupSums);
    std::size_t draw(const std::vector<float> &distances, const std::vector<double> &groupSums, double total,
                     Random &random) const;
    void assign();
    void assignGroup(Partial &partial, std::size_t from, std::size_t count);
    void place(Partial &partial, const std::uint32_t *index, const NearestCentre::Block &block,
               std::size_t count);
    void rebuildSums();
    void planNextPass();
    void fillEmpty();
    double update();
    [[nodiscard]] double objective();
    [[nodiscard]] double exactObjective();

    const KMeansData &m_data;
    const base::Progress &m_progress;
    const std::atomic<bool> &m_stop;
    int m_threads;
    NearestCentre m_nearest;
    Matrix m_centres;
    std::vector<std::int32_t> m_label;
    std::vector<float> m_upper, m_lower; ///< empty until bounds are kept
    std::vector<Partial> m_partials;
    std::vector<double> m_sums, m_weights;
    std::vector<std::int64_t> m_sizes;
    Drift m_drift;
    std::size_t m_moved = 0, m_looked = 0;
    bool m_bounded = false, m_fresh = true; ///< bounds are kept; they hold nothing yet
    int m_rest = 0;                         ///< passes without bounds after they did not pay
};

} // namespace statescape::ml
