// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/schema/plan.h"
#include "tests/helper/helper_client.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

/// The real helper observing a plan, and what its counters gained while something happened.
class Observed {
public:
    /// @param program the helper @param uid becomes this user first when not 0
    Observed(const std::string &program, const statescape::schema::ProbePlan &plan, uid_t uid = 0);

    /// @return what the helper said first; nothing when it ended instead, see problem().
    [[nodiscard]] const std::optional<statescape::wire::Hello> &hello() const { return m_hello; }
    [[nodiscard]] const std::string &problem() const { return m_problem; }
    [[nodiscard]] const statescape::schema::Layout &layout() const { return m_layout; }
    [[nodiscard]] statescape::wire::ProbeState state(statescape::schema::Probe probe) const;

    /// @return how the helper ended, for a message; or that it runs.
    [[nodiscard]] std::string ending();

    /// Begins to count. @return false when the helper no longer sends.
    bool begin();
    /// Ends counting with a sample taken after now.
    bool end();
    [[nodiscard]] std::uint64_t gained(statescape::schema::Slot slot) const;
    /// @return what word @p slot of the plan's user probe @p i gained; a histogram's buckets are summed.
    [[nodiscard]] std::uint64_t gained(std::size_t i, std::size_t slot) const;
    /// @return events that no probe took in meanwhile, as the samples say.
    [[nodiscard]] std::uint64_t missed() const
    {
        return m_after.losses.eventsMissed - m_before.losses.eventsMissed;
    }
    [[nodiscard]] const statescape::wire::RawSample &last() const { return m_after; }
    [[nodiscard]] HelperClient &client() { return *m_client; }

private:
    bool sampleAfterNow(statescape::wire::RawSample &sample);
    [[nodiscard]] std::uint64_t sum(std::size_t word, statescape::schema::SlotKind kind) const;
    statescape::schema::Layout m_layout;
    std::unique_ptr<HelperClient> m_client;
    std::optional<statescape::wire::Hello> m_hello;
    std::string m_problem;
    statescape::wire::RawSample m_before;
    statescape::wire::RawSample m_after;
};
