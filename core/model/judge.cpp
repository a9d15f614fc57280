// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/judge.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace statescape::model {
using schema::Polarity;
using Index = Eigen::Index;

namespace {
constexpr float kFar = std::numeric_limits<float>::infinity();
constexpr double kNever = -std::numeric_limits<double>::infinity();
/// Beyond the farthest good sample the remaining share falls with this power of the distance.
constexpr double kTailPower = 4;
/// Less than e^-50 of the largest share changes no float.
constexpr double kLeastLog = -50;
constexpr std::size_t kBlockRows = 16;

/// Passes over NaN.
float leastOf(const float *from, const float *to)
{
    constexpr int kWide = 8;
    float out = kFar;
    if (to - from >= kWide) {
        float least[kWide];
        std::fill_n(least, kWide, kFar);
        for (; to - from >= kWide; from += kWide)
            for (int l = 0; l < kWide; ++l)
                least[l] = from[l] < least[l] ? from[l] : least[l];
        for (const float value : least)
            out = value < out ? value : out;
    }
    for (; from < to; ++from)
        out = *from < out ? *from : out;
    return out;
}

double shareOf(double log)
{
    return log < kLeastLog ? 0 : std::exp(log);
}

/// Good are the positive states; without any, those not negative; without those too, all.
std::vector<std::uint8_t> goodStates(const std::vector<State> &states, const std::vector<std::size_t> &from)
{
    std::vector<std::uint8_t> out(states.size(), 0);
    const auto mark = [&](auto wanted) {
        bool any = false;
        for (std::size_t s = 0; s < states.size(); ++s) {
            out[s] = wanted(states[s].polarity) ? 1 : 0;
            any |= out[s] != 0 && from[s] < from[s + 1];
        }
        return any;
    };
    if (!mark([](Polarity polarity) { return polarity == Polarity::Positive; }) &&
        !mark([](Polarity polarity) { return polarity != Polarity::Negative; }))
        mark([](Polarity) { return true; });
    return out;
}

void numberStates(std::vector<State> &states)
{
    std::uint32_t last = 0;
    for (const auto &state : states)
        last = std::max(last, state.id);
    for (auto &state : states)
        if (state.id == 0)
            state.id = ++last;
}
} // namespace

struct Judge::Scratch {
    std::vector<float> turned, dist2;
    ml::GaussianDistances::Scratch gaussians;
    std::vector<float> nearest;      ///< per state
    std::vector<double> logs, share; ///< per prototype, per state
};

Judge::Scratch &Judge::scratch()
{
    thread_local Scratch work;
    return work;
}

void Judge::finish()
{
    numberStates(states);
    const std::size_t count = stateOf.size();
    const auto place = [this](std::size_t p) {
        return stateOf[p] < 0 ? states.size() : static_cast<std::size_t>(stateOf[p]);
    };
    m_order.resize(count);
    std::iota(m_order.begin(), m_order.end(), std::size_t{0});
    std::stable_sort(m_order.begin(), m_order.end(),
                     [&](std::size_t a, std::size_t b) { return place(a) < place(b); });
    m_from.assign(states.size() + 2, 0);
    for (std::size_t p = 0; p < count; ++p)
        ++m_from[place(p) + 1];
    std::partial_sum(m_from.begin(), m_from.end(), m_from.begin());
    m_good = goodStates(states, m_from);

    ml::Matrix ordered(centres.rows(), centres.cols());
    for (std::size_t i = 0; i < count; ++i)
        ordered.row(static_cast<Index>(i)) = centres.row(static_cast<Index>(m_order[i]));
    m_logShare.clear();
    if (shapes.empty()) {
        m_points = ml::PrototypeDistances(ordered, metric);
        m_gaussians = {};
        m_width = m_points.room();
        return;
    }
    std::vector<ml::Matrix> factors;
    for (const std::size_t p : m_order) {
        factors.push_back(shapes[p]);
        m_logShare.push_back(logShare[p]);
    }
    m_points = {};
    m_gaussians = ml::GaussianDistances(ordered, factors);
    m_width = count;
}

const float *Judge::measure(const float *z, std::ptrdiff_t stride, std::size_t count) const
{
    Scratch &work = scratch();
    work.dist2.resize(count * m_width);
    if (!shapes.empty())
        m_gaussians.measure(z, stride, count, work.gaussians, work.dist2.data());
    else
        for (std::size_t i = 0; i < count; ++i)
            m_points.measure(z + static_cast<std::ptrdiff_t>(i) * stride, work.turned,
                             work.dist2.data() + i * m_width);
    return work.dist2.data();
}

Judge::Nearest Judge::nearest(const float *dist2) const
{
    Scratch &work = scratch();
    Nearest out{-1, kFar, false, kFar};
    const std::size_t k = states.size();
    work.nearest.resize(k);
    for (std::size_t s = 0; s < k; ++s) {
        const float least = leastOf(dist2 + m_from[s], dist2 + m_from[s + 1]);
        work.nearest[s] = least;
        if (m_good[s] != 0 && least < out.good)
            out.good = least;
        if (shapes.empty() && least < out.dist2) {
            out.dist2 = least;
            out.state = static_cast<int>(s);
        }
    }
    if (shapes.empty()) {
        out.noise = leastOf(dist2 + m_from[k], dist2 + m_from[k + 1]) < out.dist2;
        return out;
    }
    work.logs.resize(m_width);
    double top = kNever;
    for (std::size_t s = 0; s <= k; ++s)
        for (std::size_t p = m_from[s]; p < m_from[s + 1]; ++p) {
            work.logs[p] = dist2[p] < kFar ? m_logShare[p] - 0.5 * static_cast<double>(dist2[p]) : kNever;
            if (s == k) {
                out.noise |= work.logs[p] > top;
            } else if (work.logs[p] > top) {
                top = work.logs[p];
                out.dist2 = dist2[p];
                out.state = static_cast<int>(s);
            }
        }
    return out;
}

double Judge::shares(const Nearest &nearest) const
{
    Scratch &work = scratch();
    const std::size_t k = states.size();
    work.share.assign(k, 1);
    if (nearest.state < 0)
        return static_cast<double>(k);
    double sum = 0;
    double top = kNever;
    for (std::size_t p = 0; !shapes.empty() && p < m_from[k]; ++p)
        top = std::max(top, work.logs[p]);
    for (std::size_t s = 0; s < k; ++s) {
        double share = 0;
        if (shapes.empty())
            share = shareOf((nearest.dist2 - static_cast<double>(work.nearest[s])) / temperature);
        else
            for (std::size_t p = m_from[s]; p < m_from[s + 1]; ++p)
                share += shareOf(work.logs[p] - top);
        work.share[s] = share;
        sum += share;
    }
    return sum;
}

Score Judge::scoreOf(const float *dist2) const
{
    Score out;
    const Nearest to = nearest(dist2);
    out.abnormality = abnormality(std::sqrt(to.good));
    if (to.state < 0 || to.noise)
        return out;
    const auto state = static_cast<std::size_t>(to.state);
    if (std::sqrt(to.dist2) > reach[state])
        return out;
    const double sum = shares(to);
    out.cluster = to.state;
    out.polarity = states[state].polarity;
    out.confidence = static_cast<float>(scratch().share[state] / sum);
    return out;
}

Score Judge::score(const float *z, bool judgeable) const
{
    return judgeable ? scoreOf(measure(z, 0, 1)) : Score{};
}

void Judge::score(ml::MatrixView z, std::span<const std::uint8_t> judgeable, std::span<Score> out) const
{
    const auto n = static_cast<std::size_t>(z.rows());
    for (std::size_t first = 0; first < n; first += kBlockRows) {
        const std::size_t count = std::min(kBlockRows, n - first);
        const float *dist2 =
            measure(z.data() + static_cast<Index>(first) * z.outerStride(), z.outerStride(), count);
        for (std::size_t i = 0; i < count; ++i)
            out[first + i] = judgeable[first + i] != 0 ? scoreOf(dist2 + i * m_width) : Score{};
    }
}

void Judge::memberships(const float *z, std::span<float> out) const
{
    const double sum = shares(nearest(measure(z, 0, 1)));
    const auto &share = scratch().share;
    for (std::size_t s = 0; s < out.size(); ++s)
        out[s] = static_cast<float>(share[s] / sum);
}

float Judge::abnormality(double distance) const
{
    if (goodDistances.empty() || !(distance > 0))
        return 0;
    // Ranks run to n / (n + 1): the farthest good sample is not proof that nothing good lies beyond.
    const double last = static_cast<double>(goodSamples) / static_cast<double>(goodSamples + 1);
    double value = 0;
    if (distance >= goodDistances.back()) {
        value = 1 - (1 - last) * std::pow(goodDistances.back() / distance, kTailPower);
    } else {
        const auto above =
            std::upper_bound(goodDistances.begin(), goodDistances.end(), distance) - goodDistances.begin();
        const double high = goodDistances[static_cast<std::size_t>(above)];
        const double low = above > 0 ? goodDistances[static_cast<std::size_t>(above - 1)] : 0;
        const double part = high > low ? (distance - low) / (high - low) : 1;
        value = last * (static_cast<double>(above) + part) / static_cast<double>(goodDistances.size());
    }
    return std::min(static_cast<float>(value), std::nextafter(1.0F, 0.0F));
}

int Judge::nearestGood(const float *z) const
{
    const float *dist2 = measure(z, 0, 1);
    std::size_t best = stateOf.size();
    float least = kFar;
    for (std::size_t s = 0; s < states.size(); ++s)
        for (std::size_t p = m_from[s]; m_good[s] != 0 && p < m_from[s + 1]; ++p)
            if (best == stateOf.size() || dist2[p] < least) {
                least = dist2[p];
                best = m_order[p];
            }
    return best == stateOf.size() ? 0 : static_cast<int>(best);
}

double Judge::inertia(ml::MatrixView z) const
{
    double total = 0;
    const std::size_t own = m_from[states.size()];
    for (Index i = 0; i < z.rows(); ++i) {
        const float *row = z.data() + i * z.outerStride();
        const float *dist2 = measure(row, 0, 1);
        std::size_t best = 0;
        for (std::size_t p = 1; p < own; ++p) {
            const bool nearer = shapes.empty()
                                    ? dist2[p] < dist2[best]
                                    : m_logShare[p] - 0.5 * static_cast<double>(dist2[p]) >
                                          m_logShare[best] - 0.5 * static_cast<double>(dist2[best]);
            best = nearer ? p : best;
        }
        const auto centre = centres.row(static_cast<Index>(m_order[best]));
        for (Index j = 0; j < z.cols(); ++j) {
            const double difference = static_cast<double>(row[j]) - centre[j];
            total += difference * difference;
        }
    }
    return total;
}

} // namespace statescape::model
