// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/gaussian_kernels.h"

#include "core/ml/dispatch.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace statescape::ml::kernel {
namespace {
template <class T>
struct VectorOf;
template <>
struct VectorOf<float> {
    using Type = float __attribute__((vector_size(64)));
    using Mask = std::int32_t __attribute__((vector_size(64)));
};
template <>
struct VectorOf<double> {
    using Type = double __attribute__((vector_size(64)));
    using Mask = std::int64_t __attribute__((vector_size(64)));
};
using Floats = VectorOf<float>::Type;
using Ints = VectorOf<float>::Mask;

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

/// Group divides kFactorRows; it changes which sums share a pass, never the order within one.
template <int Group, class T>
STATESCAPE_INLINE void logDensityBody(const T *tile, int columns, const T *mean, const T *factor, T offset,
                                      T *scratch, T *out)
{
    using V = typename VectorOf<T>::Type;
    constexpr std::ptrdiff_t kWidth = kTileWidth<T>;
    for (int j = 0; j < columns; ++j)
        store(scratch + j * kWidth, load<V>(tile + j * kWidth) - mean[j]);
    V square{};
    for (int first = 0; first < columns; first += kFactorRows) {
        const int reach = std::min(first + kFactorRows, columns);
        for (int g = 0; g < kFactorRows; g += Group) {
            V sum[Group] = {};
            const T *coefficient = factor + g;
            for (int j = 0; j < reach; ++j, coefficient += kFactorRows) {
                const V x = load<V>(scratch + j * kWidth);
                for (int q = 0; q < Group; ++q)
                    sum[q] += x * coefficient[q];
            }
            for (int q = 0; q < Group; ++q)
                square += sum[q] * sum[q];
        }
        factor += static_cast<std::ptrdiff_t>(reach) * kFactorRows;
    }
    store(out, offset - square * static_cast<T>(0.5));
}

template <class T>
STATESCAPE_INLINE void diagonalBody(const T *tile, int columns, const T *mean, const T *precision, T offset,
                                    T *out)
{
    using V = typename VectorOf<T>::Type;
    constexpr std::ptrdiff_t kWidth = kTileWidth<T>;
    V square{};
    for (int j = 0; j < columns; ++j) {
        const V difference = load<V>(tile + j * kWidth) - mean[j];
        square += difference * difference * precision[j];
    }
    store(out, offset - square * static_cast<T>(0.5));
}

template <class M, class V>
STATESCAPE_INLINE V larger(const V &a, const V &b)
{
    const M mask = a < b;
    return reinterpret_cast<V>((reinterpret_cast<M>(b) & mask) | (reinterpret_cast<M>(a) & ~mask));
}

/// e^x for x <= 0, 0 below -87. @source Cephes expf (Moshier)
STATESCAPE_INLINE Floats exponential(const Floats &x)
{
    const Ints small = x < -87.0F;
    const Floats in = larger<Ints>(x, Floats{} - 87.0F);
    const Floats magic = Floats{} + 12582912.0F;
    const Floats rounded = in * 1.44269504088896341F + magic;
    const Floats n = rounded - magic;
    const Floats r = in - n * 0.693359375F + n * 2.12194440e-4F;
    Floats p = r * 1.9875691500e-4F + 1.3981999507e-3F;
    p = p * r + 8.3334519073e-3F;
    p = p * r + 4.1665795894e-2F;
    p = p * r + 1.6666665459e-1F;
    p = p * r + 5.0000001201e-1F;
    p = p * r * r + r + 1.0F;
    const Ints exponent = (__builtin_convertvector(n, Ints) + 127) << 23;
    const Floats value = p * reinterpret_cast<Floats>(exponent);
    return reinterpret_cast<Floats>(reinterpret_cast<Ints>(value) & ~small);
}

STATESCAPE_INLINE void softmaxBody(float *logs, int k, float *top, float *sum)
{
    Floats highest = load<Floats>(logs);
    for (int c = 1; c < k; ++c)
        highest = larger<Ints>(highest, load<Floats>(logs + c * 16));
    Floats total{};
    for (int c = 0; c < k; ++c) {
        const Floats share = exponential(load<Floats>(logs + c * 16) - highest);
        total += share;
        store(logs + c * 16, share);
    }
    for (int c = 0; c < k; ++c)
        store(logs + c * 16, load<Floats>(logs + c * 16) / total);
    store(top, highest);
    store(sum, total);
}

template <int Group, class T>
STATESCAPE_INLINE void productsBody(const T *weighted, const T *rows, int count, int stride, double *sums)
{
    using V = typename VectorOf<T>::Type;
    constexpr int kWidth = kTileWidth<T>;
    for (int i = 0; i < stride; i += Group)
        for (int j = i / kWidth * kWidth; j < stride; j += kWidth) {
            V sum[Group] = {};
            const T *left = weighted + i;
            const T *right = rows + j;
            for (int r = 0; r < count; ++r, left += stride, right += stride) {
                const V x = load<V>(right);
                for (int q = 0; q < Group; ++q)
                    sum[q] += x * left[q];
            }
            for (int q = 0; q < Group; ++q) {
                double *to = sums + static_cast<std::ptrdiff_t>(i + q) * stride + j;
                T values[kWidth];
                store(values, sum[q]);
                for (int l = 0; l < kWidth; ++l)
                    to[l] += static_cast<double>(values[l]);
            }
        }
}

#define STATESCAPE_TYPED(suffix, attribute, group, T)                                                        \
    attribute void logDensity##suffix(const T *tile, int columns, const T *mean, const T *factor, T offset,  \
                                      T *scratch, T *out)                                                    \
    {                                                                                                        \
        logDensityBody<group>(tile, columns, mean, factor, offset, scratch, out);                            \
    }                                                                                                        \
    attribute void diagonal##suffix(const T *tile, int columns, const T *mean, const T *precision, T offset, \
                                    T *out)                                                                  \
    {                                                                                                        \
        diagonalBody(tile, columns, mean, precision, offset, out);                                           \
    }                                                                                                        \
    attribute void products##suffix(const T *weighted, const T *rows, int count, int stride, double *sums)   \
    {                                                                                                        \
        productsBody<group>(weighted, rows, count, stride, sums);                                            \
    }

#define STATESCAPE_VERSIONS(suffix, attribute, group)                                                        \
    STATESCAPE_TYPED(suffix, attribute, group, float)                                                        \
    STATESCAPE_TYPED(suffix, attribute, group, double)                                                       \
    attribute void softmax##suffix(float *logs, int k, float *top, float *sum)                               \
    {                                                                                                        \
        softmaxBody(logs, k, top, sum);                                                                      \
    }

STATESCAPE_VERSIONS(Baseline, , 2)
#if defined(__x86_64__)
STATESCAPE_VERSIONS(Avx2, __attribute__((target("avx2"))), 4)
STATESCAPE_VERSIONS(Avx512, __attribute__((target("avx512f"))), 8)
#endif
} // namespace

template <class T>
std::vector<T> packFactor(const Eigen::MatrixXd &factor)
{
    const auto d = static_cast<int>(factor.rows());
    std::vector<T> out;
    for (int first = 0; first < d; first += kFactorRows)
        for (int j = 0; j < std::min(first + kFactorRows, d); ++j)
            for (int i = first; i < first + kFactorRows; ++i)
                out.push_back(i < d && j <= i ? static_cast<T>(factor(i, j)) : T{});
    return out;
}
template std::vector<float> packFactor<float>(const Eigen::MatrixXd &);
template std::vector<double> packFactor<double>(const Eigen::MatrixXd &);

void logDensity(const float *tile, int columns, const float *mean, const float *factor, float offset,
                float *scratch, float *out, Isa isa)
{
    STATESCAPE_DISPATCH(logDensity, tile, columns, mean, factor, offset, scratch, out);
}

void logDensity(const double *tile, int columns, const double *mean, const double *factor, double offset,
                double *scratch, double *out, Isa isa)
{
    STATESCAPE_DISPATCH(logDensity, tile, columns, mean, factor, offset, scratch, out);
}

void logDensityDiagonal(const float *tile, int columns, const float *mean, const float *precision,
                        float offset, float *out, Isa isa)
{
    STATESCAPE_DISPATCH(diagonal, tile, columns, mean, precision, offset, out);
}

void logDensityDiagonal(const double *tile, int columns, const double *mean, const double *precision,
                        double offset, double *out, Isa isa)
{
    STATESCAPE_DISPATCH(diagonal, tile, columns, mean, precision, offset, out);
}

void softmax(float *logs, int k, float *top, float *sum, Isa isa)
{
    STATESCAPE_DISPATCH(softmax, logs, k, top, sum);
}

void softmax(double *logs, int k, double *top, double *sum, Isa)
{
    constexpr int kWidth = kTileWidth<double>;
    for (int l = 0; l < kWidth; ++l) {
        double highest = logs[l];
        for (int c = 1; c < k; ++c)
            highest = std::max(highest, logs[c * kWidth + l]);
        double total = 0;
        for (int c = 0; c < k; ++c)
            total += logs[c * kWidth + l] = std::exp(logs[c * kWidth + l] - highest);
        for (int c = 0; c < k; ++c)
            logs[c * kWidth + l] /= total;
        top[l] = highest;
        sum[l] = total;
    }
}

void addProducts(const float *weighted, const float *rows, int count, int stride, double *sums, Isa isa)
{
    STATESCAPE_DISPATCH(products, weighted, rows, count, stride, sums);
}

void addProducts(const double *weighted, const double *rows, int count, int stride, double *sums, Isa isa)
{
    STATESCAPE_DISPATCH(products, weighted, rows, count, stride, sums);
}

} // namespace statescape::ml::kernel
