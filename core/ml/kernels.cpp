// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/kernels.h"

#include "core/ml/dispatch.h"

#include <cstring>
#include <limits>

namespace statescape::ml::kernel {
namespace {
using Floats = float __attribute__((vector_size(64)));
using Ints = std::int32_t __attribute__((vector_size(64)));
using Doubles = double __attribute__((vector_size(64)));
using Narrow = float __attribute__((vector_size(32)));

#define STATESCAPE_INLINE __attribute__((always_inline)) inline

template <class V>
STATESCAPE_INLINE V load(const void *from)
{
    V value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

template <class V>
STATESCAPE_INLINE void store(void *to, const V &value)
{
    std::memcpy(to, &value, sizeof value);
}

template <int Group>
STATESCAPE_INLINE void nearestGroup(const float *tile, int columns, const float *centres, int first,
                                    Floats &best, Ints &label)
{
    Floats sum[Group] = {};
    for (int j = 0; j < columns; ++j) {
        const auto x = load<Floats>(tile + static_cast<std::ptrdiff_t>(j) * kLanes);
        for (int g = 0; g < Group; ++g) {
            const Floats difference = x - centres[static_cast<std::ptrdiff_t>(first + g) * columns + j];
            sum[g] += difference * difference;
        }
    }
    for (int g = 0; g < Group; ++g) {
        const Ints closer = sum[g] < best;
        const Ints self = closer & (Ints{} + (first + g));
        label = (label & ~closer) | self;
        best = reinterpret_cast<Floats>((reinterpret_cast<Ints>(best) & ~closer) |
                                        (reinterpret_cast<Ints>(sum[g]) & closer));
    }
}

template <int Group>
STATESCAPE_INLINE void nearestBody(const float *tiles, std::size_t tileCount, int columns,
                                   const float *centres, int k, std::int32_t *label, float *dist2)
{
    for (std::size_t t = 0; t < tileCount; ++t) {
        const float *tile = tiles + t * static_cast<std::size_t>(columns) * kLanes;
        Floats best = Floats{} + std::numeric_limits<float>::infinity();
        Ints index{};
        int c = 0;
        for (; c + Group <= k; c += Group)
            nearestGroup<Group>(tile, columns, centres, c, best, index);
        for (; c < k; ++c)
            nearestGroup<1>(tile, columns, centres, c, best, index);
        store(label + t * kLanes, index);
        store(dist2 + t * kLanes, best);
    }
}

template <int Group>
STATESCAPE_INLINE void distancesGroup(const float *tiles, int columns, const float *row, float *dist2)
{
    Floats sum[Group] = {};
    const auto stride = static_cast<std::ptrdiff_t>(columns) * kLanes;
    for (int j = 0; j < columns; ++j)
        for (int g = 0; g < Group; ++g) {
            const Floats difference =
                load<Floats>(tiles + g * stride + static_cast<std::ptrdiff_t>(j) * kLanes) - row[j];
            sum[g] += difference * difference;
        }
    for (int g = 0; g < Group; ++g)
        store(dist2 + static_cast<std::ptrdiff_t>(g) * kLanes, sum[g]);
}

STATESCAPE_INLINE void distancesBody(const float *tiles, std::size_t tileCount, int columns, const float *row,
                                     float *dist2)
{
    const auto stride = static_cast<std::size_t>(columns) * kLanes;
    std::size_t t = 0;
    for (; t + 4 <= tileCount; t += 4)
        distancesGroup<4>(tiles + t * stride, columns, row, dist2 + t * kLanes);
    for (; t < tileCount; ++t)
        distancesGroup<1>(tiles + t * stride, columns, row, dist2 + t * kLanes);
}

STATESCAPE_INLINE void addRowsBody(const float *rows, std::ptrdiff_t stride, std::size_t count, int columns,
                                   const std::int32_t *label, double *sums)
{
    for (std::size_t i = 0; i < count; ++i, rows += stride) {
        double *sum = sums + static_cast<std::ptrdiff_t>(label[i]) * columns;
        int j = 0;
        for (; j + 8 <= columns; j += 8)
            store(sum + j, load<Doubles>(sum + j) + __builtin_convertvector(load<Narrow>(rows + j), Doubles));
        for (; j < columns; ++j)
            sum[j] += rows[j];
    }
}

STATESCAPE_INLINE Doubles widened(const float *from)
{
    return __builtin_convertvector(load<Narrow>(from), Doubles);
}

STATESCAPE_INLINE double total(const Doubles &v)
{
    return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}

constexpr int kTotals = 8;

/// Lane r of the answer is total(v[r]), to the bit.
STATESCAPE_INLINE Doubles totals(const Doubles *v)
{
    Doubles quarters[4];
    for (int r = 0; r < 4; ++r)
        quarters[r] = __builtin_shufflevector(v[2 * r], v[2 * r + 1], 0, 1, 2, 3, 8, 9, 10, 11) +
                      __builtin_shufflevector(v[2 * r], v[2 * r + 1], 4, 5, 6, 7, 12, 13, 14, 15);
    Doubles halves[2];
    for (int r = 0; r < 2; ++r)
        halves[r] = __builtin_shufflevector(quarters[2 * r], quarters[2 * r + 1], 0, 1, 4, 5, 8, 9, 12, 13) +
                    __builtin_shufflevector(quarters[2 * r], quarters[2 * r + 1], 2, 3, 6, 7, 10, 11, 14, 15);
    return __builtin_shufflevector(halves[0], halves[1], 0, 2, 4, 6, 8, 10, 12, 14) +
           __builtin_shufflevector(halves[0], halves[1], 1, 3, 5, 7, 9, 11, 13, 15);
}

STATESCAPE_INLINE void moveRowsBody(const float *rows, std::ptrdiff_t stride, const std::uint32_t *index,
                                    std::size_t count, int columns, const std::int32_t *from,
                                    const std::int32_t *to, const float *weight, double *sums)
{
    for (std::size_t i = 0; i < count; ++i) {
        const float *row = rows + static_cast<std::ptrdiff_t>(index[i]) * stride;
        const double w = weight != nullptr ? weight[index[i]] : 1;
        double *in = sums + static_cast<std::ptrdiff_t>(to[i]) * columns;
        double *out = from[i] < 0 ? nullptr : sums + static_cast<std::ptrdiff_t>(from[i]) * columns;
        int j = 0;
        for (; j + 8 <= columns; j += 8) {
            const Doubles x = widened(row + j) * w;
            store(in + j, load<Doubles>(in + j) + x);
            if (out != nullptr)
                store(out + j, load<Doubles>(out + j) - x);
        }
        for (; j < columns; ++j) {
            const double x = row[j] * w;
            in[j] += x;
            if (out != nullptr)
                out[j] -= x;
        }
    }
}

/// Calls @p sum(row number) for @p count rows, which gives the vector and the scalar part of a row's sum, and
/// @p take(row number, whole sum) in order.
template <class Sum, class Take>
STATESCAPE_INLINE void eachTotal(std::size_t count, Sum sum, Take take)
{
    std::size_t i = 0;
    for (; i + kTotals <= count; i += kTotals) {
        Doubles parts[kTotals];
        Doubles rest{};
        for (int r = 0; r < kTotals; ++r) {
            double scalar = 0;
            parts[r] = sum(i + static_cast<std::size_t>(r), scalar);
            rest[r] = scalar;
        }
        const Doubles whole = totals(parts) + rest;
        for (int r = 0; r < kTotals; ++r)
            take(i + static_cast<std::size_t>(r), whole[r]);
    }
    for (; i < count; ++i) {
        double scalar = 0;
        const Doubles part = sum(i, scalar);
        take(i, total(part) + scalar);
    }
}

STATESCAPE_INLINE void squaredNormsBody(const float *rows, std::ptrdiff_t stride, std::size_t count,
                                        int columns, const double *origin, float *norm2)
{
    eachTotal(
        count,
        [=](std::size_t i, double &rest) __attribute__((always_inline)) {
            const float *row = rows + static_cast<std::ptrdiff_t>(i) * stride;
            Doubles sum{};
            int j = 0;
            for (; j + 8 <= columns; j += 8) {
                const Doubles difference = widened(row + j) - load<Doubles>(origin + j);
                sum += difference * difference;
            }
            for (; j < columns; ++j) {
                const double difference = row[j] - origin[j];
                rest += difference * difference;
            }
            return sum;
        },
        [=](std::size_t i, double whole)
            __attribute__((always_inline)) { norm2[i] = static_cast<float>(whole); });
}

STATESCAPE_INLINE double scatterBody(const float *rows, std::ptrdiff_t stride, std::size_t count, int columns,
                                     const std::int32_t *label, const float *centres, const float *weight)
{
    double all = 0;
    eachTotal(
        count,
        [=](std::size_t i, double &rest) __attribute__((always_inline)) {
            const float *row = rows + static_cast<std::ptrdiff_t>(i) * stride;
            const float *centre = centres + static_cast<std::ptrdiff_t>(label[i]) * columns;
            Doubles sum{};
            int j = 0;
            for (; j + 8 <= columns; j += 8) {
                const Doubles difference = widened(row + j) - widened(centre + j);
                sum += difference * difference;
            }
            for (; j < columns; ++j) {
                const double difference = static_cast<double>(row[j]) - centre[j];
                rest += difference * difference;
            }
            return sum;
        },
        [ =, &all ](std::size_t i, double whole)
            __attribute__((always_inline)) { all += whole * (weight != nullptr ? weight[i] : 1); });
    return all;
}

STATESCAPE_INLINE bool allFiniteBody(const float *values, std::size_t count)
{
    constexpr std::int32_t kExponent = 0x7f800000;
    Ints bad{};
    std::size_t i = 0;
    for (; i + kLanes <= count; i += kLanes)
        bad |= (load<Ints>(values + i) & kExponent) == kExponent;
    std::int32_t any = 0;
    for (int lane = 0; lane < kLanes; ++lane)
        any |= bad[lane];
    for (; i < count; ++i)
        any |= (load<std::int32_t>(values + i) & kExponent) == kExponent ? 1 : 0;
    return any == 0;
}

template <int Group>
STATESCAPE_INLINE void lowerGroup(const float *tiles, std::size_t tileCount, int columns,
                                  const float *candidates, const float *current, const float *weight,
                                  float *const *lowered, double *sums)
{
    Doubles low[Group] = {};
    Doubles high[Group] = {};
    for (std::size_t t = 0; t < tileCount; ++t, tiles += static_cast<std::ptrdiff_t>(columns) * kLanes) {
        Floats sum[Group] = {};
        for (int j = 0; j < columns; ++j) {
            const auto x = load<Floats>(tiles + static_cast<std::ptrdiff_t>(j) * kLanes);
            for (int g = 0; g < Group; ++g) {
                const Floats difference = x - candidates[static_cast<std::ptrdiff_t>(g) * columns + j];
                sum[g] += difference * difference;
            }
        }
        const auto before = load<Floats>(current + t * kLanes);
        for (int g = 0; g < Group; ++g) {
            // Current is finite, so an overflown or undefined distance never wins.
            const Ints closer = sum[g] < before;
            const auto now = reinterpret_cast<Floats>((reinterpret_cast<Ints>(before) & ~closer) |
                                                      (reinterpret_cast<Ints>(sum[g]) & closer));
            float *to = lowered[g] + t * kLanes;
            store(to, now);
            if (weight != nullptr) {
                low[g] += widened(to) * widened(weight + t * kLanes);
                high[g] += widened(to + 8) * widened(weight + t * kLanes + 8);
            } else {
                low[g] += widened(to);
                high[g] += widened(to + 8);
            }
        }
    }
    for (int g = 0; g < Group; ++g)
        sums[g] = total(low[g] + high[g]);
}

template <int Group>
STATESCAPE_INLINE void lowerByBody(const float *tiles, std::size_t tileCount, int columns,
                                   const float *candidates, int m, const float *current, const float *weight,
                                   float *const *lowered, double *sums)
{
    int c = 0;
    for (; c + Group <= m; c += Group)
        lowerGroup<Group>(tiles, tileCount, columns, candidates + static_cast<std::ptrdiff_t>(c) * columns,
                          current, weight, lowered + c, sums + c);
    for (; c < m; ++c)
        lowerGroup<1>(tiles, tileCount, columns, candidates + static_cast<std::ptrdiff_t>(c) * columns,
                      current, weight, lowered + c, sums + c);
}

STATESCAPE_INLINE void panelsBody(const float *row, int columns, const float *panels, int panelCount,
                                  float *dist2)
{
    for (int p = 0; p < panelCount; ++p, panels += static_cast<std::ptrdiff_t>(columns) * kLanes) {
        Floats sum{};
        for (int j = 0; j < columns; ++j) {
            const Floats difference = row[j] - load<Floats>(panels + static_cast<std::ptrdiff_t>(j) * kLanes);
            sum += difference * difference;
        }
        store(dist2 + static_cast<std::ptrdiff_t>(p) * kLanes, sum);
    }
}

STATESCAPE_INLINE void crossBody(const double *block, int rows, int stride, double *sums)
{
    for (int i = 0; i < stride; i += 4)
        for (int j = i & ~15; j < stride; j += 16) {
            Doubles left[4] = {};
            Doubles right[4] = {};
            const double *row = block;
            for (int r = 0; r < rows; ++r, row += stride) {
                const auto a = load<Doubles>(row + j);
                const auto b = load<Doubles>(row + j + 8);
                for (int q = 0; q < 4; ++q) {
                    left[q] += a * row[i + q];
                    right[q] += b * row[i + q];
                }
            }
            for (int q = 0; q < 4; ++q) {
                double *to = sums + static_cast<std::ptrdiff_t>(i + q) * stride + j;
                store(to, load<Doubles>(to) + left[q]);
                store(to + 8, load<Doubles>(to + 8) + right[q]);
            }
        }
}

#define STATESCAPE_VERSIONS(suffix, attribute, group)                                                        \
    attribute void nearest##suffix(const float *tiles, std::size_t count, int columns, const float *centres, \
                                   int k, std::int32_t *label, float *dist2)                                 \
    {                                                                                                        \
        nearestBody<group>(tiles, count, columns, centres, k, label, dist2);                                 \
    }                                                                                                        \
    attribute void distances##suffix(const float *tiles, std::size_t count, int columns, const float *row,   \
                                     float *dist2)                                                           \
    {                                                                                                        \
        distancesBody(tiles, count, columns, row, dist2);                                                    \
    }                                                                                                        \
    attribute void addRows##suffix(const float *rows, std::ptrdiff_t stride, std::size_t count, int columns, \
                                   const std::int32_t *label, double *sums)                                  \
    {                                                                                                        \
        addRowsBody(rows, stride, count, columns, label, sums);                                              \
    }                                                                                                        \
    attribute void moveRows##suffix(const float *rows, std::ptrdiff_t stride, const std::uint32_t *index,    \
                                    std::size_t count, int columns, const std::int32_t *from,                \
                                    const std::int32_t *to, const float *weight, double *sums)               \
    {                                                                                                        \
        moveRowsBody(rows, stride, index, count, columns, from, to, weight, sums);                           \
    }                                                                                                        \
    attribute void squaredNorms##suffix(const float *rows, std::ptrdiff_t stride, std::size_t count,         \
                                        int columns, const double *origin, float *norm2)                     \
    {                                                                                                        \
        squaredNormsBody(rows, stride, count, columns, origin, norm2);                                       \
    }                                                                                                        \
    attribute double scatter##suffix(const float *rows, std::ptrdiff_t stride, std::size_t count,            \
                                     int columns, const std::int32_t *label, const float *centres,           \
                                     const float *weight)                                                    \
    {                                                                                                        \
        return scatterBody(rows, stride, count, columns, label, centres, weight);                            \
    }                                                                                                        \
    attribute bool allFinite##suffix(const float *values, std::size_t count)                                 \
    {                                                                                                        \
        return allFiniteBody(values, count);                                                                 \
    }                                                                                                        \
    attribute void lowerBy##suffix(const float *tiles, std::size_t tileCount, int columns,                   \
                                   const float *candidates, int m, const float *current,                     \
                                   const float *weight, float *const *lowered, double *sums)                 \
    {                                                                                                        \
        lowerByBody<group / 2>(tiles, tileCount, columns, candidates, m, current, weight, lowered, sums);    \
    }                                                                                                        \
    attribute void panels##suffix(const float *row, int columns, const float *centres, int panelCount,       \
                                  float *dist2)                                                              \
    {                                                                                                        \
        panelsBody(row, columns, centres, panelCount, dist2);                                                \
    }                                                                                                        \
    attribute void cross##suffix(const double *block, int rows, int stride, double *sums)                    \
    {                                                                                                        \
        crossBody(block, rows, stride, sums);                                                                \
    }

STATESCAPE_VERSIONS(Baseline, , 2)
#if defined(__x86_64__)
STATESCAPE_VERSIONS(Avx2, __attribute__((target("avx2"))), 4)
STATESCAPE_VERSIONS(Avx512, __attribute__((target("avx512f"))), 8)
#endif
} // namespace

Isa bestIsa()
{
#if defined(__x86_64__)
    static const Isa best = [] {
        __builtin_cpu_init();
        const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
        const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                            __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
        return avx2 && avx512 ? Isa::Avx512 : avx2 ? Isa::Avx2 : Isa::Baseline;
    }();
    return best;
#else
    return Isa::Baseline;
#endif
}

Tiles::Tiles(MatrixView x, const std::function<bool()> &stopped)
    : m_rows(static_cast<std::size_t>(x.rows()))
    , m_columns(static_cast<std::size_t>(x.cols()))
    , m_lines(count() * m_columns)
{
    for (std::size_t i = 0; i < m_rows; ++i) {
        if (i % 4096 == 0 && stopped && stopped())
            return;
        Line *lines = m_lines.data() + i / kLanes * m_columns;
        const float *row = x.data() + static_cast<std::ptrdiff_t>(i) * x.outerStride();
        for (std::size_t j = 0; j < m_columns; ++j)
            lines[j].lane[i % kLanes] = row[j];
    }
}

void nearest(const float *tiles, std::size_t tileCount, int columns, const float *centres, int k,
             std::int32_t *label, float *dist2, Isa isa)
{
    STATESCAPE_DISPATCH(nearest, tiles, tileCount, columns, centres, k, label, dist2);
}

void distances(const float *tiles, std::size_t tileCount, int columns, const float *row, float *dist2,
               Isa isa)
{
    STATESCAPE_DISPATCH(distances, tiles, tileCount, columns, row, dist2);
}

void addRows(const float *rows, std::ptrdiff_t stride, std::size_t count, int columns,
             const std::int32_t *label, double *sums, Isa isa)
{
    STATESCAPE_DISPATCH(addRows, rows, stride, count, columns, label, sums);
}

void moveRows(const float *rows, std::ptrdiff_t stride, const std::uint32_t *index, std::size_t count,
              int columns, const std::int32_t *from, const std::int32_t *to, const float *weight,
              double *sums, Isa isa)
{
    STATESCAPE_DISPATCH(moveRows, rows, stride, index, count, columns, from, to, weight, sums);
}

void squaredNorms(const float *rows, std::ptrdiff_t stride, std::size_t count, int columns,
                  const double *origin, float *norm2, Isa isa)
{
    STATESCAPE_DISPATCH(squaredNorms, rows, stride, count, columns, origin, norm2);
}

double scatter(const float *rows, std::ptrdiff_t stride, std::size_t count, int columns,
               const std::int32_t *label, const float *centres, const float *weight, Isa isa)
{
    return STATESCAPE_DISPATCH(scatter, rows, stride, count, columns, label, centres, weight);
}

bool allFinite(const float *values, std::size_t count, Isa isa)
{
    return STATESCAPE_DISPATCH(allFinite, values, count);
}

void lowerBy(const float *tiles, std::size_t tileCount, int columns, const float *candidates, int m,
             const float *current, const float *weight, float *const *lowered, double *sums, Isa isa)
{
    STATESCAPE_DISPATCH(lowerBy, tiles, tileCount, columns, candidates, m, current, weight, lowered, sums);
}

void distancesToPanels(const float *row, int columns, const float *panels, int panelCount, float *dist2,
                       Isa isa)
{
    STATESCAPE_DISPATCH(panels, row, columns, panels, panelCount, dist2);
}

void addCrossProducts(const double *block, int rows, int stride, double *sums, Isa isa)
{
    STATESCAPE_DISPATCH(cross, block, rows, stride, sums);
}

} // namespace statescape::ml::kernel
