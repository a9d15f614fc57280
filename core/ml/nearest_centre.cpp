// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/nearest_centre.h"

#include "core/ml/parallel.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace statescape::ml {
using Index = Eigen::Index;

namespace {
constexpr float kInfinity = std::numeric_limits<float>::infinity();
// A sum of squares in float over some thousand columns errs by less than the square of this.
constexpr float kSafety = 1.001F;
// Underflow may hide distances as short as this.
constexpr float kShortest = 1e-18F;
// Below this many multiply-adds, starting a thread costs more than it saves.
constexpr double kParallelWork = 4e6;
} // namespace

NearestCentre::NearestCentre(int columns, Eigen::VectorXd origin, kernel::Isa isa)
    : m_origin(std::move(origin))
    , m_isa(isa)
{
    m_originFloat.resize(static_cast<std::size_t>(columns));
    Eigen::VectorXf::Map(m_originFloat.data(), columns) = m_origin.cast<float>();
    m_view.columns = columns;
    m_view.lanes = kernel::filterLanes(m_isa);
    m_bounds.relative = 1.01F * static_cast<float>(columns + 4) * 0x1p-24F;
    m_bounds.origin = static_cast<float>(m_origin.norm() * (1 + 1e-6));
}

void NearestCentre::set(const Matrix &centres)
{
    const auto k = centres.rows();
    const Index d = m_view.columns;
    m_view.centres = static_cast<int>(k);
    const auto lanes = static_cast<std::size_t>(m_view.lanes);
    const auto wide = static_cast<std::size_t>(m_view.wide());
    const std::size_t values =
        lanes * (wide * m_view.wideLines() + (m_view.narrow() ? m_view.narrowLines() : 0));
    m_panels.assign((values + 15) / 16, {});
    m_exact.assign(static_cast<std::size_t>((k + 15) / 16 * d), {});
    auto *panels = &m_panels.data()->lane[0];
    m_view.data = panels;
    // Padding must never win.
    for (std::size_t p = 0; p < wide; ++p)
        std::fill_n(panels + p * lanes * m_view.wideLines(), lanes, kInfinity);
    float *last = panels + wide * lanes * m_view.wideLines();
    if (m_view.narrow())
        for (std::size_t l = 0; l < lanes; l += 2)
            last[l] = kInfinity;
    double reach2 = 0;
    double largest = 0;
    for (Index c = 0; c < k; ++c) {
        const Eigen::VectorXd centre = centres.row(c).transpose().cast<double>();
        const Eigen::VectorXd from = centre - m_origin;
        const double offset = 0.5 * from.dot(centre + m_origin);
        reach2 = std::max(reach2, from.squaredNorm());
        largest = std::max(largest, std::fabs(offset));
        const std::size_t panel = static_cast<std::size_t>(c) / lanes;
        const std::size_t lane = static_cast<std::size_t>(c) % lanes;
        float *to = panels + panel * lanes * m_view.wideLines();
        const bool narrow = panel >= wide;
        to[narrow ? 2 * lane : lane] = static_cast<float>(offset);
        for (Index j = 0; j < d; ++j) {
            const auto column = static_cast<std::size_t>(j);
            const auto value = static_cast<float>(from[j]);
            if (narrow)
                to[(1 + column / 2) * lanes + 2 * lane + column % 2] = value;
            else
                to[(1 + column) * lanes + lane] = value;
            m_exact[static_cast<std::size_t>(c / 16 * d + j)].lane[c % 16] = centres(c, j);
        }
    }
    m_bounds.reach = static_cast<float>(std::sqrt(reach2) * (1 + 1e-6));
    m_bounds.offset = static_cast<float>(largest * (1 + 1e-6));
}

void NearestCentre::norms(const float *rows, std::ptrdiff_t stride, std::size_t count, float *norm2) const
{
    kernel::squaredNorms(rows, stride, count, m_view.columns, m_origin.data(), norm2, m_isa);
}

void NearestCentre::find(const kernel::RowsView &rows, const float *norm2, bool bounds, Block &out) const
{
    alignas(64) float best[kernel::kFilterRows];
    alignas(64) float second[kernel::kFilterRows];
    std::uint8_t unsure[kernel::kFilterRows];
    kernel::nearestScores(rows, m_view, best, second, out.label.data(), m_isa);
    kernel::proveNearest(best, second, norm2, rows.count, m_bounds, unsure,
                         bounds ? out.upper.data() : nullptr, bounds ? out.lower.data() : nullptr, m_isa);
    for (std::size_t i = 0; i < rows.count; ++i)
        if (unsure[i] != 0)
            measure(rows.x +
                        static_cast<std::ptrdiff_t>(rows.index != nullptr ? rows.index[i] : i) * rows.stride,
                    i, bounds, out);
}

void NearestCentre::findLabels(const kernel::RowsView &rows, Block &out) const
{
    alignas(64) float best[kernel::kFilterRows];
    alignas(64) float second[kernel::kFilterRows];
    float norm2[kernel::kFilterRows];
    std::uint8_t unsure[kernel::kFilterRows];
    kernel::nearestScores(rows, m_view, best, second, out.label.data(), m_isa);
    // The origin was rounded too.
    const float slack = m_bounds.origin * 0x1p-23F;
    const float reach =
        std::sqrt(kernel::reachOf(rows, m_view.columns, m_originFloat.data(), m_isa)) * kSafety + slack;
    std::fill_n(norm2, rows.count, reach * reach + std::numeric_limits<float>::min());
    kernel::proveNearest(best, second, norm2, rows.count, m_bounds, unsure, nullptr, nullptr, m_isa);
    for (std::size_t i = 0; i < rows.count; ++i) {
        if (unsure[i] == 0)
            continue;
        const float *row = rows.x + static_cast<std::ptrdiff_t>(i) * rows.stride;
        norms(row, rows.stride, 1, norm2);
        kernel::proveNearest(best + i, second + i, norm2, 1, m_bounds, unsure + i, nullptr, nullptr, m_isa);
        if (unsure[i] != 0)
            measure(row, i, false, out);
    }
}

void NearestCentre::measure(const float *row, std::size_t i, bool bounds, Block &out) const
{
    constexpr int kPanels = 16;
    alignas(64) float dist2[16 * kPanels];
    float best = kInfinity;
    float second = kInfinity;
    std::int32_t label = 0;
    const int panels = (m_view.centres + 15) / 16;
    for (int from = 0; from < panels; from += kPanels) {
        const int count = std::min(kPanels, panels - from);
        kernel::distancesToPanels(
            row, m_view.columns,
            m_exact[static_cast<std::size_t>(from) * static_cast<std::size_t>(m_view.columns)].lane, count,
            dist2, m_isa);
        const int last = std::min(16 * count, m_view.centres - 16 * from);
        for (int c = 0; c < last; ++c) {
            if (dist2[c] < best) {
                second = best;
                best = dist2[c];
                label = 16 * from + c;
            } else if (dist2[c] < second) {
                second = dist2[c];
            }
        }
    }
    out.label[i] = label;
    if (!bounds)
        return;
    out.upper[i] = std::sqrt(best) * (1 + m_bounds.relative) + kShortest;
    // What overflowed is far, but not infinitely; a single centre has no second.
    const bool known = std::isfinite(second) || m_view.centres == 1;
    out.lower[i] = known ? std::max(0.0F, std::sqrt(second) * (1 - m_bounds.relative) - kShortest) : 0;
}

std::vector<std::int32_t> nearestLabels(MatrixView x, const Matrix &centres)
{
    NearestCentre nearest(static_cast<int>(x.cols()), centres.colwise().mean().cast<double>().transpose());
    nearest.set(centres);
    std::vector<std::int32_t> labels(static_cast<std::size_t>(x.rows()));
    constexpr auto kGroup = static_cast<Index>(kernel::kFilterRows);
    const int threads = static_cast<double>(x.rows()) * static_cast<double>(centres.size()) < kParallelWork
                            ? 1
                            : threadCount(0);
    // Some groups in a row, so that what is fetched ahead is ours.
    constexpr Index kRows = 8 * kGroup;
    forEachChunk(static_cast<std::size_t>((x.rows() + kRows - 1) / kRows), threads, [&](std::size_t chunk) {
        NearestCentre::Block block;
        const Index end = std::min((static_cast<Index>(chunk) + 1) * kRows, x.rows());
        for (Index from = static_cast<Index>(chunk) * kRows; from < end; from += kGroup) {
            const auto count = static_cast<std::size_t>(std::min(kGroup, end - from));
            nearest.findLabels({x.data() + from * x.outerStride(), x.outerStride(), nullptr, count}, block);
            std::copy_n(block.label.begin(), count, labels.begin() + from);
        }
    });
    return labels;
}

} // namespace statescape::ml
