// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/snapshot.h"

#include <optional>
#include <vector>

namespace statescape::session {

/// @param scores the session's scores in time order; the newest 4,000 count @param intervalNs nominal
/// interval
/// @return what is likely to come within 40 intervals; nothing with fewer than 40 scores or no negative state
std::optional<Outlook> outlookOf(const model::Model &model, const std::vector<model::Score> &scores,
                                 const AlarmRule &rule, std::uint64_t intervalNs);

} // namespace statescape::session
