// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/advice.h"

#include "core/ml/near_rows.h"
#include "core/ml/parallel.h"
#include "core/ml/statistics.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <numeric>
#include <optional>
#include <thread>

namespace statescape::model {
using Index = Eigen::Index;

namespace {
constexpr std::size_t kMostSeeds = 2000;
constexpr std::size_t kSingleSeedNeighbour = 10;
/// The uncertain that are worth spreading over, for each suggestion asked for.
constexpr std::size_t kPoolFor = 100;
constexpr std::size_t kLeastPool = 2000;
/// Samples this many rows apart or more are of other moments.
constexpr std::uint64_t kSameMoment = 16;
constexpr std::size_t kChunk = 4096;
constexpr std::size_t kBetweenStops = 64;

const float *rowOf(ml::MatrixView z, std::uint64_t i)
{
    return z.data() + static_cast<Index>(i) * z.outerStride();
}

bool finite(ml::MatrixView z, std::uint64_t i)
{
    const float *row = rowOf(z, i);
    // Any NaN or infinity makes the sum one.
    float sum = 0;
    for (Index j = 0; j < z.cols(); ++j)
        sum += row[j] * 0.0F;
    return sum == 0;
}

double distance2(ml::MatrixView z, std::uint64_t a, std::uint64_t b)
{
    const float *x = rowOf(z, a);
    const float *y = rowOf(z, b);
    double sum = 0;
    for (Index j = 0; j < z.cols(); ++j) {
        const double difference = static_cast<double>(x[j]) - y[j];
        sum += difference * difference;
    }
    return sum;
}

/// How far apart the rows of a pool lie from each other, typically.
double spreadOf(ml::MatrixView z, const std::vector<std::uint64_t> &pool)
{
    std::vector<float> distances;
    const std::size_t step = pool.size() / 512 + 1;
    for (std::size_t i = 0; i + step < pool.size(); i += step)
        distances.push_back(
            static_cast<float>(std::sqrt(distance2(z, pool[i], pool[(i * 7919 + step) % pool.size()]))));
    return ml::medianInPlace(distances);
}

/// @return values, evenly picked, at most @p most.
template <class T>
std::vector<T> thinned(const std::vector<T> &values, std::size_t most)
{
    if (values.size() <= most)
        return values;
    std::vector<T> out(most);
    for (std::size_t i = 0; i < most; ++i)
        out[i] = values[i * values.size() / most];
    return out;
}

/// How near the seeds lie to each other: see growToNeighbours(). @return nothing when stopped, or for one
/// seed without any other row
std::optional<double> seedSpread(ml::MatrixView z, const std::vector<std::uint64_t> &rows,
                                 const ml::Matrix &seedRows, const ml::NearRows &near,
                                 const base::Progress &progress)
{
    std::vector<float> distances;
    if (rows.size() == 1) {
        for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(z.rows()); ++i) {
            if (i % kChunk == 0 && progress.stopped())
                return std::nullopt;
            if (i != rows[0] && finite(z, i))
                distances.push_back(static_cast<float>(std::sqrt(distance2(z, i, rows[0]))));
        }
        if (distances.empty())
            return std::nullopt;
        const std::size_t tenth = std::min(kSingleSeedNeighbour, distances.size()) - 1;
        std::nth_element(distances.begin(), distances.begin() + static_cast<std::ptrdiff_t>(tenth),
                         distances.end());
        return distances[tenth];
    }
    ml::NearRows::Scratch scratch;
    std::vector<ml::NearRows::Hit> hits;
    std::vector<std::uint32_t> self(rows.size());
    std::iota(self.begin(), self.end(), 0U);
    for (const std::uint32_t i : self) {
        if (i % kBetweenStops == 0 && progress.stopped())
            return std::nullopt;
        near.nearest(rowOf(seedRows, i), 1, self, i, hits, scratch);
        distances.push_back(std::sqrt(hits.front().dist2));
    }
    return ml::quantileInPlace(distances, 0.9);
}
} // namespace

std::vector<Suggestion> uncertainSamples(ml::MatrixView z, std::span<const Score> scores,
                                         std::span<const schema::Label> labels, std::size_t most,
                                         const base::Progress &progress)
{
    const auto doubt = [&](std::uint64_t i) {
        return std::clamp(1.0 - static_cast<double>(scores[i].confidence), 0.0, 1.0);
    };
    std::vector<std::uint64_t> pool;
    const std::size_t n = std::min(scores.size(), static_cast<std::size_t>(z.rows()));
    for (std::uint64_t i = 0; i < n; ++i) {
        if (i % kChunk == 0 && progress.stopped())
            return {};
        if ((i >= labels.size() || labels[i].empty()) && doubt(i) > 0 && finite(z, i))
            pool.push_back(i);
    }
    const std::size_t keep = std::max(kLeastPool, kPoolFor * most);
    if (pool.size() > keep) {
        std::nth_element(pool.begin(), pool.begin() + static_cast<std::ptrdiff_t>(keep), pool.end(),
                         [&](std::uint64_t a, std::uint64_t b) {
                             return doubt(a) != doubt(b) ? doubt(a) > doubt(b) : a < b;
                         });
        pool.resize(keep);
        std::sort(pool.begin(), pool.end());
    }
    // Half of the typical distance, shared among as many as are asked for in a plane.
    const double room =
        2 * spreadOf(z, pool) / std::sqrt(static_cast<double>(std::max<std::size_t>(most, 1)));
    std::vector<double> worth(pool.size());
    std::transform(pool.begin(), pool.end(), worth.begin(), doubt);
    std::vector<double> crowding(pool.size(), 1);
    std::vector<Suggestion> out;
    while (out.size() < most && !pool.empty()) {
        if (progress.stopped())
            return {};
        progress.at(static_cast<double>(out.size()) / static_cast<double>(most), "uncertain samples");
        const auto best = std::max_element(worth.begin(), worth.end());
        if (!(*best > 0))
            break;
        const std::uint64_t row = pool[static_cast<std::size_t>(best - worth.begin())];
        out.push_back({row, *best, {}});
        for (std::size_t i = 0; i < pool.size(); ++i) {
            const std::uint64_t apart = pool[i] > row ? pool[i] - row : row - pool[i];
            double share = std::min(1.0, static_cast<double>(apart) / static_cast<double>(kSameMoment));
            if (share > 0 && room > 0)
                share *= std::min(1.0, std::sqrt(distance2(z, pool[i], row)) / room);
            if (share < crowding[i]) {
                crowding[i] = share;
                worth[i] = doubt(pool[i]) * share;
            }
        }
    }
    return out;
}

std::vector<std::uint8_t> growToNeighbours(ml::MatrixView z, std::span<const std::uint8_t> seeds,
                                           double reach, const base::Progress &progress)
{
    const std::size_t n = std::min(seeds.size(), static_cast<std::size_t>(z.rows()));
    std::vector<std::uint8_t> out(seeds.begin(), seeds.end());
    std::vector<std::uint64_t> rows;
    for (std::uint64_t i = 0; i < n; ++i)
        if (seeds[i] != 0 && finite(z, i))
            rows.push_back(i);
    if (rows.empty() || !(reach > 0))
        return out;
    rows = thinned(rows, kMostSeeds);
    ml::Matrix seedRows(static_cast<Index>(rows.size()), z.cols());
    for (std::size_t i = 0; i < rows.size(); ++i)
        seedRows.row(static_cast<Index>(i)) = z.row(static_cast<Index>(rows[i]));
    const ml::NearRows near(seedRows);

    const auto spread = seedSpread(z.topRows(static_cast<Index>(n)), rows, seedRows, near, progress);
    if (progress.stopped())
        return {};
    if (!spread)
        return out;
    const double radius = reach * *spread;
    // A hair more, so that the tenth neighbour itself is not lost to rounding.
    const auto radius2 = static_cast<float>(radius * radius * (1 + 1e-5));

    std::atomic<std::size_t> done{0};
    const auto caller = std::this_thread::get_id();
    ml::forEachChunk((n + kChunk - 1) / kChunk, ml::threadCount(0), [&](std::size_t chunk) {
        ml::NearRows::Scratch own;
        const std::size_t last = std::min(n, (chunk + 1) * kChunk);
        for (std::size_t i = chunk * kChunk; i < last; ++i) {
            if (i % kBetweenStops == 0 && progress.stopped())
                return;
            if (out[i] == 0 && finite(z, i) && near.anyWithin(rowOf(z, i), radius2, own))
                out[i] = 1;
        }
        done += last - chunk * kChunk;
        if (std::this_thread::get_id() == caller)
            progress.at(static_cast<double>(done) / static_cast<double>(n), "grow to neighbours");
    });
    if (progress.stopped())
        return {};
    return out;
}

} // namespace statescape::model
