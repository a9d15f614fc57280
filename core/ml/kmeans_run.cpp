// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/kmeans_run.h"

#include "core/ml/parallel.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace statescape::ml {
using base::Code;
using Index = Eigen::Index;

namespace {
constexpr std::size_t kGroup = kernel::kFilterRows;
// Below this many multiply-adds a pass, starting a thread costs more than it saves.
constexpr double kParallelWork = 4e6;
// Bounds cost a few operations a row; a pass over so few products is as cheap.
constexpr double kLeastForBounds = 128;
constexpr std::size_t kMostForHalves = 256;
// A sum that held a row so much longer than the usual has lost digits of the others.
constexpr float kRemembered = 1e10F;
} // namespace

KMeansRun::KMeansRun(const KMeansData &data, int threads, const base::Progress &progress,
                     const std::atomic<bool> &stop)
    : m_data(data)
    , m_progress(progress)
    , m_stop(stop)
    , m_threads(threads)
    , m_nearest(data.d, data.origin)
    , m_label(data.rows())
    , m_partials(data.chunks)
{
    const auto k = static_cast<std::size_t>(data.options.k);
    const auto values = k * static_cast<std::size_t>(data.d);
    for (auto &partial : m_partials)
        partial = {std::vector<double>(values, 0),
                   std::vector<double>(k, 0),
                   std::vector<std::int64_t>(k, 0),
                   0,
                   0,
                   0,
                   false};
}

void KMeansRun::eachChunk(double multiplyAdds, const std::function<void(std::size_t)> &body)
{
    forEachChunk(m_data.chunks, multiplyAdds < kParallelWork ? 1 : m_threads, body);
}

void KMeansRun::eachGroup(std::size_t chunk,
                          const std::function<void(std::size_t from, std::size_t count)> &body)
{
    const std::size_t last = std::min((chunk + 1) * m_data.groupsPerChunk, m_data.groups);
    for (std::size_t g = chunk * m_data.groupsPerChunk; g < last && !stopped(); ++g)
        body(g * kGroup, std::min(kGroup, m_data.rows() - g * kGroup));
}

void KMeansRun::place(Partial &partial, const std::uint32_t *index, const NearestCentre::Block &block,
                      std::size_t count)
{
    std::array<std::uint32_t, kGroup> moved;
    std::array<std::int32_t, kGroup> from;
    std::array<std::int32_t, kGroup> to;
    std::size_t number = 0;
    for (std::size_t t = 0; t < count; ++t) {
        const std::uint32_t i = index[t];
        moved[number] = i;
        from[number] = m_label[i];
        to[number] = block.label[t];
        number += block.label[t] != m_label[i] ? 1 : 0;
        m_label[i] = block.label[t];
    }
    partial.looked += count;
    partial.moved += number;
    for (std::size_t t = 0; t < number; ++t) {
        const double weight = m_data.weight(moved[t]);
        const auto target = static_cast<std::size_t>(to[t]);
        ++partial.sizes[target];
        partial.weights[target] += weight;
        if (from[t] < 0)
            continue;
        const auto source = static_cast<std::size_t>(from[t]);
        --partial.sizes[source];
        partial.weights[source] -= weight;
        partial.rebuild |= !(m_data.norm2[moved[t]] <= kRemembered * m_data.usualNorm2);
    }
    kernel::moveRows(m_data.row(0), m_data.x.outerStride(), moved.data(), number, m_data.d, from.data(),
                     to.data(), m_data.weights, partial.sums.data(), m_data.isa);
}

void KMeansRun::assignGroup(Partial &partial, std::size_t from, std::size_t count)
{
    NearestCentre::Block block;
    std::array<std::uint32_t, kGroup> index;
    if (!m_bounded || m_fresh) {
        std::iota(index.begin(), index.begin() + static_cast<std::ptrdiff_t>(count),
                  static_cast<std::uint32_t>(from));
        m_nearest.find({m_data.row(from), m_data.x.outerStride(), nullptr, count}, m_data.norm2.data() + from,
                       m_bounded, block);
        if (m_bounded) {
            std::copy_n(block.upper.begin(), count, m_upper.begin() + static_cast<std::ptrdiff_t>(from));
            std::copy_n(block.lower.begin(), count, m_lower.begin() + static_cast<std::ptrdiff_t>(from));
        }
        place(partial, index.data(), block, count);
        return;
    }
    std::array<std::uint8_t, kGroup> unsure;
    kernel::moveBounds(m_label.data() + from, count, m_drift.each.data(), m_drift.half.data(),
                       m_drift.farthest, m_drift.second, m_drift.mover, m_nearest.margin(),
                       m_upper.data() + from, m_lower.data() + from, unsure.data(), m_data.isa);
    std::size_t number = 0;
    for (std::size_t i = 0; i < count; ++i) {
        index[number] = static_cast<std::uint32_t>(from + i);
        number += unsure[i];
    }
    if (number == 0)
        return;
    std::array<float, kGroup> norm2;
    for (std::size_t t = 0; t < number; ++t)
        norm2[t] = m_data.norm2[index[t]];
    m_nearest.find({m_data.row(0), m_data.x.outerStride(), index.data(), number}, norm2.data(), true, block);
    for (std::size_t t = 0; t < number; ++t) {
        m_upper[index[t]] = block.upper[t];
        m_lower[index[t]] = block.lower[t];
    }
    place(partial, index.data(), block, number);
}

void KMeansRun::assign()
{
    m_nearest.set(m_centres);
    if (m_bounded && m_upper.empty()) {
        m_upper.resize(m_data.rows());
        m_lower.resize(m_data.rows());
    }
    const bool skipping = m_bounded && !m_fresh;
    const double rows = static_cast<double>(skipping ? m_looked : m_data.rows());
    eachChunk(rows * m_data.d * m_data.options.k + 4 * static_cast<double>(m_data.rows()),
              [this](std::size_t chunk) {
                  auto &partial = m_partials[chunk];
                  partial.moved = partial.looked = 0;
                  eachGroup(chunk,
                            [&](std::size_t from, std::size_t count) { assignGroup(partial, from, count); });
              });
    m_moved = m_looked = 0;
    bool rebuild = false;
    for (auto &partial : m_partials) {
        m_moved += partial.moved;
        m_looked += partial.looked;
        rebuild |= partial.rebuild;
        partial.rebuild = false;
        if (partial.moved == 0)
            continue;
        for (std::size_t i = 0; i < m_sums.size(); ++i)
            m_sums[i] += partial.sums[i];
        for (std::size_t c = 0; c < m_sizes.size(); ++c) {
            m_sizes[c] += partial.sizes[c];
            m_weights[c] += partial.weights[c];
        }
        std::fill(partial.sums.begin(), partial.sums.end(), 0);
        std::fill(partial.sizes.begin(), partial.sizes.end(), 0);
        std::fill(partial.weights.begin(), partial.weights.end(), 0);
    }
    if (rebuild)
        rebuildSums();
}

void KMeansRun::rebuildSums()
{
    std::fill(m_sums.begin(), m_sums.end(), 0);
    std::fill(m_weights.begin(), m_weights.end(), 0);
    const std::vector<std::int32_t> nowhere(kGroup, -1);
    std::array<std::uint32_t, kGroup> index;
    eachGroupOfAll([&](std::size_t from, std::size_t count) {
        std::iota(index.begin(), index.end(), static_cast<std::uint32_t>(from));
        kernel::moveRows(m_data.row(0), m_data.x.outerStride(), index.data(), count, m_data.d, nowhere.data(),
                         m_label.data() + from, m_data.weights, m_sums.data(), m_data.isa);
        for (std::size_t i = from; i < from + count; ++i)
            m_weights[static_cast<std::size_t>(m_label[i])] += m_data.weight(i);
    });
}

void KMeansRun::eachGroupOfAll(const std::function<void(std::size_t from, std::size_t count)> &body)
{
    for (std::size_t chunk = 0; chunk < m_data.chunks; ++chunk)
        eachGroup(chunk, body);
}

/// Bounds pay once few rows move, and stop paying when centres drift faster than clusters are apart.
void KMeansRun::planNextPass()
{
    const bool worth = static_cast<double>(m_data.options.k) * m_data.d >= kLeastForBounds;
    if (m_bounded) {
        const bool pays = m_fresh || m_looked < m_data.rows() / 5 * 4;
        m_fresh = false;
        if (!pays) {
            m_bounded = false;
            m_rest = 3;
        }
    } else if (m_rest > 0) {
        --m_rest;
    } else if (worth && m_moved < m_data.rows() / 4) {
        m_bounded = m_fresh = true;
    }
}

/// Gives each empty cluster the farthest row that is not alone in its cluster.
void KMeansRun::fillEmpty()
{
    if (std::none_of(m_sizes.begin(), m_sizes.end(), [](auto size) { return size == 0; }))
        return;
    std::vector<double> dist2(m_data.rows());
    eachChunk(static_cast<double>(m_data.rows()) * m_data.d * 4, [&](std::size_t chunk) {
        eachGroup(chunk, [&](std::size_t from, std::size_t count) {
            for (std::size_t i = from; i < from + count; ++i)
                dist2[i] = kernel::scatter(m_data.row(i), m_data.x.outerStride(), 1, m_data.d, &m_label[i],
                                           m_centres.data(), nullptr, m_data.isa);
        });
    });
    for (std::size_t c = 0; c < m_sizes.size(); ++c) {
        if (m_sizes[c] != 0)
            continue;
        if (stopped())
            return;
        std::size_t farthest = dist2.size();
        for (std::size_t i = 0; i < dist2.size(); ++i)
            if (dist2[i] > 0 && m_data.weight(i) > 0 && m_sizes[static_cast<std::size_t>(m_label[i])] > 1 &&
                (farthest == dist2.size() || dist2[i] > dist2[farthest]))
                farthest = i;
        if (farthest == dist2.size())
            return;
        const auto old = static_cast<std::size_t>(m_label[farthest]);
        --m_sizes[old];
        m_sizes[c] = 1;
        m_label[farthest] = static_cast<std::int32_t>(c);
        dist2[farthest] = 0;
        if (!m_upper.empty()) {
            m_upper[farthest] = std::numeric_limits<float>::infinity();
            m_lower[farthest] = 0;
        }
    }
    rebuildSums();
}

/// @return summed squared shift
double KMeansRun::update()
{
    const auto k = static_cast<std::size_t>(m_centres.rows());
    m_drift = {std::vector<float>(k, 0), std::vector<float>(k, 0), 0, 0, -1};
    double shift = 0;
    for (Index c = 0; c < m_centres.rows(); ++c) {
        const auto index = static_cast<std::size_t>(c);
        if (m_sizes[index] == 0 || !(m_weights[index] > 0))
            continue;
        double moved = 0;
        for (Index j = 0; j < m_data.d; ++j) {
            const auto mean =
                static_cast<float>(m_sums[static_cast<std::size_t>(c * m_data.d + j)] / m_weights[index]);
            const double difference = static_cast<double>(mean) - m_centres(c, j);
            moved += difference * difference;
            m_centres(c, j) = mean;
        }
        shift += moved;
        const float drift = static_cast<float>(std::sqrt(moved)) * (1 + 1e-6F) + 1e-30F;
        m_drift.each[index] = drift;
        if (drift > m_drift.farthest) {
            m_drift.second = m_drift.farthest;
            m_drift.farthest = drift;
            m_drift.mover = static_cast<std::int32_t>(c);
        } else {
            m_drift.second = std::max(m_drift.second, drift);
        }
    }
    for (std::size_t c = 0; k <= kMostForHalves && c < k; ++c) {
        double nearest = std::numeric_limits<double>::infinity();
        for (std::size_t o = 0; o < k; ++o)
            if (o != c)
                nearest = std::min(nearest, (m_centres.row(static_cast<Index>(c)).cast<double>() -
                                             m_centres.row(static_cast<Index>(o)).cast<double>())
                                                .squaredNorm());
        m_drift.half[c] = std::isfinite(nearest) ? static_cast<float>(0.5 * std::sqrt(nearest)) * (1 - 1e-6F)
                                                 : std::numeric_limits<float>::max();
    }
    return shift;
}

double KMeansRun::objective()
{
    const Eigen::VectorXd &origin = m_data.origin;
    double total = m_data.spread;
    for (Index c = 0; c < m_centres.rows(); ++c) {
        const double weight = m_weights[static_cast<std::size_t>(c)];
        double product = 0;
        double length = 0;
        for (Index j = 0; j < m_data.d; ++j) {
            const double from = m_centres(c, j) - origin[j];
            product += from * (m_sums[static_cast<std::size_t>(c * m_data.d + j)] - weight * origin[j]);
            length += from * from;
        }
        total += weight * length - 2 * product;
    }
    // Differences of large sums say nothing about a small rest.
    return total > 1e-6 * m_data.spread ? total : exactObjective();
}

double KMeansRun::exactObjective()
{
    eachChunk(static_cast<double>(m_data.rows()) * m_data.d * 4, [this](std::size_t chunk) {
        m_partials[chunk].value = 0;
        eachGroup(chunk, [&](std::size_t from, std::size_t count) {
            m_partials[chunk].value += kernel::scatter(
                m_data.row(from), m_data.x.outerStride(), count, m_data.d, m_label.data() + from,
                m_centres.data(), m_data.weights != nullptr ? m_data.weights + from : nullptr, m_data.isa);
        });
    });
    double total = 0;
    for (const auto &partial : m_partials)
        total += partial.value;
    return total;
}

base::Result<KMeans> KMeansRun::once(std::uint64_t stream)
{
    const auto k = static_cast<std::size_t>(m_data.options.k);
    const int passes = m_data.options.maxPasses;
    const int restarts = m_data.options.start.rows() >= m_data.options.k ? 1 : m_data.options.restarts;
    Random random(m_data.options.seed, stream);
    STATESCAPE_CHECK(seed(random));
    std::fill(m_label.begin(), m_label.end(), -1);
    m_sums.assign(k * static_cast<std::size_t>(m_data.d), 0);
    m_weights.assign(k, 0);
    m_sizes.assign(k, 0);
    m_bounded = false;
    m_rest = 1;
    KMeans out;
    bool settled = false;
    for (int pass = 0; pass < passes && !out.m_converged; ++pass) {
        assign();
        if (!stopped())
            out.m_history.push_back(objective());
        if (stopped())
            return base::fail(Code::Cancelled, "k-means stopped on request");
        settled = m_moved == 0;
        if (settled) {
            out.m_converged = true;
            break;
        }
        m_progress.at((static_cast<double>(stream) + static_cast<double>(pass) / passes) / restarts,
                      "k-means");
        fillEmpty();
        out.m_converged = update() <= m_data.shiftLimit;
        planNextPass();
    }
    if (!settled)
        assign();
    out.m_inertia = exactObjective();
    if (stopped())
        return base::fail(Code::Cancelled, "k-means stopped on request");
    out.m_centres = m_centres;
    out.m_labels = m_label;
    out.m_sizes.assign(m_sizes.begin(), m_sizes.end());
    return out;
}

} // namespace statescape::ml
