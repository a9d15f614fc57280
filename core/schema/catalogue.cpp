// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/schema/catalogue.h"

#include <filesystem>
#include <string>
#include <system_error>

namespace statescape::schema {
namespace {
using base::Unit;
using enum FeatureKind;

constexpr std::array<ProbeInfo, kProbeCount> kProbes{{
    {"scheduler",
     "Scheduler",
     ProbeOrigin::Bpf,
     "sched_switch sched_wakeup sched_wakeup_new sched_migrate_task",
     "who waited for a CPU and how long, who was switched out and why",
     true,
     "5.8",
     {400, 46}},
    {"syscalls",
     "System calls",
     ProbeOrigin::Bpf,
     "sys_exit",
     "system calls by class, and how many failed",
     true,
     "5.8",
     {23, 8}},
    {"memory",
     "Memory reclaim",
     ProbeOrigin::Bpf,
     "mm_vmscan_direct_reclaim_begin mm_vmscan_direct_reclaim_end mm_vmscan_memcg_reclaim_begin "
     "mm_vmscan_memcg_reclaim_end mark_victim",
     "tasks made to free memory themselves, and OOM kills",
     true,
     "5.8",
     {160, 51}},
    {"block",
     "Block I/O",
     ProbeOrigin::Bpf,
     "block_rq_complete block_rq_issue block_bio_queue",
     "requests, bytes, and time in queue and device from the request's own time stamps",
     true,
     "5.8",
     {110, 31}},
    {"tcp",
     "TCP",
     ProbeOrigin::Bpf,
     "tcp_retransmit_skb tcp_send_reset tcp_receive_reset inet_sock_set_state",
     "retransmits, resets, connects and accepts",
     true,
     "5.8",
     {60, 8}},
    {"process",
     "Processes",
     ProbeOrigin::Bpf,
     "sched_process_fork sched_process_exec sched_process_exit",
     "forks, threads, execs and exits",
     true,
     "5.8",
     {310, 20}},
    {"cpu",
     "CPU time",
     ProbeOrigin::Proc,
     "/proc/stat",
     "CPU time split, interrupts, runnable and blocked tasks",
     true,
     "any",
     {}},
    {"vm",
     "Virtual memory",
     ProbeOrigin::Proc,
     "/proc/vmstat /proc/meminfo",
     "faults, reclaim, swap and memory levels",
     true,
     "any",
     {}},
    {"net",
     "Network",
     ProbeOrigin::Proc,
     "/proc/net/dev /proc/net/snmp",
     "packets and bytes of all interfaces, drops, UDP",
     true,
     "any",
     {}},
    {"pressure",
     "Pressure (PSI)",
     ProbeOrigin::Proc,
     "/proc/pressure/{cpu,memory,io}",
     "share of time tasks were stalled",
     true,
     "4.20 with PSI",
     {}},
    {"interrupts",
     "Interrupts",
     ProbeOrigin::Bpf,
     "softirq_entry softirq_exit irq_handler_entry irq_handler_exit local_timer_entry local_timer_exit",
     "time in interrupt handlers, by what they were for",
     true,
     "5.8",
     {200, 32}},
    {"drops",
     "Packet drops",
     ProbeOrigin::Bpf,
     "kfree_skb",
     "packets the kernel threw away, by reason",
     true,
     "5.8, reasons since 5.17",
     {340, 8}},
    {"samples",
     "CPU samples",
     ProbeOrigin::Bpf,
     "perf cpu-clock, 99 Hz a CPU",
     "where the CPUs were found: user, kernel, idle",
     true,
     "5.8",
     {390, 280}},
    {"locks",
     "Kernel locks",
     ProbeOrigin::Bpf,
     "contention_begin contention_end",
     "waits for the kernel's own locks",
     false,
     "5.19",
     {560, 170}},
    {"hardware",
     "Hardware counters",
     ProbeOrigin::Perf,
     "perf cycles instructions cache-misses branch-misses",
     "what the CPUs' own counters say",
     false,
     "any, on a CPU whose counters Linux drives",
     {16000, 7000}},
    {"vfs",
     "File operations",
     ProbeOrigin::Bpf,
     "vfs_read vfs_write vfs_fsync_range",
     "how long reads, writes and syncs of files take inside the kernel",
     false,
     "5.8 with fentry or kprobes",
     {60, 35}},
    {"syscall_times",
     "System call times",
     ProbeOrigin::Bpf,
     "sys_enter sys_exit",
     "how long system calls take, by class",
     false,
     "5.8",
     {62, 32}},
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
    counter("sys.error_permission", Probe::Syscalls),
    counter("sys.error_not_found", Probe::Syscalls),
    counter("sys.error_resource", Probe::Syscalls),
    counter("sys.error_network", Probe::Syscalls),
    counter("sys.error_invalid", Probe::Syscalls),
    counter("sys.error_other", Probe::Syscalls),

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

    counter("irq.hard_ns", Probe::Interrupts),
    counter("irq.timer_ns", Probe::Interrupts),
    counter("irq.net_rx_ns", Probe::Interrupts),
    counter("irq.net_tx_ns", Probe::Interrupts),
    counter("irq.block_ns", Probe::Interrupts),
    counter("irq.sched_ns", Probe::Interrupts),
    counter("irq.rcu_ns", Probe::Interrupts),
    counter("irq.tasklet_ns", Probe::Interrupts),

    counter("drop.all", Probe::Drops),
    counter("drop.no_socket", Probe::Drops),
    counter("drop.bad_packet", Probe::Drops),
    counter("drop.full", Probe::Drops),
    counter("drop.filtered", Probe::Drops),
    counter("drop.other", Probe::Drops),

    counter("sample.user", Probe::Samples),
    counter("sample.kernel", Probe::Samples),
    counter("sample.idle", Probe::Samples),
    counter("sample.all", Probe::Samples),

    counter("lock.contended", Probe::Locks),
    counter("lock.spun", Probe::Locks),
    counter("lock.wait_ns", Probe::Locks),
    histogram("lock.wait", Probe::Locks),

    counter("hw.cycles", Probe::Hardware),
    counter("hw.instructions", Probe::Hardware),
    counter("hw.cache_misses", Probe::Hardware),
    counter("hw.branch_misses", Probe::Hardware),

    counter("vfs.reads", Probe::Vfs),
    counter("vfs.writes", Probe::Vfs),
    counter("vfs.syncs", Probe::Vfs),
    histogram("vfs.read", Probe::Vfs),
    histogram("vfs.write", Probe::Vfs),
    histogram("vfs.sync", Probe::Vfs),

    histogram("sys.read_time", Probe::SyscallTimes),
    histogram("sys.write_time", Probe::SyscallTimes),
    histogram("sys.sync_time", Probe::SyscallTimes),
    histogram("sys.poll_time", Probe::SyscallTimes),
    histogram("sys.lock_time", Probe::SyscallTimes),
    histogram("sys.net_time", Probe::SyscallTimes),
    histogram("sys.memory_time", Probe::SyscallTimes),
    histogram("sys.file_time", Probe::SyscallTimes),
    histogram("sys.process_time", Probe::SyscallTimes),
    histogram("sys.time_time", Probe::SyscallTimes),
    histogram("sys.other_time", Probe::SyscallTimes),
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

constexpr FeatureInfo hertz(std::string_view key, std::string_view title, Slot slot,
                            std::string_view description)
{
    auto row = rate(key, title, slot, description);
    row.unit = Unit::Hertz;
    return row;
}
constexpr FeatureInfo ratio(std::string_view key, std::string_view title, Unit unit, Slot part, Slot whole,
                            double times, std::string_view description)
{
    return {key,
            title,
            unit,
            Mean,
            kSlots[static_cast<std::size_t>(part)].probe,
            description,
            false,
            Derivation::Ratio,
            part,
            whole,
            times};
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
    rate("syscall.error.permission.rate", "errors · permission", Slot::SysErrorPermission,
         "EPERM, EACCES, EROFS"),
    rate("syscall.error.not_found.rate", "errors · not found", Slot::SysErrorNotFound,
         "ENOENT, ESRCH, ENODEV, ENXIO, ENODATA"),
    rate("syscall.error.resource.rate", "errors · resources", Slot::SysErrorResource,
         "ENOMEM, EMFILE, ENFILE, ENOSPC, EDQUOT, EBUSY, EIO"),
    rate("syscall.error.network.rate", "errors · network", Slot::SysErrorNetwork,
         "ECONNREFUSED, ECONNRESET, ETIMEDOUT, EPIPE, EHOSTUNREACH and alike"),
    rate("syscall.error.invalid.rate", "errors · invalid", Slot::SysErrorInvalid,
         "EINVAL, EBADF, EFAULT, ENOTTY, ENOSYS, EEXIST and alike"),
    rate("syscall.error.other.rate", "errors · other", Slot::SysErrorOther, "every other error"),

    rate("memory.direct_reclaim.rate", "direct reclaims", Slot::MemReclaims,
         "allocations that had to free memory first, the machine's or their cgroup's"),
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

    share("irq.hard.share", "hard interrupts", Derivation::ShareOfCpu, Slot::IrqHardNs,
          "share of all CPUs' time in hard interrupt handlers of devices and the timer"),
    share("irq.softirq.timer.share", "softirq time · timer", Derivation::ShareOfCpu, Slot::IrqTimerNs,
          "share of all CPUs' time in timer softirqs"),
    share("irq.softirq.net_rx.share", "softirq time · net rx", Derivation::ShareOfCpu, Slot::IrqNetRxNs,
          "share of all CPUs' time receiving packets"),
    share("irq.softirq.net_tx.share", "softirq time · net tx", Derivation::ShareOfCpu, Slot::IrqNetTxNs,
          "share of all CPUs' time in transmit softirqs"),
    share("irq.softirq.block.share", "softirq time · block", Derivation::ShareOfCpu, Slot::IrqBlockNs,
          "share of all CPUs' time completing block requests"),
    share("irq.softirq.sched.share", "softirq time · sched", Derivation::ShareOfCpu, Slot::IrqSchedNs,
          "share of all CPUs' time balancing load between CPUs"),
    share("irq.softirq.rcu.share", "softirq time · RCU", Derivation::ShareOfCpu, Slot::IrqRcuNs,
          "share of all CPUs' time in RCU callbacks"),
    share("irq.softirq.tasklet.share", "softirq time · tasklet", Derivation::ShareOfCpu, Slot::IrqTaskletNs,
          "share of all CPUs' time in tasklets"),

    rate("drop.rate", "packet drops", Slot::DropAll, "packets thrown away, whatever for"),
    rate("drop.no_socket.rate", "drops · no socket", Slot::DropNoSocket, "nobody listens"),
    rate("drop.bad_packet.rate", "drops · bad packet", Slot::DropBadPacket,
         "checksum, header, sequence or protocol wrong"),
    rate("drop.full.rate", "drops · full", Slot::DropFull, "a buffer, queue or the memory was full"),
    rate("drop.filtered.rate", "drops · filtered", Slot::DropFiltered, "a filter or rule said so"),
    rate("drop.other.rate", "drops · other", Slot::DropOther, "any other reason, or none given"),

    share("sample.user.share", "found in user code", Derivation::Quotient, Slot::SampleUser,
          "share of CPU samples in user mode", Slot::SampleAll),
    share("sample.kernel.share", "found in the kernel", Derivation::Quotient, Slot::SampleKernel,
          "share of CPU samples in the kernel", Slot::SampleAll),
    share("sample.idle.share", "found idle", Derivation::Quotient, Slot::SampleIdle,
          "share of CPU samples in the idle task", Slot::SampleAll),

    rate("lock.contention.rate", "contended locks", Slot::LockContended,
         "times a kernel lock had to be waited for"),
    average("lock.wait.tasks", "tasks at kernel locks", Slot::LockWaitNs,
            "time average of CPUs and tasks waiting for a kernel lock"),
    quantile("lock.wait.p50", "lock wait p50", Slot::LockWaitHistogram, 0.50,
             "wait for a kernel lock, median"),
    quantile("lock.wait.p99", "lock wait p99", Slot::LockWaitHistogram, 0.99,
             "wait for a kernel lock, 99th percentile"),
    share("lock.spin.share", "lock waits by spinning", Derivation::Quotient, Slot::LockSpun,
          "share of contended kernel locks waited for by spinning", Slot::LockContended),

    hertz("hw.cycle.rate", "CPU cycles", Slot::HwCycles, "cycles of all CPUs that were not halted"),
    ratio("hw.instructions_per_cycle", "instructions / cycle", Unit::None, Slot::HwInstructions,
          Slot::HwCycles, 1, "instructions retired per cycle"),
    ratio("hw.cache_miss.per_thousand", "cache misses", Unit::PerThousand, Slot::HwCacheMisses,
          Slot::HwInstructions, 1000, "last-level cache misses per 1000 instructions"),
    ratio("hw.branch_miss.per_thousand", "branch misses", Unit::PerThousand, Slot::HwBranchMisses,
          Slot::HwInstructions, 1000, "mispredicted branches per 1000 instructions"),

    rate("vfs.read.rate", "file reads", Slot::VfsReads, "vfs_read calls that returned"),
    quantile("vfs.read.p50", "file read p50", Slot::VfsReadHistogram, 0.50, "time in vfs_read, median"),
    quantile("vfs.read.p99", "file read p99", Slot::VfsReadHistogram, 0.99,
             "time in vfs_read, 99th percentile"),
    rate("vfs.write.rate", "file writes", Slot::VfsWrites, "vfs_write calls that returned"),
    quantile("vfs.write.p50", "file write p50", Slot::VfsWriteHistogram, 0.50, "time in vfs_write, median"),
    quantile("vfs.write.p99", "file write p99", Slot::VfsWriteHistogram, 0.99,
             "time in vfs_write, 99th percentile"),
    rate("vfs.sync.rate", "file syncs", Slot::VfsSyncs, "vfs_fsync_range calls that returned"),
    quantile("vfs.sync.p50", "file sync p50", Slot::VfsSyncHistogram, 0.50,
             "time in vfs_fsync_range, median"),
    quantile("vfs.sync.p99", "file sync p99", Slot::VfsSyncHistogram, 0.99,
             "time in vfs_fsync_range, 99th percentile"),
    quantile("syscall.read.p50", "read call p50", Slot::SysReadHistogram, 0.50,
             "time in system calls of the class, median"),
    quantile("syscall.read.p99", "read call p99", Slot::SysReadHistogram, 0.99,
             "time in system calls of the class, 99th percentile"),
    quantile("syscall.write.p50", "write call p50", Slot::SysWriteHistogram, 0.50,
             "time in system calls of the class, median"),
    quantile("syscall.write.p99", "write call p99", Slot::SysWriteHistogram, 0.99,
             "time in system calls of the class, 99th percentile"),
    quantile("syscall.sync.p50", "fsync call p50", Slot::SysSyncHistogram, 0.50,
             "time in system calls of the class, median"),
    quantile("syscall.sync.p99", "fsync call p99", Slot::SysSyncHistogram, 0.99,
             "time in system calls of the class, 99th percentile"),
    quantile("syscall.poll.p50", "poll call p50", Slot::SysPollHistogram, 0.50,
             "time in system calls of the class, median"),
    quantile("syscall.poll.p99", "poll call p99", Slot::SysPollHistogram, 0.99,
             "time in system calls of the class, 99th percentile"),
    quantile("syscall.lock.p50", "futex call p50", Slot::SysLockHistogram, 0.50,
             "time in system calls of the class, median"),
    quantile("syscall.lock.p99", "futex call p99", Slot::SysLockHistogram, 0.99,
             "time in system calls of the class, 99th percentile"),
    quantile("syscall.net.p50", "network call p50", Slot::SysNetHistogram, 0.50,
             "time in system calls of the class, median"),
    quantile("syscall.net.p99", "network call p99", Slot::SysNetHistogram, 0.99,
             "time in system calls of the class, 99th percentile"),
    quantile("syscall.memory.p50", "memory call p50", Slot::SysMemoryHistogram, 0.50,
             "time in system calls of the class, median"),
    quantile("syscall.memory.p99", "memory call p99", Slot::SysMemoryHistogram, 0.99,
             "time in system calls of the class, 99th percentile"),
    quantile("syscall.file.p50", "file call p50", Slot::SysFileHistogram, 0.50,
             "time in system calls of the class, median"),
    quantile("syscall.file.p99", "file call p99", Slot::SysFileHistogram, 0.99,
             "time in system calls of the class, 99th percentile"),
    quantile("syscall.process.p50", "process call p50", Slot::SysProcessHistogram, 0.50,
             "time in system calls of the class, median"),
    quantile("syscall.process.p99", "process call p99", Slot::SysProcessHistogram, 0.99,
             "time in system calls of the class, 99th percentile"),
    quantile("syscall.time.p50", "time call p50", Slot::SysTimeHistogram, 0.50,
             "time in system calls of the class, median"),
    quantile("syscall.time.p99", "time call p99", Slot::SysTimeHistogram, 0.99,
             "time in system calls of the class, 99th percentile"),
    quantile("syscall.other.p50", "other call p50", Slot::SysOtherHistogram, 0.50,
             "time in system calls of the class, median"),
    quantile("syscall.other.p99", "other call p99", Slot::SysOtherHistogram, 0.99,
             "time in system calls of the class, 99th percentile"),
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

std::uint64_t defaultProbes()
{
    static const std::uint64_t kMask = [] {
        std::uint64_t mask = 0;
        for (std::size_t i = 0; i < kProbeCount; ++i)
            if (kProbes[i].byDefault)
                mask |= std::uint64_t{1} << i;
        // Hybrid processors have one folder per kind of core.
        std::error_code ignored;
        for (const char *pmu : {"cpu", "cpu_core", "armv8_pmuv3_0"})
            if (std::filesystem::exists(std::string("/sys/bus/event_source/devices/") + pmu, ignored))
                mask |= bitOf(Probe::Hardware);
        return mask;
    }();
    return kMask;
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
