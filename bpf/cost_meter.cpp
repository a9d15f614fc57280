// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/cost_meter.h"

#include "core/base/clock.h"
#include "core/base/rights.h"

#include <linux/capability.h>
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
    {
        const base::RightsScope raised(base::Rights::effective().with({CAP_SYS_ADMIN}));
        meter.m_statistics.reset(bpf_enable_stats(BPF_STATS_RUN_TIME));
    }
    if (!meter.m_statistics.valid())
        return std::nullopt;
    meter.m_floor.reset(floor_bpf::open_and_load());
    if (!meter.m_floor || floor_bpf::attach(meter.m_floor.get()) != 0)
        return std::nullopt;
    meter.m_startedNs = base::monotonicNs();
    return meter;
}

CostMeter::Reading CostMeter::read(std::span<const int> programFds)
{
    Reading out;
    for (const int fd : programFds) {
        const auto info = programInfo(fd);
        out.ns += info.run_time_ns;
        out.count += info.run_cnt;
    }
    return out;
}

std::optional<double> CostMeter::nsPerEvent(const Reading &before, const Reading &now) const
{
    const auto floor = programInfo(bpf_program__fd(m_floor->progs.floor_btf));
    if (floor.run_cnt < kEnoughEvents || now.count < before.count + kEnoughEvents)
        return std::nullopt;
    const double floorNs = static_cast<double>(floor.run_time_ns) / static_cast<double>(floor.run_cnt);
    const double ns = static_cast<double>(now.ns - before.ns) / static_cast<double>(now.count - before.count);
    return std::max(0.0, ns - floorNs);
}

double CostMeter::seconds() const
{
    return static_cast<double>(base::monotonicNs() - m_startedNs) / 1e9;
}

std::uint64_t recursionMisses(int programFd)
{
    return programInfo(programFd).recursion_misses;
}

} // namespace statescape::bpf
