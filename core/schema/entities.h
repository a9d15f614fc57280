// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/schema/schema.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

/// What is known of a process or a cgroup in each interval, and the features that follow.
namespace statescape::schema {

/// Words of one entity's reading, cumulative (see wire::EntityReading) unless it says level. The wire's
/// order: append only.
enum class EntitySlot : std::uint8_t {
    OnCpuNs,
    RunqNs,
    BlockedNs,
    Switches,
    Involuntary,
    Wakeups,
    Syscalls,
    FailedSyscalls,
    ReadBytes,     ///< block I/O
    WriteBytes,    ///< block I/O
    MinorFaults,   ///< from /proc, missing word ~0 where it cannot be read
    MajorFaults,   ///< from /proc
    ResidentBytes, ///< level, from /proc
    Threads,       ///< level: tasks active in the interval
    kCount
};
inline constexpr std::size_t kEntitySlotCount = static_cast<std::size_t>(EntitySlot::kCount);
/// A word that could not be had.
inline constexpr std::uint64_t kNoWord = ~std::uint64_t{0};

struct EntityFeature {
    Feature feature;
    Derivation derivation = Derivation::Rate; ///< Rate, ShareOfTime (of ns, % of one CPU), TimeAverage, Gauge
    EntitySlot slot = EntitySlot::OnCpuNs;
    EntitySlot whole = EntitySlot::kCount; ///< Quotient: 100 * slot / whole
};
/// @return the columns of a session about processes or cgroups.
std::span<const EntityFeature> entityFeatures();
/// Whom samples of a session are about. A sample's entity is an index into the session's list of these, whose
/// first one stands for the host.
struct Entity {
    std::uint64_t id = 0; ///< process id, cgroup id; 0 of the host and where a file knows none
    std::string name;
    std::uint64_t firstNs = 0, lastNs = 0; ///< time of its first and last sample
    bool operator==(const Entity &) const = default;
};
using Entities = std::vector<Entity>;

/// @return the probes that these columns come from, and the process probe, which knows names after exec.
std::uint64_t entityProbes();
/// @return how an entity is named to people, and in CSV files: "postgres [4711]" for a process, a cgroup's
/// own name.
std::string entityText(EntityKind kind, std::uint64_t id, const std::string &name);
/// @return entityText() of entity @p index of a session: "host" of the first, "#7" of one it knows nothing
/// of.
std::string entityText(EntityKind kind, const Entities &entities, std::uint32_t index);
/// @param kind Process or Cgroup
std::shared_ptr<const Schema> entitySchema(EntityKind kind);

} // namespace statescape::schema
