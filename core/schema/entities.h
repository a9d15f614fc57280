// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/schema/schema.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

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
/// @return the probes that these columns come from, and the process probe, which knows names after exec.
std::uint64_t entityProbes();
/// @return how an entity is named to people, and in CSV files: "postgres [4711]" for a process, a cgroup's
/// own name.
std::string entityText(EntityKind kind, std::uint64_t id, const std::string &name);
/// @param kind Process or Cgroup
std::shared_ptr<const Schema> entitySchema(EntityKind kind);

} // namespace statescape::schema
