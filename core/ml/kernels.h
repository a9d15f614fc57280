// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/ml/matrix.h"

#include <cstddef>
#include <cstdint>
#include <vector>

/// The hot loops. Each is compiled for several instruction sets; sums run in one fixed order without fused
/// multiply-add, so every version gives the same bits.
namespace statescape::ml::kernel {

enum class Isa : std::uint8_t { Baseline, Avx2, Avx512 };
/// @return the widest this CPU has.
Isa bestIsa();

/// Rows of one tile.
inline constexpr int kLanes = 16;

/// Rows packed in tiles of 16: tile t, feature j, lane l is row 16 t + l. Lanes past the last row are 0.
class Tiles {
public:
    Tiles() = default;
    explicit Tiles(MatrixView x);
    [[nodiscard]] const float *tile(std::size_t t) const { return m_lines[t * m_columns].lane; }
    [[nodiscard]] std::size_t count() const { return (m_rows + kLanes - 1) / kLanes; }
    [[nodiscard]] std::size_t rows() const { return m_rows; }
    [[nodiscard]] int columns() const { return static_cast<int>(m_columns); }

private:
    struct alignas(64) Line {
        float lane[kLanes];
    };
    std::size_t m_rows = 0, m_columns = 0;
    std::vector<Line> m_lines;
};

/// Nearest of @p k centres for @p tileCount tiles. Ties go to the lower index.
/// @param centres k x columns, row-major @param label, dist2 16 * tileCount values; squared Euclidean
/// distance
void nearest(const float *tiles, std::size_t tileCount, int columns, const float *centres, int k,
             std::int32_t *label, float *dist2, Isa isa);

/// Squared distances of one row to all packed rows. @param dist2 16 * tileCount values
void distances(const float *tiles, std::size_t tileCount, int columns, const float *row, float *dist2,
               Isa isa);

/// Adds each row to the sums of its label, rows in order.
/// @param rows count x columns, @p stride values apart @param sums columns values for each label
void addRows(const float *rows, std::ptrdiff_t stride, std::size_t count, int columns,
             const std::int32_t *label, double *sums, Isa isa);

/// Adds block^T block to the upper triangle of @p sums, in whole 4 x 16 patches.
/// @param block rows x stride, stride a multiple of 16, padded with 0 @param sums stride x stride
void addCrossProducts(const double *block, int rows, int stride, double *sums, Isa isa);

} // namespace statescape::ml::kernel
