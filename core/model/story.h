// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/ml/matrix.h"
#include "core/model/judge.h"

#include <span>
#include <string>
#include <vector>

namespace statescape::model {

/// What was found, for people, one sentence each, most important first: how many states, which are named by
/// labels, which two are one cloud cut in halves, which states one label covers, how many samples belong to
/// none, why this algorithm.
/// @param z n x d, scaled rows trained on @param answers n, index into judge.states, -1 for none
/// @param labels n, index into classes, -1 for none @error Cancelled
base::Result<std::vector<std::string>> storyOf(const Judge &judge, ml::MatrixView z,
                                               std::span<const int> answers, std::span<const int> labels,
                                               std::span<const LabelClass> classes,
                                               const base::Progress &progress = {});

} // namespace statescape::model
