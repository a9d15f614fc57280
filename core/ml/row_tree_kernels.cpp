// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/row_tree_kernels.h"

#include "core/ml/dispatch.h"

#include <cstring>

namespace statescape::ml::kernel {
namespace {
using Floats = float __attribute__((vector_size(64)));
using Ints = std::int32_t __attribute__((vector_size(64)));
using Bytes = std::int8_t __attribute__((vector_size(16)));
using Halves = std::uint64_t __attribute__((vector_size(16)));
using Box = float __attribute__((vector_size(32)));
using BoxMask = std::int32_t __attribute__((vector_size(32)));

#define STATESCAPE_INLINE __attribute__((always_inline)) inline

template <class V>
STATESCAPE_INLINE V load(const void *from)
{
    V value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

/// One bit of each of eight bytes that are 0 or 255.
STATESCAPE_INLINE std::uint64_t bitsOf(std::uint64_t bytes)
{
    return ((bytes & 0x0101010101010101U) * 0x0102040810204080U) >> 56;
}

STATESCAPE_INLINE std::uint64_t bitsOf(const Ints &mask)
{
    const Halves halves = reinterpret_cast<Halves>(__builtin_convertvector(mask, Bytes));
    return bitsOf(halves[0]) | bitsOf(halves[1]) << 8;
}

template <int Count>
STATESCAPE_INLINE std::uint64_t withinBody(const float *tiles, int columns, const float *row, float limit)
{
    // Most rows of a far leaf are given up after the first, widest directions.
    constexpr int kLook = 12;
    Floats sum[Count] = {};
    const auto stride = static_cast<std::ptrdiff_t>(columns) * kLanes;
    int j = 0;
    while (j < columns) {
        const int to = columns - j < kLook + kLook / 2 ? columns : j + kLook;
        for (; j < to; ++j)
            for (int t = 0; t < Count; ++t) {
                const Floats difference =
                    load<Floats>(tiles + t * stride + static_cast<std::ptrdiff_t>(j) * kLanes) - row[j];
                sum[t] += difference * difference;
            }
        if (j == columns)
            break;
        Ints any{};
        for (int t = 0; t < Count; ++t)
            any |= sum[t] <= limit;
        const Halves halves = reinterpret_cast<Halves>(__builtin_convertvector(any, Bytes));
        if ((halves[0] | halves[1]) == 0)
            return 0;
    }
    std::uint64_t out = 0;
    for (int t = 0; t < Count; ++t)
        out |= bitsOf(sum[t] <= limit) << (16 * t);
    return out;
}

STATESCAPE_INLINE std::uint64_t leafBody(const float *tiles, int tileCount, int columns, const float *row,
                                         float limit)
{
    if (tileCount == 1)
        return withinBody<1>(tiles, columns, row, limit);
    if (tileCount == 2)
        return withinBody<2>(tiles, columns, row, limit);
    if (tileCount == 3)
        return withinBody<3>(tiles, columns, row, limit);
    return withinBody<4>(tiles, columns, row, limit);
}

STATESCAPE_INLINE Box larger(const Box &a, const Box &b)
{
    const BoxMask mask = a < b;
    return reinterpret_cast<Box>((reinterpret_cast<BoxMask>(b) & mask) |
                                 (reinterpret_cast<BoxMask>(a) & ~mask));
}

STATESCAPE_INLINE float boxBody(const float *low, const float *high, const float *otherLow,
                                const float *otherHigh, int width)
{
    Box sum{};
    for (int j = 0; j < width; j += kBoxLanes) {
        const Box gap = larger(larger(load<Box>(otherLow + j) - load<Box>(high + j),
                                      load<Box>(low + j) - load<Box>(otherHigh + j)),
                               Box{});
        sum += gap * gap;
    }
    return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

#define STATESCAPE_VERSIONS(suffix, attribute)                                                               \
    attribute std::uint64_t leaf##suffix(const float *tiles, int tileCount, int columns, const float *row,   \
                                         float limit)                                                        \
    {                                                                                                        \
        return leafBody(tiles, tileCount, columns, row, limit);                                              \
    }                                                                                                        \
    attribute float box##suffix(const float *low, const float *high, const float *otherLow,                  \
                                const float *otherHigh, int width)                                           \
    {                                                                                                        \
        return boxBody(low, high, otherLow, otherHigh, width);                                               \
    }

STATESCAPE_VERSIONS(Baseline, )
#if defined(__x86_64__)
STATESCAPE_VERSIONS(Avx2, __attribute__((target("avx2"))))
STATESCAPE_VERSIONS(Avx512, __attribute__((target("avx512f"))))
#endif
} // namespace

std::uint64_t rowsWithin(const float *tiles, int tileCount, int columns, const float *row, float limit,
                         Isa isa)
{
    return STATESCAPE_DISPATCH(leaf, tiles, tileCount, columns, row, limit);
}

float boxDistance(const float *low, const float *high, const float *otherLow, const float *otherHigh,
                  int width, Isa isa)
{
    return STATESCAPE_DISPATCH(box, low, high, otherLow, otherHigh, width);
}

} // namespace statescape::ml::kernel
