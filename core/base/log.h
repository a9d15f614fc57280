// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

namespace statescape::base {

enum class LogLevel { Info, Warning, Error };

/// Writes "statescape: warning: @p text" and a newline to standard error in one write. Thread-safe.
void log(LogLevel level, std::string_view text);

} // namespace statescape::base
