// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/kmeans.h"

#include "core/ml/kmeans_run.h"
#include "core/ml/parallel.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <fmt/format.h>
#include <optional>
#include <thread>

namespace statescape::ml {
using base::Code;
using Index = Eigen::Index;

namespace {
// Below this many multiply-adds, starting a thread costs more than it saves.
constexpr double kParallelWork = 4e6;
} // namespace

base::Result<> checkFinite(MatrixView x)
{
    const auto isa = kernel::bestIsa();
    const auto columns = static_cast<std::size_t>(x.cols());
    const bool packed = x.outerStride() == x.cols();
    if (packed && kernel::allFinite(x.data(), columns * static_cast<std::size_t>(x.rows()), isa))
        return {};
    for (Index i = 0; i < x.rows(); ++i) {
        const float *row = x.data() + i * x.outerStride();
        if (kernel::allFinite(row, columns, isa))
            continue;
        for (Index j = 0; j < x.cols(); ++j)
            if (!std::isfinite(row[j]))
                return base::fail(Code::InvalidArgument,
                                  fmt::format("value in row {} column {} is not finite", i, j));
    }
    return {};
}

namespace {
/// Restarts shared out to threads; the first of the best wins whoever made it.
class Restarts {
public:
    Restarts(const KMeansData &data, int count, int threads, const base::Progress &progress)
        : m_data(data)
        , m_count(count)
        , m_threads(threads)
        , m_progress(progress)
    {}

    base::Result<KMeans> best()
    {
        // One restart a thread needs no waiting inside passes.
        const int workers = std::min(m_threads, m_count);
        std::vector<Found> found(static_cast<std::size_t>(workers));
        const auto caller = std::this_thread::get_id();
        forEachChunk(found.size(), workers, [&](std::size_t w) {
            const bool reports = std::this_thread::get_id() == caller;
            const base::Progress quiet{m_progress.stop, {}};
            work(found[w], workers > 1 ? 1 : m_threads, reports ? m_progress : quiet);
        });
        Found *best = nullptr;
        for (auto &one : found) {
            if (one.error)
                return *one.error;
            if (one.fit && (best == nullptr || one.before(*best)))
                best = &one;
        }
        if (best == nullptr)
            return base::fail(Code::Internal, "k-means made no pass");
        return std::move(*best->fit);
    }

private:
    struct Found {
        std::optional<KMeans> fit;
        std::optional<base::Error> error;
        int restart = 0;
        [[nodiscard]] bool before(const Found &other) const
        {
            return fit->inertia() < other.fit->inertia() ||
                   (fit->inertia() == other.fit->inertia() && restart < other.restart);
        }
    };

    void work(Found &found, int threads, const base::Progress &progress)
    {
        KMeansRun run(m_data, threads, progress, m_stop);
        for (int r = m_next.fetch_add(1); r < m_count; r = m_next.fetch_add(1)) {
            auto fit = run.once(static_cast<std::uint64_t>(r));
            if (!fit) {
                found.error = fit.error();
                m_stop = true;
                return;
            }
            Found one{std::move(*fit), std::nullopt, r};
            if (!found.fit || one.before(found))
                found = std::move(one);
        }
    }

    const KMeansData &m_data;
    int m_count, m_threads;
    const base::Progress &m_progress;
    std::atomic<int> m_next{0};
    std::atomic<bool> m_stop{false};
};

base::Result<> checkWeights(std::span<const float> weights, Index rows)
{
    if (weights.empty())
        return {};
    if (static_cast<Index>(weights.size()) != rows)
        return base::fail(Code::InvalidArgument, fmt::format("{} weights for {} rows", weights.size(), rows));
    bool any = false;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        if (!(weights[i] >= 0) || std::isinf(weights[i]))
            return base::fail(Code::InvalidArgument, fmt::format("weight of row {} is {}", i, weights[i]));
        any |= weights[i] > 0;
    }
    if (!any)
        return base::fail(Code::NotEnoughData, "every row has weight 0");
    return {};
}
} // namespace

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
    STATESCAPE_CHECK(checkFinite(options.start));
    STATESCAPE_CHECK(checkWeights(options.weights, x.rows()));
    const KMeansData data(x, options, progress);
    if (progress.stopped())
        return base::fail(Code::Cancelled, "k-means stopped on request");
    if (!data.finite)
        return checkFinite(x).error();
    const double work = static_cast<double>(x.size()) * options.k;
    const int threads = work < kParallelWork ? 1 : threadCount(options.threads);
    const int restarts = options.start.rows() >= options.k ? 1 : options.restarts;
    return Restarts(data, restarts, threads, progress).best();
}

base::Result<std::vector<std::int32_t>> KMeans::predict(MatrixView x) const
{
    if (x.cols() != m_centres.cols())
        return base::fail(Code::InvalidArgument,
                          fmt::format("clustered {} columns, got {}", m_centres.cols(), x.cols()));
    return nearestLabels(x, m_centres);
}

} // namespace statescape::ml
