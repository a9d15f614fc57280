// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/near_graph.h"

#include "core/ml/kernels.h"
#include "core/ml/parallel.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace statescape::ml {
using base::Code;
using Index = Eigen::Index;

namespace {
constexpr std::size_t kNear = 20;    // for the dimension
constexpr std::size_t kJudging = 10; // for everything else
constexpr std::size_t kRowsPerChunk = 32;
constexpr double kDeepest = 4;
// Fewer pairs say nothing about how thin it is between two clusters.
constexpr std::size_t kLeastPairs = 4;

double lowerQuarter(std::vector<double> &values)
{
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 4);
    std::nth_element(values.begin(), at, values.end());
    return *at;
}
double median(std::vector<double> &values)
{
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), at, values.end());
    return *at;
}

double dimensionOf(const std::vector<float> &dist2, std::size_t rows, std::size_t near, double most)
{
    double sum = 0;
    double count = 0;
    for (std::size_t i = 0; i < rows; ++i) {
        const float *own = dist2.data() + i * near;
        for (std::size_t t = 0; t + 1 < near; ++t)
            if (own[t] > 0 && std::isfinite(own[near - 1])) {
                sum += 0.5 * std::log(static_cast<double>(own[near - 1]) / static_cast<double>(own[t]));
                ++count;
            }
    }
    return sum > 0 ? std::clamp(count / sum, 1.0, most) : 1;
}

/// ln of the distance to the last near row that judges; copies of a row have a floor.
std::vector<double> logReach(const std::vector<float> &dist2, std::size_t rows, std::size_t near)
{
    const std::size_t last = std::min(kJudging, near) - 1;
    double mean = 0;
    for (std::size_t i = 0; i < rows; ++i)
        mean += std::sqrt(static_cast<double>(std::min(dist2[i * near + last], 1e37F))) /
                static_cast<double>(rows);
    const double least = std::max(1e-2 * mean, 1e-300);
    std::vector<double> out(rows);
    for (std::size_t i = 0; i < rows; ++i)
        out[i] = std::log(std::max(least, std::sqrt(static_cast<double>(dist2[i * near + last]))));
    return out;
}
} // namespace

base::Result<NearGraph> nearGraph(MatrixView x, int threads, const base::Progress &progress)
{
    NearGraph out;
    out.rows = static_cast<std::size_t>(x.rows());
    out.near = std::min(kNear, out.rows - 1);
    out.row.resize(out.rows * out.near);
    std::vector<float> dist2(out.row.size());
    const kernel::Tiles tiles(x, [&] { return progress.stopped(); });
    forEachChunk((out.rows + kRowsPerChunk - 1) / kRowsPerChunk, threads, [&](std::size_t chunk) {
        std::vector<float> all(tiles.count() * kernel::kLanes);
        std::vector<std::uint32_t> order(out.rows);
        const std::size_t end = std::min((chunk + 1) * kRowsPerChunk, out.rows);
        for (std::size_t i = chunk * kRowsPerChunk; i < end && !progress.stopped(); ++i) {
            kernel::distances(tiles.tile(0), tiles.count(), tiles.columns(),
                              x.data() + static_cast<Index>(i) * x.outerStride(), all.data(),
                              kernel::bestIsa());
            std::iota(order.begin(), order.end(), 0U);
            std::swap(order[i], order.back());
            std::partial_sort(
                order.begin(), order.begin() + static_cast<std::ptrdiff_t>(out.near), order.end() - 1,
                [&](std::uint32_t a, std::uint32_t b) { return all[a] != all[b] ? all[a] < all[b] : a < b; });
            for (std::size_t t = 0; t < out.near; ++t) {
                out.row[i * out.near + t] = order[t];
                dist2[i * out.near + t] = all[order[t]];
            }
        }
    });
    if (progress.stopped())
        return base::fail(Code::Cancelled, "finding near rows stopped on request");
    out.dimension = dimensionOf(dist2, out.rows, out.near, static_cast<double>(x.cols()));
    const std::vector<double> reach = logReach(dist2, out.rows, out.near);
    const std::size_t judging = std::min(kJudging, out.near);
    for (std::size_t i = 0; i < out.rows; ++i) {
        double sum = reach[i];
        for (std::size_t t = 0; t < judging; ++t)
            sum += reach[out.of(i)[t]];
        out.thinness.push_back(sum / static_cast<double>(judging + 1));
    }
    return out;
}

NearCriteria nearCriteria(const NearGraph &graph, std::span<const std::int32_t> labels, int clusters)
{
    const auto k = static_cast<std::size_t>(clusters);
    std::vector<double> links(k, 0);
    std::vector<double> out(k, 0);
    std::vector<std::vector<double>> inside(k);
    std::map<std::pair<std::int32_t, std::int32_t>, std::vector<double>> between;
    const std::size_t judging = std::min(kJudging, graph.near);
    for (std::size_t i = 0; i < graph.rows; ++i) {
        const std::int32_t a = labels[i];
        if (a < 0)
            continue;
        inside[static_cast<std::size_t>(a)].push_back(graph.thinness[i]);
        for (std::size_t t = 0; t < judging; ++t) {
            const std::uint32_t j = graph.of(i)[t];
            const std::int32_t b = labels[j];
            if (b < 0)
                continue;
            ++links[static_cast<std::size_t>(a)];
            if (a == b)
                continue;
            ++out[static_cast<std::size_t>(a)];
            between[std::minmax(a, b)].push_back(std::max(graph.thinness[i], graph.thinness[j]));
        }
    }
    NearCriteria answer;
    std::vector<double> core(k, 0);
    double total = 0;
    double used = 0;
    for (std::size_t c = 0; c < k; ++c) {
        answer.leaks.push_back(links[c] > 0 ? out[c] / links[c] : 0);
        if (inside[c].empty())
            continue;
        core[c] = lowerQuarter(inside[c]);
        total += static_cast<double>(inside[c].size());
        answer.leak += answer.leaks[c];
        answer.worstLeak = std::max(answer.worstLeak, answer.leaks[c]);
        ++used;
    }
    answer.leak /= std::max(1.0, used);
    answer.valley = kDeepest;
    std::vector<double> side(k, kDeepest);
    for (auto &[pair, thin] : between) {
        if (thin.size() < kLeastPairs)
            continue;
        const auto a = static_cast<std::size_t>(pair.first);
        const auto b = static_cast<std::size_t>(pair.second);
        const double depth =
            std::min(kDeepest, graph.dimension * (median(thin) - std::max(core[a], core[b])));
        answer.valley = std::min(answer.valley, depth);
        side[a] = std::min(side[a], depth);
        side[b] = std::min(side[b], depth);
    }
    for (std::size_t c = 0; c < k; ++c)
        answer.depth += side[c] * static_cast<double>(inside[c].size()) / std::max(1.0, total);
    return answer;
}

} // namespace statescape::ml
