// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/row_axes.h"

#include "core/ml/dispatch.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace statescape::ml {
namespace {
#define STATESCAPE_INLINE __attribute__((always_inline)) inline

/// log(1 + x) for x >= 0 to about 1e-14, in operations that vectorise: ln u with u = m 2^e, m in
/// [sqrt 1/2, sqrt 2), by the series of the inverse hyperbolic tangent, and what 1 + x lost in rounding.
/// @source Abramowitz & Stegun 4.1.27; the correction as in Goldberg 1991, theorem 4
STATESCAPE_INLINE double log1pOf(double x)
{
    constexpr std::uint64_t kRootHalf = 0x3fe6a09e667f3bcdU;
    constexpr std::uint64_t kTwo52 = 0x4330000000000000U;
    const double u = 1 + x;
    const auto bits = std::bit_cast<std::uint64_t>(u);
    const std::uint64_t exponent = (bits - kRootHalf) >> 52;
    const double m = std::bit_cast<double>(bits - (exponent << 52));
    const double e = std::bit_cast<double>(exponent | kTwo52) - std::bit_cast<double>(kTwo52);
    const double s = (m - 1) / (m + 1);
    const double z = s * s;
    double series = 1.0 / 15;
    series = series * z + 1.0 / 13;
    series = series * z + 1.0 / 11;
    series = series * z + 1.0 / 9;
    series = series * z + 1.0 / 7;
    series = series * z + 1.0 / 5;
    series = series * z + 1.0 / 3;
    series = series * z + 1;
    return e * 0.69314718055994530942 + 2 * s * series + (x - (u - 1)) / u;
}

struct Standard {
    const double *logarithmic, *centre, *factor;
    double clip;
};

STATESCAPE_INLINE void standardiseBody(const float *values, float *z, std::size_t d, const Standard &by)
{
    for (std::size_t j = 0; j < d; ++j) {
        const double value = values[j];
        const double magnitude = std::fabs(value);
        const double log = std::copysign(log1pOf(magnitude), value);
        const double used = by.logarithmic[j] != 0 ? log : value;
        const double scaled = (used - by.centre[j]) * by.factor[j];
        const double low = scaled < -by.clip ? -by.clip : scaled;
        z[j] = static_cast<float>(low > by.clip ? by.clip : low);
    }
}

STATESCAPE_INLINE void projectBody(const float *z, std::size_t d, const double *mean, const double *loadings,
                                   double *sums)
{
    using Doubles = double __attribute__((vector_size(64)));
    static_assert(RowAxes::kMostAxes == 8);
    Doubles sum{};
    for (std::size_t j = 0; j < d; ++j) {
        Doubles row;
        __builtin_memcpy(&row, loadings + j * RowAxes::kMostAxes, sizeof row);
        sum += row * (static_cast<double>(z[j]) - mean[j]);
    }
    __builtin_memcpy(sums, &sum, sizeof sum);
}

#define STATESCAPE_VERSIONS(suffix, attribute)                                                               \
    attribute void standardise##suffix(const float *values, float *z, std::size_t d, const Standard &by)     \
    {                                                                                                        \
        standardiseBody(values, z, d, by);                                                                   \
    }                                                                                                        \
    attribute void project##suffix(const float *z, std::size_t d, const double *mean,                        \
                                   const double *loadings, double *sums)                                     \
    {                                                                                                        \
        projectBody(z, d, mean, loadings, sums);                                                             \
    }

STATESCAPE_VERSIONS(Baseline, )
#if defined(__x86_64__)
STATESCAPE_VERSIONS(Avx2, __attribute__((target("avx2"))))
STATESCAPE_VERSIONS(Avx512, __attribute__((target("avx512f"))))
#endif
} // namespace

RowAxes::RowAxes(const std::vector<Feature> &features, float clip, const Eigen::VectorXd &mean,
                 const Eigen::MatrixXd &loadings)
    : m_clip(clip)
    , m_axes(static_cast<int>(loadings.cols()))
    , m_mean(mean.data(), mean.data() + mean.size())
    , m_loadings(features.size() * kMostAxes, 0)
{
    for (const auto &feature : features) {
        m_logarithmic.push_back(feature.log1p ? 1 : 0);
        m_centre.push_back(feature.centre);
        m_factor.push_back(1 / feature.scale);
    }
    for (Eigen::Index j = 0; j < loadings.rows(); ++j)
        for (Eigen::Index c = 0; c < loadings.cols(); ++c)
            m_loadings[static_cast<std::size_t>(j * kMostAxes + c)] = loadings(j, c);
}

void RowAxes::standardise(const float *values, float *z) const
{
    const auto isa = m_isa;
    const Standard by{m_logarithmic.data(), m_centre.data(), m_factor.data(), m_clip};
    STATESCAPE_DISPATCH(standardise, values, z, features(), by);
}

void RowAxes::project(const float *z, float *out) const
{
    const auto isa = m_isa;
    double sums[kMostAxes];
    STATESCAPE_DISPATCH(project, z, features(), m_mean.data(), m_loadings.data(), sums);
    for (int c = 0; c < m_axes; ++c)
        out[c] = static_cast<float>(sums[c]);
}

} // namespace statescape::ml
