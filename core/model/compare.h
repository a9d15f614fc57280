// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/units.h"
#include "core/ml/matrix.h"
#include "core/schema/schema.h"

#include <cstdint>
#include <span>
#include <vector>

namespace statescape::model {

/// How one feature differs between selected samples and others. Says "differs", never "causes".
struct Difference {
    int column = 0;
    double effect = 0; ///< (median selected - median others) / pooled MAD * 1.4826 on the transformed scale;
                       ///< robust sigmas
    double medianSelected = 0;                     ///< in the feature's unit
    double medianOthers = 0;                       ///< in the feature's unit
    double cliffsDelta = 0;                        ///< -1..1
    double missingSelected = 0, missingOthers = 0; ///< shares 0..1
};

/// @param x n x schema.size() @param selected n flags, non-zero is selected
/// @return one row per feature with at least 3 values on both sides, largest |effect| first. Rows beyond
/// 20,000 a side are sampled.
std::vector<Difference> whyDifferent(const schema::Schema &schema, ml::MatrixView x,
                                     std::span<const std::uint8_t> selected);

} // namespace statescape::model
