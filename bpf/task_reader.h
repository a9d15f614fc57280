// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bpf/entity_facts.h"
#include "bpf/entity_table.h"
#include "bpf/loader.h"
#include "core/base/fd.h"
#include "core/wire/messages.h"

#include <memory>
#include <vector>

struct ss_task;

namespace statescape::bpf {

/// A CPU that is in a task right now.
struct Running {
    std::uint32_t tid = 0;
    std::uint64_t sinceNs = 0;
};

/// Reads the task table: which processes used most in an interval, and in a plan about processes or cgroups
/// what each of them did. Not thread-safe.
class TaskReader {
public:
    /// @param kind of the plan
    TaskReader(const SharedMaps &maps, schema::EntityKind kind);

    /// Forgets what was, so that the next read() covers only what comes from here on.
    void prime(std::uint64_t nowNs);
    /// Ends an interval of a plan about the host.
    /// @param running the tasks on CPUs at @p nowNs, whose time no switch has booked yet
    /// @param[out] processes the union of the top users of CPU, I/O and system calls
    void read(std::uint64_t nowNs, const std::vector<Running> &running,
              std::vector<wire::ProcessUse> &processes);
    /// Ends an interval of a plan about processes or cgroups.
    void read(std::uint64_t nowNs, const std::vector<Running> &running,
              std::vector<wire::EntityReading> &entities);
    /// @p probe comes or goes in the middle of an interval: what tasks did up to now is told or not by
    /// whether the probe that counted it stood, from now on by whether it does.
    /// @param running known when @p probe is the scheduler @param leaves goes
    void settle(std::uint64_t nowNs, const std::vector<Running> &running, schema::Probe probe, bool leaves);
    [[nodiscard]] bool perEntity() const { return m_entities != nullptr; }
    /// @return tasks whose waits or use went unmeasured for want of a cell or a list entry, cumulative.
    [[nodiscard]] std::uint64_t collisions() const;
    /// @return see wire::Losses::entitiesUntold.
    [[nodiscard]] std::uint64_t untold() const { return m_entities ? m_entities->untold() : 0; }

private:
    struct Seen {
        std::uint32_t tid = 0;
        std::uint64_t cpuNs = 0;
        std::uint64_t ioBytes = 0;
        std::uint64_t syscalls = 0;
    };
    struct Use {
        std::uint32_t tgid = 0;
        std::uint32_t cell = 0;
        std::uint64_t cpuNs = 0;
        std::uint64_t ioBytes = 0;
        std::uint64_t syscalls = 0;
    };
    /// What entities need of a task beside what hosts need.
    struct SeenMore {
        std::uint64_t startNs = 0;
        std::array<std::uint64_t, kTaskWords> words{};
        std::uint32_t interval = 0; ///< in which it was last told of
    };
    /// Begins the next epoch and calls @p add(cell, unbooked ns) for each that was active in the one before.
    template <class Add>
    void visit(std::uint64_t nowNs, const std::vector<Running> &running, Add add);
    void addCell(std::uint32_t cell, std::uint64_t unbookedNs);
    void addTask(std::uint32_t cell, std::uint64_t unbookedNs);
    /// @return by how much @p seen grew, 0 when the probe that counts it does not stand.
    std::uint64_t grown(std::uint64_t &seen, std::uint64_t now, schema::Probe counts) const;
    static std::array<std::uint64_t, kTaskWords> wordsOf(const ss_task &cell);
    void mergeByProcess();
    void report(std::vector<wire::ProcessUse> &processes);
    void nameOf(const Use &use, std::array<char, 16> &comm) const;

    const SharedMaps *m_maps;
    std::vector<Seen> m_seen;         ///< by cell; empty in a plan about entities
    std::vector<SeenMore> m_seenMore; ///< by cell; empty in a plan about the host
    std::unique_ptr<EntityTable> m_entities;
    std::unique_ptr<EntityFacts> m_facts;
    std::vector<Use> m_uses;
    std::vector<std::size_t> m_order;
    std::vector<std::size_t> m_chosen;
    std::uint64_t m_standing = ~std::uint64_t{0}; ///< probes that do
    bool m_schedulerLeaves = false;
    std::uint32_t m_interval = 1;
    base::Fd m_procDir; ///< invalid where /proc numbers processes unlike the kernel
};

} // namespace statescape::bpf
