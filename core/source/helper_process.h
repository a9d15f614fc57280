// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/fd.h"
#include "core/base/result.h"
#include "core/source/source.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <sys/types.h>

namespace statescape::source {

/// How a process ended.
struct ProcessEnd {
    bool known = false;                     ///< false: it has not ended, or cannot be waited for
    int status = 0;                         ///< exit status, or
    int signal = 0;                         ///< the signal that killed it, 0 when it exited
    [[nodiscard]] std::string text() const; ///< "exited with status 1", "was killed (signal 9)"
};

/// One running helper and the three pipes to it. Move only; closing its stdin asks it to end.
class HelperProcess {
public:
    /// @param mode its one argument, empty for none
    /// @error NotFound, NotPermitted (with a hint on file capabilities), Io
    static base::Result<HelperProcess> spawn(const std::string &program, HelperOptions::Launch launch,
                                             const std::string &mode = {});
    HelperProcess(HelperProcess &&other) noexcept;
    HelperProcess &operator=(HelperProcess &&) = delete;
    /// Closes its stdin, waits a little, then terminates, then kills, and reaps.
    ~HelperProcess();

    [[nodiscard]] int output() const { return m_output.get(); }
    [[nodiscard]] int errors() const { return m_errors.get(); }
    /// Never blocks. @error Disconnected, Busy (it does not read)
    base::Result<> send(std::span<const std::byte> bytes);
    /// Reads what is there of its stderr; errors() is -1 after its end.
    void readErrors();
    /// @return the last 4 KB of its stderr.
    [[nodiscard]] const std::string &errorText() const { return m_errorText; }
    void kill();
    /// Waits at most @p milliseconds.
    ProcessEnd wait(int milliseconds);

private:
    HelperProcess() = default;
    pid_t m_pid = -1;
    base::Fd m_input, m_output, m_errors;
    std::string m_errorText;
    ProcessEnd m_end;
};

/// @return an absolute path. @error NotFound saying where it looked
base::Result<std::string> findHelper(const std::string &asked);

} // namespace statescape::source
