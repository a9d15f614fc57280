// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/units.h"
#include "core/schema/cost.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

/// The catalogue: which probes exist, which cumulative slots each fills, and which features follow from the
/// slots. Columns, tooltips, `statescape probes`, the wire layout and model files all derive from these
/// tables.
namespace statescape::schema {

/// Probes in catalogue order; the value is the probe's bit in a mask and its index in every per-probe array.
/// Sent over the wire: append only.
enum class Probe : std::uint8_t {
    Scheduler,
    Syscalls,
    Memory,
    Block,
    Tcp,
    Process,
    Cpu,
    Vm,
    Net,
    Pressure,
    Interrupts,
    Drops,
    Samples,
    Locks,
    Hardware,
    Vfs,
    SyscallTimes,
    kCount ///< from here on: the user's probes of the plan, see plan.h
};
inline constexpr std::size_t kProbeCount = static_cast<std::size_t>(Probe::kCount);

enum class ProbeOrigin : std::uint8_t {
    Bpf,  ///< eBPF programs; needs privilege
    Proc, ///< /proc; needs none
    Perf, ///< perf counters without a program; needs privilege
};

struct ProbeInfo {
    std::string_view key;
    std::string_view title;
    ProbeOrigin origin;
    std::string_view hooks; ///< tracepoints, or the files read
    std::string_view description;
    bool byDefault = true;         ///< in a recording that names no probes; see defaultProbes()
    std::string_view kernels = {}; ///< what it needs of them
    EventCost recorded = {};       ///< see bpf/probes/README.md; for where it cannot be measured
};

/// Buckets of every latency histogram, see bucketOf().
inline constexpr std::size_t kHistogramBuckets = 120;
/// Histogram resolution at the low end.
inline constexpr std::uint64_t kHistogramUnitNs = 256;

/// Log-linear buckets, four per octave, relative width at most 25 %: v = ns / 256; v < 4 -> v; otherwise with
/// e = floor(log2 v) bucket (e - 1) * 4 + ((v >> (e - 2)) & 3), clamped to the last one (549 s and above).
/// The kernel halves use the same rule.
constexpr std::size_t bucketOf(std::uint64_t ns)
{
    const std::uint64_t v = ns / kHistogramUnitNs;
    if (v < 4)
        return static_cast<std::size_t>(v);
    std::size_t e = 2;
    while (e < 63 && (v >> (e + 1)) != 0)
        ++e;
    const std::size_t bucket = (e - 1) * 4 + ((v >> (e - 2)) & 3);
    return bucket < kHistogramBuckets ? bucket : kHistogramBuckets - 1;
}
/// @return the lowest value of @p bucket in ns; bucketFloorNs(kHistogramBuckets) closes the last one.
constexpr std::uint64_t bucketFloorNs(std::size_t bucket)
{
    if (bucket < 4)
        return bucket * kHistogramUnitNs;
    const std::size_t e = bucket / 4 + 1;
    return ((std::uint64_t{1} << e) + (bucket % 4 << (e - 2))) * kHistogramUnitNs;
}

enum class SlotKind : std::uint8_t {
    Counter,   ///< only grows; a decrease means reset
    Gauge,     ///< a level at the time of reading
    Histogram, ///< kHistogramBuckets counters
};

/// Cumulative quantities the helper reports. The order is the wire order and the order inside each probe's
/// bank.
enum class Slot : std::uint16_t {
    // Scheduler
    SchedSwitches,
    SchedInvoluntary,
    SchedWakeups,
    SchedMigrations,
    SchedOnCpuNs,
    SchedRunqNs,
    SchedBlockedNs,
    SchedRunqHistogram,
    SchedBlockedHistogram,
    // Syscalls
    SysRead,
    SysWrite,
    SysSync,
    SysPoll,
    SysLock,
    SysNet,
    SysMemory,
    SysFile,
    SysProcess,
    SysTime,
    SysOther,
    SysFailed,
    SysAgain,
    // failures by what kind of trouble it is, see bpf/probes/syscalls/errno_classes.h; they sum to SysFailed
    SysErrorPermission,
    SysErrorNotFound,
    SysErrorResource,
    SysErrorNetwork,
    SysErrorInvalid,
    SysErrorOther,
    // Memory
    MemReclaims,
    MemReclaimNs,
    MemOomKills,
    MemReclaimHistogram,
    // Block
    BlockReads,
    BlockWrites,
    BlockOthers,
    BlockReadBytes,
    BlockWriteBytes,
    BlockErrors,
    BlockQueueNs,
    BlockDeviceNs,
    BlockQueueHistogram,
    BlockDeviceHistogram,
    // Tcp
    TcpRetransmits,
    TcpResetsSent,
    TcpResetsReceived,
    TcpConnects,
    TcpConnectsFailed,
    TcpAccepts,
    TcpCloses,
    TcpStateChanges,
    // Process
    ProcForks,
    ProcThreads,
    ProcExecs,
    ProcExits,
    // Cpu: USER_HZ ticks scaled to ns, summed over CPUs
    CpuUserNs,
    CpuSystemNs,
    CpuIdleNs,
    CpuIowaitNs,
    CpuIrqNs,
    CpuStealNs,
    CpuInterrupts,
    CpuSoftirqTimer,
    CpuSoftirqNetRx,
    CpuSoftirqBlock,
    CpuSoftirqRcu,
    CpuRunning,
    CpuBlocked,
    // Vm: events, and levels in bytes
    VmFaults,
    VmMajorFaults,
    VmScanned,
    VmStolen,
    VmSwapIns,
    VmSwapOuts,
    VmRefaults,
    VmFreed,
    VmAvailable,
    VmDirty,
    VmAnon,
    VmSlab,
    VmTotal,
    // Net: all interfaces of this network namespace, loopback included
    NetRxPackets,
    NetRxBytes,
    NetTxPackets,
    NetTxBytes,
    NetDrops,
    NetUdpIn,
    NetUdpErrors,
    // Pressure: µs of stall
    PsiCpuSome,
    PsiMemorySome,
    PsiMemoryFull,
    PsiIoSome,
    PsiIoFull,
    // Interrupts: time in handlers
    IrqHardNs,
    IrqTimerNs, ///< TIMER and HRTIMER
    IrqNetRxNs,
    IrqNetTxNs,
    IrqBlockNs, ///< BLOCK and IRQ_POLL
    IrqSchedNs,
    IrqRcuNs,
    IrqTaskletNs, ///< TASKLET and HI
    // Drops: packets freed because something was wrong, by what it was
    DropAll,
    DropNoSocket,
    DropBadPacket,
    DropFull,
    DropFiltered,
    DropOther, ///< and where the kernel gives no reason
    // Samples: where CPUs were found
    SampleUser,
    SampleKernel,
    SampleIdle,
    SampleAll,
    // Locks: the kernel's own, contended
    LockContended,
    LockSpun, ///< of these, waited for by spinning
    LockWaitNs,
    LockWaitHistogram,
    // Hardware: the CPU's counters, all CPUs, user and kernel
    HwCycles,
    HwInstructions,
    HwCacheMisses,
    HwBranchMisses,
    // Vfs
    VfsReads,
    VfsWrites,
    VfsSyncs,
    VfsReadHistogram,
    VfsWriteHistogram,
    VfsSyncHistogram,
    // SyscallTimes: by class, in the order of the Sys classes
    SysReadHistogram,
    SysWriteHistogram,
    SysSyncHistogram,
    SysPollHistogram,
    SysLockHistogram,
    SysNetHistogram,
    SysMemoryHistogram,
    SysFileHistogram,
    SysProcessHistogram,
    SysTimeHistogram,
    SysOtherHistogram,
    kCount
};
inline constexpr std::size_t kSlotCount = static_cast<std::size_t>(Slot::kCount);

struct SlotInfo {
    std::string_view key;
    Probe probe;
    SlotKind kind;
};

enum class FeatureKind : std::uint8_t {
    Rate,     ///< events or bytes per second
    Quantile, ///< of a latency histogram
    Share,    ///< percent
    Mean,     ///< time average of a number of things
    Level,    ///< amount at the end of the interval; drifts, so training leaves it out unless asked
};
std::string_view featureKindKey(FeatureKind kind);
/// @return FeatureKind::Level for an unknown key.
FeatureKind featureKindFromKey(std::string_view key);

/// How a feature's value follows from the slots; d is the difference over the interval, dt its length.
enum class Derivation : std::uint8_t {
    Rate,          ///< d(a) / dt in s
    Quantile,      ///< quantile @c parameter of d(a), µs
    ShareOfCpu,    ///< d(a) ns / (dt * online CPUs), %
    ShareOfTime,   ///< d(a) µs / dt, %
    ShareOfTicks,  ///< d(a) / sum of all Cpu*Ns differences, %
    Quotient,      ///< 100 * d(a) / d(b), %
    TimeAverage,   ///< d(a) ns / dt: how many at a time (Little's law)
    Gauge,         ///< a
    GaugeShare,    ///< 100 * a / b, %
    SyscallTotal,  ///< sum of all Sys classes / dt
    Voluntary,     ///< (d(a) - d(b)) / dt
    ValueQuantile, ///< quantile @c parameter of d(a), plain values stored as value << 8
    Ratio,         ///< parameter * d(a) / d(b)
};

struct FeatureInfo {
    std::string_view key;
    std::string_view title; ///< at most 24 characters, for lists and axes
    base::Unit unit;
    FeatureKind kind;
    Probe probe;
    std::string_view description;
    bool log1p; ///< heavy-tailed: models see log1p(value)
    Derivation derivation;
    Slot a;
    Slot b = Slot::kCount;
    double parameter = 0;
};

std::span<const ProbeInfo, kProbeCount> probes();
std::span<const SlotInfo, kSlotCount> slots();
std::span<const FeatureInfo> features();

inline const ProbeInfo &info(Probe probe)
{
    return probes()[static_cast<std::size_t>(probe)];
}
inline const SlotInfo &info(Slot slot)
{
    return slots()[static_cast<std::size_t>(slot)];
}
/// @return the probes of a recording that names none: those by default, and the hardware counters where this
/// machine has a PMU that Linux knows (/sys/bus/event_source/devices/cpu*).
std::uint64_t defaultProbes();
/// @return bit of @p probe in a mask.
constexpr std::uint64_t bitOf(Probe probe)
{
    return std::uint64_t{1} << static_cast<unsigned>(probe);
}
/// @return the probe of that key, or Probe::kCount.
Probe probeFromKey(std::string_view key);

/// @return how many 64-bit words all slots take in wire order.
std::size_t slotWords();
/// @return index of @p slot's first word in wire order; a histogram takes kHistogramBuckets words, all others
/// one.
std::size_t slotOffset(Slot slot);

} // namespace statescape::schema
