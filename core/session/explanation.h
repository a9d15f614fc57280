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

/// Adds why the rows on one side differ from those on the other, their histograms and a rule. Differences
/// come from at most 20,000 rows a side; the rule is found on at most 100,000 and measured on all.
/// @param sides one a row
void explainDifferences(const feature::SampleLog::View &samples, std::span<const model::Side> sides,
                        Workspace::Explanation &out, const base::Progress &progress = {});

/// @return "block queue p99 > 18.4 ms and syscalls · fsync > 120 /s"
std::string ruleText(const model::Rule &rule, const schema::Schema &schema);

} // namespace statescape::session
