// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/ml/matrix.h"
#include "core/ml/scaler.h"
#include "core/ml/scorer.h"
#include "core/schema/schema.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace statescape::model {

/// Scaled values beyond this are cut, so that one burst cannot shrink the picture or drag a centre away.
inline constexpr float kClip = 8;

/// One feature on its way into the scaled space.
struct PreparedColumn {
    schema::Feature feature;
    float low = 0;     ///< stands in for "no events": 1st percentile of the present values, transformed scale
    float median = 0;  ///< stands in for every other missing value, transformed scale
    double centre = 0; ///< transformed scale
    double scale = 1;  ///< > 0, transformed scale
};

/// log1p where the catalogue says so, imputation by the reason a value is missing, scaling, clipping to
/// +-kClip. Immutable.
class Preparer {
public:
    struct Fit;
    /// What to do where no column varies: nothing can be told apart, but what is unlike all rows can.
    enum class WhenConstant : std::uint8_t { Refuse, Keep };
    /// Leaves out columns that are constant or missing in more than 90 % of rows, and rows in which more than
    /// half of the remaining columns are missing (warm-up, counter resets, suspends, CPU changes); infinities
    /// count as missing.
    /// @param x n x schema.size() @param columns of the schema, each once
    /// @error NotEnoughData no row or no varying column is left; Cancelled
    static base::Result<Fit> fit(const schema::Schema &schema, ml::MatrixView x, std::span<const int> columns,
                                 ml::ScaleKind kind, const base::Progress &progress = {},
                                 WhenConstant constant = WhenConstant::Refuse);
    explicit Preparer(std::vector<PreparedColumn> columns);

    [[nodiscard]] const std::vector<PreparedColumn> &columns() const { return m_columns; }
    [[nodiscard]] const std::vector<schema::Feature> &features() const { return m_features; }
    [[nodiscard]] int size() const { return static_cast<int>(m_columns.size()); }
    /// @param row schema.size() values @param columns size() indices into @p row, -1 for a feature the schema
    /// lacks
    /// @param out size() values @return false when more than half of the values are missing for want of a
    /// measurement; a value missing for want of events (a latency of nothing) is known to be quiet and does
    /// not count.
    bool apply(std::span<const float> row, std::span<const int> columns, std::span<float> out) const;
    /// @return indices of the features in @p schema, -1 where it lacks one or has it in another unit.
    [[nodiscard]] std::vector<int> locate(const schema::Schema &schema) const;

private:
    std::vector<PreparedColumn> m_columns;
    std::vector<schema::Feature> m_features;
    ml::RowScaler m_scaler;
    std::vector<float> m_quiet, m_missing; ///< what stands in for missing values, scaled
};

struct Preparer::Fit {
    Preparer preparer;
    std::vector<int> columns;        ///< of the schema, one per prepared column
    std::vector<std::uint32_t> rows; ///< of x, usable ones in order
    std::vector<std::string> notes;  ///< what was left out and why
};

/// @return columns a model or picture uses when nobody names any: all but drifting levels. Imported columns
/// have no probe and are used whatever their kind.
std::vector<int> usableColumns(const schema::Schema &schema, bool includeLevels);

/// A spread below this is noise whatever the data say: a nearly constant column must not be blown up to unit
/// variance.
/// @param centre of the column @return scale on the transformed (log1p) axis, 0 and above
double leastScale(const schema::Feature &feature, double centre);

} // namespace statescape::model
