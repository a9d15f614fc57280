// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/model/judge.h"

#include <string>
#include <vector>

namespace statescape::model {

/// Labels of more rows than a person labelled, where the samples speak clearly; else only theirs.
struct SpreadLabels {
    std::vector<int> classOf; ///< n, index into JudgeInput::classes or -1; given labels are never changed
    std::vector<std::string> notes;
};

/// For two classes or more with at most 50 labels each on average, of at most half of the rows; otherwise
/// the labels come back as they are (one class alone would take everything). Labels pass through a graph of
/// near rows in the space where classes are round, twice: the second time that space is known from the rows
/// reached by the first. Rows that the graph does not lead to from a label, and rows much farther from their
/// neighbours than those are from theirs, stay without; so do all but 5,000 rows of a larger input. A class
/// that nobody labelled is left out only where it lies apart: one that touches labelled ones is taken by
/// them. O(m^2 d) at worst, m at most 5,000. Same input and seed: the same answer.
/// @param in z finite
/// @error Cancelled; InvalidArgument a value that is not finite
/// @source Zhou, Bousquet, Lal, Weston & Schoelkopf 2004 (ml::propagateLabels)
base::Result<SpreadLabels> spreadLabels(const JudgeInput &in, std::uint64_t seed,
                                        const base::Progress &progress = {});

} // namespace statescape::model
