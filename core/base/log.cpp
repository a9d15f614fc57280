// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/log.h"

#include <string>
#include <unistd.h>

namespace statescape::base {

void log(LogLevel level, std::string_view text)
{
    std::string line = "statescape: ";
    if (level == LogLevel::Warning)
        line += "warning: ";
    if (level == LogLevel::Error)
        line += "error: ";
    line.append(text).append("\n");
    // A lost diagnostic has nowhere to be reported.
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

} // namespace statescape::base
