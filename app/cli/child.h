// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/fd.h"
#include "core/base/result.h"

#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace statescape::cli {

/// Takes INT, TERM, HUP, QUIT, USR1, USR2 and CHLD out of asynchronous delivery for the whole process:
/// construct before any thread.
class Signals {
public:
    Signals();
    ~Signals();
    Signals(const Signals &) = delete;
    Signals &operator=(const Signals &) = delete;

    /// @return the next signal, or nothing after @p timeoutNs.
    std::optional<int> wait(std::uint64_t timeoutNs);
    /// In a child between fork and exec: deliver as before.
    void restore() const;

private:
    sigset_t m_before{};
    base::Fd m_fd;
};

/// A command of the user's, run with this program's own standard streams.
class Child {
public:
    /// @error NotFound, NotPermitted: the command could not be started, with the shell's exit status
    /// convention left to the caller
    static base::Result<Child> start(const std::vector<std::string> &command, const Signals &signals,
                                     bool quiet = false, const std::vector<std::string> &environment = {});

    [[nodiscard]] pid_t pid() const { return m_pid; }
    /// @param group true: the child's whole process group
    void signal(int number, bool group = false) const;
    /// Kills the child's process group and waits for all of it, orphans too. Needs adoptOrphans() for those.
    void killGroup();
    /// Makes this process the parent of its descendants' orphans, so that they can be waited for.
    static void adoptOrphans();
    /// @return wait status once it has ended; nothing while it runs.
    std::optional<int> poll();

private:
    explicit Child(pid_t pid)
        : m_pid(pid)
    {}
    pid_t m_pid = -1;
    std::optional<int> m_status;
};

} // namespace statescape::cli
