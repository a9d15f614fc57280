// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/forecast/forecast.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>

namespace statescape::forecast {
using base::Code;

namespace {
constexpr std::size_t kLeast = 8;
constexpr int kMaxHorizon = 10000;
constexpr double kNinety = 1.6448536269514722;

struct Fit {
    double level = 0, trend = 0, alpha = 0, beta = 0, phi = 0;
    double error = std::numeric_limits<double>::infinity(); ///< sum of squared one-step errors
    std::size_t steps = 0;
};

/// Error-correction form: level += alpha e, trend += beta e.
Fit run(std::span<const double> series, double alpha, double beta, double phi)
{
    Fit fit{series[0], 0, alpha, beta, phi, 0, 0};
    for (std::size_t i = 1; i < series.size(); ++i) {
        const double expected = fit.level + phi * fit.trend;
        const double error = std::isnan(series[i]) ? 0 : series[i] - expected;
        fit.steps += std::isnan(series[i]) ? 0 : 1;
        fit.error += error * error;
        fit.level = expected + alpha * error;
        fit.trend = phi * fit.trend + beta * error;
    }
    return fit;
}
} // namespace

base::Result<Forecast> dampedHolt(std::span<const float> series, int horizon)
{
    if (horizon < 1 || horizon > kMaxHorizon)
        return base::fail(Code::InvalidArgument,
                          fmt::format("horizon {}, wanted 1 to {} intervals", horizon, kMaxHorizon));
    std::vector<double> values;
    std::size_t present = 0;
    for (const float value : series) {
        if (std::isinf(value))
            return base::fail(Code::InvalidArgument, "the series holds an infinite value");
        if (values.empty() && std::isnan(value))
            continue;
        values.push_back(value);
        present += std::isnan(value) ? 0 : 1;
    }
    if (present < kLeast)
        return base::fail(Code::NotEnoughData,
                          fmt::format("{} values to forecast from, at least {} are needed", present, kLeast));
    Fit best;
    for (const double alpha : {0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1.0})
        for (const double share : {0.0, 0.05, 0.1, 0.2, 0.4})
            for (const double phi : {0.8, 0.9, 0.95, 0.98}) {
                const Fit fit = run(values, alpha, alpha * share, phi);
                if (fit.error < best.error)
                    best = fit;
            }
    Forecast out;
    out.level = best.level;
    out.trend = best.trend;
    out.alpha = best.alpha;
    out.beta = best.beta;
    out.phi = best.phi;
    const double sigma2 = best.error / static_cast<double>(std::max<std::size_t>(best.steps, 4) - 3);
    double damping = 0; // phi + ... + phi^h
    double weight = 0;  // sum of squared weights of past errors in the h-step error
    for (int h = 0; h < horizon; ++h) {
        if (h > 0) {
            const double c = best.alpha + best.beta * damping;
            weight += c * c;
        }
        damping += std::pow(best.phi, h + 1);
        const double mean = best.level + damping * best.trend;
        const double half = kNinety * std::sqrt(sigma2 * (1 + weight));
        out.mean.push_back(mean);
        out.low.push_back(mean - half);
        out.high.push_back(mean + half);
    }
    return out;
}

} // namespace statescape::forecast
