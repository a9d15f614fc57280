// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/gaussian_distances.h"

#include "core/ml/dispatch.h"
#include "core/ml/kernels.h"

#include <algorithm>
#include <cstring>

namespace statescape::ml {
using Index = Eigen::Index;

namespace {
using kernel::Isa;
using kernel::kLanes;
using Floats = float __attribute__((vector_size(64)));

#define STATESCAPE_INLINE __attribute__((always_inline)) inline

STATESCAPE_INLINE Floats load(const float *from)
{
    Floats value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

STATESCAPE_INLINE float total(const Floats &v)
{
    float part[kLanes];
    std::memcpy(part, &v, sizeof v);
    for (int half = kLanes / 2; half > 0; half /= 2)
        for (int l = 0; l < half; ++l)
            part[l] += part[l + half];
    return part[0];
}

struct Task {
    const float *rows;
    std::ptrdiff_t stride;
    const float *centres, *factors;
    int columns, count;      ///< of distributions
    std::ptrdiff_t lines;    ///< of one factor, in floats
    float *apart, *distance; ///< room for Rows * Group * columns; rows x count
};

/// Rows and Group change what shares a pass, never the order of one sum.
template <int Rows, int Group>
STATESCAPE_INLINE void someBody(const Task &task, int first)
{
    const std::ptrdiff_t d = task.columns;
    for (int r = 0; r < Rows; ++r)
        for (int g = 0; g < Group; ++g) {
            const float *row = task.rows + r * task.stride;
            const float *centre = task.centres + (first + g) * d;
            float *apart = task.apart + (r * Group + g) * d;
            for (std::ptrdiff_t j = 0; j < d; ++j)
                apart[j] = row[j] - centre[j];
        }
    const float *factor = task.factors + first * task.lines;
    Floats square[Rows * Group] = {};
    for (int panel = 0; panel < task.columns; panel += kLanes) {
        const int reach = std::min(panel + kLanes, task.columns);
        Floats sum[Rows * Group] = {};
        for (int j = 0; j < reach; ++j)
            for (int g = 0; g < Group; ++g) {
                const Floats coefficient = load(factor + g * task.lines + std::ptrdiff_t{j} * kLanes);
                for (int r = 0; r < Rows; ++r)
                    sum[r * Group + g] += coefficient * task.apart[(r * Group + g) * d + j];
            }
        for (int one = 0; one < Rows * Group; ++one)
            square[one] += sum[one] * sum[one];
        factor += std::ptrdiff_t{reach} * kLanes;
    }
    for (int r = 0; r < Rows; ++r)
        for (int g = 0; g < Group; ++g)
            task.distance[std::ptrdiff_t{r} * task.count + first + g] = total(square[r * Group + g]);
}

template <int Rows, int Group>
STATESCAPE_INLINE void allBody(const Task &task)
{
    int p = 0;
    for (; p + Group <= task.count; p += Group)
        someBody<Rows, Group>(task, p);
    for (; p < task.count; ++p)
        someBody<Rows, 1>(task, p);
}

constexpr int kTogether = 4;

#define STATESCAPE_VERSIONS(suffix, attribute, group)                                                        \
    attribute void one##suffix(const Task &task)                                                             \
    {                                                                                                        \
        allBody<1, group>(task);                                                                             \
    }                                                                                                        \
    attribute void four##suffix(const Task &task)                                                            \
    {                                                                                                        \
        allBody<kTogether, (group + kTogether - 1) / kTogether>(task);                                       \
    }

STATESCAPE_VERSIONS(Baseline, , 2)
#if defined(__x86_64__)
STATESCAPE_VERSIONS(Avx2, __attribute__((target("avx2"))), 4)
STATESCAPE_VERSIONS(Avx512, __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))), 8)
#endif
constexpr int kMostGroup = 8;
} // namespace

GaussianDistances::GaussianDistances(const Matrix &centres, std::span<const Matrix> factors)
    : m_centres(centres)
{
    const Index d = centres.cols();
    for (Index panel = 0; panel < d; panel += kLanes)
        m_lines += static_cast<std::size_t>(std::min<Index>(panel + kLanes, d));
    m_factors.resize(m_lines * factors.size());
    Line *line = m_factors.data();
    for (const Matrix &factor : factors)
        for (Index panel = 0; panel < d; panel += kLanes)
            for (Index j = 0; j < std::min<Index>(panel + kLanes, d); ++j, ++line)
                for (Index i = panel; i < panel + kLanes; ++i)
                    line->lane[i - panel] = i < d && j <= i ? factor(i, j) : 0;
}

void GaussianDistances::measure(const float *rows, std::ptrdiff_t stride, std::size_t count, Scratch &scratch,
                                float *dist2) const
{
    const Isa isa = kernel::bestIsa();
    const auto d = static_cast<std::size_t>(m_centres.cols());
    scratch.apart.resize(std::max<std::size_t>(kMostGroup, 2 * kTogether) * d);
    const float *factors = m_factors.empty() ? nullptr : m_factors.front().lane;
    Task task{rows,
              stride,
              m_centres.data(),
              factors,
              static_cast<int>(d),
              size(),
              static_cast<std::ptrdiff_t>(m_lines * kLanes),
              scratch.apart.data(),
              dist2};
    std::size_t row = 0;
    const auto next = [&](std::size_t rowsDone) {
        row += rowsDone;
        task.rows += static_cast<std::ptrdiff_t>(rowsDone) * stride;
        task.distance += static_cast<std::ptrdiff_t>(rowsDone) * task.count;
    };
    for (; row + kTogether <= count; next(kTogether))
        STATESCAPE_DISPATCH(four, task);
    for (; row < count; next(1))
        STATESCAPE_DISPATCH(one, task);
}

} // namespace statescape::ml
