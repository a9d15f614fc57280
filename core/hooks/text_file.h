// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace statescape::hooks {

/// Where the kernel shows what it offers; other places in tests.
struct KernelFiles {
    std::string btf = "/sys/kernel/btf";
    std::string symbols = "/proc/kallsyms";
    std::string tracing = "/sys/kernel/tracing";
    std::string blacklist = "/sys/kernel/debug/kprobes/blacklist";
    std::string perf = "/sys/bus/event_source/devices";
    std::string interfaces = "/sys/class/net";
};

/// @return the whole text of a file of at most @p limit bytes; files of /proc and /sys tell no size
/// beforehand.
/// @error NotFound, NotPermitted, Io, Corrupt (longer)
base::Result<std::string> readText(const std::string &path, std::size_t limit);

/// Takes the first line off @p text, without its end. @return false at the end
bool takeLine(std::string_view &text, std::string_view &line);
/// Takes the first word off @p line, blanks in front of it too. @return empty at the end
std::string_view takeWord(std::string_view &line);

} // namespace statescape::hooks
