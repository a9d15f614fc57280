// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/ml/matrix.h"

#include <cstdint>
#include <vector>

namespace statescape::ml {

/// @return log1p(value) for value >= 0, mirrored below 0, so that order and sign survive.
float signedLog1p(float value);
/// @return the inverse of signedLog1p().
double signedExpm1(double value);

enum class ScaleKind : std::uint8_t {
    Standard, ///< mean and population standard deviation
    Robust,   ///< median and 1.4826 MAD; where that is 0, IQR / 1.349; where that is 0 too, the standard
              ///< deviation
};

/// What one column is shifted and divided by.
struct ColumnScale {
    double centre = 0;
    double scale = 1;             ///< > 0; 1 for a constant column
    double standardDeviation = 0; ///< of the population, whatever the kind
    std::uint64_t present = 0;    ///< values that were not NaN
    bool constant = false;        ///< all present values equal, or none present
};

/// Shift and scale of each column. Immutable; any thread.
class ColumnScaler {
public:
    /// NaN values are left out column by column. O(n d).
    /// @param x n x d @error NotEnoughData n or d is 0; InvalidArgument an infinity, naming row and column
    static base::Result<ColumnScaler> fit(MatrixView x, ScaleKind kind);

    [[nodiscard]] const std::vector<ColumnScale> &columns() const { return m_columns; }
    /// @param x n x d as fitted @return n x d; NaN stays NaN. @error InvalidArgument another number of
    /// columns
    [[nodiscard]] base::Result<Matrix> transform(MatrixView x) const;

private:
    explicit ColumnScaler(std::vector<ColumnScale> columns)
        : m_columns(std::move(columns))
    {}
    std::vector<ColumnScale> m_columns;
};

/// Scale of one column's present values. Reorders @p values. @param values finite
ColumnScale fitColumn(std::vector<float> &values, ScaleKind kind);

} // namespace statescape::ml
