// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/libbpf_log.h"

#include <array>
#include <bpf/libbpf.h>
#include <cstdarg>
#include <cstdio>

namespace statescape::bpf {
namespace {
std::string g_lastWarning;

int keepWarning(libbpf_print_level level, const char *format, va_list arguments)
{
    if (level != LIBBPF_WARN)
        return 0;
    std::array<char, 1024> text{};
    const int size = std::vsnprintf(text.data(), text.size(), format, arguments);
    std::string_view line(text.data());
    if (line.starts_with("libbpf: "))
        line.remove_prefix(8);
    line = line.substr(0, line.find('\n'));
    // Its advice on memlock limits is wrong since 5.11 and is given for every EPERM.
    if (!line.empty() && line.find("RLIMIT_MEMLOCK") == std::string_view::npos &&
        line.find("BEGIN PROG LOAD LOG") == std::string_view::npos)
        g_lastWarning = line;
    return size;
}
} // namespace

LibbpfLog::LibbpfLog()
{
    g_lastWarning.clear();
    libbpf_set_print(keepWarning);
}

LibbpfLog::~LibbpfLog()
{
    libbpf_set_print(nullptr);
}

void LibbpfLog::clear()
{
    g_lastWarning.clear();
}

std::string LibbpfLog::lastWarning() const
{
    return g_lastWarning;
}

std::string lastVerifierLine(std::string_view log)
{
    std::string_view last;
    while (!log.empty()) {
        const auto end = log.find('\n');
        const auto line = log.substr(0, end);
        log.remove_prefix(end == std::string_view::npos ? log.size() : end + 1);
        if (line.starts_with("processed ") || line.starts_with("verification time") ||
            line.starts_with("stack depth"))
            continue;
        if (!line.empty())
            last = line;
    }
    return std::string(last.substr(0, 200));
}

} // namespace statescape::bpf
