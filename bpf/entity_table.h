// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/schema/entities.h"
#include "core/wire/messages.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace statescape::bpf {

/// The words of a reading that the kernel's task table gives: EntitySlot::OnCpuNs to WriteBytes.
inline constexpr std::size_t kTaskWords = static_cast<std::size_t>(schema::EntitySlot::WriteBytes) + 1;

/// What one task did in an interval.
struct TaskUse {
    std::uint32_t tgid = 0;
    std::uint32_t cell = 0; ///< in the task table
    std::uint64_t cgroup = 0;
    std::uint64_t processStartNs = 0; ///< CLOCK_BOOTTIME
    std::array<std::uint64_t, kTaskWords> grown{};
    bool again = false; ///< was told of in this interval before
};

/// A process or cgroup, and somebody in it to ask about it.
struct EntityKey {
    std::uint64_t id = 0;      ///< process id or cgroup id
    std::uint64_t startNs = 0; ///< of a process; tells those apart that had one number
    std::uint32_t member = 0;  ///< a process that was active in it
    std::uint32_t cell = 0;    ///< of one of its tasks
};

/// What is to be learned of an entity outside the task table.
class EntityFacts {
public:
    virtual ~EntityFacts() = default;
    /// Called before the look() of each interval.
    virtual void begin() = 0;
    /// @param[in,out] name better known now, or as it was @param[in,out] words MinorFaults, MajorFaults and
    /// ResidentBytes are set where they can be read
    /// @return false when the entity is gone
    virtual bool look(const EntityKey &key, std::string &name,
                      std::array<std::uint64_t, schema::kEntitySlotCount> &words) = 0;
};

/// Sums what tasks did by process or by cgroup and chooses whom to tell of. Not thread-safe.
/// Told are the most active by a rank that decays over seconds: one comes in among the first `top` and goes
/// when it has fallen behind 1.5 top or was idle for long; one that is gone goes after its last reading. The
/// words of a reading count from the beginning of the interval in which its entity came in.
class EntityTable {
public:
    struct Limits {
        std::size_t top = 24; ///< 1.5 top at most wire::kMaxEntities
        std::size_t known = 4096;
        std::uint64_t idleNs = 10'000'000'000;
    };
    EntityTable(schema::EntityKind kind, Limits limits);
    explicit EntityTable(schema::EntityKind kind)
        : EntityTable(kind, Limits{})
    {}

    /// Forgets who was told, so that the next reading begins at @p nowNs. Numbers stay.
    void prime(std::uint64_t nowNs);
    void add(const TaskUse &use);
    /// Ends the interval. @param[out] readings by number
    void finish(std::uint64_t nowNs, EntityFacts &facts, std::vector<wire::EntityReading> &readings);
    /// @return readings of entities that were active and not told, cumulative.
    [[nodiscard]] std::uint64_t untold() const { return m_untold; }
    [[nodiscard]] std::size_t known() const { return m_known.size(); }

private:
    struct Key {
        std::uint64_t id, startNs;
        bool operator==(const Key &) const = default;
    };
    struct Hash {
        std::size_t operator()(const Key &key) const
        {
            return static_cast<std::size_t>((key.id * 0x9e3779b97f4a7c15U) ^
                                            (key.startNs * 0xc2b2ae3d27d4eb4fU));
        }
    };
    struct Entity {
        EntityKey key;
        std::uint32_t number = 0; ///< 0 before it was told for the first time
        bool told = false;
        bool gone = false; ///< what it did while it ended still comes
        double rank = 0;
        std::uint64_t activeNs = 0;                    ///< end of the last interval in which it did something
        std::uint32_t tasks = 0;                       ///< active in this interval
        std::array<std::uint64_t, kTaskWords> grown{}; ///< in this interval
        std::array<std::uint64_t, schema::kEntitySlotCount> words{};
        std::string name;
    };
    Entity *find(const TaskUse &use);
    bool makeRoom();
    void erase(std::size_t at);
    void rankAll(double seconds, std::uint64_t nowNs);
    void choose(std::uint64_t nowNs);
    static double activity(const Entity &entity);

    schema::EntityKind m_kind;
    Limits m_limits;
    std::vector<Entity> m_known;
    std::unordered_map<Key, std::size_t, Hash> m_index;
    std::vector<std::size_t> m_order;
    std::uint64_t m_sinceNs = 0; ///< end of the interval before
    std::uint32_t m_lastNumber = 0;
    std::uint64_t m_untold = 0;
};

} // namespace statescape::bpf
