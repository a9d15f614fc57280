// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/cost_meter.h"

#include <linux/types.h>

#include <algorithm>
#include <bpf/bpf.h>
#include <floor.skel.h>

namespace statescape::bpf {
namespace {
constexpr std::uint64_t kEnoughEvents = 100;

bpf_prog_info programInfo(int fd)
{
    bpf_prog_info info{};
    __u32 size = sizeof(info);
    if (bpf_obj_get_info_by_fd(fd, &info, &size) != 0)
        return {};
    return info;
}
} // namespace

void CostMeter::FloorDeleter::operator()(floor_bpf *floor) const
{
    floor_bpf::destroy(floor);
}

std::optional<CostMeter> CostMeter::start()
{
    CostMeter meter;
    meter.m_statistics.reset(bpf_enable_stats(BPF_STATS_RUN_TIME));
    if (!meter.m_statistics.valid())
        return std::nullopt;
    meter.m_floor.reset(floor_bpf::open_and_load());
    if (!meter.m_floor || floor_bpf::attach(meter.m_floor.get()) != 0)
        return std::nullopt;
    return meter;
}

std::optional<float> CostMeter::nsPerEvent(std::span<const int> programFds) const
{
    const auto floor = programInfo(bpf_program__fd(m_floor->progs.floor_btf));
    if (floor.run_cnt < kEnoughEvents)
        return std::nullopt;
    std::uint64_t time = 0;
    std::uint64_t count = 0;
    for (const int fd : programFds) {
        const auto info = programInfo(fd);
        time += info.run_time_ns;
        count += info.run_cnt;
    }
    if (count < kEnoughEvents)
        return std::nullopt;
    const double floorNs = static_cast<double>(floor.run_time_ns) / static_cast<double>(floor.run_cnt);
    return static_cast<float>(
        std::max(0.0, static_cast<double>(time) / static_cast<double>(count) - floorNs));
}

std::uint64_t recursionMisses(int programFd)
{
    return programInfo(programFd).recursion_misses;
}

} // namespace statescape::bpf
