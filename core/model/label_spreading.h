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

/// For few labels among many samples. A row takes a class only when that is surer than leaving it out: rows
/// far from every label stay without.
/// @error Cancelled
base::Result<SpreadLabels> spreadLabels(const JudgeInput &in, std::uint64_t seed,
                                        const base::Progress &progress = {});

} // namespace statescape::model
