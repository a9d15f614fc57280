// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

/// A system bus and a polkitd of our own, with no rules and no actions but ours, in a mount namespace of our
/// own: the machine's bus, rules and actions stay as they are, and are not seen. The namespace is that of the
/// calling process from then on.
class PrivateBus {
public:
    PrivateBus() = default;
    ~PrivateBus();
    PrivateBus(const PrivateBus &) = delete;
    PrivateBus &operator=(const PrivateBus &) = delete;

    /// @param policy text of the one policy file there is
    /// @return why it cannot be, or nothing
    std::optional<std::string> start(const std::string &policy);
    /// Starts polkitd afresh with this one rule file. @return whether it answers
    bool authorise(const std::string &rule);

private:
    pid_t run(const std::vector<std::string> &command);
    static void stop(pid_t &pid);
    pid_t m_bus = -1;
    pid_t m_polkit = -1;
};
