// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/ml/matrix.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

/// The hot loops. Each is compiled for several instruction sets; sums run in one fixed order without fused
/// multiply-add, so every version gives the same bits.
namespace statescape::ml::kernel {

enum class Isa : std::uint8_t { Baseline, Avx2, Avx512 };
/// @return the widest this CPU has, with what its compilers expect beside it.
Isa bestIsa();

/// Rows of one tile.
inline constexpr int kLanes = 16;

/// Rows packed in tiles of 16: tile t, feature j, lane l is row 16 t + l. Lanes past the last row are 0.
class Tiles {
public:
    Tiles() = default;
    /// @param stopped asked now and then; once true the rest stays 0
    explicit Tiles(MatrixView x, const std::function<bool()> &stopped = {});
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

/// Adds @p weight times each row to the sums of @p to and takes it from those of @p from (below 0: from
/// nowhere).
/// @param index count row numbers @param from, to count values, by position in @p index @param weight null
/// (all 1) or by row
void moveRows(const float *rows, std::ptrdiff_t stride, const std::uint32_t *index, std::size_t count,
              int columns, const std::int32_t *from, const std::int32_t *to, const float *weight,
              double *sums, Isa isa);

/// Squared distances of rows to @p origin in double, rounded to float. @param norm2 count values
void squaredNorms(const float *rows, std::ptrdiff_t stride, std::size_t count, int columns,
                  const double *origin, float *norm2, Isa isa);

/// @return sum of squared distances of rows to the centre of their label, times their weight, in double.
/// @param weight null (all 1) or count values
double scatter(const float *rows, std::ptrdiff_t stride, std::size_t count, int columns,
               const std::int32_t *label, const float *centres, const float *weight, Isa isa);

/// @return whether no value is NaN or infinite.
bool allFinite(const float *values, std::size_t count, Isa isa);

/// Lowers @p current by the squared distances to each of @p m candidates (m x columns), held below float's
/// largest, and sums what comes out. All values of the padding must be 0 in @p current.
/// @param lowered m outputs of 16 * tileCount values @param sums m @param weight null or 16 * tileCount
void lowerBy(const float *tiles, std::size_t tileCount, int columns, const float *candidates, int m,
             const float *current, const float *weight, float *const *lowered, double *sums, Isa isa);

/// Squared distances of one row to packed centres: the same bits as distances() gives the other way round.
/// @param panels 16 centres a line, columns lines a panel @param dist2 16 a panel
void distancesToPanels(const float *row, int columns, const float *panels, int panelCount, float *dist2,
                       Isa isa);

/// Adds block^T block to the upper triangle of @p sums, in whole 4 x 16 patches.
/// @param block rows x stride, stride a multiple of 16, padded with 0 @param sums stride x stride
void addCrossProducts(const double *block, int rows, int stride, double *sums, Isa isa);

} // namespace statescape::ml::kernel
