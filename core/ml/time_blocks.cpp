// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/time_blocks.h"

#include "core/ml/random.h"
#include "core/ml/significance.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace statescape::ml {
namespace {
/// Fewer blocks than this tell nothing about how they vary.
constexpr std::size_t kLeastBlocks = 4;

/// Bias of long blocks against noise of few: the length whose cube exceeds 2 n tau^2.
bool longEnough(std::size_t rows, std::size_t blocks, double time)
{
    const double n = static_cast<double>(rows);
    const double length = n / static_cast<double>(blocks);
    return length * length * length > 2 * n * time * time;
}
} // namespace

TimeBlocks::TimeBlocks(std::span<const std::uint32_t> rows, std::uint32_t stride, std::uint64_t seed)
{
    m_follows.resize(rows.size(), 0);
    for (std::size_t i = 1; i < rows.size(); ++i)
        m_follows[i] = rows[i] - rows[i - 1] <= stride ? 1 : 0;
    std::map<std::uint32_t, std::uint32_t> runs;
    for (std::size_t i = 0, first = 0; i < rows.size(); ++i)
        if (i + 1 == rows.size() || m_follows[i + 1] == 0) {
            ++runs[static_cast<std::uint32_t>(i + 1 - first)];
            first = i + 1;
        }
    m_runs.assign(runs.begin(), runs.end());
    join(rows, stride);
    for (std::size_t k = 0; k < m_levels.size(); ++k)
        if (k + 1 == m_levels.size() || longEnough(rows.size(), m_levels[k].count, 1))
            draw(m_levels[k], seed + k);
}

void TimeBlocks::join(std::span<const std::uint32_t> rows, std::uint32_t stride)
{
    struct Block {
        std::uint32_t first, last;
    };
    std::vector<Block> blocks;
    Level level;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        blocks.push_back({rows[i], rows[i]});
        level.blockOf.push_back(static_cast<std::uint32_t>(i));
    }
    level.count = blocks.size();
    m_levels.push_back(level);
    for (std::uint64_t gap = stride; gap < std::uint64_t{1} << 32; gap *= 2) {
        std::vector<Block> joined;
        auto &below = m_levels.back();
        std::vector<std::uint32_t> parent(blocks.size());
        for (std::size_t b = 0; b < blocks.size(); ++b) {
            parent[b] = static_cast<std::uint32_t>(joined.size());
            joined.push_back(blocks[b]);
            if (b + 1 < blocks.size() && blocks[b + 1].first - blocks[b].last <= gap) {
                parent[b + 1] = parent[b];
                joined.back().last = blocks[++b].last;
            }
        }
        if (joined.size() < kLeastBlocks)
            break;
        if (joined.size() == blocks.size())
            continue;
        Level next;
        next.count = joined.size();
        next.blockOf.resize(rows.size());
        for (std::size_t i = 0; i < rows.size(); ++i)
            next.blockOf[i] = parent[below.blockOf[i]];
        below.parent = std::move(parent);
        m_levels.push_back(std::move(next));
        blocks = std::move(joined);
    }
}

void TimeBlocks::draw(Level &level, std::uint64_t seed) const
{
    Random random(seed, 0xb10c);
    level.weights.assign(level.count * kResamples, 0);
    for (std::size_t r = 0; r < kResamples; ++r)
        for (std::size_t i = 0; i < level.count; ++i)
            level.weights[random.below(level.count) * kResamples + r] += 1;
}

TimeBlocks::Correlation TimeBlocks::correlation(std::span<const float> series, std::size_t present) const
{
    const double n = static_cast<double>(present);
    double squares = 0;
    double products = 0;
    std::size_t pairs = 0;
    for (std::size_t i = 0; i < series.size(); ++i) {
        const double value = series[i];
        squares += value * value;
        if (m_follows[i] != 0) {
            products += value * series[i - 1];
            ++pairs;
        }
    }
    Correlation out;
    while (out.level + 1 < m_levels.size() && m_levels[out.level].weights.empty())
        ++out.level;
    if (!(squares > 0) || present < 2)
        return out;

    std::vector<double> sums(series.begin(), series.end());
    double ratio = 1;
    for (std::size_t k = 0; k < m_levels.size(); ++k) {
        const double blocks = static_cast<double>(m_levels[k].count);
        double total = 0;
        for (const double sum : sums)
            total += sum * sum;
        ratio = total / squares * blocks / std::max(1.0, blocks - 1);
        const bool enough =
            !m_levels[k].weights.empty() && longEnough(present, m_levels[k].count, std::max(1.0, ratio));
        if (enough || k + 1 == m_levels.size()) {
            out.level = k;
            break;
        }
        std::vector<double> next(m_levels[k + 1].count, 0);
        for (std::size_t b = 0; b < sums.size(); ++b)
            next[m_levels[k].parent[b]] += sums[b];
        sums = std::move(next);
    }
    const double blocks = static_cast<double>(m_levels[out.level].count);
    const bool blocksAgree = ratio > 1 + 2 * std::sqrt(2 / std::max(1.0, blocks - 1));
    const double seen = static_cast<double>(std::max<std::size_t>(pairs, 1));
    const double lagOne = products / seen / (squares / n);
    const bool neighboursAgree = lagOne > 1.645 / std::sqrt(seen);
    const double most = std::max(1.0, n / 2);
    // Taking out the mean hides this much (Marriott & Pope 1954).
    const double model = autoregressionTime(lagOne + (1 + 3 * lagOne) / seen, static_cast<double>(rows()));
    if (blocksAgree || neighboursAgree) {
        out.time = std::clamp(model > ratio ? std::sqrt(model * std::max(ratio, 1.0)) : ratio, 1.0, most);
        out.cautious = out.time;
        out.freedom = std::max(1.0, blocks - 1);
    } else if (pairs > 0) {
        out.cautious = std::clamp(model, 1.0, most);
    }
    return out;
}

/// @return correlation time of a first-order autoregression in runs of finite length.
double TimeBlocks::autoregressionTime(double lagOne, double rows) const
{
    const double rho = std::min(lagOne, 0.99);
    if (!(rho > 0))
        return 1;
    double sum = 0;
    for (const auto &[length, count] : m_runs) {
        const double l = length;
        sum +=
            count * (l * (1 + rho) / (1 - rho) - 2 * rho * (1 - std::pow(rho, l)) / ((1 - rho) * (1 - rho)));
    }
    return sum / rows;
}

void TimeBlocks::resample(const Correlation &correlation, std::span<const float> sums, std::size_t used,
                          double variance, std::size_t present, std::span<float> shifts) const
{
    std::fill(shifts.begin(), shifts.end(), 0.0F);
    const auto &level = m_levels[correlation.level];
    if (used < 2 || present == 0 || !(variance > 0))
        return;
    double squares = 0;
    for (std::size_t b = 0; b < level.count; ++b) {
        const float sum = sums[b];
        squares += static_cast<double>(sum) * sum;
        if (sum == 0)
            continue;
        const float *weight = level.weights.data() + b * kResamples;
        for (std::size_t r = 0; r < kResamples; ++r)
            shifts[r] += sum * weight[r];
    }
    const double blocks = static_cast<double>(used);
    const double n = static_cast<double>(present);
    const double few = studentQuantile(used - 1) / 1.96 * std::sqrt(blocks / (blocks - 1));
    const double least = correlation.cautious * variance * n;
    const bool independent = correlation.time == 1;
    const double wanted = independent ? least : std::max(least, squares * few * few);
    const double widen = squares > 0 ? std::sqrt(wanted / squares) : 1;
    for (float &shift : shifts)
        shift = static_cast<float>(shift * widen / n);
}

} // namespace statescape::ml
