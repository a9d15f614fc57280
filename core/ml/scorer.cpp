// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/scorer.h"

#include "core/ml/dispatch.h"
#include "core/ml/kmeans.h"
#include "core/ml/parallel.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fmt/format.h>

namespace statescape::ml {
using base::Code;
using Index = Eigen::Index;

namespace {
using kernel::Isa;
using kernel::kLanes;
using Floats = float __attribute__((vector_size(64)));
using Ints = std::int32_t __attribute__((vector_size(64)));
using Narrow = float __attribute__((vector_size(32)));
using Doubles = double __attribute__((vector_size(64)));

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

STATESCAPE_INLINE Floats chosen(const Ints &mask, const Floats &yes, const Floats &no)
{
    return reinterpret_cast<Floats>((reinterpret_cast<Ints>(yes) & mask) |
                                    (reinterpret_cast<Ints>(no) & ~mask));
}

/// @source Moshier, Cephes logf, with Kahan's correction for the rounding of 1 + x
STATESCAPE_INLINE Floats logOf(const Floats &value)
{
    constexpr std::int32_t kSign = INT32_MIN;
    const Ints sign = reinterpret_cast<Ints>(value) & kSign;
    const auto x = reinterpret_cast<Floats>(reinterpret_cast<Ints>(value) & ~kSign);
    const Floats u = 1 + x;
    const Floats lost = x - (u - 1);
    const auto bits = reinterpret_cast<Ints>(u);
    Ints power = (bits >> 23) - 127;
    auto m = reinterpret_cast<Floats>((bits & 0x007fffff) | 0x3f800000);
    const Ints large = m > 1.41421356F;
    m = chosen(large, 0.5F * m, m);
    power -= large;
    const Floats f = m - 1;
    const Floats e = __builtin_convertvector(power, Floats);
    const Floats square = f * f;
    Floats y = 7.0376836292E-2F * f - 1.1514610310E-1F;
    y = y * f + 1.1676998740E-1F;
    y = y * f - 1.2420140846E-1F;
    y = y * f + 1.4249322787E-1F;
    y = y * f - 1.6668057665E-1F;
    y = y * f + 2.0000714765E-1F;
    y = y * f - 2.4999993993E-1F;
    y = y * f + 3.3333331174E-1F;
    y = y * f * square;
    y += -2.12194440E-4F * e;
    y -= 0.5F * square;
    // Small terms first, so that f keeps its last bits.
    y += lost / u;
    y = f + y + 0.693359375F * e;
    return reinterpret_cast<Floats>(reinterpret_cast<Ints>(y) | sign);
}

STATESCAPE_INLINE void logBody(const float *value, float *out, std::size_t count)
{
    std::size_t i = 0;
    for (; i + kLanes <= count; i += kLanes)
        store(out + i, logOf(load<Floats>(value + i)));
    if (i < count) {
        Floats last{};
        std::memcpy(&last, value + i, (count - i) * sizeof(float));
        last = logOf(last);
        std::memcpy(out + i, &last, (count - i) * sizeof(float));
    }
}

STATESCAPE_INLINE void scaleBody(const float *raw, int columns, const std::int32_t *logs,
                                 const double *centre, const double *inverse, float clip, float *out)
{
    for (int j = 0; j < columns; j += kLanes) {
        const std::size_t bytes = sizeof(float) * static_cast<std::size_t>(std::min(kLanes, columns - j));
        Floats x{};
        if (bytes == sizeof x)
            x = load<Floats>(raw + j);
        else
            std::memcpy(&x, raw + j, bytes);
        const auto mask = load<Ints>(logs + j);
        float moved[kLanes];
        store(moved, chosen(mask, logOf(x), x));
        for (int half = 0; half < kLanes; half += 8) {
            const Doubles wide = __builtin_convertvector(load<Narrow>(moved + half), Doubles);
            const Doubles scaled =
                (wide - load<Doubles>(centre + j + half)) * load<Doubles>(inverse + j + half);
            store(moved + half, __builtin_convertvector(scaled, Narrow));
        }
        auto z = load<Floats>(moved);
        z = chosen(z > clip, Floats{} + clip, z);
        z = chosen(z < -clip, Floats{} - clip, z);
        if (bytes == sizeof z)
            store(out + j, z);
        else
            std::memcpy(out + j, &z, bytes);
    }
}

/// out = z metric, in columns of four vectors.
STATESCAPE_INLINE void turnBody(const float *z, int columns, const float *metric, int stride, float *out)
{
    constexpr int kWide = 4;
    for (int j = 0; j < stride; j += kWide * kLanes) {
        Floats sum[kWide] = {};
        if (j + kWide * kLanes <= stride) {
            for (int i = 0; i < columns; ++i)
                for (int w = 0; w < kWide; ++w)
                    sum[w] += z[i] *
                              load<Floats>(metric + static_cast<std::ptrdiff_t>(i) * stride + j + w * kLanes);
            for (int w = 0; w < kWide; ++w)
                store(out + j + w * kLanes, sum[w]);
            continue;
        }
        for (int rest = j; rest < stride; rest += kLanes) {
            Floats one{};
            for (int i = 0; i < columns; ++i)
                one += z[i] * load<Floats>(metric + static_cast<std::ptrdiff_t>(i) * stride + rest);
            store(out + rest, one);
        }
    }
}

#define STATESCAPE_VERSIONS(suffix, attribute)                                                               \
    attribute void log##suffix(const float *value, float *out, std::size_t count)                            \
    {                                                                                                        \
        logBody(value, out, count);                                                                          \
    }                                                                                                        \
    attribute void scale##suffix(const float *raw, int columns, const std::int32_t *logs,                    \
                                 const double *centre, const double *inverse, float clip, float *out)        \
    {                                                                                                        \
        scaleBody(raw, columns, logs, centre, inverse, clip, out);                                           \
    }                                                                                                        \
    attribute void turn##suffix(const float *z, int columns, const float *metric, int stride, float *out)    \
    {                                                                                                        \
        turnBody(z, columns, metric, stride, out);                                                           \
    }

STATESCAPE_VERSIONS(Baseline, )
#if defined(__x86_64__)
STATESCAPE_VERSIONS(Avx2, __attribute__((target("avx2"))))
STATESCAPE_VERSIONS(Avx512, __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))))
#endif

std::size_t whole(int columns)
{
    return static_cast<std::size_t>((columns + kLanes - 1) / kLanes * kLanes);
}
} // namespace

void signedLog1p(const float *value, float *out, std::size_t count)
{
    const Isa isa = kernel::bestIsa();
    STATESCAPE_DISPATCH(log, value, out, count);
}

RowScaler::RowScaler(std::span<const ScorerColumn> columns, float clip)
    : m_columns(static_cast<int>(columns.size()))
    , m_clip(clip)
    , m_log(whole(m_columns), 0)
    , m_centre(whole(m_columns), 0)
    , m_inverse(whole(m_columns), 0)
{
    for (std::size_t j = 0; j < columns.size(); ++j) {
        m_log[j] = columns[j].log1p ? -1 : 0;
        m_centre[j] = columns[j].centre;
        m_inverse[j] = 1 / columns[j].scale;
    }
}

void RowScaler::scale(const float *raw, float *out) const
{
    const Isa isa = kernel::bestIsa();
    STATESCAPE_DISPATCH(scale, raw, m_columns, m_log.data(), m_centre.data(), m_inverse.data(), m_clip, out);
}

float RowScaler::scaled(std::size_t column, float value) const
{
    const double wide = (static_cast<double>(value) - m_centre[column]) * m_inverse[column];
    return static_cast<float>(std::clamp(wide, -static_cast<double>(m_clip), static_cast<double>(m_clip)));
}

PrototypeDistances::PrototypeDistances(const Matrix &prototypes, const Matrix &metric)
{
    if (metric.size() == 0) {
        m_tiles = kernel::Tiles(prototypes);
        return;
    }
    const Isa isa = kernel::bestIsa();
    const Index stride = static_cast<Index>(whole(static_cast<int>(metric.cols())));
    m_metric.assign(static_cast<std::size_t>(stride * metric.rows()), 0);
    for (Index i = 0; i < metric.rows(); ++i)
        std::copy_n(metric.row(i).data(), metric.cols(), m_metric.begin() + i * stride);
    // As rows are turned, so that a prototype is 0 from itself whatever others there are.
    Matrix turned(prototypes.rows(), stride);
    for (Index p = 0; p < prototypes.rows(); ++p)
        STATESCAPE_DISPATCH(turn, prototypes.row(p).data(), static_cast<int>(metric.cols()), m_metric.data(),
                            static_cast<int>(stride), turned.row(p).data());
    m_tiles = kernel::Tiles(turned.leftCols(metric.cols()));
}

void PrototypeDistances::measure(const float *z, std::vector<float> &turned, float *dist2) const
{
    const Isa isa = kernel::bestIsa();
    const int columns = m_tiles.columns();
    if (!m_metric.empty()) {
        turned.resize(whole(columns));
        STATESCAPE_DISPATCH(turn, z, columns, m_metric.data(), static_cast<int>(whole(columns)),
                            turned.data());
        z = turned.data();
    }
    kernel::distances(m_tiles.tile(0), m_tiles.count(), columns, z, dist2, isa);
}

base::Result<Scorer> Scorer::create(std::span<const ScorerColumn> columns, float clip,
                                    const Matrix &prototypes, const Matrix &metric)
{
    const auto d = static_cast<Index>(columns.size());
    const bool fits = d >= 1 && prototypes.rows() >= 1 && prototypes.cols() == d &&
                      (metric.size() == 0 || (metric.rows() == d && metric.cols() == d));
    if (!fits || !(clip > 0))
        return base::fail(Code::InvalidArgument,
                          fmt::format("scorer of {} columns, {} x {} prototypes, a {} x {} metric, clip {}",
                                      d, prototypes.rows(), prototypes.cols(), metric.rows(), metric.cols(),
                                      clip));
    STATESCAPE_CHECK(checkFinite(prototypes));
    STATESCAPE_CHECK(checkFinite(metric));
    for (std::size_t j = 0; j < columns.size(); ++j)
        if (!(columns[j].scale > 0) || !std::isfinite(columns[j].centre) ||
            !std::isfinite(1 / columns[j].scale))
            return base::fail(Code::InvalidArgument, fmt::format("column {} has centre {} and scale {}", j,
                                                                 columns[j].centre, columns[j].scale));
    Scorer out;
    out.m_prototypes = static_cast<int>(prototypes.rows());
    out.m_scaler = RowScaler(columns, clip);
    out.m_distances = PrototypeDistances(prototypes, metric);
    return out;
}

std::span<const float> Scorer::scale(const float *raw, Scratch &scratch) const
{
    scratch.scaled.resize(static_cast<std::size_t>(columns()));
    m_scaler.scale(raw, scratch.scaled.data());
    return scratch.scaled;
}

std::span<const float> Scorer::distances(const float *raw, Scratch &scratch) const
{
    scratch.dist2.resize(m_distances.room());
    m_distances.measure(scale(raw, scratch).data(), scratch.turned, scratch.dist2.data());
    return {scratch.dist2.data(), static_cast<std::size_t>(m_prototypes)};
}

base::Result<Scorer::Nearest> Scorer::nearest(MatrixView raw, int threads) const
{
    if (raw.cols() != columns())
        return base::fail(Code::InvalidArgument,
                          fmt::format("scorer of {} columns, got {}", columns(), raw.cols()));
    const auto n = static_cast<std::size_t>(raw.rows());
    Nearest out{std::vector<std::int32_t>(n), std::vector<float>(n)};
    constexpr std::size_t kRows = 1024;
    forEachChunk((n + kRows - 1) / kRows, n < 4 * kRows ? 1 : threadCount(threads), [&](std::size_t chunk) {
        Scratch scratch;
        for (std::size_t i = chunk * kRows; i < std::min(n, (chunk + 1) * kRows); ++i) {
            const auto dist2 = distances(raw.data() + static_cast<Index>(i) * raw.outerStride(), scratch);
            const auto best = std::min_element(dist2.begin(), dist2.end());
            out.prototype[i] = static_cast<std::int32_t>(best - dist2.begin());
            out.dist2[i] = *best;
        }
    });
    return out;
}

} // namespace statescape::ml
