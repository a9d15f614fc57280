// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/snapshot.h"

#include <span>
#include <vector>

namespace statescape::session {

/// @return a flag a row; runs beyond @p rows are cut off. Empty without runs.
Rows maskOf(std::span<const store::RowRun> runs, std::size_t rows);
/// @return the stretches of flagged rows, sorted, apart.
std::vector<store::RowRun> runsOf(const std::vector<std::uint8_t> &mask);

} // namespace statescape::session
