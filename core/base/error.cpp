// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"

#include <array>
#include <cstring>

namespace statescape::base {

std::string_view codeName(Code code)
{
    static constexpr std::array<std::string_view, 17> names{"ok",
                                                            "internal",
                                                            "invalid-argument",
                                                            "not-found",
                                                            "already-exists",
                                                            "not-permitted",
                                                            "not-supported",
                                                            "io",
                                                            "corrupt",
                                                            "newer-version",
                                                            "full",
                                                            "busy",
                                                            "cancelled",
                                                            "timeout",
                                                            "disconnected",
                                                            "not-enough-data",
                                                            "mismatch"};
    const auto index = static_cast<std::size_t>(code);
    return index < names.size() ? names[index] : std::string_view("unknown");
}

ExitStatus exitStatusOf(Code code)
{
    switch (code) {
    case Code::Ok:
        return ExitStatus::Done;
    case Code::InvalidArgument:
        return ExitStatus::WrongUse;
    case Code::NotPermitted:
        return ExitStatus::NotPermitted;
    case Code::NotSupported:
        return ExitStatus::NotSupported;
    default:
        return ExitStatus::Failed;
    }
}

std::string Error::text() const
{
    std::string out = message;
    if (sysErrno != 0) {
        std::array<char, 128> buffer{};
        out.append(" (").append(strerror_r(sysErrno, buffer.data(), buffer.size())).append(")");
    }
    if (!hint.empty())
        out.append("; ").append(hint);
    return out;
}

Error Error::in(std::string_view where) const
{
    Error copy = *this;
    copy.message = std::string(where).append(": ").append(message);
    return copy;
}

} // namespace statescape::base
