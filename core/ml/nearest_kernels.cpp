// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled with floating-point contraction, unlike its neighbours: see the header.
#include "core/ml/nearest_kernels.h"

#include "core/ml/dispatch.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

namespace statescape::ml::kernel {
namespace {
// GCC drops the attribute from alias templates that depend on it.
template <int Lanes>
struct Wide {
    typedef float Float __attribute__((vector_size(Lanes * 4)));
    typedef std::int32_t Int __attribute__((vector_size(Lanes * 4)));
    typedef std::int64_t Long __attribute__((vector_size(Lanes * 4)));
};
template <int Lanes>
using Floats = typename Wide<Lanes>::Float;
template <int Lanes>
using Ints = typename Wide<Lanes>::Int;
template <int Lanes>
using Longs = typename Wide<Lanes>::Long;
constexpr float kInfinity = std::numeric_limits<float>::infinity();
// Underflow errs by less than this whatever the number of columns.
constexpr float kTiny = 1e-36F;
// Registers that hold sums: enough to hide the latency of a multiply-add.
constexpr int kRowsAtOnce = 8;

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

/// One butterfly of a transposition: swaps lanes with bit S set of a for lanes without it of b.
template <int S, class V, int... L>
STATESCAPE_INLINE void butterfly(V &a, V &b, std::integer_sequence<int, L...> /*lanes*/)
{
    constexpr int kWidth = sizeof...(L);
    const V low = __builtin_shufflevector(a, b, ((L & S) != 0 ? kWidth + L - S : L)...);
    const V high = __builtin_shufflevector(a, b, ((L & S) != 0 ? kWidth + L : L + S)...);
    a = low;
    b = high;
}

template <int S, int Lanes, int Count>
STATESCAPE_INLINE void butterflies(Floats<Lanes> *v)
{
    if constexpr (S < Count)
        for (int i = 0; i < Count; ++i)
            if ((i & S) == 0)
                butterfly<S>(v[i], v[i + S], std::make_integer_sequence<int, Lanes>());
}

/// Turns Count vectors so that lane and vector number change places (within lanes' blocks of Count).
template <int Lanes, int Count>
STATESCAPE_INLINE void transpose(Floats<Lanes> *v)
{
    butterflies<8, Lanes, Count>(v);
    butterflies<4, Lanes, Count>(v);
    butterflies<2, Lanes, Count>(v);
    butterflies<1, Lanes, Count>(v);
}

/// Adds lanes 2 c and 2 c + 1 of both; a's sums in the lower half, b's in the upper.
template <class V, int... L>
STATESCAPE_INLINE V addPairs(const V &a, const V &b, std::integer_sequence<int, L...> /*half*/)
{
    constexpr int kWidth = 2 * sizeof...(L);
    return __builtin_shufflevector(a, b, (2 * L)..., (kWidth + 2 * L)...) +
           __builtin_shufflevector(a, b, (2 * L + 1)..., (kWidth + 1 + 2 * L)...);
}

template <int Lanes>
STATESCAPE_INLINE Floats<Lanes> broadcastPair(const float *from)
{
    std::int64_t pair = 0;
    std::memcpy(&pair, from, sizeof pair);
    return reinterpret_cast<Floats<Lanes>>(Longs<Lanes>{} + pair);
}

template <int Lanes, int Rows>
STATESCAPE_INLINE void narrowScores(const float *const *row, int columns, const float *panel,
                                    Floats<Lanes> *out)
{
    Floats<Lanes> sum[Rows];
    for (int r = 0; r < Rows; ++r)
        sum[r] = load<Floats<Lanes>>(panel);
    panel += Lanes;
    int j = 0;
    for (; j + 2 <= columns; j += 2, panel += Lanes) {
        const auto centre = load<Floats<Lanes>>(panel);
        for (int r = 0; r < Rows; ++r)
            sum[r] -= centre * broadcastPair<Lanes>(row[r] + j);
    }
    if (j < columns) {
        const auto centre = load<Floats<Lanes>>(panel);
        for (int r = 0; r < Rows; ++r)
            sum[r] -= centre * row[r][j];
    }
    for (int r = 0; r < Rows; ++r)
        out[r] = sum[r];
}

template <int Lanes, int Rows>
STATESCAPE_INLINE void wideScores(const float *const *row, int columns, const float *panel,
                                  Floats<Lanes> *out)
{
    Floats<Lanes> sum[Rows];
    for (int r = 0; r < Rows; ++r)
        sum[r] = load<Floats<Lanes>>(panel);
    panel += Lanes;
    for (int j = 0; j < columns; ++j, panel += Lanes) {
        const auto centre = load<Floats<Lanes>>(panel);
        for (int r = 0; r < Rows; ++r)
            sum[r] -= centre * row[r][j];
    }
    for (int r = 0; r < Rows; ++r)
        out[r] = sum[r];
}

template <int Lanes>
struct Lowest {
    Floats<Lanes> best = Floats<Lanes>{} + kInfinity;
    Floats<Lanes> second = best;
    Ints<Lanes> label{};

    template <int Count>
    STATESCAPE_INLINE void take(const Floats<Lanes> *score, int first)
    {
        for (int c = 0; c < Count; ++c) {
            const auto closer = score[c] < best;
            const Floats<Lanes> other = closer ? best : score[c];
            second = other < second ? other : second;
            best = closer ? score[c] : best;
            label = closer ? Ints<Lanes>{} + (first + c) : label;
        }
    }
};

/// Several rows are read side by side, which the hardware's own prefetch follows badly.
template <int Lanes>
STATESCAPE_INLINE void fetchAhead(const RowsView &rows, int columns, std::size_t from)
{
    // Memory answers later than a few blocks of rows are done.
    constexpr std::size_t kAhead = 64;
    constexpr int kLine = 64 / sizeof(float);
    for (std::size_t i = from + kAhead; i < from + kAhead + Lanes; ++i) {
        if (rows.index != nullptr && i >= rows.count)
            return;
        const float *row =
            rows.x + static_cast<std::ptrdiff_t>(rows.index != nullptr ? rows.index[i] : i) * rows.stride;
        for (int j = 0; j < columns; j += kLine)
            __builtin_prefetch(row + j);
    }
}

/// Lanes rows at a time; the lanes of a sum are centres until a transposition makes them rows.
template <int Lanes>
STATESCAPE_INLINE void scoresBody(const RowsView &rows, const PanelView &panels, float *best, float *second,
                                  std::int32_t *label)
{
    constexpr int kRows = Lanes < kRowsAtOnce ? Lanes : kRowsAtOnce;
    for (std::size_t from = 0; from < rows.count; from += Lanes) {
        const float *row[Lanes];
        for (std::size_t r = 0; r < Lanes; ++r) {
            const std::size_t i = from + r < rows.count ? from + r : rows.count - 1;
            row[r] =
                rows.x + static_cast<std::ptrdiff_t>(rows.index != nullptr ? rows.index[i] : i) * rows.stride;
        }
        fetchAhead<Lanes>(rows, panels.columns, from);
        Lowest<Lanes> lowest;
        Floats<Lanes> score[Lanes];
        const float *panel = panels.data;
        for (int p = 0; p < panels.wide(); ++p, panel += Lanes * panels.wideLines()) {
            for (int r = 0; r < Lanes; r += kRows)
                wideScores<Lanes, kRows>(row + r, panels.columns, panel, score + r);
            transpose<Lanes, Lanes>(score);
            lowest.template take<Lanes>(score, Lanes * p);
        }
        if (panels.narrow()) {
            constexpr int kHalf = Lanes / 2;
            for (int r = 0; r < Lanes; r += kRows)
                narrowScores<Lanes, kRows>(row + r, panels.columns, panel, score + r);
            for (int r = 0; r < kHalf; ++r)
                score[r] = addPairs(score[r], score[r + kHalf], std::make_integer_sequence<int, kHalf>());
            transpose<Lanes, kHalf>(score);
            lowest.template take<kHalf>(score, Lanes * panels.wide());
        }
        store(best + from, lowest.best);
        store(second + from, lowest.second);
        store(label + from, lowest.label);
    }
}

STATESCAPE_INLINE void proveBody(const float *best, const float *second, const float *norm2,
                                 std::size_t count, const FilterBounds &bounds, std::uint8_t *unsure,
                                 float *upper, float *lower)
{
    const float relative = bounds.relative;
    const float reach = bounds.reach;
    const float offset = bounds.offset + bounds.origin * reach;
    float error[kFilterRows];
    for (std::size_t i = 0; i < count; ++i) {
        error[i] = 2 * (relative * (std::sqrt(norm2[i]) * reach + offset) + kTiny);
        const float most = norm2[i] + 2 * best[i] + error[i];
        // The exact kernel rounds too. Written so that NaN and infinity prove nothing.
        unsure[i] = second[i] - best[i] > error[i] + relative * (most > 0 ? most : 0) ? 0 : 1;
    }
    if (upper == nullptr)
        return;
    for (std::size_t i = 0; i < count; ++i) {
        const float slack = error[i] + 1e-6F * norm2[i];
        const float most = norm2[i] + 2 * best[i] + slack;
        const float least = norm2[i] + 2 * second[i] - slack;
        upper[i] = std::sqrt(most > 0 ? most : 0) * (1 + 1e-6F);
        lower[i] = std::sqrt(least > 0 ? least : 0) * (1 - 1e-6F);
    }
}

/// The largest deviation of each column, whichever row has it.
template <int Lanes, int Panels>
STATESCAPE_INLINE Floats<Lanes> reachOfPanels(const RowsView &rows, const float *origin, int column)
{
    Floats<Lanes> most[Panels] = {};
    const float *row = rows.x + column;
    for (std::size_t i = 0; i < rows.count; ++i, row += rows.stride)
        for (int p = 0; p < Panels; ++p) {
            const auto from =
                load<Floats<Lanes>>(row + p * Lanes) - load<Floats<Lanes>>(origin + column + p * Lanes);
            const Floats<Lanes> square = from * from;
            most[p] = square > most[p] ? square : most[p];
        }
    for (int p = 1; p < Panels; ++p)
        most[0] += most[p];
    return most[0];
}

template <int Lanes>
STATESCAPE_INLINE float reachBody(const RowsView &rows, int columns, const float *origin)
{
    Floats<Lanes> sum{};
    int j = 0;
    for (; j + 2 * Lanes <= columns; j += 2 * Lanes)
        sum += reachOfPanels<Lanes, 2>(rows, origin, j);
    for (; j + Lanes <= columns; j += Lanes)
        sum += reachOfPanels<Lanes, 1>(rows, origin, j);
    float all = 0;
    for (int l = 0; l < Lanes; ++l)
        all += sum[l];
    for (; j < columns; ++j) {
        float most = 0;
        const float *row = rows.x + j;
        for (std::size_t i = 0; i < rows.count; ++i, row += rows.stride) {
            const float from = *row - origin[j];
            most = from * from > most ? from * from : most;
        }
        all += most;
    }
    return all;
}

STATESCAPE_INLINE void moveBody(const std::int32_t *label, std::size_t count, const float *drift,
                                const float *half, float farthest, float second, std::int32_t mover,
                                float margin, float *upper, float *lower, std::uint8_t *unsure)
{
    float apart[kFilterRows];
    for (std::size_t i = 0; i < count; ++i) {
        upper[i] = (upper[i] + drift[label[i]]) * (1 + 1e-6F);
        lower[i] = (lower[i] - (label[i] == mover ? second : farthest)) * (1 - 1e-6F);
        apart[i] = half[label[i]];
    }
    for (std::size_t i = 0; i < count; ++i) {
        const float far = lower[i] > apart[i] ? lower[i] : apart[i];
        unsure[i] = upper[i] * margin + kTiny < far ? 0 : 1;
    }
}

#define STATESCAPE_VERSIONS(suffix, attribute, lanes)                                                        \
    attribute void scores##suffix(const RowsView &rows, const PanelView &panels, float *best, float *second, \
                                  std::int32_t *label)                                                       \
    {                                                                                                        \
        scoresBody<lanes>(rows, panels, best, second, label);                                                \
    }                                                                                                        \
    attribute void prove##suffix(const float *best, const float *second, const float *norm2,                 \
                                 std::size_t count, const FilterBounds &bounds, std::uint8_t *unsure,        \
                                 float *upper, float *lower)                                                 \
    {                                                                                                        \
        proveBody(best, second, norm2, count, bounds, unsure, upper, lower);                                 \
    }                                                                                                        \
    attribute float reach##suffix(const RowsView &rows, int columns, const float *origin)                    \
    {                                                                                                        \
        return reachBody<lanes>(rows, columns, origin);                                                      \
    }                                                                                                        \
    attribute void move##suffix(const std::int32_t *label, std::size_t count, const float *drift,            \
                                const float *half, float farthest, float second, std::int32_t mover,         \
                                float margin, float *upper, float *lower, std::uint8_t *unsure)              \
    {                                                                                                        \
        moveBody(label, count, drift, half, farthest, second, mover, margin, upper, lower, unsure);          \
    }

STATESCAPE_VERSIONS(Baseline, , 4)
#if defined(__x86_64__)
STATESCAPE_VERSIONS(Avx2, __attribute__((target("avx2,fma"))), 8)
STATESCAPE_VERSIONS(Avx512, __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma"))), 16)
#endif
} // namespace

int filterLanes(Isa isa)
{
#if defined(__x86_64__)
    return isa == Isa::Avx512 ? 16 : isa == Isa::Avx2 ? 8 : 4;
#else
    (void)isa;
    return 4;
#endif
}

void nearestScores(const RowsView &rows, const PanelView &panels, float *best, float *second,
                   std::int32_t *label, Isa isa)
{
    STATESCAPE_DISPATCH(scores, rows, panels, best, second, label);
}

void proveNearest(const float *best, const float *second, const float *norm2, std::size_t count,
                  const FilterBounds &bounds, std::uint8_t *unsure, float *upper, float *lower, Isa isa)
{
    STATESCAPE_DISPATCH(prove, best, second, norm2, count, bounds, unsure, upper, lower);
}

float reachOf(const RowsView &rows, int columns, const float *origin, Isa isa)
{
    return STATESCAPE_DISPATCH(reach, rows, columns, origin);
}

void moveBounds(const std::int32_t *label, std::size_t count, const float *drift, const float *half,
                float farthest, float second, std::int32_t mover, float margin, float *upper, float *lower,
                std::uint8_t *unsure, Isa isa)
{
    STATESCAPE_DISPATCH(move, label, count, drift, half, farthest, second, mover, margin, upper, lower,
                        unsure);
}

} // namespace statescape::ml::kernel
