// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/feature/feature_frame.h"
#include "core/schema/entities.h"

#include <cstdint>
#include <map>
#include <set>
#include <utility>

namespace statescape::session {

/// Who is who in a session: gives each process or cgroup that a source tells of its place in the session's
/// list. Not thread-safe.
class EntityRoll {
public:
    /// @param known of the session so far
    explicit EntityRoll(schema::Entities known = schema::Entities(1));

    /// Sets frame.entity. One that an earlier run of the source told of by the same id and name is the same
    /// one.
    /// @return whether the list has changed but for the times
    bool place(feature::FeatureFrame &frame);
    /// @return at least the host.
    [[nodiscard]] const schema::Entities &entities() const { return m_entities; }

private:
    using Source = std::pair<std::uint64_t, std::uint32_t>; ///< run and number there
    std::uint32_t find(const feature::Subject &about);

    schema::Entities m_entities;
    std::map<Source, std::uint32_t> m_places;
    std::multimap<std::pair<std::uint64_t, std::string>, std::uint32_t> m_byName; ///< of earlier runs
    std::uint64_t m_run = 0;
};

} // namespace statescape::session
