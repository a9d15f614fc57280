// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace statescape::ml {

double quantileInPlace(std::span<float> values, double q)
{
    if (values.empty())
        return 0;
    const double position = std::clamp(q, 0.0, 1.0) * static_cast<double>(values.size() - 1);
    const auto low = static_cast<std::size_t>(position);
    const double part = position - static_cast<double>(low);
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(low);
    std::nth_element(values.begin(), middle, values.end());
    const double below = *middle;
    if (part <= 0 || low + 1 >= values.size())
        return below;
    const double above = *std::min_element(middle + 1, values.end());
    return below + part * (above - below);
}

double medianInPlace(std::span<float> values)
{
    return quantileInPlace(values, 0.5);
}

double madInPlace(std::span<float> values, double centre)
{
    for (auto &value : values)
        value = static_cast<float>(std::fabs(static_cast<double>(value) - centre));
    return medianInPlace(values);
}

Moments moments(std::span<const float> values)
{
    if (values.empty())
        return {};
    const auto n = static_cast<double>(values.size());
    double sum = 0;
    for (const float value : values)
        sum += value;
    const double mean = sum / n;
    double squares = 0;
    double rest = 0;
    for (const float value : values) {
        const double difference = value - mean;
        squares += difference * difference;
        rest += difference;
    }
    // Corrected two-pass: the second sum takes out what rounding left in the mean.
    return {mean, std::sqrt(std::max(0.0, (squares - rest * rest / n) / n))};
}

} // namespace statescape::ml
