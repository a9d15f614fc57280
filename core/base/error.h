// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace statescape::base {

/// Why something failed. Numbered once: the wire, exit statuses and tests share these values, so never
/// renumber.
enum class Code : std::uint16_t {
    Ok = 0,
    Internal = 1,        ///< our own mistake
    InvalidArgument = 2, ///< a caller or a user asked for something that has no meaning
    NotFound = 3,        ///< the named thing does not exist
    AlreadyExists = 4,   ///< it exists and would be overwritten
    NotPermitted = 5,    ///< the system refused for lack of privilege
    NotSupported = 6,    ///< this kernel, machine or build cannot do it
    Io = 7,              ///< reading or writing failed
    Corrupt = 8,         ///< bytes that are not what they claim to be
    NewerVersion = 9,    ///< written by a later version of Statescape
    Full = 10,           ///< no space left
    Busy = 11,           ///< held by another process
    Cancelled = 12,      ///< stopped on request
    Timeout = 13,        ///< no answer in time
    Disconnected = 14,   ///< the other side went away
    NotEnoughData = 15,  ///< too few samples or labels for an honest answer
    Mismatch = 16,       ///< model and samples (or two versions) do not fit together
};

/// Process exit statuses of every Statescape program; fixed, scripts rely on them.
enum class ExitStatus : int {
    Done = 0,
    Failed = 1,
    WrongUse = 2,
    Alarm = 3,
    NotPermitted = 4,
    NotSupported = 5
};

/// @return a stable lower-case name, e.g. "not-permitted".
std::string_view codeName(Code code);

/// @return the exit status a program ends with when @p code stops it.
ExitStatus exitStatusOf(Code code);

/// A failure that was to be expected. The code is for programs, the texts are for people.
struct Error {
    Code code = Code::Internal;
    std::string message; ///< what and where, one line, no full stop
    std::string hint;    ///< what to do next; may be empty
    int sysErrno = 0;    ///< errno behind it, 0 when none

    /// @return "message (strerror): hint" in one line.
    [[nodiscard]] std::string text() const;
    /// @return the same error with "@p where: " before its message.
    [[nodiscard]] Error in(std::string_view where) const;
};

} // namespace statescape::base
