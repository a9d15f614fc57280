// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/ml/matrix.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace statescape::ml {

/// Each column onto its share of values below, 0..1, by straight lines between fitted quantiles. Order is
/// kept, outliers cannot stretch it. Immutable; any thread.
/// @source as scikit-learn QuantileTransformer(output_distribution="uniform")
class QuantileScaler {
public:
    /// NaN values are left out column by column. O(n d log n)
    /// @param x n x d @param quantiles 2 and above; at most n are used
    /// @error NotEnoughData n or d is 0; InvalidArgument quantiles, or an infinity
    static base::Result<QuantileScaler> fit(MatrixView x, int quantiles = 1000);
    /// @return n x d, NaN stays NaN; a column without values becomes NaN. @error InvalidArgument another
    /// number of columns
    [[nodiscard]] base::Result<Matrix> transform(MatrixView x) const;

private:
    explicit QuantileScaler(std::vector<std::vector<float>> quantiles)
        : m_quantiles(std::move(quantiles))
    {}
    std::vector<std::vector<float>> m_quantiles; ///< per column, rising
};

/// What stands in for a value that is missing. Values that are not finite are missing.
enum class Missing : std::uint8_t {
    DropRow,
    Median,    ///< of the column's present values
    Indicator, ///< median, and a further column that is 1 where it was missing
};

struct FilledRows {
    Matrix x;                        ///< no value is missing
    std::vector<std::uint32_t> rows; ///< of the input, in order
    std::vector<int> columns;       ///< of the input; -1 - c for the indicator of column c, behind all others
    std::vector<std::string> notes; ///< what was dropped or filled, one line each
};
/// Columns without any value are left out whatever their rule, and columns that would need no indicator get
/// none. O(n d)
/// @param x n x d @param rules d, or one for all @error InvalidArgument rules of another number;
/// NotEnoughData nothing is left
base::Result<FilledRows> fillMissing(MatrixView x, std::span<const Missing> rules);

/// @return columns whose values that are not NaN are all equal, or that have none, rising.
std::vector<int> constantColumns(MatrixView x);

struct NearDuplicate {
    int first = 0, second = 0; ///< columns, first < second
    double correlation = 0;    ///< Pearson's, -1..1
};
/// Pairs of columns whose |correlation| is at least @p least, the closest first. Constant columns pair with
/// none. O(n d^2)
/// @param x n x d, finite @error NotEnoughData n < 3; InvalidArgument; Cancelled
base::Result<std::vector<NearDuplicate>> nearDuplicates(MatrixView x, double least = 0.999,
                                                        const base::Progress &progress = {});
/// @return one sentence naming the pair, for a note. @param names of all columns
std::string sentenceOf(const NearDuplicate &pair, std::span<const std::string> names);

} // namespace statescape::ml
