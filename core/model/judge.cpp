// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/judge.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace statescape::model {
using schema::Polarity;

namespace {
constexpr float kFar = std::numeric_limits<float>::infinity();
/// Beyond the farthest good sample the remaining share falls with this power of the distance.
constexpr double kTailPower = 4;
} // namespace

void Judge::finish()
{
    m_tiles =
        metric.size() > 0 ? ml::kernel::Tiles(ml::Matrix(centres * metric)) : ml::kernel::Tiles(centres);
    const auto any = [this](auto wanted) {
        return std::any_of(states.begin(), states.end(),
                           [&](const State &state) { return wanted(state.polarity); });
    };
    const auto positive = [](Polarity polarity) { return polarity == Polarity::Positive; };
    const auto notNegative = [](Polarity polarity) { return polarity != Polarity::Negative; };
    m_good.assign(stateOf.size(), 1);
    for (std::size_t p = 0; p < stateOf.size(); ++p) {
        const Polarity polarity = states[static_cast<std::size_t>(stateOf[p])].polarity;
        if (any(positive))
            m_good[p] = positive(polarity);
        else if (any(notNegative))
            m_good[p] = notNegative(polarity);
    }
}

const float *Judge::distancesTo(const float *z) const
{
    thread_local std::vector<float> dist2;
    thread_local Eigen::RowVectorXf turned;
    dist2.resize(m_tiles.count() * ml::kernel::kLanes);
    if (metric.size() > 0) {
        // Symmetric, so rows serve as columns and the product runs along memory.
        turned.noalias() = Eigen::RowVectorXf::Map(z, metric.rows()) * metric.transpose();
        z = turned.data();
    }
    ml::kernel::distances(m_tiles.tile(0), m_tiles.count(), m_tiles.columns(), z, dist2.data(),
                          ml::kernel::bestIsa());
    return dist2.data();
}

Score Judge::score(const float *z, bool judgeable) const
{
    Score out;
    if (!judgeable)
        return out;
    thread_local std::vector<float> nearestOf;
    nearestOf.assign(states.size(), kFar);
    const float *dist2 = distancesTo(z);
    float good = kFar;
    for (std::size_t p = 0; p < stateOf.size(); ++p) {
        auto &nearest = nearestOf[static_cast<std::size_t>(stateOf[p])];
        nearest = std::min(nearest, dist2[p]);
        if (m_good[p] != 0)
            good = std::min(good, dist2[p]);
    }
    out.abnormality = abnormality(std::sqrt(good));
    const auto best =
        static_cast<std::size_t>(std::min_element(nearestOf.begin(), nearestOf.end()) - nearestOf.begin());
    if (std::sqrt(nearestOf[best]) > reach[best])
        return out;
    double sum = 0;
    for (const float nearest : nearestOf)
        sum += std::exp((nearestOf[best] - static_cast<double>(nearest)) / temperature);
    out.cluster = static_cast<int>(best);
    out.polarity = states[best].polarity;
    out.confidence = static_cast<float>(1 / sum);
    return out;
}

void Judge::memberships(const float *z, std::span<float> out) const
{
    std::fill(out.begin(), out.end(), kFar);
    const float *dist2 = distancesTo(z);
    for (std::size_t p = 0; p < stateOf.size(); ++p) {
        auto &nearest = out[static_cast<std::size_t>(stateOf[p])];
        nearest = std::min(nearest, dist2[p]);
    }
    const float least = *std::min_element(out.begin(), out.end());
    double sum = 0;
    for (auto &share : out) {
        share = static_cast<float>(std::exp((least - static_cast<double>(share)) / temperature));
        sum += share;
    }
    for (auto &share : out)
        share = static_cast<float>(share / sum);
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
    const float *dist2 = distancesTo(z);
    int best = -1;
    for (std::size_t p = 0; p < stateOf.size(); ++p)
        if (m_good[p] != 0 && (best < 0 || dist2[p] < dist2[static_cast<std::size_t>(best)]))
            best = static_cast<int>(p);
    return std::max(best, 0);
}

double Judge::inertia(ml::MatrixView z) const
{
    double total = 0;
    for (Eigen::Index i = 0; i < z.rows(); ++i) {
        const float *row = z.data() + i * z.outerStride();
        const float *dist2 = distancesTo(row);
        const auto best = std::min_element(dist2, dist2 + centres.rows()) - dist2;
        for (Eigen::Index j = 0; j < z.cols(); ++j) {
            const double difference = static_cast<double>(row[j]) - centres(best, j);
            total += difference * difference;
        }
    }
    return total;
}

} // namespace statescape::model
