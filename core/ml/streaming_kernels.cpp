// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/streaming_kernels.h"

#include "core/ml/dispatch.h"

#include <cmath>
#include <cstring>

namespace statescape::ml::kernel {
namespace {
using Doubles = double __attribute__((vector_size(64)));
static_assert(sizeof(Doubles) == kDoubles * sizeof(double));

#define STATESCAPE_INLINE __attribute__((always_inline)) inline

STATESCAPE_INLINE Doubles load(const double *from)
{
    Doubles value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

STATESCAPE_INLINE void store(double *to, const Doubles &value)
{
    std::memcpy(to, &value, sizeof value);
}

STATESCAPE_INLINE void outerBody(double *matrix, int d, int stride, double decay, double share,
                                 const double *change)
{
    for (int i = 0; i < d; ++i, matrix += stride)
        for (int j = 0; j < stride; j += kDoubles)
            store(matrix + j, load(matrix + j) * decay + load(change + j) * change[i] * share);
}

template <int Rows, int Panels>
STATESCAPE_INLINE void multiplyPatch(const double *left, std::ptrdiff_t rowStep, std::ptrdiff_t innerStep,
                                     int inner, const double *right, int stride, double *out)
{
    Doubles sum[Rows][Panels] = {};
    for (int k = 0; k < inner; ++k, left += innerStep, right += stride)
        for (int p = 0; p < Panels; ++p) {
            const Doubles x = load(right + p * kDoubles);
            for (int r = 0; r < Rows; ++r)
                sum[r][p] += x * left[r * rowStep];
        }
    for (int r = 0; r < Rows; ++r)
        for (int p = 0; p < Panels; ++p)
            store(out + static_cast<std::ptrdiff_t>(r) * stride + p * kDoubles, sum[r][p]);
}

/// How many rows go together changes no sum.
template <int Group>
STATESCAPE_INLINE void multiplyBody(const double *left, std::ptrdiff_t rowStep, std::ptrdiff_t innerStep,
                                    int rows, int inner, const double *right, int stride, double *out)
{
    int i = 0;
    for (; i + Group <= rows; i += Group) {
        const double *from = left + i * rowStep;
        double *to = out + static_cast<std::ptrdiff_t>(i) * stride;
        int j = 0;
        for (; j + 2 * kDoubles <= stride; j += 2 * kDoubles)
            multiplyPatch<Group, 2>(from, rowStep, innerStep, inner, right + j, stride, to + j);
        for (; j < stride; j += kDoubles)
            multiplyPatch<Group, 1>(from, rowStep, innerStep, inner, right + j, stride, to + j);
    }
    for (; i < rows; ++i)
        for (int j = 0; j < stride; j += kDoubles)
            multiplyPatch<1, 1>(left + i * rowStep, rowStep, innerStep, inner, right + j, stride,
                                out + static_cast<std::ptrdiff_t>(i) * stride + j);
}

STATESCAPE_INLINE void rotateRows(double *p, double *q, int stride, double cosine, double sine)
{
    for (int j = 0; j < stride; j += kDoubles) {
        const Doubles a = load(p + j);
        const Doubles b = load(q + j);
        store(p + j, a * cosine - b * sine);
        store(q + j, a * sine + b * cosine);
    }
}

STATESCAPE_INLINE void rotateBody(double *matrix, double *vectors, int n, int stride)
{
    for (int p = 0; p < n; ++p)
        for (int q = p + 1; q < n; ++q) {
            double *rowP = matrix + static_cast<std::ptrdiff_t>(p) * stride;
            double *rowQ = matrix + static_cast<std::ptrdiff_t>(q) * stride;
            const double pp = rowP[p];
            const double qq = rowQ[q];
            const double pq = rowP[q];
            const double tau = (qq - pp) / (2 * pq);
            // Also for 0 / 0 and what overflows.
            if (!(std::fabs(tau) < 1e150))
                continue;
            const double tangent = (tau < 0 ? -1.0 : 1.0) / (std::fabs(tau) + std::sqrt(1 + tau * tau));
            const double cosine = 1 / std::sqrt(1 + tangent * tangent);
            const double sine = tangent * cosine;
            rotateRows(rowP, rowQ, stride, cosine, sine);
            rotateRows(vectors + static_cast<std::ptrdiff_t>(p) * stride,
                       vectors + static_cast<std::ptrdiff_t>(q) * stride, stride, cosine, sine);
            rowP[p] = pp - tangent * pq;
            rowQ[q] = qq + tangent * pq;
            rowP[q] = rowQ[p] = 0;
            for (int i = 0; i < n; ++i) {
                double *row = matrix + static_cast<std::ptrdiff_t>(i) * stride;
                row[p] = rowP[i];
                row[q] = rowQ[i];
            }
        }
}

#define STATESCAPE_VERSIONS(suffix, attribute, group)                                                        \
    attribute void outer##suffix(double *matrix, int d, int stride, double decay, double share,              \
                                 const double *change)                                                       \
    {                                                                                                        \
        outerBody(matrix, d, stride, decay, share, change);                                                  \
    }                                                                                                        \
    attribute void multiply##suffix(const double *left, std::ptrdiff_t rowStep, std::ptrdiff_t innerStep,    \
                                    int rows, int inner, const double *right, int stride, double *out)       \
    {                                                                                                        \
        multiplyBody<group>(left, rowStep, innerStep, rows, inner, right, stride, out);                      \
    }                                                                                                        \
    attribute void rotate##suffix(double *matrix, double *vectors, int n, int stride)                        \
    {                                                                                                        \
        rotateBody(matrix, vectors, n, stride);                                                              \
    }

STATESCAPE_VERSIONS(Baseline, , 1)
#if defined(__x86_64__)
STATESCAPE_VERSIONS(Avx2, __attribute__((target("avx2"))), 2)
STATESCAPE_VERSIONS(Avx512, __attribute__((target("avx512f"))), 8)
#endif
} // namespace

void addOuter(double *matrix, int d, int stride, double decay, double share, const double *change, Isa isa)
{
    STATESCAPE_DISPATCH(outer, matrix, d, stride, decay, share, change);
}

void multiply(const double *left, std::ptrdiff_t rowStep, std::ptrdiff_t innerStep, int rows, int inner,
              const double *right, int stride, double *out, Isa isa)
{
    STATESCAPE_DISPATCH(multiply, left, rowStep, innerStep, rows, inner, right, stride, out);
}

void rotateOnce(double *matrix, double *vectors, int n, int stride, Isa isa)
{
    STATESCAPE_DISPATCH(rotate, matrix, vectors, n, stride);
}

} // namespace statescape::ml::kernel
