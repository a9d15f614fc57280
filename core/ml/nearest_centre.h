// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/ml/matrix.h"
#include "core/ml/nearest_kernels.h"

#include <array>
#include <cstdint>
#include <vector>

namespace statescape::ml {

/// Nearest of some centres: the first of those with the lowest squared Euclidean distance as
/// kernel::distances() rounds it. A filter by scalar products decides nearly every row, and the rest are
/// measured that way, so the answer never depends on the CPU. O(k d) a row. set() apart, any thread.
class NearestCentre {
public:
    /// @param origin d; scores are measured from it, best where the rows' mean is
    /// @param isa up to kernel::bestIsa()
    NearestCentre(int columns, Eigen::VectorXd origin, kernel::Isa isa = kernel::bestIsa());
    /// @param centres k x d, k >= 1, finite
    void set(const Matrix &centres);

    struct Block {
        alignas(64) std::array<std::int32_t, kernel::kFilterRows> label;
        alignas(64) std::array<float, kernel::kFilterRows> upper; ///< at least the distance to the nearest
        alignas(64) std::array<float, kernel::kFilterRows> lower; ///< at most that to the second nearest
    };
    /// @param rows up to kFilterRows @param norm2 of each, from norms()
    /// @param bounds whether to fill upper and lower
    void find(const kernel::RowsView &rows, const float *norm2, bool bounds, Block &out) const;
    /// As find() with norms() and without bounds, and much cheaper: what a whole block reaches proves nearly
    /// every row. @param rows all of count, without an index @param out label is filled
    void findLabels(const kernel::RowsView &rows, Block &out) const;
    /// Squared distance to the origin of @p count rows.
    void norms(const float *rows, std::ptrdiff_t stride, std::size_t count, float *norm2) const;
    /// @return by how much a distance must be lower than another for find() to choose it, as a factor.
    [[nodiscard]] float margin() const { return 1 + 4 * m_bounds.relative; }

private:
    void measure(const float *row, std::size_t i, bool bounds, Block &out) const;

    struct alignas(64) Line {
        float lane[16];
    };
    Eigen::VectorXd m_origin;
    std::vector<float> m_originFloat;
    kernel::Isa m_isa;
    kernel::PanelView m_view;
    kernel::FilterBounds m_bounds{};
    std::vector<Line> m_panels; ///< for the filter
    std::vector<Line> m_exact;  ///< 16 centres a line
};

/// @param x m x d @param centres k x d, k >= 1 @return nearest of each row, as NearestCentre finds it
std::vector<std::int32_t> nearestLabels(MatrixView x, const Matrix &centres);

} // namespace statescape::ml
