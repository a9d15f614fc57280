// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/model.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace statescape::session {

/// When a run of samples becomes an alarm.
struct AlarmRule {
    int run = 3; ///< samples in a row, 1..1000
    bool unknownCounts =
        true; ///< unknown is as bad as negative; a sample too incomplete to be judged is neither
    float abnormality = 1.0F; ///< also bad at or above this abnormality; 1 switches it off
};

/// A raised alarm. It ends with the first good sample.
struct Alarm {
    std::uint64_t sinceNs = 0;  ///< time of the run's first sample
    std::uint64_t raisedNs = 0; ///< time of the sample that completed the run
    std::uint64_t samples = 0;  ///< in the run so far
    std::string state;          ///< most frequent state of the run, or "unknown"
    std::uint32_t entity = 0;   ///< whom it is about
    std::uint64_t others = 0;   ///< more entities that have an alarm at this time
};

/// Follows scores one by one, each entity by itself: a run is a run of one of them. Not thread-safe.
class AlarmWatch {
public:
    explicit AlarmWatch(AlarmRule rule)
        : m_rule(rule)
    {}
    /// @param timeNs not before the last one; an entity that is not there for an interval has no run any more
    /// @return true when this sample raises an alarm (not while that lasts).
    bool add(std::uint64_t timeNs, const model::Score &score, const model::Model &model,
             std::uint32_t entity = 0);
    /// @return the alarm that is up now, if any; of several the one raised first.
    [[nodiscard]] std::optional<Alarm> current() const;
    /// @return the alarm of this entity, if any.
    [[nodiscard]] std::optional<Alarm> of(std::uint32_t entity) const;
    /// @return whether @p score is bad by @p rule.
    static bool isBad(const AlarmRule &rule, const model::Score &score);

private:
    struct Run {
        std::uint64_t length = 0;
        std::uint64_t sinceNs = 0;
        std::uint64_t lastNs = 0;
        std::vector<std::uint64_t> votes; ///< by state, last is unknown
        std::optional<Alarm> alarm;
    };
    void endThoseGone(std::uint64_t timeNs);

    AlarmRule m_rule;
    std::uint64_t m_nowNs = 0;
    std::map<std::uint32_t, Run> m_runs; ///< by entity
};

} // namespace statescape::session
