// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/distributions.h"

#include <cmath>
#include <limits>
#include <numbers>

namespace statescape::ml {
namespace {
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kSmall = 1e-300;
constexpr double kClose = 1e-16;
constexpr int kMostTerms = 10000;

/// Regularised lower incomplete gamma function.
double gammaShare(double a, double x)
{
    if (x <= 0)
        return 0;
    const double front = std::exp(a * std::log(x) - x - std::lgamma(a));
    if (x < a + 1) {
        double term = 1 / a;
        double sum = term;
        for (int i = 1; i < kMostTerms && term > sum * kClose; ++i)
            sum += term *= x / (a + i);
        return front * sum;
    }
    double b = x + 1 - a;
    double c = 1 / kSmall;
    double d = 1 / b;
    double fraction = d;
    for (int i = 1; i < kMostTerms; ++i) {
        const double an = -i * (i - a);
        b += 2;
        d = 1 / (std::fabs(an * d + b) < kSmall ? kSmall : an * d + b);
        c = std::fabs(b + an / c) < kSmall ? kSmall : b + an / c;
        fraction *= d * c;
        if (std::fabs(d * c - 1) < kClose)
            break;
    }
    return 1 - front * fraction;
}

double betaFraction(double a, double b, double x)
{
    const auto safe = [](double value) { return std::fabs(value) < kSmall ? kSmall : value; };
    double c = 1;
    double d = 1 / safe(1 - (a + b) * x / (a + 1));
    double fraction = d;
    for (int m = 1; m < kMostTerms; ++m) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / safe(1 + even * d);
        c = safe(1 + even / c);
        fraction *= d * c;
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / safe(1 + odd * d);
        c = safe(1 + odd / c);
        fraction *= d * c;
        if (std::fabs(d * c - 1) < kClose)
            break;
    }
    return fraction;
}

/// Regularised incomplete beta function.
double betaShare(double a, double b, double x)
{
    if (x <= 0)
        return 0;
    if (x >= 1)
        return 1;
    const double front =
        std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x));
    return x < (a + 1) / (a + b + 2) ? front * betaFraction(a, b, x) / a
                                     : 1 - front * betaFraction(b, a, 1 - x) / b;
}

/// Where a rising share on [0, infinity) reaches @p wanted.
template <class Share>
double invert(double wanted, Share share)
{
    if (!(wanted >= 0 && wanted < 1))
        return kNaN;
    double high = 1;
    while (share(high) < wanted && high < 1e300)
        high *= 2;
    double low = 0;
    for (int i = 0; i < 200 && high - low > kClose * high; ++i) {
        const double middle = 0.5 * (low + high);
        (share(middle) < wanted ? low : high) = middle;
    }
    return 0.5 * (low + high);
}
} // namespace

double normalShare(double z)
{
    return 0.5 * std::erfc(-z / std::numbers::sqrt2);
}

double normalQuantile(double share)
{
    if (!(share > 0 && share < 1))
        return kNaN;
    // By the smaller tail, which keeps its digits.
    const double tail = share < 0.5 ? share : 1 - share;
    double low = 0;
    double high = 40;
    for (int i = 0; i < 200 && high - low > kClose * high; ++i) {
        const double middle = 0.5 * (low + high);
        (normalShare(-middle) > tail ? low : high) = middle;
    }
    return share < 0.5 ? -0.5 * (low + high) : 0.5 * (low + high);
}

double chiSquaredShare(double value, double freedom)
{
    return freedom > 0 ? gammaShare(freedom / 2, value / 2) : kNaN;
}

double chiSquaredQuantile(double share, double freedom)
{
    return freedom > 0 ? invert(share, [&](double value) { return chiSquaredShare(value, freedom); }) : kNaN;
}

double fShare(double value, double above, double below)
{
    if (!(above > 0 && below > 0))
        return kNaN;
    return value > 0 ? betaShare(above / 2, below / 2, above * value / (above * value + below)) : 0;
}

double fQuantile(double share, double above, double below)
{
    if (!(above > 0 && below > 0))
        return kNaN;
    return invert(share, [&](double value) { return fShare(value, above, below); });
}

} // namespace statescape::ml
