// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/model/compare.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace statescape::model {

/// "block queue p99 > 18.4 ms". A missing value fulfils no term.
struct RuleTerm {
    int column = 0;
    bool above = true; ///< else at or below
    double threshold =
        0; ///< in the feature's unit, rounded to as few digits as keep the same rows on each side
};

/// A conjunction of at most three terms that tells the selected from the others.
struct Rule {
    std::vector<RuleTerm> terms;
    double precision = 0, recall = 0, f1 = 0; ///< 0..1, over every row that is not left out
    std::uint64_t covered = 0;                ///< rows it holds for

    [[nodiscard]] bool holds(std::span<const float> row) const;
};

struct RuleOptions {
    int maxTerms = 3;    ///< 1..3
    double gain = 0.01;  ///< a further term must raise F1 by this much
    int candidates = 12; ///< features read for every row, 3 and above: those of the best conjunctions found
                         ///< on a sample of at most 10,000 rows a side, where every feature is looked at
};

/// The conjunction with the best F1 that a beam search over quantile thresholds finds; measured on every row
/// given, not on a sample. Deterministic. Stops within 100 ms when asked and then finds nothing.
/// @return nothing when a side is empty or no term beats the F1 of saying "all of them" by RuleOptions::gain.
std::optional<Rule> findRule(const schema::Schema &schema, ml::MatrixView x, std::span<const Side> sides,
                             const RuleOptions &options = {}, const base::Progress &progress = {});

} // namespace statescape::model
