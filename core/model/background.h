// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/model/judge.h"

#include <string>
#include <vector>

namespace statescape::model {

/// A class for the samples that nobody labelled, where a person labelled only what is bad, or one class
/// alone: without a rival that class would take everything within its reach.
struct Background {
    std::vector<LabelClass> classes; ///< those given, and the background as the last
    std::vector<int> classOf;        ///< n, index into classes or -1
    std::string note;
};
inline constexpr const char *kBackgroundName = "rest";

/// @return whether a background is needed: nothing is labelled good, and what is labelled is all bad or one
/// class, and there are samples without a label.
bool needsBackground(const JudgeInput &in);

/// Unlabelled samples nearer to the labelled ones than to the half of the samples farthest from every label
/// stay without a class: they may be more of the same. At most 20,000 rows become background.
/// O(min(n, 20000)^2 d) at worst. @error Cancelled
base::Result<Background> backgroundOf(const JudgeInput &in, std::uint64_t seed,
                                      const base::Progress &progress = {});

} // namespace statescape::model
