// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/procfs/proc_reader.h"

#include <algorithm>
#include <unistd.h>

namespace statescape::procfs {
namespace {
using schema::Probe;
using schema::Slot;

struct FileInfo {
    std::string_view path;
    Probe probe;
};
constexpr std::array<FileInfo, 8> kFileTable{{
    {"stat", Probe::Cpu},
    {"vmstat", Probe::Vm},
    {"meminfo", Probe::Vm},
    {"net/dev", Probe::Net},
    {"net/snmp", Probe::Net},
    {"pressure/cpu", Probe::Pressure},
    {"pressure/memory", Probe::Pressure},
    {"pressure/io", Probe::Pressure},
}};

constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
constexpr std::uint64_t kBytesPerKb = 1024;

std::uint64_t &at(std::span<std::uint64_t> slots, Slot slot)
{
    return slots[schema::slotOffset(slot)];
}

/// A line "key value" that adds to a slot.
struct Key {
    std::string_view key;
    Slot slot;
    bool required; ///< every kernel with this file has it; the others exist by version and configuration
};

// @source mm/vmstat.c vmstat_text[]; without CONFIG_SWAP there are no pswp lines and nothing is ever swapped
constexpr auto kVmstatKeys = std::to_array<Key>({
    {"pgfault", Slot::VmFaults, true},
    {"pgmajfault", Slot::VmMajorFaults, true},
    {"pgfree", Slot::VmFreed, true},
    {"pgscan_kswapd", Slot::VmScanned, true},
    {"pgscan_direct", Slot::VmScanned, true},
    {"pgscan_khugepaged", Slot::VmScanned, false},
    {"pgscan_proactive", Slot::VmScanned, false},
    {"pgsteal_kswapd", Slot::VmStolen, true},
    {"pgsteal_direct", Slot::VmStolen, true},
    {"pgsteal_khugepaged", Slot::VmStolen, false},
    {"pgsteal_proactive", Slot::VmStolen, false},
    {"pswpin", Slot::VmSwapIns, false},
    {"pswpout", Slot::VmSwapOuts, false},
    {"workingset_refault", Slot::VmRefaults, false},
    {"workingset_refault_anon", Slot::VmRefaults, false},
    {"workingset_refault_file", Slot::VmRefaults, false},
});
constexpr auto kMeminfoKeys = std::to_array<Key>({
    {"MemTotal:", Slot::VmTotal, true},
    {"MemAvailable:", Slot::VmAvailable, true},
    {"Dirty:", Slot::VmDirty, true},
    {"AnonPages:", Slot::VmAnon, true},
    {"Slab:", Slot::VmSlab, true},
});

/// Adds the values of all @p keys. @return false when a required one is missing or a value is no number.
template <std::size_t N>
bool readKeys(std::string_view text, const std::array<Key, N> &keys, std::uint64_t scale,
              std::span<std::uint64_t> slots)
{
    for (const auto &key : keys)
        at(slots, key.slot) = 0;
    const auto required = std::ranges::count_if(keys, &Key::required);
    std::ptrdiff_t found = 0;
    Cursor lines(text);
    while (!lines.atEnd()) {
        const auto line = lines.line();
        const auto name = line.substr(0, line.find_first_of(" \t"));
        const auto *key = std::ranges::find(keys, name, &Key::key);
        if (key == keys.end())
            continue;
        Cursor rest(line.substr(name.size()));
        std::uint64_t value = 0;
        if (!rest.number(value))
            return false;
        at(slots, key->slot) += value * scale;
        found += key->required ? 1 : 0;
    }
    return found == required;
}

/// @return the number after "total=" in the line that starts with @p kind.
bool readPressureTotal(std::string_view text, std::string_view kind, std::uint64_t &total)
{
    Cursor lines(text);
    while (!lines.atEnd()) {
        const auto line = lines.line();
        if (!line.starts_with(kind))
            continue;
        const auto position = line.find("total=");
        if (position == std::string_view::npos)
            return false;
        return Cursor(line.substr(position + 6)).number(total);
    }
    return false;
}

bool readNumbers(Cursor &cursor, std::span<std::uint64_t> out)
{
    return std::ranges::all_of(out, [&cursor](std::uint64_t &value) { return cursor.number(value); });
}
} // namespace

ProcReader::ProcReader()
    : m_nsPerTick(kNsPerSecond / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK)))
{}

ProcReader ProcReader::open(const std::string &base)
{
    ProcReader reader;
    for (const auto &probe : schema::probes())
        if (probe.origin != schema::ProbeOrigin::Proc)
            reader.m_standing[static_cast<std::size_t>(&probe - schema::probes().data())] =
                base::fail(base::Code::NotSupported, "not read from " + base);
    for (std::size_t i = 0; i < kFiles; ++i) {
        auto file = ProcFile::open(base + "/" + std::string(kFileTable[i].path));
        auto &standing = reader.m_standing[static_cast<std::size_t>(kFileTable[i].probe)];
        if (file) {
            reader.m_files[i] = std::move(*file);
        } else if (!standing) {
            standing = file.error();
            standing->hint = kFileTable[i].probe == Probe::Pressure
                                 ? "boot with psi=1 on a kernel built with CONFIG_PSI"
                                 : "mount proc on " + base;
        }
    }
    return reader;
}

const std::optional<base::Error> &ProcReader::standing(Probe probe) const
{
    return m_standing.at(static_cast<std::size_t>(probe));
}

std::uint64_t ProcReader::read(std::uint64_t mask, std::span<std::uint64_t> slots)
{
    std::uint64_t valid = 0;
    for (const Probe probe : {Probe::Cpu, Probe::Vm, Probe::Net, Probe::Pressure}) {
        const auto bit = schema::bitOf(probe);
        if ((mask & bit) == 0 || standing(probe))
            continue;
        if (readProbe(probe, slots))
            valid |= bit;
        else
            ++m_readFailures;
    }
    return valid;
}

bool ProcReader::readProbe(Probe probe, std::span<std::uint64_t> slots)
{
    switch (probe) {
    case Probe::Cpu:
        return readCpu(slots);
    case Probe::Vm:
        return readVm(slots);
    case Probe::Net:
        return readNet(slots);
    case Probe::Pressure:
        return readPressure(slots);
    default:
        return false;
    }
}

// @source fs/proc/stat.c show_stat()
bool ProcReader::readCpu(std::span<std::uint64_t> slots)
{
    Cursor lines(m_files[Stat]->read());
    unsigned found = 0;
    while (!lines.atEnd()) {
        Cursor line(lines.line());
        const auto key = line.word();
        if (key == "cpu") {
            enum { User, Nice, System, Idle, Iowait, Irq, Softirq, Steal, kFields };
            std::array<std::uint64_t, kFields> ticks{};
            if (!readNumbers(line, ticks))
                return false;
            const auto ns = [&](int field) { return ticks[static_cast<std::size_t>(field)] * m_nsPerTick; };
            // The kernel's idle times are sampled without a lock and are known to step back a little.
            m_idleNs = std::max(m_idleNs, ns(Idle));
            m_iowaitNs = std::max(m_iowaitNs, ns(Iowait));
            at(slots, Slot::CpuUserNs) = ns(User) + ns(Nice);
            at(slots, Slot::CpuSystemNs) = ns(System);
            at(slots, Slot::CpuIdleNs) = m_idleNs;
            at(slots, Slot::CpuIowaitNs) = m_iowaitNs;
            at(slots, Slot::CpuIrqNs) = ns(Irq) + ns(Softirq);
            at(slots, Slot::CpuStealNs) = ns(Steal);
            found |= 1U;
        } else if (key == "intr") {
            if (!line.number(at(slots, Slot::CpuInterrupts)))
                return false;
            found |= 2U;
        } else if (key == "procs_running") {
            if (!line.number(at(slots, Slot::CpuRunning)))
                return false;
            found |= 4U;
        } else if (key == "procs_blocked") {
            if (!line.number(at(slots, Slot::CpuBlocked)))
                return false;
            found |= 8U;
        } else if (key == "softirq") {
            enum { Total, Hi, Timer, NetTx, NetRx, Block, IrqPoll, Tasklet, Sched, Hrtimer, Rcu, kVectors };
            std::array<std::uint64_t, kVectors> counts{};
            if (!readNumbers(line, counts))
                return false;
            at(slots, Slot::CpuSoftirqTimer) = counts[Timer] + counts[Hrtimer];
            at(slots, Slot::CpuSoftirqNetRx) = counts[NetRx];
            at(slots, Slot::CpuSoftirqBlock) = counts[Block];
            at(slots, Slot::CpuSoftirqRcu) = counts[Rcu];
            found |= 16U;
        }
    }
    return found == 31U;
}

bool ProcReader::readVm(std::span<std::uint64_t> slots)
{
    return readKeys(m_files[Vmstat]->read(), kVmstatKeys, 1, slots) &&
           readKeys(m_files[Meminfo]->read(), kMeminfoKeys, kBytesPerKb, slots);
}

// @source net/core/net-procfs.c dev_seq_printf_stats(), net/ipv4/proc.c snmp_seq_show_tcp_udp()
bool ProcReader::readNet(std::span<std::uint64_t> slots)
{
    for (const Slot slot :
         {Slot::NetRxPackets, Slot::NetRxBytes, Slot::NetTxPackets, Slot::NetTxBytes, Slot::NetDrops})
        at(slots, slot) = 0;
    Cursor lines(m_files[NetDev]->read());
    if (lines.line().find('|') == std::string_view::npos || lines.line().find('|') == std::string_view::npos)
        return false;
    while (!lines.atEnd()) {
        const auto line = lines.line();
        const auto colon = line.rfind(':');
        if (colon == std::string_view::npos)
            return false;
        enum { RxBytes, RxPackets, RxErrors, RxDrops, TxBytes = 8, TxPackets, TxErrors, TxDrops, kFields };
        std::array<std::uint64_t, kFields> fields{};
        Cursor numbers(line.substr(colon + 1));
        if (!readNumbers(numbers, fields))
            return false;
        at(slots, Slot::NetRxPackets) += fields[RxPackets];
        at(slots, Slot::NetRxBytes) += fields[RxBytes];
        at(slots, Slot::NetTxPackets) += fields[TxPackets];
        at(slots, Slot::NetTxBytes) += fields[TxBytes];
        at(slots, Slot::NetDrops) += fields[RxErrors] + fields[RxDrops] + fields[TxErrors] + fields[TxDrops];
    }
    Cursor snmp(m_files[NetSnmp]->read());
    bool inNames = true;
    while (!snmp.atEnd()) {
        Cursor line(snmp.line());
        if (line.word() != "Udp:")
            continue;
        // The first of the two lines holds the names.
        if (std::exchange(inNames, false))
            continue;
        std::array<std::uint64_t, 3> udp{};
        if (!readNumbers(line, udp))
            return false;
        at(slots, Slot::NetUdpIn) = udp[0];
        at(slots, Slot::NetUdpErrors) = udp[1] + udp[2];
        return true;
    }
    return false;
}

bool ProcReader::readPressure(std::span<std::uint64_t> slots)
{
    const auto cpu = m_files[PressureCpu]->read();
    if (!readPressureTotal(cpu, "some", at(slots, Slot::PsiCpuSome)))
        return false;
    const auto memory = m_files[PressureMemory]->read();
    if (!readPressureTotal(memory, "some", at(slots, Slot::PsiMemorySome)) ||
        !readPressureTotal(memory, "full", at(slots, Slot::PsiMemoryFull)))
        return false;
    const auto io = m_files[PressureIo]->read();
    return readPressureTotal(io, "some", at(slots, Slot::PsiIoSome)) &&
           readPressureTotal(io, "full", at(slots, Slot::PsiIoFull));
}

} // namespace statescape::procfs
