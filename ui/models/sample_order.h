// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/snapshot.h"

#include <cstdint>
#include <stop_token>
#include <vector>

namespace statescape::ui {

/// Columns of the sample table; features follow.
enum SampleColumn : int { kTime, kState, kConfidence, kAbnormality, kLabel, kEntity, kFirstFeature };

/// @param column a SampleColumn but kTime, which rows are in order of, or kFirstFeature + schema column
/// @return every row in order of the column's values (names by the alphabet); missing ones, unlabelled ones
/// and those without a score last whichever the direction, equal ones in order of time. Empty when stopped.
/// @thread any
std::vector<std::uint32_t> sortedRows(const session::Snapshot &snapshot, int column, bool descending,
                                      const std::stop_token &stop = {});

} // namespace statescape::ui
