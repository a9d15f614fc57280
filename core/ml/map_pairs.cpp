// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/map_pairs.h"

#include "core/ml/map_kernel.h"
#include "core/ml/parallel.h"
#include "core/ml/random.h"
#include "core/ml/row_neighbours.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace statescape::ml {
namespace {
constexpr std::size_t kMid = 5, kFurther = 20, kMidDrawn = 6;
constexpr std::size_t kChunk = 512;

std::vector<float> scalesOf(const RowNeighbours &near, std::size_t rows)
{
    std::vector<float> out(rows);
    const std::size_t to = std::min(kScaleNeighbours, near.k);
    const std::size_t from = std::min<std::size_t>(3, to - 1);
    for (std::uint32_t p = 0; p < rows; ++p) {
        double sum = 0;
        for (std::size_t h = from; h < to; ++h)
            sum += std::sqrt(near.of(p)[h].dist2);
        out[p] = static_cast<float>(std::clamp(sum / static_cast<double>(to - from), 1e-30, 1e30));
    }
    return out;
}

/// One row's own pairs of one kind.
struct Kind {
    std::size_t most = 0;
    std::vector<std::uint32_t> other; ///< most a row
    std::vector<std::uint32_t> count;
    Kind(std::size_t rows, std::size_t most)
        : most(most)
        , other(rows * most)
        , count(rows)
    {}
    [[nodiscard]] std::uint32_t *of(std::size_t row) { return other.data() + row * most; }
    void add(std::size_t row, std::uint32_t to) { of(row)[count[row]++] = to; }
    [[nodiscard]] bool has(std::size_t row, std::uint32_t to)
    {
        return std::find(of(row), of(row) + count[row], to) != of(row) + count[row];
    }
};

/// Draws a row that is not @p own and not refused; gives up where hardly any is left.
template <class Refused>
bool draw(Random &random, std::size_t rows, std::uint32_t own, Refused refused, std::uint32_t &out)
{
    for (int attempt = 0; attempt < 64; ++attempt) {
        out = static_cast<std::uint32_t>((static_cast<std::uint64_t>(random.next()) * rows) >> 32);
        if (out != own && !refused(out))
            return true;
    }
    return false;
}

void drawMid(const RowTree &tree, Random &random, std::uint32_t own, Kind &mid)
{
    for (std::size_t m = 0; m < kMid; ++m) {
        std::array<std::uint32_t, kMidDrawn> drawn{};
        std::array<RowTree::Hit, kMidDrawn> hit{};
        std::size_t count = 0;
        for (; count < kMidDrawn; ++count) {
            const auto refused = [&](std::uint32_t row) {
                return mid.has(own, row) ||
                       std::find(drawn.begin(), drawn.begin() + count, row) != drawn.begin() + count;
            };
            if (!draw(random, tree.rows(), own, refused, drawn[count]))
                break;
            hit[count] = {tree.distance2(own, drawn[count]), drawn[count]};
        }
        if (count < 2)
            return;
        std::nth_element(hit.begin(), hit.begin() + 1, hit.begin() + count);
        mid.add(own, hit[1].position);
    }
}

/// Lists of both ways, each filled up with the row itself to whole groups.
void joinBothWays(std::array<Kind *, 3> kinds, std::size_t rows, const std::stop_token &stop, MapPairs &out)
{
    constexpr auto kLanes = static_cast<std::uint32_t>(kernel::kMapLanes);
    const auto stopped = [&stop](std::size_t i) { return (i & 4095U) == 0 && stop.stop_requested(); };
    std::vector<std::uint32_t> degree(3 * rows);
    for (std::size_t k = 0; k < 3; ++k)
        for (std::size_t i = 0; i < rows && !stopped(i); ++i) {
            degree[3 * i + k] += kinds[k]->count[i];
            for (std::size_t h = 0; h < kinds[k]->count[i]; ++h)
                ++degree[3 * static_cast<std::size_t>(kinds[k]->of(i)[h]) + k];
        }
    out.start.resize(3 * rows + 1);
    for (std::size_t s = 0; s < 3 * rows; ++s)
        out.start[s + 1] = out.start[s] + (degree[s] + kLanes - 1) / kLanes * kLanes;
    out.pair.resize(out.start.back());
    for (std::size_t s = 0; s < 3 * rows && !stopped(s); ++s)
        std::fill(out.pair.begin() + out.start[s], out.pair.begin() + out.start[s + 1],
                  static_cast<std::uint32_t>(s / 3));
    std::vector<std::uint32_t> at(out.start.begin(), out.start.end() - 1);
    for (std::size_t k = 0; k < 3; ++k)
        for (std::size_t i = 0; i < rows && !stopped(i); ++i)
            for (std::size_t h = 0; h < kinds[k]->count[i]; ++h) {
                const std::uint32_t other = kinds[k]->of(i)[h];
                out.pair[at[3 * i + k]++] = other;
                out.pair[at[3 * static_cast<std::size_t>(other) + k]++] = static_cast<std::uint32_t>(i);
            }
}
} // namespace

base::Result<std::vector<float>> mapScales(const RowTree &tree, int threads, const base::Progress &progress)
{
    STATESCAPE_TRY(const auto near, nearestRows(tree, kScaleNeighbours, threads, progress));
    return scalesOf(near, tree.rows());
}

base::Result<MapPairs> drawMapPairs(const RowTree &tree, std::size_t neighbours, std::uint64_t seed,
                                    int threads, const base::Progress &progress)
{
    const std::size_t rows = tree.rows();
    MapPairs out;
    STATESCAPE_TRY(auto near, nearestRows(tree, std::max(neighbours, kScaleNeighbours) + kPlaceExtra, threads,
                                          progress));
    out.scale = scalesOf(near, rows);
    Kind close(rows, neighbours);
    Kind mid(rows, kMid);
    Kind further(rows, kFurther);
    progress.at(0.35, "drawing pairs");
    forEachChunk((rows + kChunk - 1) / kChunk, threads, [&](std::size_t chunk) {
        std::vector<RowTree::Hit> hits;
        for (std::size_t i = chunk * kChunk; i < std::min(rows, (chunk + 1) * kChunk) && !progress.stopped();
             ++i) {
            const auto own = static_cast<std::uint32_t>(i);
            hits.assign(near.of(own), near.of(own) + near.k);
            // The row's own scale is the same for all.
            for (auto &hit : hits)
                hit.dist2 /= static_cast<double>(out.scale[hit.position]);
            std::partial_sort(hits.begin(), hits.begin() + static_cast<std::ptrdiff_t>(neighbours),
                              hits.end());
            for (std::size_t h = 0; h < neighbours; ++h)
                close.add(i, hits[h].position);
            Random random(seed, i);
            drawMid(tree, random, own, mid);
            for (std::size_t f = 0; f < kFurther; ++f) {
                std::uint32_t other = 0;
                if (!draw(
                        random, rows, own,
                        [&](std::uint32_t row) { return close.has(i, row) || further.has(i, row); }, other))
                    break;
                further.add(i, other);
            }
        }
    });
    if (!progress.stopped())
        joinBothWays({&close, &mid, &further}, rows, progress.stop, out);
    if (progress.stopped())
        return base::fail(base::Code::Cancelled, "neighbour map stopped on request");
    return out;
}

} // namespace statescape::ml
