// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bpf/loader.h"
#include "core/base/fd.h"
#include "core/wire/messages.h"

#include <vector>

namespace statescape::bpf {

/// A CPU that is in a task right now.
struct Running {
    std::uint32_t tid = 0;
    std::uint64_t sinceNs = 0;
};

/// Finds the processes that used most in an interval from the task table. Not thread-safe.
class TaskReader {
public:
    explicit TaskReader(const SharedMaps &maps);

    /// Forgets what was, so that the next read() covers only what comes from here on.
    void prime();
    /// Ends an interval. @param running the tasks on CPUs at @p nowNs, whose time no switch has booked yet
    /// @param[out] processes the union of the top users of CPU, I/O and system calls
    void read(std::uint64_t nowNs, const std::vector<Running> &running,
              std::vector<wire::ProcessUse> &processes);
    /// @return tasks whose waits or use went unmeasured for want of a cell or a list entry, cumulative.
    [[nodiscard]] std::uint64_t collisions() const;

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
    void addCell(std::uint32_t cell, std::uint64_t unbookedNs);
    void mergeByProcess();
    void report(std::vector<wire::ProcessUse> &processes);
    void nameOf(const Use &use, std::array<char, 16> &comm) const;

    const SharedMaps *m_maps;
    std::vector<Seen> m_seen;
    std::vector<Use> m_uses;
    std::vector<std::size_t> m_order;
    std::vector<std::size_t> m_chosen;
    base::Fd m_procDir; ///< invalid where /proc numbers processes unlike the kernel
};

} // namespace statescape::bpf
