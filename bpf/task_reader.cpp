// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/task_reader.h"

#include "bpf/shared.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <numeric>
#include <sys/stat.h>

namespace statescape::bpf {
namespace {
constexpr std::size_t kTopPerKind = 8;
static_assert(3 * kTopPerKind <= wire::kMaxProcesses);
// @source include/linux/proc_ns.h PROC_PID_INIT_INO
constexpr ino_t kInitialPidNamespace = 0xEFFFFFFC;

/// Who counts a task's words, in the order of schema::EntitySlot.
constexpr std::array<schema::Probe, kTaskWords> kCountedBy{
    schema::Probe::Scheduler, schema::Probe::Scheduler, schema::Probe::Scheduler, schema::Probe::Scheduler,
    schema::Probe::Scheduler, schema::Probe::Scheduler, schema::Probe::Syscalls,  schema::Probe::Syscalls,
    schema::Probe::Block,     schema::Probe::Block};

bool numbersAgreeWithKernel()
{
    struct stat info {};
    return ::stat("/proc/self/ns/pid", &info) == 0 && info.st_ino == kInitialPidNamespace;
}

/// Takes @p now - @p seen and remembers now; a smaller now is a race or a new owner and counts nothing.
std::uint64_t advance(std::uint64_t &seen, std::uint64_t now)
{
    const auto grown = now > seen ? now - seen : 0;
    seen = std::max(seen, now);
    return grown;
}
} // namespace

TaskReader::TaskReader(const SharedMaps &maps, schema::EntityKind kind)
    : m_maps(&maps)
{
    if (kind == schema::EntityKind::Process || kind == schema::EntityKind::Cgroup) {
        m_seenMore.resize(maps.tasks.entries());
        m_entities = std::make_unique<EntityTable>(kind);
        m_facts = std::make_unique<ProcFacts>(kind, maps.tasks);
    } else {
        m_seen.resize(maps.tasks.entries());
    }
    if (numbersAgreeWithKernel())
        m_procDir.reset(::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
    auto &control = m_maps->control.as<ss_control>(0);
    std::atomic_ref<__u32>(control.epoch).store(1);
}

void TaskReader::prime(std::uint64_t nowNs)
{
    for (std::uint32_t i = 0; i < m_maps->tasks.entries(); ++i) {
        const auto &cell = m_maps->tasks.as<ss_task>(i);
        if (m_entities)
            m_seenMore[i] = {load(cell.start_ns), wordsOf(cell), 0};
        else
            m_seen[i] = {load(cell.tid), load(cell.cpu_ns), load(cell.io_bytes), load(cell.syscalls)};
    }
    if (m_entities)
        m_entities->prime(nowNs);
    m_uses.clear();
    auto &control = m_maps->control.as<ss_control>(0);
    std::atomic_ref<__u32>(control.epoch).store(std::max(control.epoch + 1, 1U));
}

void TaskReader::read(std::uint64_t nowNs, const std::vector<Running> &running,
                      std::vector<wire::ProcessUse> &processes)
{
    visit(nowNs, running,
          [this](std::uint32_t cell, std::uint64_t unbookedNs) { addCell(cell, unbookedNs); });
    mergeByProcess();
    report(processes);
    m_uses.clear();
}

void TaskReader::settle(std::uint64_t nowNs, const std::vector<Running> &running, schema::Probe probe,
                        bool leaves)
{
    m_schedulerLeaves = leaves && probe == schema::Probe::Scheduler;
    if (m_entities)
        visit(nowNs, running,
              [this](std::uint32_t cell, std::uint64_t unbookedNs) { addTask(cell, unbookedNs); });
    else
        visit(nowNs, running,
              [this](std::uint32_t cell, std::uint64_t unbookedNs) { addCell(cell, unbookedNs); });
    m_schedulerLeaves = false;
    m_standing = leaves ? m_standing & ~schema::bitOf(probe) : m_standing | schema::bitOf(probe);
}

std::uint64_t TaskReader::grown(std::uint64_t &seen, std::uint64_t now, schema::Probe counts) const
{
    if ((m_standing & schema::bitOf(counts)) != 0)
        return advance(seen, now);
    seen = now;
    return 0;
}

void TaskReader::read(std::uint64_t nowNs, const std::vector<Running> &running,
                      std::vector<wire::EntityReading> &entities)
{
    visit(nowNs, running,
          [this](std::uint32_t cell, std::uint64_t unbookedNs) { addTask(cell, unbookedNs); });
    m_entities->finish(nowNs, *m_facts, entities);
    ++m_interval;
}

template <class Add>
void TaskReader::visit(std::uint64_t nowNs, const std::vector<Running> &running, Add add)
{
    auto &control = m_maps->control.as<ss_control>(0);
    const auto epoch = control.epoch;
    std::atomic_ref<__u32>(control.epoch).store(epoch + 1 == 0 ? 1 : epoch + 1);
    // Running tasks first: a cell's second mention then finds nothing left to add.
    for (const auto &task : running)
        if (task.tid != 0)
            add(task.tid & (m_maps->tasks.entries() - 1), nowNs > task.sinceNs ? nowNs - task.sinceNs : 0);
    const auto side = epoch & 1;
    for (std::uint32_t cpu = 0; cpu < m_maps->active.entries(); ++cpu) {
        const auto &list = m_maps->active.as<ss_active>(cpu);
        if (load(list.epoch[side]) != epoch)
            continue;
        const auto count = std::min<std::uint32_t>(load(list.count[side]), SS_ACTIVE_CELLS);
        for (std::uint32_t i = 0; i < count; ++i)
            add(load(list.cells[side][i]) & (m_maps->tasks.entries() - 1), 0);
    }
}

std::array<std::uint64_t, kTaskWords> TaskReader::wordsOf(const ss_task &cell)
{
    // Read first: the whole is then never less.
    const auto readBytes = load(cell.read_bytes);
    return {load(cell.cpu_ns),
            load(cell.runq_ns),
            load(cell.blocked_ns),
            load(cell.switches),
            load(cell.involuntary),
            load(cell.wakeups),
            load(cell.syscalls),
            load(cell.failed),
            readBytes,
            load(cell.io_bytes) - readBytes};
}

void TaskReader::addTask(std::uint32_t index, std::uint64_t unbookedNs)
{
    const auto &cell = m_maps->tasks.as<ss_task>(index);
    const auto tid = load(cell.tid);
    TaskUse use{load(cell.tgid), index, load(cell.cgroup), load(cell.process_start_ns), {}, false};
    const auto startNs = load(cell.start_ns);
    auto words = wordsOf(cell);
    if (tid == 0 || startNs == 0 || load(cell.tid) != tid || load(cell.start_ns) != startNs)
        return;
    words[0] += unbookedNs;
    auto &seen = m_seenMore[index];
    if (seen.startNs != startNs)
        seen = {startNs, {}, 0};
    bool any = false;
    for (std::size_t i = 0; i < kTaskWords; ++i) {
        const auto slot = static_cast<schema::EntitySlot>(i);
        const bool narrow = slot >= schema::EntitySlot::Switches && slot <= schema::EntitySlot::Wakeups;
        if (narrow || slot == schema::EntitySlot::FailedSyscalls) {
            // 32 bits wide in the kernel's table; what would be over half of them is a step back.
            const auto more = static_cast<std::uint32_t>(words[i] - seen.words[i]);
            use.grown[i] = more <= 0x7fffffffU && (m_standing & schema::bitOf(kCountedBy[i])) != 0 ? more : 0;
            seen.words[i] = words[i];
        } else {
            use.grown[i] = grown(seen.words[i], words[i], kCountedBy[i]);
        }
        any = any || use.grown[i] != 0;
    }
    // What no switch has booked is forgotten when the probe comes back.
    if (m_schedulerLeaves)
        seen.words[0] = words[0] - unbookedNs;
    if (!any)
        return;
    use.again = seen.interval == m_interval;
    seen.interval = m_interval;
    m_entities->add(use);
}

void TaskReader::addCell(std::uint32_t index, std::uint64_t unbookedNs)
{
    const auto &cell = m_maps->tasks.as<ss_task>(index);
    const auto tid = load(cell.tid);
    const auto tgid = load(cell.tgid);
    const auto cpuNs = load(cell.cpu_ns);
    const auto ioBytes = load(cell.io_bytes);
    const auto syscalls = load(cell.syscalls);
    if (tid == 0 || load(cell.tid) != tid)
        return;
    auto &seen = m_seen[index];
    // The same number with fewer system calls or bytes is a new task under an old number.
    if (seen.tid != tid || syscalls < seen.syscalls || ioBytes < seen.ioBytes)
        seen = {tid, 0, 0, 0};
    using schema::Probe;
    const Use use{tgid, index, grown(seen.cpuNs, cpuNs + unbookedNs, Probe::Scheduler),
                  grown(seen.ioBytes, ioBytes, Probe::Block),
                  grown(seen.syscalls, syscalls, Probe::Syscalls)};
    // What no switch has booked is forgotten when the probe comes back.
    if (m_schedulerLeaves)
        seen.cpuNs = cpuNs;
    if (use.cpuNs != 0 || use.ioBytes != 0 || use.syscalls != 0)
        m_uses.push_back(use);
}

void TaskReader::mergeByProcess()
{
    std::ranges::sort(m_uses, {}, &Use::tgid);
    std::size_t out = 0;
    for (std::size_t i = 0; i < m_uses.size(); ++i) {
        if (out > 0 && m_uses[out - 1].tgid == m_uses[i].tgid) {
            m_uses[out - 1].cpuNs += m_uses[i].cpuNs;
            m_uses[out - 1].ioBytes += m_uses[i].ioBytes;
            m_uses[out - 1].syscalls += m_uses[i].syscalls;
        } else {
            m_uses[out++] = m_uses[i];
        }
    }
    m_uses.resize(out);
}

void TaskReader::report(std::vector<wire::ProcessUse> &processes)
{
    m_chosen.clear();
    m_order.resize(m_uses.size());
    const auto top = static_cast<std::ptrdiff_t>(std::min(kTopPerKind, m_uses.size()));
    for (const auto kind : {&Use::cpuNs, &Use::ioBytes, &Use::syscalls}) {
        std::iota(m_order.begin(), m_order.end(), std::size_t{0});
        std::partial_sort(m_order.begin(), m_order.begin() + top, m_order.end(),
                          [&](std::size_t a, std::size_t b) { return m_uses[a].*kind > m_uses[b].*kind; });
        for (std::ptrdiff_t i = 0; i < top; ++i)
            if (const auto use = m_order[static_cast<std::size_t>(i)];
                m_uses[use].*kind != 0 && std::ranges::find(m_chosen, use) == m_chosen.end())
                m_chosen.push_back(use);
    }
    processes.clear();
    for (const auto i : m_chosen) {
        const auto &use = m_uses[i];
        wire::ProcessUse process{use.tgid, {}, use.cpuNs, use.ioBytes, use.syscalls};
        nameOf(use, process.comm);
        processes.push_back(process);
    }
}

void TaskReader::nameOf(const Use &use, std::array<char, 16> &comm) const
{
    if (m_procDir.valid()) {
        std::array<char, 32> path{};
        std::snprintf(path.data(), path.size(), "%u/comm", use.tgid);
        const base::Fd file(::openat(m_procDir.get(), path.data(), O_RDONLY | O_CLOEXEC));
        const auto size = file.valid() ? ::read(file.get(), comm.data(), comm.size()) : 0;
        if (size > 0) {
            std::replace(comm.begin(), comm.begin() + size, '\n', '\0');
            return;
        }
    }
    const auto &leader = m_maps->tasks.as<ss_task>(use.tgid & (m_maps->tasks.entries() - 1));
    const auto &cell = load(leader.tid) == use.tgid ? leader : m_maps->tasks.as<ss_task>(use.cell);
    std::memcpy(comm.data(), cell.comm, comm.size());
}

std::uint64_t TaskReader::collisions() const
{
    std::uint64_t sum = 0;
    for (std::uint32_t cpu = 0; cpu < m_maps->active.entries(); ++cpu) {
        const auto &list = m_maps->active.as<ss_active>(cpu);
        sum += load(list.collisions) + load(list.overflows);
    }
    return sum;
}

} // namespace statescape::bpf
