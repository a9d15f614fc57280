// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/online_cpus.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fcntl.h>

namespace statescape::bpf {

OnlineCpus OnlineCpus::open(std::uint32_t cpusPossible)
{
    OnlineCpus cpus;
    cpus.m_file.reset(::open("/sys/devices/system/cpu/online", O_RDONLY | O_CLOEXEC));
    cpus.m_online.assign(cpusPossible, true);
    return cpus;
}

void OnlineCpus::update()
{
    std::array<char, 4096> text{};
    const auto size = m_file.valid() ? ::pread(m_file.get(), text.data(), text.size(), 0) : -1;
    if (size > 0)
        parse({text.data(), static_cast<std::size_t>(size)}, m_online);
    else
        std::fill(m_online.begin(), m_online.end(), true);
}

void OnlineCpus::parse(std::string_view list, std::vector<bool> &online)
{
    std::fill(online.begin(), online.end(), false);
    const char *at = list.data();
    const char *end = at + list.size();
    while (at < end) {
        std::size_t first = 0;
        auto read = std::from_chars(at, end, first);
        if (read.ec != std::errc{})
            return;
        auto last = first;
        if (read.ptr < end && *read.ptr == '-')
            read = std::from_chars(read.ptr + 1, end, last);
        for (auto cpu = first; cpu <= last && cpu < online.size(); ++cpu)
            online[cpu] = true;
        at = read.ptr + 1;
    }
}

} // namespace statescape::bpf
