// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/map_kernel.h"

#include <cmath>

namespace statescape::ml::kernel {
namespace {
#define STATESCAPE_INLINE __attribute__((always_inline)) inline

using Lane = float __attribute__((vector_size(sizeof(float) * kMapLanes)));

template <int C>
struct Pull {
    Lane sum[C] = {};
};

/// Adds pull / (offset + d)^2 (y_i - y_j) over others, d = 1 + |y_i - y_j|^2.
template <int C>
STATESCAPE_INLINE void add(const float *y, const float *own, const std::uint32_t *pair,
                           const std::uint32_t *end, float pull, float offset, Pull<C> &out)
{
    for (; pair != end; pair += kMapLanes) {
        Lane away[C];
        for (int c = 0; c < C; ++c)
            for (std::size_t l = 0; l < kMapLanes; ++l)
                away[c][l] = y[4 * static_cast<std::size_t>(pair[l]) + static_cast<std::size_t>(c)];
        Lane d = {};
        for (int c = 0; c < C; ++c) {
            away[c] = own[c] - away[c];
            d += away[c] * away[c];
        }
        d += offset + 1.0F;
        const Lane factor = pull / (d * d);
        for (int c = 0; c < C; ++c)
            out.sum[c] += factor * away[c];
    }
}

template <int C>
STATESCAPE_INLINE void stepBody(const MapPairs &pairs, std::size_t from, std::size_t to,
                                const MapWeights &weights, const MapStep &step, const float *y, float *next,
                                float *moment1, float *moment2)
{
    for (std::size_t i = from; i < to; ++i) {
        const float *own = y + 4 * i;
        const std::uint32_t *start = pairs.start + 3 * i;
        Pull<C> pull;
        add<C>(y, own, pairs.pair + start[0], pairs.pair + start[1], 20 * weights.near, 10, pull);
        if (weights.mid > 0)
            add<C>(y, own, pairs.pair + start[1], pairs.pair + start[2], 20000 * weights.mid, 10000, pull);
        add<C>(y, own, pairs.pair + start[2], pairs.pair + start[3], -2 * weights.further, 1, pull);
        for (int c = 0; c < C; ++c) {
            const Lane &s = pull.sum[c];
            const float gradient = ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
            float &m = moment1[4 * i + static_cast<std::size_t>(c)];
            float &v = moment2[4 * i + static_cast<std::size_t>(c)];
            m += step.fresh1 * (gradient - m);
            v += step.fresh2 * (gradient * gradient - v);
            next[4 * i + static_cast<std::size_t>(c)] = own[c] - step.rate * m / (std::sqrt(v) + 1e-7F);
        }
    }
}

STATESCAPE_INLINE void anyBody(const MapPairs &pairs, std::size_t from, std::size_t to, int components,
                               const MapWeights &weights, const MapStep &step, const float *y, float *next,
                               float *moment1, float *moment2)
{
    if (components == 2)
        stepBody<2>(pairs, from, to, weights, step, y, next, moment1, moment2);
    else
        stepBody<3>(pairs, from, to, weights, step, y, next, moment1, moment2);
}

#define STATESCAPE_MAP_KERNELS(suffix, attribute)                                                            \
    attribute void step##suffix(const MapPairs &pairs, std::size_t from, std::size_t to, int components,     \
                                const MapWeights &weights, const MapStep &step, const float *y, float *next, \
                                float *moment1, float *moment2)                                              \
    {                                                                                                        \
        anyBody(pairs, from, to, components, weights, step, y, next, moment1, moment2);                      \
    }

STATESCAPE_MAP_KERNELS(Baseline, )
#if defined(__x86_64__)
STATESCAPE_MAP_KERNELS(Avx2, __attribute__((target("avx2"))))
#endif
} // namespace

void mapStep(const MapPairs &pairs, std::size_t from, std::size_t to, int components,
             const MapWeights &weights, const MapStep &step, const float *y, float *next, float *moment1,
             float *moment2, Isa isa)
{
#if defined(__x86_64__)
    if (isa != Isa::Baseline)
        return stepAvx2(pairs, from, to, components, weights, step, y, next, moment1, moment2);
#endif
    (void)isa;
    stepBaseline(pairs, from, to, components, weights, step, y, next, moment1, moment2);
}

} // namespace statescape::ml::kernel
