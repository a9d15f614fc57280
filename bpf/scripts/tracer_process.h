// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/fd.h"
#include "core/base/result.h"

#include <optional>
#include <string>
#include <sys/types.h>

namespace statescape::bpf {

/// A bpftrace that runs. Destroying this closes its output, which ends it at its next word.
class TracerProcess {
public:
    /// @param script the whole text; handed over without a file
    /// @error NotFound, NotPermitted, Io
    static base::Result<TracerProcess> start(const std::string &script);

    [[nodiscard]] int output() const { return m_output.get(); } ///< does not block
    [[nodiscard]] int errors() const { return m_errors.get(); } ///< does not block
    /// @return how it ended, for people; nothing while it runs. Allowed in the sandbox.
    std::optional<std::string> ended();
    [[nodiscard]] pid_t pid() const { return m_pid; }

    /// What bpftrace calls the script in its messages.
    static constexpr std::string_view kScriptPath = "/proc/self/fd/3";

private:
    pid_t m_pid = -1;
    base::Fd m_output, m_errors;
};

} // namespace statescape::bpf
