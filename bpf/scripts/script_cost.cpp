// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/scripts/script_cost.h"

#include "core/base/rights.h"

#include <array>
#include <charconv>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <linux/capability.h>

namespace statescape::bpf {
namespace {
/// Counted in the second, so that the two ends, which do not fall on one moment, are of little weight.
constexpr std::uint64_t kEnoughEvents = 50;
constexpr std::size_t kLongestEntry = 4096;

/// @return the number behind "key:\t" at the begin of a line.
std::optional<std::uint64_t> numberOf(std::string_view text, std::string_view key)
{
    for (std::size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
        if (at != 0 && text[at - 1] != '\n')
            continue;
        auto rest = text.substr(at + key.size());
        rest.remove_prefix(std::min(rest.find_first_not_of(": \t"), rest.size()));
        std::uint64_t value = 0;
        if (std::from_chars(rest.data(), rest.data() + rest.size(), value).ec == std::errc{})
            return value;
    }
    return std::nullopt;
}

double cpuNsOf(pid_t process)
{
    clockid_t clock{};
    timespec time{};
    if (::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &time) != 0)
        return 0;
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}
} // namespace

void addProgram(std::string_view text, ProgramUse &use)
{
    const auto ns = numberOf(text, "run_time_ns");
    const auto count = numberOf(text, "run_cnt");
    if (!numberOf(text, "prog_id") || !ns || !count)
        return;
    use.reading.ns += *ns;
    use.reading.count += *count;
    ++use.programs;
}

std::optional<ProgramUse> programsOf(pid_t process)
{
    const base::RightsScope raised(base::Rights::effective().with({CAP_SYS_PTRACE}));
    std::error_code error;
    ProgramUse use;
    std::filesystem::directory_iterator files("/proc/" + std::to_string(process) + "/fdinfo", error);
    for (; !error && files != std::filesystem::directory_iterator(); files.increment(error)) {
        std::array<char, kLongestEntry> text{};
        std::ifstream file(files->path());
        file.read(text.data(), text.size());
        addProgram({text.data(), static_cast<std::size_t>(file.gcount())}, use);
    }
    if (error || use.programs == 0)
        return std::nullopt;
    return use;
}

ScriptMeter::ScriptMeter(pid_t tracer, std::uint64_t events)
    : m_tracer(tracer)
    , m_events(events)
    , m_meter(CostMeter::start())
    , m_cpuNs(cpuNsOf(tracer))
{
    if (m_meter)
        m_before = programsOf(tracer);
}

ScriptCost ScriptMeter::finish(std::uint64_t events) const
{
    ScriptCost cost;
    const auto now = runs() ? programsOf(m_tracer) : std::nullopt;
    if (!now) {
        cost.unknown = "the kernel's statistics may not be used here";
        return cost;
    }
    cost.tracerShare = (cpuNsOf(m_tracer) - m_cpuNs) / (m_meter->seconds() * 1e9);
    const auto perRun = m_meter->nsPerEvent(m_before->reading, now->reading);
    const auto runs = now->reading.count - m_before->reading.count;
    if (!perRun || events < m_events + kEnoughEvents) {
        cost.unknown = runs == 0            ? "none of its programs ran while it was measured"
                       : events == m_events ? "its programs ran, but none of its maps counted an event"
                                            : "too few events came while it was measured";
        return cost;
    }
    cost.nsPerEvent = *perRun * static_cast<double>(runs) / static_cast<double>(events - m_events);
    return cost;
}

} // namespace statescape::bpf
