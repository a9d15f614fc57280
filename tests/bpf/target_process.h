// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <sys/types.h>

/// One run of tests/hooks/target/hook_target.c, waiting to begin.
class TargetProcess {
public:
    /// @param calls of hook_target_call, and times that the markers are passed
    /// @param sleepUs how long each of 20 calls of hook_target_sleep sleeps, 0: none
    TargetProcess(const std::string &path, int calls, long sleepUs = 0);
    TargetProcess(const TargetProcess &) = delete;
    TargetProcess &operator=(const TargetProcess &) = delete;
    ~TargetProcess();
    void go();
    /// Waits until the work is done. @return whether it said so
    bool done();

private:
    bool sees(const std::string &word);
    pid_t m_pid = -1;
    int m_input = -1;
    int m_output = -1;
    std::string m_said;
};
