// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/metrics.h"
#include "core/ml/parallel.h"
#include "core/ml/random.h"
#include "core/ml/silhouette_kernel.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <numeric>
#include <thread>

namespace statescape::ml {
using base::Code;
using Index = Eigen::Index;

namespace {
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kRowsAtOnce = 4;
constexpr std::size_t kMaxParts = 16;
constexpr std::size_t kPartValues = std::size_t{1} << 23; ///< doubles all parts may take
constexpr double kParallelWork = 4e6;

std::vector<std::size_t> sampleRows(std::span<const std::int32_t> labels, std::size_t maxRows,
                                    std::uint64_t seed)
{
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < labels.size(); ++i)
        if (labels[i] >= 0)
            rows.push_back(i);
    if (rows.size() > maxRows) {
        Random random(seed, 0x511);
        for (std::size_t i = 0; i < maxRows; ++i)
            std::swap(rows[i], rows[i + random.below(rows.size() - i)]);
        rows.resize(maxRows);
        std::sort(rows.begin(), rows.end());
    }
    return rows;
}

double silhouetteOf(const double *sums, std::size_t step, const std::vector<std::uint64_t> &sizes,
                    std::size_t own)
{
    if (sizes[own] < 2)
        return 0;
    const double inside = sums[own * step] / static_cast<double>(sizes[own] - 1);
    double outside = std::numeric_limits<double>::infinity();
    for (std::size_t c = 0; c < sizes.size(); ++c)
        if (c != own && sizes[c] > 0)
            outside = std::min(outside, sums[c * step] / static_cast<double>(sizes[c]));
    const double larger = std::max(inside, outside);
    return larger > 0 ? (outside - inside) / larger : 0;
}

/// Rows ordered by cluster, each cluster in whole tiles, so that a tile has one label. Every pair is measured
/// once.
class PairSums {
public:
    PairSums(MatrixView x, std::span<const std::int32_t> labels, const std::vector<std::size_t> &rows,
             const std::vector<std::uint64_t> &sizes)
        : m_firstTile(sizes.size() + 1, 0)
    {
        for (std::size_t c = 0; c < sizes.size(); ++c)
            m_firstTile[c + 1] = m_firstTile[c] + (sizes[c] + kernel::kLanes - 1) / kernel::kLanes;
        const std::size_t places = m_firstTile.back() * kernel::kLanes;
        m_valid.assign(places, 0);
        m_used = Matrix::Zero(static_cast<Index>(places), x.cols());
        std::vector<std::size_t> next(sizes.size());
        for (std::size_t c = 0; c < sizes.size(); ++c)
            next[c] = m_firstTile[c] * kernel::kLanes;
        for (const std::size_t row : rows) {
            const std::size_t place = next[static_cast<std::size_t>(labels[row])]++;
            m_used.row(static_cast<Index>(place)) = x.row(static_cast<Index>(row));
            m_valid[place] = 1;
        }
        m_tiles = kernel::Tiles(m_used);
        m_clusterOf.resize(m_firstTile.back());
        for (std::size_t c = 0; c < sizes.size(); ++c)
            std::fill(m_clusterOf.begin() + static_cast<std::ptrdiff_t>(m_firstTile[c]),
                      m_clusterOf.begin() + static_cast<std::ptrdiff_t>(m_firstTile[c + 1]), c);
    }

    [[nodiscard]] std::size_t places() const { return m_valid.size(); }
    [[nodiscard]] bool valid(std::size_t place) const { return m_valid[place] > 0; }
    [[nodiscard]] std::size_t clusterOf(std::size_t place) const
    {
        return m_clusterOf[place / kernel::kLanes];
    }

    /// @return sums[c * places() + place] of distances, or empty when stopped.
    std::vector<double> sums(const base::Progress &progress) const
    {
        const std::size_t clusters = m_firstTile.size() - 1;
        const std::size_t values = clusters * places();
        const std::size_t parts =
            std::clamp<std::size_t>(kPartValues / std::max<std::size_t>(values, 1), 1, kMaxParts);
        std::vector<std::vector<double>> all(parts);
        const double work = 0.5 * static_cast<double>(places()) * static_cast<double>(m_used.size());
        const auto caller = std::this_thread::get_id();
        std::atomic<std::size_t> done{0};
        forEachChunk(parts, work < kParallelWork ? 1 : threadCount(0), [&](std::size_t part) {
            all[part].assign(values, 0);
            // Every part-th tile: early ones have more partners than late ones.
            for (std::size_t t = part; t < m_clusterOf.size() && !progress.stopped(); t += parts) {
                oneTile(t, all[part]);
                const std::size_t tiles = ++done;
                if (std::this_thread::get_id() == caller && tiles % 64 == 0)
                    progress.at(static_cast<double>(tiles) / static_cast<double>(m_clusterOf.size()),
                                "silhouette");
            }
        });
        if (progress.stopped())
            return {};
        for (std::size_t part = 1; part < parts; ++part)
            for (std::size_t i = 0; i < values; ++i)
                all[0][i] += all[part][i];
        return std::move(all[0]);
    }

private:
    void oneTile(std::size_t t, std::vector<double> &sums) const
    {
        const std::size_t own = m_clusterOf[t];
        const auto isa = kernel::bestIsa();
        const int d = static_cast<int>(m_used.cols());
        for (std::size_t from = 0; from < kernel::kLanes; from += kRowsAtOnce) {
            const std::size_t place = t * kernel::kLanes + from;
            if (!valid(place))
                return;
            const float *row[kRowsAtOnce];
            std::size_t count = 0;
            // A row that does not count stands in for none: its sums are dropped.
            for (std::size_t r = 0; r < kRowsAtOnce; ++r) {
                row[r] = m_used.row(static_cast<Index>(place + r)).data();
                count += valid(place + r) ? 1 : 0;
            }
            double self[kRowsAtOnce] = {};
            kernel::distanceSums(row, m_tiles.tile(t), 1, d, m_valid.data() + t * kernel::kLanes, self,
                                 nullptr, isa);
            for (std::size_t r = 0; r < count; ++r)
                sums[own * places() + place + r] += self[r];
            for (std::size_t c = own; c + 1 < m_firstTile.size(); ++c) {
                const std::size_t first = std::max(m_firstTile[c], t + 1);
                if (first >= m_firstTile[c + 1])
                    continue;
                double out[kRowsAtOnce] = {};
                if (count == kRowsAtOnce) {
                    kernel::distanceSums(row, m_tiles.tile(first), m_firstTile[c + 1] - first, d,
                                         m_valid.data() + first * kernel::kLanes, out,
                                         sums.data() + own * places() + first * kernel::kLanes, isa);
                } else {
                    lastRows(row, count, first, m_firstTile[c + 1], own, out, sums);
                }
                for (std::size_t r = 0; r < count; ++r)
                    sums[c * places() + place + r] += out[r];
            }
        }
    }

    /// Fewer than four: one at a time, each four times over.
    void lastRows(const float *const *row, std::size_t count, std::size_t first, std::size_t last,
                  std::size_t own, double *out, std::vector<double> &sums) const
    {
        std::vector<double> columns((last - first) * kernel::kLanes);
        for (std::size_t r = 0; r < count; ++r) {
            const float *const same[kRowsAtOnce] = {row[r], row[r], row[r], row[r]};
            double four[kRowsAtOnce] = {};
            std::fill(columns.begin(), columns.end(), 0);
            kernel::distanceSums(same, m_tiles.tile(first), last - first, static_cast<int>(m_used.cols()),
                                 m_valid.data() + first * kernel::kLanes, four, columns.data(),
                                 kernel::bestIsa());
            out[r] = four[0];
            for (std::size_t i = 0; i < columns.size(); ++i)
                sums[own * places() + first * kernel::kLanes + i] += 0.25 * columns[i];
        }
    }

    std::vector<std::size_t> m_firstTile; ///< per cluster, and one past the last
    std::vector<std::size_t> m_clusterOf; ///< per tile
    std::vector<float> m_valid;
    Matrix m_used;
    kernel::Tiles m_tiles;
};
} // namespace

base::Result<Silhouette> silhouette(MatrixView x, std::span<const std::int32_t> labels, int clusters,
                                    std::size_t maxRows, std::uint64_t seed, const base::Progress &progress)
{
    if (static_cast<std::size_t>(x.rows()) != labels.size() || clusters < 0 ||
        std::any_of(labels.begin(), labels.end(), [&](std::int32_t label) { return label >= clusters; }))
        return base::fail(Code::InvalidArgument,
                          fmt::format("silhouette of {} rows with {} labels in {} clusters", x.rows(),
                                      labels.size(), clusters));
    const auto rows = sampleRows(labels, maxRows, seed);
    std::vector<std::uint64_t> sizes(static_cast<std::size_t>(clusters), 0);
    for (const std::size_t row : rows)
        ++sizes[static_cast<std::size_t>(labels[row])];
    Silhouette out{kNaN, std::vector<double>(sizes.size(), kNaN), rows.size(), 0};
    if (std::count_if(sizes.begin(), sizes.end(), [](auto size) { return size > 0; }) < 2)
        return out;
    const PairSums pairs(x, labels, rows, sizes);
    const std::vector<double> sums = pairs.sums(progress);
    if (progress.stopped())
        return base::fail(Code::Cancelled, "silhouette stopped on request");
    std::vector<double> totals(sizes.size(), 0);
    double squares = 0;
    for (std::size_t place = 0; place < pairs.places(); ++place) {
        if (!pairs.valid(place))
            continue;
        const std::size_t own = pairs.clusterOf(place);
        const double value = silhouetteOf(sums.data() + place, pairs.places(), sizes, own);
        totals[own] += value;
        squares += value * value;
    }
    const auto n = static_cast<double>(rows.size());
    out.mean = std::accumulate(totals.begin(), totals.end(), 0.0) / n;
    const auto all = static_cast<double>(
        std::count_if(labels.begin(), labels.end(), [](std::int32_t label) { return label >= 0; }));
    if (all > n)
        out.halfWidth =
            1.96 * std::sqrt(std::max(0.0, squares / n - out.mean * out.mean) / n * (1 - n / all));
    for (std::size_t c = 0; c < sizes.size(); ++c)
        if (sizes[c] > 0)
            out.perCluster[c] = totals[c] / static_cast<double>(sizes[c]);
    return out;
}

} // namespace statescape::ml
