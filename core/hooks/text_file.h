// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

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

/// Reads a file on a thread of its own, so that what has come is used while the kernel still writes the rest.
class TextStream {
public:
    /// @param limit bytes; a longer file ends there with an error
    TextStream(std::string path, std::size_t limit);
    /// Waits for more. @param[out] lines whole ones, but for the end of the file @return false at its end
    bool next(std::string &lines);
    /// @return why it ended early. @pre next() said false
    [[nodiscard]] const base::Result<> &result() const { return m_result; }

private:
    void read(const std::string &path, std::size_t limit);
    void put(std::string &&piece, bool last);

    std::mutex m_mutex;
    std::condition_variable m_more;
    std::string m_ready;  ///< under m_mutex
    bool m_ended = false; ///< under m_mutex
    base::Result<> m_result;
    std::jthread m_thread; // last: it uses the rest
};

/// Takes the first line off @p text, without its end. @return false at the end
bool takeLine(std::string_view &text, std::string_view &line);
/// Takes the first word off @p line, blanks in front of it too. @return empty at the end
std::string_view takeWord(std::string_view &line);

} // namespace statescape::hooks
