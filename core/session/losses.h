// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/source/source.h"

#include <cstdint>
#include <map>
#include <string>

namespace statescape::session {

/// Turns a source's cumulative losses into what is new since the last look, by the kinds a session file
/// stores.
class LossLedger {
public:
    std::map<std::string, std::uint64_t> grown(const source::SourceStatus &status)
    {
        const std::map<std::string, std::uint64_t> now{
            {"gaps", status.gaps},
            {"task-collisions", status.losses.taskCollisions},
            {"read-failures", status.losses.readFailures},
            {"events-missed", status.losses.eventsMissed},
            {"entities-untold", status.losses.entitiesUntold},
        };
        std::map<std::string, std::uint64_t> fresh;
        for (const auto &[kind, count] : now) {
            auto &stored = m_stored[kind];
            // A restarted helper counts from zero again.
            if (const std::uint64_t more = count >= stored ? count - stored : count; more != 0)
                fresh[kind] = more;
            stored = count;
        }
        return fresh;
    }

private:
    std::map<std::string, std::uint64_t> m_stored;
};

} // namespace statescape::session
