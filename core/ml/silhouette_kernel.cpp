// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/silhouette_kernel.h"

#include <cmath>
#include <cstring>

namespace statescape::ml::kernel {
namespace {
using Floats = float __attribute__((vector_size(64)));
using Narrow = float __attribute__((vector_size(32)));
using Doubles = double __attribute__((vector_size(64)));
constexpr int kRows = 4;

#define STATESCAPE_INLINE __attribute__((always_inline)) inline

template <class V>
STATESCAPE_INLINE V load(const void *from)
{
    V value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

STATESCAPE_INLINE Doubles widened(const float *from)
{
    return __builtin_convertvector(load<Narrow>(from), Doubles);
}

STATESCAPE_INLINE void sumsBody(const float *const *row, const float *tiles, std::size_t tileCount,
                                int columns, const float *valid, double *rowSums, double *columnSums)
{
    Doubles low[kRows] = {};
    Doubles high[kRows] = {};
    for (std::size_t t = 0; t < tileCount; ++t, tiles += static_cast<std::ptrdiff_t>(columns) * kLanes) {
        Floats sum[kRows] = {};
        for (int j = 0; j < columns; ++j) {
            const auto x = load<Floats>(tiles + static_cast<std::ptrdiff_t>(j) * kLanes);
            for (int r = 0; r < kRows; ++r) {
                const Floats difference = x - row[r][j];
                sum[r] += difference * difference;
            }
        }
        alignas(64) float distance[kRows][kLanes];
        std::memcpy(distance, sum, sizeof distance);
        for (int r = 0; r < kRows; ++r)
            for (int l = 0; l < kLanes; ++l)
                distance[r][l] = std::sqrt(distance[r][l]) * valid[t * kLanes + static_cast<std::size_t>(l)];
        Doubles all[2] = {};
        for (int r = 0; r < kRows; ++r) {
            const Doubles left = widened(distance[r]);
            const Doubles right = widened(distance[r] + 8);
            low[r] += left;
            high[r] += right;
            all[0] += left;
            all[1] += right;
        }
        if (columnSums != nullptr) {
            double *to = columnSums + t * kLanes;
            const Doubles left = load<Doubles>(to) + all[0];
            const Doubles right = load<Doubles>(to + 8) + all[1];
            std::memcpy(to, &left, sizeof left);
            std::memcpy(to + 8, &right, sizeof right);
        }
    }
    for (int r = 0; r < kRows; ++r) {
        const Doubles both = low[r] + high[r];
        rowSums[r] +=
            ((both[0] + both[4]) + (both[2] + both[6])) + ((both[1] + both[5]) + (both[3] + both[7]));
    }
}

#define STATESCAPE_VERSIONS(suffix, attribute)                                                               \
    attribute void sums##suffix(const float *const *row, const float *tiles, std::size_t tileCount,          \
                                int columns, const float *valid, double *rowSums, double *columnSums)        \
    {                                                                                                        \
        sumsBody(row, tiles, tileCount, columns, valid, rowSums, columnSums);                                \
    }

STATESCAPE_VERSIONS(Baseline, )
#if defined(__x86_64__)
STATESCAPE_VERSIONS(Avx2, __attribute__((target("avx2"))))
STATESCAPE_VERSIONS(Avx512, __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))))
#endif
} // namespace

void distanceSums(const float *const *row, const float *tiles, std::size_t tileCount, int columns,
                  const float *valid, double *rowSums, double *columnSums, Isa isa)
{
#if defined(__x86_64__)
    if (isa == Isa::Avx512)
        return sumsAvx512(row, tiles, tileCount, columns, valid, rowSums, columnSums);
    if (isa == Isa::Avx2)
        return sumsAvx2(row, tiles, tileCount, columns, valid, rowSums, columnSums);
#endif
    (void)isa;
    sumsBaseline(row, tiles, tileCount, columns, valid, rowSums, columnSums);
}

} // namespace statescape::ml::kernel
