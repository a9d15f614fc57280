// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/kmeans.h"

#include "core/ml/kernels.h"
#include "core/ml/parallel.h"
#include "core/ml/random.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <numeric>

namespace statescape::ml {
using base::Code;
using Index = Eigen::Index;

namespace {
// Fixed by n alone, so that partial sums are the same whoever computes them.
constexpr std::size_t kMinTilesPerChunk = 256;
constexpr std::size_t kMaxChunks = 64;
// Below this many multiply-adds a pass, starting a thread costs more than it saves.
constexpr double kParallelWork = 4e6;
} // namespace

base::Result<> checkFinite(MatrixView x)
{
    for (Index i = 0; i < x.rows(); ++i) {
        const float *row = x.data() + i * x.outerStride();
        // v * 0 is 0 for every finite v and NaN otherwise: one test a row.
        float sum = 0;
        for (Index j = 0; j < x.cols(); ++j)
            sum += row[j] * 0.0F;
        if (sum == 0.0F)
            continue;
        for (Index j = 0; j < x.cols(); ++j)
            if (!std::isfinite(row[j]))
                return base::fail(Code::InvalidArgument,
                                  fmt::format("value in row {} column {} is not finite", i, j));
    }
    return {};
}

/// One fit with its scratch memory.
class KMeansRun {
public:
    KMeansRun(MatrixView x, const KMeansOptions &options, const base::Progress &progress)
        : m_x(x)
        , m_options(options)
        , m_progress(progress)
        , m_tiles(x)
        , m_isa(kernel::bestIsa())
        , m_d(static_cast<int>(x.cols()))
        , m_tilesPerChunk(std::max(kMinTilesPerChunk, (m_tiles.count() + kMaxChunks - 1) / kMaxChunks))
        , m_chunks((m_tiles.count() + m_tilesPerChunk - 1) / m_tilesPerChunk)
        , m_label(m_tiles.count() * kernel::kLanes)
        , m_dist2(m_label.size())
        , m_partials(m_chunks)
    {
        // Row by row in memory order; columns would miss the cache on every value.
        Eigen::VectorXd mean = Eigen::VectorXd::Zero(m_d);
        for (Index i = 0; i < x.rows(); ++i)
            mean += x.row(i).transpose().cast<double>();
        mean /= static_cast<double>(x.rows());
        double variance = 0;
        for (Index i = 0; options.tolerance > 0 && i < x.rows(); ++i)
            variance += (x.row(i).transpose().cast<double>() - mean).squaredNorm();
        variance /= static_cast<double>(x.rows());
        m_shiftLimit = options.tolerance * variance / std::max<double>(1, static_cast<double>(m_d));
    }

    base::Result<KMeans> best()
    {
        const int restarts = m_options.start.rows() >= m_options.k ? 1 : m_options.restarts;
        base::Result<KMeans> best = base::fail(Code::Internal, "k-means made no pass");
        for (int r = 0; r < restarts; ++r) {
            m_progress.at(static_cast<double>(r) / restarts, "k-means");
            STATESCAPE_TRY(KMeans run, once(static_cast<std::uint64_t>(r)));
            if (!best || run.m_inertia < best->m_inertia)
                best = std::move(run);
        }
        return best;
    }

private:
    struct Partial {
        std::vector<double> sums;
        std::vector<std::uint64_t> sizes;
        double inertia = 0;
        bool moved = false;
    };

    [[nodiscard]] std::size_t rows() const { return static_cast<std::size_t>(m_x.rows()); }
    [[nodiscard]] const float *row(std::size_t i) const
    {
        return m_x.data() + static_cast<Index>(i) * m_x.outerStride();
    }
    [[nodiscard]] base::Error cancelled() const
    {
        return base::fail(Code::Cancelled, "k-means stopped on request");
    }

    void eachChunk(int k, const std::function<void(std::size_t)> &body)
    {
        const double work = static_cast<double>(rows()) * m_d * k;
        forEachChunk(m_chunks, work < kParallelWork ? 1 : threadCount(m_options.threads), body);
    }

    /// Squared distances to one centre, lowered into @p lowest; returns the sum over rows.
    double lowerBy(const float *centre, const std::vector<float> &current, std::vector<float> &lowest)
    {
        eachChunk(1, [&](std::size_t chunk) {
            const auto [from, to] = tilesOf(chunk);
            kernel::nearest(m_tiles.tile(from), to - from, m_d, centre, 1,
                            m_label.data() + from * kernel::kLanes, lowest.data() + from * kernel::kLanes,
                            m_isa);
            double sum = 0;
            for (std::size_t i = from * kernel::kLanes; i < std::min(to * kernel::kLanes, rows()); ++i) {
                // A distance beyond float range would make the total infinite and the draw meaningless.
                lowest[i] = std::min({lowest[i], current[i], std::numeric_limits<float>::max()});
                sum += lowest[i];
            }
            m_partials[chunk].inertia = sum;
        });
        double total = 0;
        for (const auto &partial : m_partials)
            total += partial.inertia;
        return total;
    }

    std::size_t draw(const std::vector<float> &weights, double total, Random &random) const
    {
        if (!(total > 0))
            return random.below(rows());
        double left = random.uniform() * total;
        for (std::size_t i = 0; i < rows(); ++i) {
            left -= weights[i];
            if (left < 0)
                return i;
        }
        return rows() - 1;
    }

    base::Result<> seed(Random &random)
    {
        const auto given = std::min<Index>(m_options.start.rows(), m_options.k);
        m_centres.resize(m_options.k, m_d);
        if (given > 0)
            m_centres.topRows(given) = m_options.start.topRows(given);
        if (given == m_options.k)
            return {};
        std::vector<float> current(m_label.size(), std::numeric_limits<float>::max());
        std::vector<float> lowest(m_label.size());
        std::vector<float> chosen(m_label.size());
        double total = 0;
        for (Index c = 0; c < given; ++c) {
            total = lowerBy(m_centres.row(c).data(), current, lowest);
            std::swap(current, lowest);
        }
        const int trials = 2 + static_cast<int>(std::log(m_options.k));
        for (Index c = given; c < m_options.k; ++c) {
            if (m_progress.stopped())
                return cancelled();
            double bestTotal = std::numeric_limits<double>::infinity();
            std::size_t bestRow = 0;
            for (int t = 0; t < (c == 0 ? 1 : trials); ++t) {
                const std::size_t candidate = c == 0 ? random.below(rows()) : draw(current, total, random);
                const double sum = lowerBy(row(candidate), current, lowest);
                if (sum < bestTotal) {
                    bestTotal = sum;
                    bestRow = candidate;
                    std::swap(chosen, lowest);
                }
            }
            std::swap(current, chosen);
            total = bestTotal;
            m_centres.row(c) = m_x.row(static_cast<Index>(bestRow));
        }
        return {};
    }

    [[nodiscard]] std::pair<std::size_t, std::size_t> tilesOf(std::size_t chunk) const
    {
        const std::size_t from = chunk * m_tilesPerChunk;
        return {from, std::min(from + m_tilesPerChunk, m_tiles.count())};
    }

    void assignChunk(std::size_t chunk, const std::vector<std::int32_t> &previous)
    {
        auto &partial = m_partials[chunk];
        const auto k = static_cast<std::size_t>(m_options.k);
        const auto d = static_cast<std::size_t>(m_d);
        partial.sums.assign(k * d, 0);
        partial.sizes.assign(k, 0);
        partial.inertia = 0;
        partial.moved = false;
        const auto [begin, last] = tilesOf(chunk);
        // Small groups of tiles keep rows in cache between the two halves.
        constexpr std::size_t kGroup = 16;
        for (std::size_t from = begin; from < last && !m_progress.stopped(); from += kGroup) {
            const std::size_t to = std::min(from + kGroup, last);
            kernel::nearest(m_tiles.tile(from), to - from, m_d, m_centres.data(), m_options.k,
                            m_label.data() + from * kernel::kLanes, m_dist2.data() + from * kernel::kLanes,
                            m_isa);
            const std::size_t first = from * kernel::kLanes;
            const std::size_t end = std::min(to * kernel::kLanes, rows());
            kernel::addRows(row(first), m_x.outerStride(), end - first, m_d, m_label.data() + first,
                            partial.sums.data(), m_isa);
            for (std::size_t i = first; i < end; ++i) {
                ++partial.sizes[static_cast<std::size_t>(m_label[i])];
                partial.inertia += m_dist2[i];
                partial.moved |= m_label[i] != previous[i];
            }
        }
    }

    /// Gives each empty cluster the farthest row that is not alone in its cluster.
    void fillEmpty(std::vector<double> &sums, std::vector<std::uint64_t> &sizes)
    {
        for (std::size_t c = 0; c < sizes.size(); ++c) {
            if (sizes[c] != 0)
                continue;
            std::size_t farthest = rows();
            for (std::size_t i = 0; i < rows(); ++i)
                if (m_dist2[i] > 0 && sizes[static_cast<std::size_t>(m_label[i])] > 1 &&
                    (farthest == rows() || m_dist2[i] > m_dist2[farthest]))
                    farthest = i;
            if (farthest == rows())
                return;
            const auto old = static_cast<std::size_t>(m_label[farthest]);
            for (std::size_t j = 0; j < static_cast<std::size_t>(m_d); ++j) {
                const double value = row(farthest)[j];
                sums[old * static_cast<std::size_t>(m_d) + j] -= value;
                sums[c * static_cast<std::size_t>(m_d) + j] = value;
            }
            --sizes[old];
            sizes[c] = 1;
            m_label[farthest] = static_cast<std::int32_t>(c);
            m_dist2[farthest] = 0;
        }
    }

    /// One assignment; returns the objective and joins the partial sums in order.
    double assign(std::vector<double> &sums, std::vector<std::uint64_t> &sizes, bool &moved)
    {
        m_previous = m_label;
        eachChunk(m_options.k, [this](std::size_t chunk) { assignChunk(chunk, m_previous); });
        std::fill(sums.begin(), sums.end(), 0);
        std::fill(sizes.begin(), sizes.end(), 0);
        double objective = 0;
        moved = false;
        for (const auto &partial : m_partials) {
            for (std::size_t i = 0; i < sums.size(); ++i)
                sums[i] += partial.sums[i];
            for (std::size_t c = 0; c < sizes.size(); ++c)
                sizes[c] += partial.sizes[c];
            objective += partial.inertia;
            moved |= partial.moved;
        }
        return objective;
    }

    /// @return summed squared shift
    double update(const std::vector<double> &sums, const std::vector<std::uint64_t> &sizes)
    {
        double shift = 0;
        for (Index c = 0; c < m_centres.rows(); ++c) {
            const auto size = sizes[static_cast<std::size_t>(c)];
            if (size == 0)
                continue;
            for (Index j = 0; j < m_d; ++j) {
                const auto mean = static_cast<float>(sums[static_cast<std::size_t>(c * m_d + j)] /
                                                     static_cast<double>(size));
                const double difference = static_cast<double>(mean) - m_centres(c, j);
                shift += difference * difference;
                m_centres(c, j) = mean;
            }
        }
        return shift;
    }

    base::Result<KMeans> once(std::uint64_t stream)
    {
        Random random(m_options.seed, stream);
        STATESCAPE_CHECK(seed(random));
        const auto k = static_cast<std::size_t>(m_options.k);
        std::vector<double> sums(k * static_cast<std::size_t>(m_d));
        std::vector<std::uint64_t> sizes(k);
        KMeans out;
        std::fill(m_label.begin(), m_label.end(), -1);
        for (int pass = 0; pass < m_options.maxPasses && !out.m_converged; ++pass) {
            bool moved = false;
            out.m_history.push_back(assign(sums, sizes, moved));
            if (m_progress.stopped())
                return cancelled();
            if (!moved) {
                out.m_converged = true;
                break;
            }
            fillEmpty(sums, sizes);
            out.m_converged = update(sums, sizes) <= m_shiftLimit;
        }
        bool moved = false;
        assign(sums, sizes, moved);
        if (m_progress.stopped())
            return cancelled();
        out.m_inertia = inertia();
        out.m_centres = m_centres;
        out.m_labels.assign(m_label.begin(), m_label.begin() + m_x.rows());
        out.m_sizes = sizes;
        return out;
    }

    /// In double from the labels: what two programs are compared by.
    [[nodiscard]] double inertia() const
    {
        double total = 0;
        for (std::size_t i = 0; i < rows(); ++i) {
            const float *centre = m_centres.row(m_label[i]).data();
            double sum = 0;
            for (int j = 0; j < m_d; ++j) {
                const double difference = static_cast<double>(row(i)[j]) - centre[j];
                sum += difference * difference;
            }
            total += sum;
        }
        return total;
    }

    MatrixView m_x;
    const KMeansOptions &m_options;
    const base::Progress &m_progress;
    kernel::Tiles m_tiles;
    kernel::Isa m_isa;
    int m_d;
    std::size_t m_tilesPerChunk, m_chunks;
    std::vector<std::int32_t> m_label, m_previous;
    std::vector<float> m_dist2;
    std::vector<Partial> m_partials;
    Matrix m_centres;
    double m_shiftLimit = 0;
};

base::Result<KMeans> KMeans::fit(MatrixView x, const KMeansOptions &options, const base::Progress &progress)
{
    if (options.k < 1 || options.restarts < 1 || options.maxPasses < 1)
        return base::fail(Code::InvalidArgument,
                          fmt::format("k {}, restarts {} and passes {} must be 1 or more", options.k,
                                      options.restarts, options.maxPasses));
    if (x.rows() < options.k)
        return base::fail(Code::NotEnoughData,
                          fmt::format("{} rows cannot make {} clusters", x.rows(), options.k));
    if (x.cols() < 1)
        return base::fail(Code::NotEnoughData, "rows without columns cannot be clustered");
    if (options.start.size() > 0 && (options.start.cols() != x.cols() || options.start.rows() > options.k))
        return base::fail(Code::InvalidArgument,
                          fmt::format("start is {} x {}, wanted up to {} x {}", options.start.rows(),
                                      options.start.cols(), options.k, x.cols()));
    STATESCAPE_CHECK(checkFinite(x));
    STATESCAPE_CHECK(checkFinite(options.start));
    return KMeansRun(x, options, progress).best();
}

base::Result<std::vector<std::int32_t>> KMeans::predict(MatrixView x) const
{
    if (x.cols() != m_centres.cols())
        return base::fail(Code::InvalidArgument,
                          fmt::format("clustered {} columns, got {}", m_centres.cols(), x.cols()));
    const kernel::Tiles tiles(x);
    std::vector<std::int32_t> labels(tiles.count() * kernel::kLanes);
    std::vector<float> dist2(labels.size());
    if (tiles.count() > 0)
        kernel::nearest(tiles.tile(0), tiles.count(), tiles.columns(), m_centres.data(),
                        static_cast<int>(m_centres.rows()), labels.data(), dist2.data(), kernel::bestIsa());
    labels.resize(static_cast<std::size_t>(x.rows()));
    return labels;
}

} // namespace statescape::ml
