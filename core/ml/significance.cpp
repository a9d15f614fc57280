// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/significance.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace statescape::ml {

double mannWhitneyP(double superiority, double countA, double countB, double ties, double freedom)
{
    const double pairs = countA * countB;
    const double sigma = std::sqrt(pairs * (countA + countB + 1) / 12 * (1 - ties));
    if (!(sigma > 0))
        return 1;
    double z = (std::fabs(superiority - 0.5) * pairs - 0.5) / sigma;
    if (std::isfinite(freedom) && z > 0)
        z = std::sqrt(freedom * std::log1p(z * z / freedom)) * (8 * freedom + 1) / (8 * freedom + 3);
    return std::min(1.0, std::erfc(z / std::numbers::sqrt2));
}

std::vector<double> benjaminiHochberg(std::span<const double> p)
{
    std::vector<std::size_t> order(p.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
    std::vector<double> q(p.size());
    double least = 1;
    for (std::size_t rank = p.size(); rank > 0; --rank) {
        const std::size_t i = order[rank - 1];
        least = std::min(least, p[i] * static_cast<double>(p.size()) / static_cast<double>(rank));
        q[i] = least;
    }
    return q;
}

double studentQuantile(std::size_t freedom)
{
    if (freedom <= 1)
        return 12.706;
    if (freedom == 2)
        return 4.303;
    const double n = static_cast<double>(freedom);
    const double z = 1.959964;
    const double z2 = z * z;
    return z * (1 + (z2 + 1) / (4 * n) + ((5 * z2 + 16) * z2 + 3) / (96 * n * n) +
                (((3 * z2 + 19) * z2 + 17) * z2 - 15) / (384 * n * n * n));
}

} // namespace statescape::ml
