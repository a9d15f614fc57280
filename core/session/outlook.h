// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/snapshot.h"

#include <cstddef>
#include <optional>
#include <span>

namespace statescape::session {

/// Scores an outlook looks at; older habits of the machine say little about the next seconds.
inline constexpr std::size_t kOutlookScores = 4000;

/// Of a session about several entities: whose each score is.
struct Whose {
    std::span<const std::uint32_t> entities; ///< one a score; empty: all of one
    std::size_t newest = 1;                  ///< scores of the newest interval, at the end
};

/// With several entities states follow each other within one of them only, and the outlook is that of the one
/// most likely to turn bad.
/// @param scores in time order; the newest kOutlookScores count @param intervalNs nominal interval
/// @return what is likely to come within 40 intervals; nothing with fewer than 40 scores or no negative state
std::optional<Outlook> outlookOf(const model::Model &model, std::span<const model::Score> scores,
                                 const AlarmRule &rule, std::uint64_t intervalNs, const Whose &whose = {});

} // namespace statescape::session
