// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/calibration.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>

namespace statescape::ml {
using base::Code;

namespace {
constexpr double kTail = 0.05;
constexpr std::size_t kLeastTail = 5;
} // namespace

base::Result<IsotonicMap> IsotonicMap::fit(std::span<const float> score, std::span<const std::uint8_t> truth)
{
    if (score.size() != truth.size())
        return base::fail(Code::InvalidArgument,
                          fmt::format("{} scores with {} truths", score.size(), truth.size()));
    if (score.empty())
        return base::fail(Code::NotEnoughData, "nothing to calibrate with");
    if (!std::all_of(score.begin(), score.end(), [](float value) { return std::isfinite(value); }))
        return base::fail(Code::InvalidArgument, "a score is not finite");
    std::vector<std::size_t> order(score.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return score[a] < score[b]; });
    struct Pool {
        double sum = 0, weight = 0;
        std::size_t scores = 0;
        [[nodiscard]] double mean() const { return sum / weight; }
    };
    std::vector<Pool> pools;
    std::vector<float> distinct;
    for (std::size_t i = 0; i < order.size();) {
        Pool pool;
        const float value = score[order[i]];
        for (; i < order.size() && score[order[i]] == value; ++i) {
            pool.sum += truth[order[i]] != 0 ? 1 : 0;
            ++pool.weight;
        }
        pool.scores = 1;
        distinct.push_back(value);
        while (!pools.empty() && pools.back().mean() >= pool.mean()) {
            pool.sum += pools.back().sum;
            pool.weight += pools.back().weight;
            pool.scores += pools.back().scores;
            pools.pop_back();
        }
        pools.push_back(pool);
    }
    IsotonicMap out;
    std::size_t next = 0;
    for (const auto &pool : pools) {
        // The ends of a level stretch say all about it.
        for (const std::size_t at : {next, next + pool.scores - 1})
            if (out.m_score.empty() || out.m_score.back() < distinct[at]) {
                out.m_score.push_back(distinct[at]);
                out.m_value.push_back(pool.mean());
            }
        next += pool.scores;
    }
    return out;
}

double IsotonicMap::operator()(float score) const
{
    if (!(score > m_score.front()))
        return m_value.front();
    if (score >= m_score.back())
        return m_value.back();
    const auto above =
        static_cast<std::size_t>(std::upper_bound(m_score.begin(), m_score.end(), score) - m_score.begin());
    const double part = (static_cast<double>(score) - m_score[above - 1]) /
                        (static_cast<double>(m_score[above]) - m_score[above - 1]);
    return m_value[above - 1] + part * (m_value[above] - m_value[above - 1]);
}

base::Result<TailShare> TailShare::fit(std::vector<float> usual)
{
    if (usual.empty())
        return base::fail(Code::NotEnoughData, "no usual score to compare with");
    if (!std::all_of(usual.begin(), usual.end(), [](float value) { return std::isfinite(value); }))
        return base::fail(Code::InvalidArgument, "a usual score is not finite");
    std::sort(usual.begin(), usual.end());
    TailShare out;
    const std::size_t n = usual.size();
    const std::size_t tail =
        std::min(n, std::max(kLeastTail, static_cast<std::size_t>(kTail * static_cast<double>(n))));
    out.m_threshold = usual[n - tail];
    double excess = 0;
    for (std::size_t i = n - tail; i < n; ++i)
        excess += usual[i] - out.m_threshold;
    const double spread = std::fabs(static_cast<double>(usual.back())) + 1e-12;
    out.m_excess = std::max(excess / static_cast<double>(tail), 1e-6 * spread);
    out.m_logShare = std::log((static_cast<double>(tail) + 1) / (static_cast<double>(n) + 1));
    out.m_usual = std::move(usual);
    return out;
}

double TailShare::log(double score) const
{
    if (score > m_threshold)
        return m_logShare - (score - m_threshold) / m_excess;
    const auto n = static_cast<double>(m_usual.size());
    const auto at = std::lower_bound(m_usual.begin(), m_usual.end(), score);
    const auto above = static_cast<double>(m_usual.end() - at);
    // Between two usual scores the share changes evenly, so that different scores keep an order.
    double part = 0;
    if (at != m_usual.begin() && at != m_usual.end() && *at > *(at - 1))
        part = (*at - score) / (static_cast<double>(*at) - *(at - 1));
    return std::log(std::min(1.0, (above + 1 + part) / (n + 1)));
}

double TailShare::operator()(double score) const
{
    return std::max(std::exp(log(score)), 1e-300);
}

double uniformityError(std::vector<float> rarity)
{
    std::sort(rarity.begin(), rarity.end());
    const auto n = static_cast<double>(rarity.size());
    double worst = 0;
    for (std::size_t i = 0; i < rarity.size(); ++i)
        worst = std::max({worst, std::fabs(static_cast<double>(i + 1) / n - rarity[i]),
                          std::fabs(static_cast<double>(i) / n - rarity[i])});
    return worst;
}

} // namespace statescape::ml
