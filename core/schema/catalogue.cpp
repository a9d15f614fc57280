// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/schema/catalogue.h"

namespace statescape::schema {
namespace {
using base::Unit;
using enum FeatureKind;

constexpr std::array<ProbeInfo, kProbeCount> kProbes{{
    {"scheduler", "Scheduler", ProbeOrigin::Bpf,
     "sched_switch sched_wakeup sched_wakeup_new sched_migrate_task",
     "who waited for a CPU and how long, who was switched out and why"},
    {"syscalls", "System calls", ProbeOrigin::Bpf, "sys_exit", "system calls by class, and how many failed"},
    {"memory", "Memory reclaim", ProbeOrigin::Bpf,
     "mm_vmscan_direct_reclaim_begin mm_vmscan_direct_reclaim_end mark_victim",
     "tasks made to free memory themselves, and OOM kills"},
    {"block", "Block I/O", ProbeOrigin::Bpf, "block_rq_complete block_rq_issue block_bio_queue",
     "requests, bytes, and time in queue and device from the request's own time stamps"},
    {"tcp", "TCP", ProbeOrigin::Bpf,
     "tcp_retransmit_skb tcp_send_reset tcp_receive_reset inet_sock_set_state",
     "retransmits, resets, connects and accepts"},
    {"process", "Processes", ProbeOrigin::Bpf, "sched_process_fork sched_process_exec sched_process_exit",
     "forks, threads, execs and exits"},
    {"cpu", "CPU time", ProbeOrigin::Proc, "/proc/stat",
     "CPU time split, interrupts, runnable and blocked tasks"},
    {"vm", "Virtual memory", ProbeOrigin::Proc, "/proc/vmstat /proc/meminfo",
     "faults, reclaim, swap and memory levels"},
    {"net", "Network", ProbeOrigin::Proc, "/proc/net/dev /proc/net/snmp",
     "packets and bytes of all interfaces, drops, UDP"},
    {"pressure", "Pressure (PSI)", ProbeOrigin::Proc, "/proc/pressure/{cpu,memory,io}",
     "share of time tasks were stalled"},
}};

constexpr SlotInfo counter(std::string_view key, Probe probe)
{
    return {key, probe, SlotKind::Counter};
}
constexpr SlotInfo gauge(std::string_view key, Probe probe)
{
    return {key, probe, SlotKind::Gauge};
}
constexpr SlotInfo histogram(std::string_view key, Probe probe)
{
    return {key, probe, SlotKind::Histogram};
}

constexpr std::array<SlotInfo, kSlotCount> kSlots{{
    counter("sched.switches", Probe::Scheduler),
    counter("sched.involuntary", Probe::Scheduler),
    counter("sched.wakeups", Probe::Scheduler),
    counter("sched.migrations", Probe::Scheduler),
    counter("sched.oncpu_ns", Probe::Scheduler),
    counter("sched.runq_ns", Probe::Scheduler),
    counter("sched.blocked_ns", Probe::Scheduler),
    histogram("sched.runq", Probe::Scheduler),
    histogram("sched.blocked", Probe::Scheduler),

    counter("sys.read", Probe::Syscalls),
    counter("sys.write", Probe::Syscalls),
    counter("sys.sync", Probe::Syscalls),
    counter("sys.poll", Probe::Syscalls),
    counter("sys.lock", Probe::Syscalls),
    counter("sys.net", Probe::Syscalls),
    counter("sys.memory", Probe::Syscalls),
    counter("sys.file", Probe::Syscalls),
    counter("sys.process", Probe::Syscalls),
    counter("sys.time", Probe::Syscalls),
    counter("sys.other", Probe::Syscalls),
    counter("sys.failed", Probe::Syscalls),
    counter("sys.again", Probe::Syscalls),

    counter("mem.reclaims", Probe::Memory),
    counter("mem.reclaim_ns", Probe::Memory),
    counter("mem.oom_kills", Probe::Memory),
    histogram("mem.reclaim", Probe::Memory),

    counter("block.reads", Probe::Block),
    counter("block.writes", Probe::Block),
    counter("block.others", Probe::Block),
    counter("block.read_bytes", Probe::Block),
    counter("block.write_bytes", Probe::Block),
    counter("block.errors", Probe::Block),
    counter("block.queue_ns", Probe::Block),
    counter("block.device_ns", Probe::Block),
    histogram("block.queue", Probe::Block),
    histogram("block.device", Probe::Block),

    counter("tcp.retransmits", Probe::Tcp),
    counter("tcp.resets_sent", Probe::Tcp),
    counter("tcp.resets_received", Probe::Tcp),
    counter("tcp.connects", Probe::Tcp),
    counter("tcp.connects_failed", Probe::Tcp),
    counter("tcp.accepts", Probe::Tcp),
    counter("tcp.closes", Probe::Tcp),
    counter("tcp.state_changes", Probe::Tcp),

    counter("process.forks", Probe::Process),
    counter("process.threads", Probe::Process),
    counter("process.execs", Probe::Process),
    counter("process.exits", Probe::Process),

    counter("cpu.user_ns", Probe::Cpu),
    counter("cpu.system_ns", Probe::Cpu),
    counter("cpu.idle_ns", Probe::Cpu),
    counter("cpu.iowait_ns", Probe::Cpu),
    counter("cpu.irq_ns", Probe::Cpu),
    counter("cpu.steal_ns", Probe::Cpu),
    counter("cpu.interrupts", Probe::Cpu),
    counter("cpu.softirq_timer", Probe::Cpu),
    counter("cpu.softirq_net_rx", Probe::Cpu),
    counter("cpu.softirq_block", Probe::Cpu),
    counter("cpu.softirq_rcu", Probe::Cpu),
    gauge("cpu.running", Probe::Cpu),
    gauge("cpu.blocked", Probe::Cpu),

    counter("vm.faults", Probe::Vm),
    counter("vm.major_faults", Probe::Vm),
    counter("vm.scanned", Probe::Vm),
    counter("vm.stolen", Probe::Vm),
    counter("vm.swap_ins", Probe::Vm),
    counter("vm.swap_outs", Probe::Vm),
    counter("vm.refaults", Probe::Vm),
    counter("vm.freed", Probe::Vm),
    gauge("vm.available", Probe::Vm),
    gauge("vm.dirty", Probe::Vm),
    gauge("vm.anon", Probe::Vm),
    gauge("vm.slab", Probe::Vm),
    gauge("vm.total", Probe::Vm),

    counter("net.rx_packets", Probe::Net),
    counter("net.rx_bytes", Probe::Net),
    counter("net.tx_packets", Probe::Net),
    counter("net.tx_bytes", Probe::Net),
    counter("net.drops", Probe::Net),
    counter("net.udp_in", Probe::Net),
    counter("net.udp_errors", Probe::Net),

    counter("psi.cpu_some", Probe::Pressure),
    counter("psi.memory_some", Probe::Pressure),
    counter("psi.memory_full", Probe::Pressure),
    counter("psi.io_some", Probe::Pressure),
    counter("psi.io_full", Probe::Pressure),
}};

constexpr FeatureInfo rate(std::string_view key, std::string_view title, Slot slot,
                           std::string_view description)
{
    return {key,         title, Unit::PerSecond,  Rate, kSlots[static_cast<std::size_t>(slot)].probe,
            description, true,  Derivation::Rate, slot};
}
constexpr FeatureInfo bytes(std::string_view key, std::string_view title, Slot slot,
                            std::string_view description)
{
    auto row = rate(key, title, slot, description);
    row.unit = Unit::BytesPerSecond;
    return row;
}
constexpr FeatureInfo quantile(std::string_view key, std::string_view title, Slot slot, double q,
                               std::string_view description)
{
    return {key,
            title,
            Unit::Microseconds,
            Quantile,
            kSlots[static_cast<std::size_t>(slot)].probe,
            description,
            true,
            Derivation::Quantile,
            slot,
            Slot::kCount,
            q};
}
constexpr FeatureInfo share(std::string_view key, std::string_view title, Derivation derivation, Slot slot,
                            std::string_view description, Slot other = Slot::kCount)
{
    return {key,         title, Unit::Percent, Share, kSlots[static_cast<std::size_t>(slot)].probe,
            description, false, derivation,    slot,  other};
}
constexpr FeatureInfo average(std::string_view key, std::string_view title, Slot slot,
                              std::string_view description)
{
    return {key,
            title,
            Unit::Count,
            Mean,
            kSlots[static_cast<std::size_t>(slot)].probe,
            description,
            true,
            Derivation::TimeAverage,
            slot};
}
constexpr FeatureInfo level(std::string_view key, std::string_view title, Slot slot,
                            std::string_view description)
{
    return {key,         title, Unit::Bytes,       Level, kSlots[static_cast<std::size_t>(slot)].probe,
            description, true,  Derivation::Gauge, slot};
}
constexpr FeatureInfo tasks(std::string_view key, std::string_view title, Slot slot,
                            std::string_view description)
{
    return {key,         title, Unit::Count,       Mean, kSlots[static_cast<std::size_t>(slot)].probe,
            description, true,  Derivation::Gauge, slot};
}

constexpr auto kFeatures = std::to_array<FeatureInfo>({
    rate("sched.switch.rate", "context switches", Slot::SchedSwitches,
         "switches away from a task on all CPUs; leaving idle is not one"),
    {"sched.switch.voluntary.rate", "voluntary switches", Unit::PerSecond, Rate, Probe::Scheduler,
     "switches because the task went to sleep", true, Derivation::Voluntary, Slot::SchedSwitches,
     Slot::SchedInvoluntary},
    rate("sched.switch.involuntary.rate", "involuntary switches", Slot::SchedInvoluntary,
         "switches while the task still wanted to run"),
    rate("sched.wakeup.rate", "wake-ups", Slot::SchedWakeups, "tasks made runnable"),
    rate("sched.migration.rate", "migrations", Slot::SchedMigrations, "tasks moved between CPUs"),
    share("sched.oncpu.share", "on-CPU time", Derivation::ShareOfCpu, Slot::SchedOnCpuNs,
          "share of all CPUs' time spent in tasks, from switches"),
    quantile("sched.runq_latency.p50", "run-queue latency p50", Slot::SchedRunqHistogram, 0.50,
             "time from runnable to running, median"),
    quantile("sched.runq_latency.p99", "run-queue latency p99", Slot::SchedRunqHistogram, 0.99,
             "time from runnable to running, 99th percentile"),
    average("sched.runq.tasks", "tasks waiting for CPU", Slot::SchedRunqNs,
            "time average of tasks that waited for a CPU and got it"),
    quantile("sched.blocked.p99", "I/O wait p99", Slot::SchedBlockedHistogram, 0.99,
             "uninterruptible sleep (mostly I/O), 99th percentile"),
    average("sched.blocked.tasks", "tasks in I/O wait", Slot::SchedBlockedNs,
            "time average of tasks in uninterruptible sleep that ended"),

    {"syscall.total.rate", "system calls", Unit::PerSecond, Rate, Probe::Syscalls,
     "system calls that returned, all classes", true, Derivation::SyscallTotal, Slot::SysRead},
    rate("syscall.read.rate", "syscalls · read", Slot::SysRead,
         "read, pread, readv, getdents, sendfile and alike"),
    rate("syscall.write.rate", "syscalls · write", Slot::SysWrite, "write, pwrite, writev and alike"),
    rate("syscall.sync.rate", "syscalls · fsync", Slot::SysSync,
         "fsync, fdatasync, sync, msync, sync_file_range"),
    rate("syscall.poll.rate", "syscalls · poll", Slot::SysPoll, "poll, select, epoll_wait"),
    rate("syscall.lock.rate", "syscalls · futex", Slot::SysLock, "futex, flock, semaphores"),
    rate("syscall.net.rate", "syscalls · network", Slot::SysNet, "socket calls"),
    rate("syscall.memory.rate", "syscalls · memory", Slot::SysMemory, "mmap, munmap, brk, mprotect, madvise"),
    rate("syscall.file.rate", "syscalls · file", Slot::SysFile,
         "open, close, stat, unlink, rename and alike"),
    rate("syscall.process.rate", "syscalls · process", Slot::SysProcess,
         "clone, execve, wait, kill, signals"),
    rate("syscall.time.rate", "syscalls · time", Slot::SysTime, "clocks, timers, sleeps"),
    rate("syscall.other.rate", "syscalls · other", Slot::SysOther, "everything else"),
    rate("syscall.failed.rate", "failed syscalls", Slot::SysFailed, "returned an error other than try-again"),
    rate("syscall.again.rate", "interrupted syscalls", Slot::SysAgain, "returned EAGAIN, EINTR or a restart"),

    rate("memory.direct_reclaim.rate", "direct reclaims", Slot::MemReclaims,
         "allocations that had to free memory first"),
    average("memory.direct_reclaim.tasks", "tasks reclaiming", Slot::MemReclaimNs,
            "time average of tasks held up by direct reclaim"),
    quantile("memory.direct_reclaim.p99", "direct reclaim p99", Slot::MemReclaimHistogram, 0.99,
             "length of a direct reclaim, 99th percentile"),
    rate("memory.oom_kill.rate", "OOM kills", Slot::MemOomKills, "victims chosen by the OOM killer"),

    rate("block.read.rate", "block reads", Slot::BlockReads, "read requests completed"),
    rate("block.write.rate", "block writes", Slot::BlockWrites, "write requests completed"),
    rate("block.other.rate", "block flush, discard", Slot::BlockOthers,
         "flush, discard and other requests completed"),
    bytes("block.read.bytes", "block read bytes", Slot::BlockReadBytes, "bytes read from block devices"),
    bytes("block.write.bytes", "block written bytes", Slot::BlockWriteBytes,
          "bytes written to block devices"),
    rate("block.error.rate", "block errors", Slot::BlockErrors, "requests completed with an error"),
    quantile("block.queue.p50", "block queue p50", Slot::BlockQueueHistogram, 0.50,
             "time from request to device, median"),
    quantile("block.queue.p99", "block queue p99", Slot::BlockQueueHistogram, 0.99,
             "time from request to device, 99th percentile"),
    quantile("block.device.p50", "block latency p50", Slot::BlockDeviceHistogram, 0.50,
             "time in the device, median"),
    quantile("block.device.p99", "block latency p99", Slot::BlockDeviceHistogram, 0.99,
             "time in the device, 99th percentile"),
    average("block.queue.requests", "requests queued", Slot::BlockQueueNs,
            "time average of completed requests in the queue"),
    average("block.device.requests", "requests in device", Slot::BlockDeviceNs,
            "time average of completed requests in the device"),

    rate("tcp.retransmit.rate", "TCP retransmits", Slot::TcpRetransmits, "segments sent again"),
    rate("tcp.reset_sent.rate", "TCP resets sent", Slot::TcpResetsSent, "RST sent"),
    rate("tcp.reset_received.rate", "TCP resets received", Slot::TcpResetsReceived, "RST received"),
    rate("tcp.connect.rate", "TCP connects", Slot::TcpConnects, "connections opened from here"),
    rate("tcp.connect_failed.rate", "TCP failed connects", Slot::TcpConnectsFailed,
         "connects that never got established"),
    rate("tcp.accept.rate", "TCP accepts", Slot::TcpAccepts, "connections opened from elsewhere"),
    rate("tcp.close.rate", "TCP closes", Slot::TcpCloses, "established connections that ended"),
    rate("tcp.state_change.rate", "TCP state changes", Slot::TcpStateChanges, "socket state transitions"),

    rate("process.fork.rate", "forks", Slot::ProcForks, "processes created"),
    rate("process.thread.rate", "thread starts", Slot::ProcThreads, "threads created"),
    rate("process.exec.rate", "execs", Slot::ProcExecs, "programs started"),
    rate("process.exit.rate", "task exits", Slot::ProcExits, "tasks that ended"),

    share("cpu.user.share", "CPU user", Derivation::ShareOfTicks, Slot::CpuUserNs,
          "share of all CPUs' time in user mode, nice included"),
    share("cpu.system.share", "CPU system", Derivation::ShareOfTicks, Slot::CpuSystemNs,
          "share of all CPUs' time in the kernel"),
    share("cpu.iowait.share", "CPU I/O wait", Derivation::ShareOfTicks, Slot::CpuIowaitNs,
          "share of time idle while a task waited for I/O"),
    share("cpu.irq.share", "CPU interrupts", Derivation::ShareOfTicks, Slot::CpuIrqNs,
          "share of time in hard and soft interrupts"),
    share("cpu.steal.share", "CPU stolen", Derivation::ShareOfTicks, Slot::CpuStealNs,
          "share of time the hypervisor ran others"),
    rate("cpu.interrupt.rate", "interrupts", Slot::CpuInterrupts, "hard interrupts"),
    rate("cpu.softirq.timer.rate", "softirq · timer", Slot::CpuSoftirqTimer, "timer and hrtimer softirqs"),
    rate("cpu.softirq.net_rx.rate", "softirq · network rx", Slot::CpuSoftirqNetRx, "NET_RX softirqs"),
    rate("cpu.softirq.block.rate", "softirq · block", Slot::CpuSoftirqBlock, "BLOCK softirqs"),
    rate("cpu.softirq.rcu.rate", "softirq · RCU", Slot::CpuSoftirqRcu, "RCU softirqs"),
    tasks("cpu.running.tasks", "runnable tasks", Slot::CpuRunning,
          "tasks running or runnable at the interval's end"),
    tasks("cpu.blocked.tasks", "blocked tasks", Slot::CpuBlocked,
          "tasks blocked on I/O at the interval's end"),

    rate("vm.fault.rate", "page faults", Slot::VmFaults, "page faults, minor and major"),
    rate("vm.fault.major.rate", "major faults", Slot::VmMajorFaults, "page faults that needed I/O"),
    rate("vm.scan.rate", "pages scanned", Slot::VmScanned, "pages looked at for reclaim"),
    rate("vm.steal.rate", "pages reclaimed", Slot::VmStolen, "pages reclaimed"),
    rate("vm.swap_in.rate", "swap-ins", Slot::VmSwapIns, "pages read back from swap"),
    rate("vm.swap_out.rate", "swap-outs", Slot::VmSwapOuts, "pages written to swap"),
    rate("vm.refault.rate", "refaults", Slot::VmRefaults, "pages needed again soon after reclaim"),
    rate("vm.free.rate", "pages freed", Slot::VmFreed, "pages returned to the allocator"),
    share("vm.available.share", "memory available", Derivation::GaugeShare, Slot::VmAvailable,
          "memory available without swapping", Slot::VmTotal),
    level("vm.dirty.bytes", "dirty memory", Slot::VmDirty, "page cache waiting to be written"),
    level("vm.anon.bytes", "anonymous memory", Slot::VmAnon, "anonymous pages mapped"),
    level("vm.slab.bytes", "slab memory", Slot::VmSlab, "kernel slab caches"),

    rate("net.rx.packets", "packets received", Slot::NetRxPackets, "packets received, all interfaces"),
    bytes("net.rx.bytes", "bytes received", Slot::NetRxBytes, "bytes received, all interfaces"),
    rate("net.tx.packets", "packets sent", Slot::NetTxPackets, "packets sent, all interfaces"),
    bytes("net.tx.bytes", "bytes sent", Slot::NetTxBytes, "bytes sent, all interfaces"),
    rate("net.drop.rate", "packets dropped", Slot::NetDrops, "drops and errors at the interfaces"),
    rate("net.udp.in.rate", "UDP datagrams in", Slot::NetUdpIn, "UDP datagrams delivered"),
    rate("net.udp.error.rate", "UDP errors", Slot::NetUdpErrors, "UDP datagrams lost or for no port"),

    share("pressure.cpu.some", "CPU pressure", Derivation::ShareOfTime, Slot::PsiCpuSome,
          "share of time some task waited for a CPU"),
    share("pressure.memory.some", "memory pressure", Derivation::ShareOfTime, Slot::PsiMemorySome,
          "share of time some task waited for memory"),
    share("pressure.memory.full", "memory pressure full", Derivation::ShareOfTime, Slot::PsiMemoryFull,
          "share of time all tasks waited for memory"),
    share("pressure.io.some", "I/O pressure", Derivation::ShareOfTime, Slot::PsiIoSome,
          "share of time some task waited for I/O"),
    share("pressure.io.full", "I/O pressure full", Derivation::ShareOfTime, Slot::PsiIoFull,
          "share of time all tasks waited for I/O"),
});

constexpr auto kOffsets = [] {
    std::array<std::size_t, kSlotCount + 1> out{};
    for (std::size_t i = 0; i < kSlotCount; ++i)
        out[i + 1] = out[i] + (kSlots[i].kind == SlotKind::Histogram ? kHistogramBuckets : 1);
    return out;
}();

constexpr bool slotsGroupedByProbe()
{
    for (std::size_t i = 1; i < kSlotCount; ++i)
        if (kSlots[i].probe < kSlots[i - 1].probe)
            return false;
    return true;
}
static_assert(slotsGroupedByProbe());
static_assert(kSlots[static_cast<std::size_t>(Slot::PsiIoFull)].key == "psi.io_full");
static_assert(kSlots[static_cast<std::size_t>(Slot::BlockDeviceHistogram)].key == "block.device");
static_assert(kSlots[static_cast<std::size_t>(Slot::VmTotal)].key == "vm.total");
static_assert(bucketFloorNs(bucketOf(1'000'000)) <= 1'000'000 &&
              bucketFloorNs(bucketOf(1'000'000) + 1) > 1'000'000);

constexpr std::array<std::string_view, 5> kKindKeys{"rate", "quantile", "share", "mean", "level"};
} // namespace

std::string_view featureKindKey(FeatureKind kind)
{
    return kKindKeys.at(static_cast<std::size_t>(kind));
}

FeatureKind featureKindFromKey(std::string_view key)
{
    for (std::size_t i = 0; i < kKindKeys.size(); ++i)
        if (kKindKeys[i] == key)
            return static_cast<FeatureKind>(i);
    return Level;
}

std::span<const ProbeInfo, kProbeCount> probes()
{
    return kProbes;
}

std::span<const SlotInfo, kSlotCount> slots()
{
    return kSlots;
}

std::span<const FeatureInfo> features()
{
    return kFeatures;
}

Probe probeFromKey(std::string_view key)
{
    for (std::size_t i = 0; i < kProbeCount; ++i)
        if (kProbes[i].key == key)
            return static_cast<Probe>(i);
    return Probe::kCount;
}

std::size_t slotWords()
{
    return kOffsets[kSlotCount];
}

std::size_t slotOffset(Slot slot)
{
    return kOffsets[static_cast<std::size_t>(slot)];
}

} // namespace statescape::schema
