// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/workspace.h"

#include <cstdint>
#include <span>
#include <vector>

namespace statescape::session {

/// The part of an explanation that needs no statistics: when it was and who was running.
/// @param selected rows flagged non-zero; rows beyond its end are not selected
Workspace::Explanation describeSelection(const feature::SampleLog::View &samples,
                                         std::span<const std::uint8_t> selected);

/// Adds why the flagged rows differ from the rest. Large sessions are thinned to 20,000 rows a side.
void explainDifferences(const feature::SampleLog::View &samples, std::span<const std::uint8_t> selected,
                        Workspace::Explanation &out);

} // namespace statescape::session
