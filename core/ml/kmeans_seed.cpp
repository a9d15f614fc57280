// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/kmeans_run.h"

#include "core/ml/parallel.h"
#include "core/ml/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace statescape::ml {
using base::Code;
using Index = Eigen::Index;

namespace {
constexpr std::size_t kGroup = kernel::kFilterRows;
constexpr std::size_t kTilesPerGroup = kGroup / kernel::kLanes;
// Fixed by n alone, so that partial sums are the same whoever computes them.
constexpr std::size_t kMinGroupsPerChunk = 16;
constexpr std::size_t kMaxChunks = 64;
// Below this many multiply-adds, starting a thread costs more than it saves.
constexpr double kParallelWork = 4e6;
} // namespace

KMeansData::KMeansData(MatrixView matrix, const KMeansOptions &wanted, const base::Progress &progress)
    : x(matrix)
    , options(wanted)
    , d(static_cast<int>(matrix.cols()))
    , groups((rows() + kGroup - 1) / kGroup)
    , groupsPerChunk(std::max(kMinGroupsPerChunk, (groups + kMaxChunks - 1) / kMaxChunks))
    , chunks((groups + groupsPerChunk - 1) / groupsPerChunk)
    , origin(Eigen::VectorXd::Zero(matrix.cols()))
    , norm2(rows())
{
    if (!options.weights.empty()) {
        weights = options.weights.data();
        paddedWeights.assign(options.weights.begin(), options.weights.end());
        paddedWeights.resize(groups * kGroup, 0);
    }
    // Any point near the rows serves as the origin of scores; finding the true mean would cost a pass.
    const std::size_t step = rows() / 4096 + 1;
    Index seen = 0;
    for (std::size_t i = 0; i < rows(); i += step, ++seen)
        origin += x.row(static_cast<Index>(i)).transpose().cast<double>();
    origin /= static_cast<double>(seen);
    struct Part {
        Eigen::VectorXd sum;
        double spread = 0;
        double weight = 0;
        bool finite = true;
    };
    std::vector<Part> parts(chunks);
    const int threads = static_cast<double>(rows()) * d < kParallelWork ? 1 : threadCount(options.threads);
    forEachChunk(chunks, threads, [&](std::size_t chunk) {
        const std::vector<std::int32_t> nought(kGroup, 0);
        Part &part = parts[chunk];
        part.sum = Eigen::VectorXd::Zero(d);
        const std::size_t last = std::min((chunk + 1) * groupsPerChunk, groups);
        for (std::size_t from = chunk * groupsPerChunk * kGroup; from < std::min(last * kGroup, rows());
             from += kGroup) {
            if (progress.stopped())
                return;
            const std::size_t count = std::min(kGroup, rows() - from);
            const auto values = static_cast<std::size_t>(d);
            if (x.outerStride() == x.cols())
                part.finite &= kernel::allFinite(row(from), count * values, isa);
            else
                for (std::size_t i = from; i < from + count; ++i)
                    part.finite &= kernel::allFinite(row(i), values, isa);
            kernel::addRows(row(from), x.outerStride(), count, d, nought.data(), part.sum.data(), isa);
            kernel::squaredNorms(row(from), x.outerStride(), count, d, origin.data(), norm2.data() + from,
                                 isa);
            for (std::size_t i = from; i < from + count; ++i) {
                part.spread += weight(i) * norm2[i];
                part.weight += weight(i);
            }
        }
    });
    if (progress.stopped())
        return;
    Eigen::VectorXd sum = Eigen::VectorXd::Zero(d);
    double total = 0;
    for (const auto &part : parts) {
        sum += part.sum;
        spread += part.spread;
        total += part.weight;
        finite = finite && part.finite;
    }
    if (!finite || progress.stopped())
        return;
    const auto n = static_cast<double>(rows());
    const double apart = total * (sum / n - origin).squaredNorm();
    if (total > 0)
        shiftLimit = options.tolerance * std::max(0.0, spread - apart) / total / std::max(1, d);
    std::vector<float> some;
    for (std::size_t i = 0; i < rows(); i += rows() / 1000 + 1)
        some.push_back(norm2[i]);
    usualNorm2 = static_cast<float>(medianInPlace(some));
    if (options.start.rows() < options.k)
        tiles = kernel::Tiles(x, [&] { return progress.stopped(); });
}

void KMeansRun::lower(const Matrix &candidates, const std::vector<float> &current,
                      std::vector<std::vector<float>> &lowered, std::vector<double> &totals,
                      std::vector<std::vector<double>> &groupSums)
{
    const auto m = static_cast<std::size_t>(candidates.rows());
    eachChunk(
        static_cast<double>(candidates.size()) * static_cast<double>(m_data.rows()), [&](std::size_t chunk) {
            std::vector<float *> to(m);
            std::vector<double> sums(m);
            eachGroup(chunk, [&](std::size_t from, std::size_t) {
                for (std::size_t t = 0; t < m; ++t)
                    to[t] = lowered[t].data() + from;
                const std::size_t tile = from / kernel::kLanes;
                kernel::lowerBy(m_data.tiles.tile(tile),
                                std::min(kTilesPerGroup, m_data.tiles.count() - tile), m_data.d,
                                candidates.data(), static_cast<int>(m), current.data() + from,
                                m_data.weights != nullptr ? m_data.paddedWeights.data() + from : nullptr,
                                to.data(), sums.data(), m_data.isa);
                for (std::size_t t = 0; t < m; ++t)
                    groupSums[t][from / kGroup] = sums[t];
            });
        });
    for (std::size_t t = 0; t < m; ++t)
        totals[t] = std::accumulate(groupSums[t].begin(), groupSums[t].end(), 0.0);
}

std::size_t KMeansRun::draw(const std::vector<float> &distances, const std::vector<double> &groupSums,
                            double total, Random &random) const
{
    if (!(total > 0))
        return random.below(m_data.rows());
    double left = random.uniform() * total;
    std::size_t g = 0;
    while (g + 1 < groupSums.size() && left >= groupSums[g])
        left -= groupSums[g++];
    std::size_t last = std::min(g * kGroup, m_data.rows() - 1);
    for (std::size_t i = g * kGroup; i < std::min((g + 1) * kGroup, m_data.rows()); ++i) {
        const double share = m_data.weight(i) * distances[i];
        last = share > 0 ? i : last;
        left -= share;
        if (left < 0)
            break;
    }
    return last;
}

base::Result<> KMeansRun::seed(Random &random)
{
    const int k = m_data.options.k;
    const auto given = std::min<Index>(m_data.options.start.rows(), k);
    m_centres.resize(k, m_data.d);
    if (given > 0)
        m_centres.topRows(given) = m_data.options.start.topRows(given);
    if (given == k)
        return {};
    const int trials = 2 + static_cast<int>(std::log(k));
    const std::size_t padded = m_data.groups * kGroup;
    std::vector<float> current(padded, 0);
    std::fill_n(current.begin(), m_data.rows(), std::numeric_limits<float>::max());
    std::vector<std::vector<float>> lowered(static_cast<std::size_t>(trials), std::vector<float>(padded));
    std::vector<std::vector<double>> groupSums(lowered.size(), std::vector<double>(m_data.groups, 0));
    std::vector<double> totals(lowered.size(), 0);
    std::vector<double> sums(m_data.groups, 0);
    double total = 0;
    const auto keep = [&](std::size_t which) {
        std::swap(current, lowered[which]);
        std::swap(sums, groupSums[which]);
        total = totals[which];
    };
    for (Index c = 0; c < given; ++c) {
        lower(m_centres.row(c), current, lowered, totals, groupSums);
        keep(0);
    }
    for (Index c = given; c < k; ++c) {
        Matrix candidates(c == 0 ? 1 : trials, m_data.d);
        for (Index t = 0; t < candidates.rows(); ++t) {
            const std::size_t chosen =
                c > 0 ? draw(current, sums, total, random) : random.below(m_data.rows());
            candidates.row(t) = m_data.x.row(static_cast<Index>(chosen));
        }
        lower(candidates, current, lowered, totals, groupSums);
        if (stopped())
            return base::fail(Code::Cancelled, "k-means stopped on request");
        const auto best = std::min_element(totals.begin(), totals.begin() + candidates.rows());
        m_centres.row(c) = candidates.row(best - totals.begin());
        keep(static_cast<std::size_t>(best - totals.begin()));
    }
    return {};
}

} // namespace statescape::ml
