// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/store/runs.h"

#include <cstdint>
#include <span>
#include <vector>

/// Labels and selections as sorted runs, changed by merging: never one value per sample.
namespace statescape::store {

/// What a change of labels does to the labels there are.
struct Relabelled {
    std::vector<LabelRun> labels;   ///< afterwards
    std::vector<ChangeRun> changes; ///< what really changed, with what was there before
};
/// @param wanted only its `after` counts. @pre both sorted, apart
Relabelled relabel(std::span<const LabelRun> present, std::span<const ChangeRun> wanted);

/// @return the way back: before and after swapped, what changes nothing left out, neighbours joined.
std::vector<ChangeRun> reversed(std::span<const ChangeRun> changes);
/// @return what changes nothing left out, neighbours joined.
std::vector<ChangeRun> joined(std::span<const ChangeRun> changes);
bool same(std::span<const ChangeRun> a, std::span<const ChangeRun> b);

/// @return runs of what Step::changes says: by row, of two for one row the later.
std::vector<ChangeRun> toRuns(std::span<const LabelChange> changes);

/// @return rows that are in one of both, neighbours joined. @pre both sorted, apart
std::vector<RowRun> symmetricDifference(std::span<const RowRun> a, std::span<const RowRun> b);
std::uint64_t countOf(std::span<const RowRun> runs);

/// @error InvalidArgument empty runs, runs out of order or beyond @p rows
base::Result<> checkRuns(std::span<const RowRun> runs, std::uint64_t rows);
/// @error InvalidArgument as above, or a class from @p classes on
base::Result<> checkRuns(std::span<const ChangeRun> runs, std::uint64_t rows, std::size_t classes);

} // namespace statescape::store
