// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/model_facts.h"

#include <cstdint>
#include <span>
#include <vector>

/// Claims against what was seen.
namespace statescape::model {

/// Sets confidence and confidenceError. @param right of each answered row whether the answer was right
void measureConfidence(Quality &out, std::span<const std::uint8_t> right, std::span<const float> confidence);

/// Held-out rows known to be good.
struct GoodRows {
    std::vector<float> abnormality; ///< 0..1
    std::vector<int> block;         ///< of time, neighbours equal
};
/// Sets abnormality, abnormalityError, abnormalityChance and goodSamples. Chance is that of as many runs:
/// blocks of time are drawn anew with replacement, and their distribution compared with that of all.
/// @source Kuensch 1989 (block bootstrap)
void measureAbnormality(Quality &out, const GoodRows &good, std::uint64_t seed);

/// Sets auroc and auprc. @param bad 1 for rows labelled negative, 0 for good ones
void measureRanking(Quality &out, std::span<const std::uint8_t> bad, std::span<const float> abnormality);

} // namespace statescape::model
