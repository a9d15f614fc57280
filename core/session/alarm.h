// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/model.h"

#include <cstdint>
#include <optional>
#include <string>

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
};

/// Follows scores one by one. Not thread-safe.
class AlarmWatch {
public:
    explicit AlarmWatch(AlarmRule rule)
        : m_rule(rule)
    {}
    /// @return true when this sample raises the alarm (not while it lasts).
    bool add(std::uint64_t timeNs, const model::Score &score, const model::Model &model);
    /// @return the alarm that is up now, if any.
    [[nodiscard]] const std::optional<Alarm> &current() const { return m_alarm; }
    /// @return whether @p score is bad by @p rule.
    static bool isBad(const AlarmRule &rule, const model::Score &score);

private:
    AlarmRule m_rule;
    std::uint64_t m_run = 0;
    std::uint64_t m_sinceNs = 0;
    std::vector<std::uint64_t> m_votes; ///< by state, last is unknown
    std::optional<Alarm> m_alarm;
};

} // namespace statescape::session
