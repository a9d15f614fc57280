// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// Interrupts, drops, samples, locks, hardware counters and system call times under loads of known size.
#include "bpf/probes/drops/reasons.h"
#include "bpf/probes/hardware/hardware.h"
#include "bpf/probes/interrupts/interrupts.h"
#include "bpf/probes/locks/locks.h"
#include "bpf/probes/memory/memory.h"
#include "bpf/probes/syscall_times/syscall_times.h"
#include "core/base/clock.h"
#include "loaded.h"
#include "tests/kernels/load.h"
#include "window.h"
#include "workload.h"

#include <arpa/inet.h>
#include <csignal>
#include <fstream>
#include <linux/filter.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <sstream>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace statescape;
using schema::Probe;
using schema::Slot;
using std::chrono::milliseconds;

namespace {
constexpr std::uint64_t kMs = 1'000'000;

void sleepMs(int ms)
{
    std::this_thread::sleep_for(milliseconds(ms));
}

/// @return of a histogram slot, how many values of at least @p ns came between two samples.
std::uint64_t atLeast(const Window &window, Slot slot, std::uint64_t ns)
{
    return window.from(slot, schema::bucketOf(ns));
}

std::uint64_t softirqsOfTheKernel()
{
    std::ifstream file("/proc/softirqs");
    std::string line;
    std::getline(file, line);
    std::uint64_t sum = 0;
    while (std::getline(file, line)) {
        std::istringstream fields(line.substr(line.find(':') + 1));
        for (std::uint64_t value = 0; fields >> value;)
            sum += value;
    }
    return sum;
}

/// A UDP socket that nobody reads from. @param bytes of its receive buffer
int deafSocket(sockaddr_in &address, int bytes)
{
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
    if (::bind(fd, reinterpret_cast<sockaddr *>(&address), size) != 0 ||
        ::getsockname(fd, reinterpret_cast<sockaddr *>(&address), &size) != 0)
        return -1;
    return fd;
}

bool sendTo(const sockaddr_in &address, int count)
{
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    char payload[1000] = {};
    for (int i = 0; i < count; ++i)
        if (::sendto(fd, payload, sizeof(payload), 0, reinterpret_cast<const sockaddr *>(&address),
                     sizeof(address)) != sizeof(payload))
            return false;
    ::close(fd);
    return true;
}

void pinToOneCpu()
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<unsigned>(::sched_getcpu()), &one);
    ::sched_setaffinity(0, sizeof(one), &one);
}
/// A child that waits in recvfrom(), once, until release() or a signal. Few others are in such calls for
/// long.
class Receiver {
public:
    /// @param interrupted a handler that does not restart the call takes SIGUSR1
    explicit Receiver(bool interrupted = false)
    {
        if (::socketpair(AF_UNIX, SOCK_DGRAM, 0, m_ends.data()) != 0)
            return;
        m_pid = workload::start([&] {
            if (interrupted) {
                struct sigaction action {};
                action.sa_handler = [](int) {};
                ::sigaction(SIGUSR1, &action, nullptr);
            }
            char byte = 0;
            const auto got = ::recvfrom(m_ends[0], &byte, 1, 0, nullptr, nullptr);
            return interrupted ? got < 0 && errno == EINTR : got == 1;
        });
        sleepMs(50);
    }
    ~Receiver()
    {
        ::close(m_ends[0]);
        ::close(m_ends[1]);
    }
    Receiver(const Receiver &) = delete;
    Receiver &operator=(const Receiver &) = delete;
    void tell(int signal) const { ::kill(m_pid, signal); }
    [[nodiscard]] bool release() const
    {
        return ::send(m_ends[1], "x", 1, 0) == 1 && workload::finish(m_pid);
    }
    [[nodiscard]] bool finish() const { return workload::finish(m_pid); }

private:
    std::array<int, 2> m_ends{-1, -1};
    pid_t m_pid = -1;
};

/// @return how many calls of the class took at least @p ns so far.
std::uint64_t calls(const Loaded &loaded, ss_syscall_class kind, std::uint64_t ns)
{
    std::uint64_t sum = 0;
    for (std::size_t i = schema::bucketOf(ns); i < SS_BUCKETS; ++i)
        sum += loaded.sum(offsetof(ss_syscall_times_bank, times) / 8 + kind * SS_BUCKETS + i);
    return sum;
}
} // namespace

class ShippedTest : public QObject {
    Q_OBJECT
    std::optional<bpf::Probes> m_probes;

    [[nodiscard]] const wire::ProbeState &standing(Probe probe) const
    {
        return *std::ranges::find(m_probes->standing(), probe, &wire::ProbeState::probe);
    }
#define NEED(probe)                                                                                          \
    if (!standing(probe).available)                                                                          \
    QSKIP(standing(probe).reason.c_str())

private Q_SLOTS:
    void initTestCase()
    {
        schema::ProbePlan plan;
        for (std::size_t i = 0; i < schema::kProbeCount; ++i)
            if (schema::probes()[i].origin != schema::ProbeOrigin::Proc)
                plan.probes |= std::uint64_t{1} << i;
        m_probes.emplace(
            bpf::Probes::attach(std::make_shared<const schema::Layout>(plan), "statescape-helper"));
        m_probes->finishCost();
        if (!m_probes->any())
            QSKIP(m_probes->standing().front().reason.c_str());
        QCOMPARE(m_probes->standing().size(), std::size_t{13});
        for (const auto &state : m_probes->standing())
            QVERIFY2(state.available || !state.reason.empty(), std::to_string(int(state.probe)).c_str());
    }

    // -------------------------------------------------------------------------------------- interrupts
    void softirqsAgreeWithTheKernelsCount()
    {
        Loaded loaded(bpf::interruptsProbe());
        if (!loaded.stands())
            QSKIP(loaded.why().c_str());
        const auto word = offsetof(ss_interrupts_bank, hits[SS_SOFTIRQ_ENTRY]) / 8;
        const auto before = softirqsOfTheKernel();
        const auto ours = loaded.sum(word);
        QVERIFY(workload::inChild([] { return load::datagrams(20'000, 100); }) > 0);
        const auto kernels = softirqsOfTheKernel() - before;
        const auto seen = loaded.sum(word) - ours;
        QVERIFY2(kernels >= 1000, std::to_string(kernels).c_str());
        const auto off = std::max(seen, kernels) - std::min(seen, kernels);
        QVERIFY2(off <= kernels / 1000 + 20, qPrintable(QString("%1 of %2").arg(seen).arg(kernels)));
    }

    void interruptTimeIsPlausible()
    {
        NEED(Probe::Interrupts);
        Window window(*m_probes);
        QVERIFY(workload::inChild([] { return load::datagrams(50'000, 100); }) > 0);
        window.close();
        const auto elapsed = window.elapsedNs() * m_probes->cpusPossible();
        std::uint64_t sum = 0;
        for (auto slot = Slot::IrqHardNs; slot <= Slot::IrqTaskletNs;
             slot = static_cast<Slot>(static_cast<int>(slot) + 1))
            sum += window[slot];
        QVERIFY2(sum > 0 && sum < elapsed, std::to_string(sum).c_str());
        QVERIFY(window[Slot::IrqNetRxNs] > 50'000 * 100ULL); // over 100 ns a datagram
    }

    void aHardInterruptInASoftirqCountsOnce()
    {
        const ByHand programs(bpf::interruptsProbe());
        if (!programs.loaded())
            QSKIP("programs cannot be loaded here");
        constexpr std::uint64_t kNetRx = 3;
        QVERIFY(workload::inChild([&] {
                    pinToOneCpu();
                    bool good = programs.run("softirq_entry", {kNetRx});
                    sleepMs(20);
                    good = good && programs.run("irq_handler_entry");
                    sleepMs(50);
                    good = good && programs.run("irq_handler_exit");
                    good = good && programs.run("softirq_exit", {kNetRx});
                    // Ends of what was never seen to begin.
                    return good && programs.run("irq_handler_exit") && programs.run("softirq_exit", {kNetRx});
                }) > 0);
        const auto bank = programs.sum<ss_interrupts_bank>();
        QVERIFY(bank.ns[SS_IRQ_HARD] >= 50 * kMs && bank.ns[SS_IRQ_NET_RX] >= 20 * kMs);
        QVERIFY2(bank.ns[SS_IRQ_NET_RX] < bank.ns[SS_IRQ_HARD],
                 qPrintable(QString("%1 and %2").arg(bank.ns[SS_IRQ_NET_RX]).arg(bank.ns[SS_IRQ_HARD])));
        QCOMPARE(bank.hits[SS_SOFTIRQ_EXIT], 2U);
    }

    // ------------------------------------------------------------------------------------------- drops
    void reasonsHaveTheirGroups()
    {
        QCOMPARE(bpf::dropGroup("NO_SOCKET"), SS_DROP_NO_SOCKET);
        QCOMPARE(bpf::dropGroup("UDP_CSUM"), SS_DROP_BAD_PACKET);
        QCOMPARE(bpf::dropGroup("SOCKET_RCVBUFF"), SS_DROP_FULL);
        QCOMPARE(bpf::dropGroup("NETFILTER_DROP"), SS_DROP_FILTERED);
        QCOMPARE(bpf::dropGroup("NOT_SPECIFIED"), SS_DROP_OTHER);
        QCOMPARE(bpf::dropGroup("CONSUMED"), SS_DROP_NONE);
        QCOMPARE(bpf::dropGroup("A_REASON_OF_TOMORROW"), SS_DROP_OTHER);
        // The same name under another number, as it is between kernels.
        const auto groups =
            bpf::dropGroups({"SKB_NOT_DROPPED_YET", "SKB_CONSUMED", "", "SKB_DROP_REASON_XDP"});
        QCOMPARE(int(groups[0]), int(SS_DROP_NONE));
        QCOMPARE(int(groups[1]), int(SS_DROP_NONE));
        QCOMPARE(int(groups[2]), int(SS_DROP_OTHER));
        QCOMPARE(int(groups[3]), int(SS_DROP_FILTERED));
        QCOMPARE(int(groups[255]), int(SS_DROP_OTHER));
    }

    void dropsByReason()
    {
        NEED(Probe::Drops);
        const auto traits = bpf::KernelTraits::detect();
        QVERIFY(traits);
        if (!traits->dropHasReason)
            QSKIP("this kernel gives no reasons (before 5.17)");
        constexpr int kCount = 300;
        Window window(*m_probes);
        QVERIFY(workload::inChild([] { return load::datagrams(kCount, 100); }) > 0);
        sockaddr_in full{};
        const int deaf = deafSocket(full, 2048);
        QVERIFY(deaf >= 0 && sendTo(full, kCount));
        sockaddr_in filtered{};
        const int filter = deafSocket(filtered, 1 << 20);
        sock_filter nothing{BPF_RET | BPF_K, 0, 0, 0};
        const sock_fprog program{1, &nothing};
        QVERIFY(::setsockopt(filter, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0);
        QVERIFY(sendTo(filtered, kCount));
        window.close();
        ::close(deaf);
        ::close(filter);
        QVERIFY2(window[Slot::DropNoSocket] >= kCount && window[Slot::DropNoSocket] < 2 * kCount,
                 std::to_string(window[Slot::DropNoSocket]).c_str());
        // Some fit into the buffer.
        QVERIFY2(window[Slot::DropFull] >= kCount - 20 && window[Slot::DropFull] < 2 * kCount,
                 std::to_string(window[Slot::DropFull]).c_str());
        QVERIFY2(window[Slot::DropFiltered] >= kCount && window[Slot::DropFiltered] < 2 * kCount,
                 std::to_string(window[Slot::DropFiltered]).c_str());
        const auto groups = window[Slot::DropNoSocket] + window[Slot::DropBadPacket] +
                            window[Slot::DropFull] + window[Slot::DropFiltered] + window[Slot::DropOther];
        QVERIFY(window[Slot::DropAll] >= groups && window[Slot::DropAll] <= groups + 8);
    }

    // ----------------------------------------------------------------------------------------- samples
    void samplesSayWhereCpusAre()
    {
        NEED(Probe::Samples);
        const auto cpus = static_cast<std::uint64_t>(::sysconf(_SC_NPROCESSORS_ONLN));
        // Every CPU busy: kernels differ in whether the clock of an idle one ticks on.
        std::vector<pid_t> burning;
        for (std::uint64_t cpu = 0; cpu < cpus; ++cpu)
            burning.push_back(workload::start([] { return load::burnFor(1500); }));
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        Window window(*m_probes);
        std::this_thread::sleep_for(std::chrono::milliseconds(1000));
        window.close();
        for (const auto pid : burning)
            workload::finish(pid);
        const auto expected = 99 * cpus * window.elapsedNs() / (1000 * kMs);
        QVERIFY2(window[Slot::SampleAll] >= expected * 8 / 10 && window[Slot::SampleAll] <= expected + cpus,
                 qPrintable(QString("%1 of %2").arg(window[Slot::SampleAll]).arg(expected)));
        QVERIFY(window[Slot::SampleUser] >= 50);
        const auto parts = window[Slot::SampleUser] + window[Slot::SampleKernel] + window[Slot::SampleIdle];
        QVERIFY(window[Slot::SampleAll] >= parts && window[Slot::SampleAll] <= parts + cpus);
    }

    void aTaskInTheKernelIsFoundThere()
    {
        NEED(Probe::Samples);
        Window window(*m_probes);
        QVERIFY(workload::inChild([] {
                    std::ifstream zero("/dev/zero", std::ios::binary);
                    std::vector<char> buffer(8 << 20);
                    const auto end = base::monotonicNs() + 800 * kMs;
                    while (base::monotonicNs() < end)
                        if (!zero.read(buffer.data(), static_cast<std::streamsize>(buffer.size())))
                            return false;
                    return true;
                }) > 0);
        window.close();
        QVERIFY2(window[Slot::SampleKernel] >= 25, std::to_string(window[Slot::SampleKernel]).c_str());
    }

    // ------------------------------------------------------------------------------------------- locks
    void contendedLocksAreTimed()
    {
        NEED(Probe::Locks);
        Window window(*m_probes);
        // All threads of a process change one address space.
        QVERIFY(workload::inChild([] { return load::mapInThreads(4, 800); }) > 0);
        window.close();
        const auto contended = window[Slot::LockContended];
        QVERIFY2(contended >= 100, std::to_string(contended).c_str());
        QVERIFY(window[Slot::LockSpun] <= contended);
        const auto timed = window[Slot::LockWaitHistogram];
        QVERIFY2(timed <= contended + 8 && timed >= contended - contended / 100 - 8,
                 qPrintable(QString("%1 of %2").arg(timed).arg(contended)));
        QVERIFY(window[Slot::LockWaitNs] > 0);
    }

    void aMutexIsOneWaitAndLocksNest()
    {
        const ByHand programs(bpf::locksProbe());
        if (!programs.loaded())
            QSKIP("programs cannot be loaded here");
        constexpr std::uint64_t kMutex = 0x1000;
        constexpr std::uint64_t kSpinLock = 0x2000;
        constexpr std::uint64_t kSpin = 1;
        constexpr std::uint64_t kMutexFlag = 32;
        QVERIFY(programs.run("contention_begin", {kMutex, kMutexFlag | kSpin}));
        sleepMs(10);
        QVERIFY(programs.run("contention_begin", {kSpinLock, kSpin}));
        QVERIFY(programs.run("contention_end", {kSpinLock, 0}));
        QVERIFY(programs.run("contention_begin", {kMutex, kMutexFlag}));
        sleepMs(10);
        QVERIFY(programs.run("contention_end", {kMutex, 0}));
        QVERIFY(programs.run("contention_end", {kMutex, 0})); // began before the probe was there
        const auto bank = programs.sum<ss_locks_bank>();
        QCOMPARE(bank.contended, 3U);
        QCOMPARE(bank.spun, 1U);
        QCOMPARE(bank.untimed, 1U);
        std::uint64_t longOnes = 0;
        for (std::size_t i = schema::bucketOf(20 * kMs); i < SS_BUCKETS; ++i)
            longOnes += bank.wait[i];
        QCOMPARE(longOnes, 1U);
        QVERIFY(bank.wait_ns >= 20 * kMs && bank.wait_ns < 200 * kMs);
    }

    // --------------------------------------------------------------------------------------- hardware
    // Software events, which every machine has, go the same way as the CPU's own.
    void countersOfPerf()
    {
        const std::vector<bpf::CounterEvent> events{
            {"page-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS},
            {"context-switches", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES}};
        const auto cpus = static_cast<std::uint32_t>(::sysconf(_SC_NPROCESSORS_CONF));
        auto opened = bpf::PerfCounters::open(events, cpus);
        if (!opened)
            QSKIP(opened.error().text().c_str());
        auto &counters = **opened;
        std::array<std::uint64_t, 2> words{};
        std::uint64_t reads = 0;
        const auto made = [&] {
            const auto before = words;
            if (workload::inChild([] { return workload::touchMemory(40 << 20); }) < 0 ||
                workload::inChild([] { return workload::pingPong(2000); }) < 0 ||
                !counters.read(words, reads))
                return std::array<std::uint64_t, 2>{};
            return std::array{words[0] - before[0], words[1] - before[1]};
        };
        QVERIFY(counters.read(words, reads));
        const auto on = made();
        QVERIFY2(on[0] >= (40 << 20) / 4096 / 512,
                 std::to_string(on[0]).c_str()); // in huge pages at the least
        QVERIFY2(on[1] >= 4000 && on[1] < 4000 + kOthers, std::to_string(on[1]).c_str());
        QCOMPARE(reads, 2 * static_cast<std::uint64_t>(::sysconf(_SC_NPROCESSORS_ONLN)));

        QVERIFY(counters.suspend());
        QVERIFY(counters.read(words, reads));
        QCOMPARE(made(), (std::array<std::uint64_t, 2>{}));
        QVERIFY(counters.resume());
        QVERIFY(made()[1] >= 4000);
    }

    void aClockIsCountedOnEveryCpu()
    {
        const std::vector<bpf::CounterEvent> events{
            {"cpu-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK}};
        auto opened =
            bpf::PerfCounters::open(events, static_cast<std::uint32_t>(::sysconf(_SC_NPROCESSORS_CONF)));
        if (!opened)
            QSKIP(opened.error().text().c_str());
        std::array<std::uint64_t, 1> words{};
        std::uint64_t reads = 0;
        QVERIFY((*opened)->read(words, reads));
        const auto beginNs = base::monotonicNs();
        const auto first = words;
        sleepMs(200);
        QVERIFY((*opened)->read(words, reads));
        const auto all =
            (base::monotonicNs() - beginNs) * static_cast<std::uint64_t>(::sysconf(_SC_NPROCESSORS_ONLN));
        const auto clock = words[0] - first[0];
        QVERIFY2(clock > all * 9 / 10 && clock < all * 11 / 10,
                 qPrintable(QString("%1 of %2").arg(clock).arg(all)));
    }

    void hardwareSaysWhyNot()
    {
        auto opened = bpf::openHardwareCounters(1);
        if (opened)
            QSKIP("this machine has the counters");
        QVERIFY(opened.error().code == base::Code::NotSupported ||
                opened.error().code == base::Code::NotPermitted);
        QVERIFY(opened.error().sysErrno != 0 && !opened.error().message.empty());
    }

    // ----------------------------------------------------------------------------------- syscall times
    void callsAreTimedByClass()
    {
        NEED(Probe::SyscallTimes);
        constexpr int kCount = 20'000;
        Window window(*m_probes);
        QVERIFY(workload::inChild([] {
                    for (int i = 0; i < 5; ++i)
                        sleepMs(30);
                    return workload::writeCalls(kCount) && workload::runPrograms(20);
                }) > 0);
        window.close();
        VERIFY_COUNT(window[Slot::SysWriteHistogram], kCount);
        QVERIFY(atLeast(window, Slot::SysTimeHistogram, 30 * kMs) >= 5);
        QVERIFY(window[Slot::SysProcessHistogram] >= 40); // clone and execve
        // Every call of the class that returned has a time.
        const auto timed = window[Slot::SysWriteHistogram];
        const auto returned = window[Slot::SysWrite];
        QVERIFY2(timed <= returned + 8 && timed + returned / 1000 + 8 >= returned,
                 qPrintable(QString("%1 of %2").arg(timed).arg(returned)));
    }

    void callsThatBeginBeforeStopOrBreakOff()
    {
        const Receiver before;
        Loaded loaded(bpf::syscallTimesProbe());
        if (!loaded.stands())
            QSKIP(loaded.why().c_str());
        const auto untimed = loaded.sum(offsetof(ss_syscall_times_bank, untimed) / 8);
        sleepMs(100);
        QVERIFY(before.release());
        QCOMPARE(calls(loaded, SS_SYS_NET, 100 * kMs), 0U);

        // Stopped and continued: the kernel begins the call again, and nobody's handler ran.
        const Receiver stopped;
        sleepMs(100);
        for (int i = 0; i < 2; ++i) {
            stopped.tell(SIGSTOP);
            sleepMs(50);
            stopped.tell(SIGCONT);
            sleepMs(100);
        }
        QVERIFY(stopped.release());
        QCOMPARE(calls(loaded, SS_SYS_NET, 350 * kMs), 1U);
        QCOMPARE(calls(loaded, SS_SYS_NET, 50 * kMs), 1U);

        const Receiver interrupted(true);
        sleepMs(100);
        interrupted.tell(SIGUSR1);
        QVERIFY(interrupted.finish());
        QCOMPARE(calls(loaded, SS_SYS_NET, 100 * kMs), 2U);
        QCOMPARE(loaded.sum(offsetof(ss_syscall_times_bank, untimed) / 8), untimed);
    }

    // nanosleep() goes on as restart_syscall, which has a number of its own.
    void aStoppedSleepIsOneCall()
    {
        Loaded loaded(bpf::syscallTimesProbe());
        if (!loaded.stands())
            QSKIP(loaded.why().c_str());
        const auto before = calls(loaded, SS_SYS_OTHER, 100 * kMs);
        const auto sleeps = calls(loaded, SS_SYS_TIME, 390 * kMs);
        const pid_t pid = workload::start([] {
            const timespec time{0, 400'000'000};
            return ::syscall(SYS_nanosleep, &time, nullptr) == 0;
        });
        sleepMs(100);
        ::kill(pid, SIGSTOP);
        sleepMs(50);
        ::kill(pid, SIGCONT);
        QVERIFY(workload::finish(pid));
        QVERIFY(calls(loaded, SS_SYS_TIME, 390 * kMs) > sleeps);
        QCOMPARE(calls(loaded, SS_SYS_OTHER, 100 * kMs), before);
    }

    // ------------------------------------------------------------------------------------------ memory
    void reclaimInAGroupIsTimed()
    {
        const ByHand programs(bpf::memoryProbe());
        if (!programs.loaded())
            QSKIP("programs cannot be loaded here");
        QVERIFY(programs.run("mm_vmscan_memcg_reclaim_begin"));
        sleepMs(10);
        QVERIFY(programs.run("mm_vmscan_memcg_reclaim_end"));
        const auto bank = programs.sum<ss_memory_bank>();
        QCOMPARE(bank.reclaims, 1U);
        QVERIFY(bank.reclaim_ns >= 10 * kMs);
    }
};

QTEST_GUILESS_MAIN(ShippedTest)
#include "tst_shipped.moc"
