// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "window.h"
#include "workload.h"

#include <QTest>
#include <algorithm>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <optional>
#include <sys/wait.h>
#include <thread>

using namespace statescape;
using schema::Probe;
using schema::Slot;

namespace {
constexpr std::uint64_t kMs = 1'000'000;

/// Counters of one probe are read one after the other while the machine goes on.
bool agree(std::uint64_t a, std::uint64_t b)
{
    return std::max(a, b) - std::min(a, b) <= 8;
}

std::uint64_t cpuTimeOf(pid_t pid)
{
    clockid_t clock{};
    timespec time{};
    if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0)
        return 0;
    return static_cast<std::uint64_t>(time.tv_sec) * 1000 * kMs + static_cast<std::uint64_t>(time.tv_nsec);
}

std::string diskFile()
{
    return STATESCAPE_BIN "/tst_probes-" + std::to_string(::getpid());
}

/// A memory cgroup of its own, of version 1 or 2, with a limit; goes away with the object.
class MemoryGroup {
public:
    explicit MemoryGroup(std::size_t limit)
    {
        const auto name = "statescape-test-" + std::to_string(::getpid());
        for (const char *root : {"/sys/fs/cgroup/memory/", "/sys/fs/cgroup/"}) {
            std::error_code error;
            if (!std::filesystem::create_directory(root + name, error))
                continue;
            m_path = root + name;
            for (const char *file : {"/memory.limit_in_bytes", "/memory.max"})
                if (std::filesystem::exists(m_path + file))
                    m_limited = bool(std::ofstream(m_path + file) << limit << std::flush);
            for (const char *file : {"/memory.memsw.limit_in_bytes", "/memory.swap.max"})
                if (std::filesystem::exists(m_path + file))
                    std::ofstream(m_path + file) << (file[8] == 'm' ? limit : 0);
            if (m_limited)
                return;
            std::filesystem::remove(m_path, error);
        }
    }
    ~MemoryGroup()
    {
        std::error_code error;
        if (m_limited)
            std::filesystem::remove(m_path, error);
    }
    MemoryGroup(const MemoryGroup &) = delete;
    MemoryGroup &operator=(const MemoryGroup &) = delete;
    [[nodiscard]] bool limited() const { return m_limited; }
    [[nodiscard]] bool enter() const
    {
        return bool(std::ofstream(m_path + "/cgroup.procs") << ::getpid() << std::flush);
    }

private:
    std::string m_path;
    bool m_limited = false;
};

} // namespace

class ProbesTest : public QObject {
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
        m_probes.emplace(bpf::Probes::attach(std::make_shared<const schema::Layout>(schema::ProbePlan{}),
                                             "statescape-helper"));
        if (!m_probes->any())
            QSKIP(m_probes->standing().front().reason.c_str());
        const auto planned = std::ranges::count_if(schema::probes(), [](const auto &probe) {
            return probe.byDefault && probe.origin == schema::ProbeOrigin::Bpf;
        });
        QCOMPARE(m_probes->standing().size(), static_cast<std::size_t>(planned));
    }

    // First, for statistics must not be on while the others run.
    void costIsMeasuredOrRecorded()
    {
        QVERIFY(workload::inChild([] { return workload::pingPong(2000); }) > 0);
        const auto changed = m_probes->finishCost();
        if (::geteuid() == 0)
            QVERIFY(std::ranges::any_of(changed,
                                        [](const auto &state) { return state.probe == Probe::Syscalls; }));
        for (const auto &state : m_probes->standing())
            QVERIFY2(!state.available || (state.nsPerEvent >= 0 && state.nsPerEvent < 100'000),
                     std::to_string(state.nsPerEvent).c_str());
        QVERIFY(m_probes->finishCost().empty());
    }

    void forksThreadsExecs()
    {
        NEED(Probe::Process);
        Window window(*m_probes);
        QVERIFY(workload::inChild([] {
                    return workload::forkChildren(200) && workload::startThreads(100) &&
                           workload::runPrograms(50);
                }) > 0);
        window.close();
        VERIFY_COUNT(window[Slot::ProcForks], 251);
        VERIFY_COUNT(window[Slot::ProcThreads], 100);
        VERIFY_COUNT(window[Slot::ProcExecs], 50);
        VERIFY_COUNT(window[Slot::ProcExits], 351);
        QVERIFY(agree(window.events(Probe::Process), window[Slot::ProcForks] + window[Slot::ProcThreads] +
                                                         window[Slot::ProcExecs] + window[Slot::ProcExits]));
    }

    void systemCallsByClass()
    {
        NEED(Probe::Syscalls);
        constexpr int kCount = 50'000;
        Window window(*m_probes);
        const pid_t pid = workload::inChild([] {
            return workload::writeCalls(kCount) && workload::failingOpens(kCount) &&
                   workload::againReads(kCount);
        });
        QVERIFY(pid > 0);
        window.close();
        VERIFY_COUNT(window[Slot::SysWrite], kCount);
        VERIFY_COUNT(window[Slot::SysFile], kCount);
        VERIFY_COUNT(window[Slot::SysRead], kCount);
        VERIFY_COUNT(window[Slot::SysFailed], kCount);
        VERIFY_COUNT(window[Slot::SysAgain], kCount);
        const auto use = window.process(pid);
        QVERIFY(use);
        QVERIFY2(use->syscalls >= 3 * kCount && use->syscalls < 3 * kCount + 100,
                 std::to_string(use->syscalls).c_str());
    }

    void futexTimeoutsAreNotFailures()
    {
        NEED(Probe::Syscalls);
        Window window(*m_probes);
        QVERIFY(workload::inChild([] { return workload::futexTimeouts(2000); }) > 0);
        window.close();
        VERIFY_COUNT(window[Slot::SysLock], 2000);
        VERIFY_COUNT(window[Slot::SysAgain], 2000);
    }

    void switchesWakeupsAndRunQueue()
    {
        NEED(Probe::Scheduler);
        constexpr int kRoundTrips = 20'000;
        Window window(*m_probes);
        QVERIFY(workload::inChild([] { return workload::pingPong(kRoundTrips); }) > 0);
        window.close();
        VERIFY_COUNT(window[Slot::SchedSwitches], 2 * kRoundTrips);
        // The one who is woken may run at once, and the other then waits without sleeping: one wake-up is
        // certain.
        QVERIFY(window[Slot::SchedWakeups] >= kRoundTrips &&
                window[Slot::SchedWakeups] < 2 * kRoundTrips + kOthers);
        VERIFY_COUNT(window[Slot::SchedRunqHistogram], 2 * kRoundTrips * 95 / 100);
        QVERIFY(window[Slot::SchedInvoluntary] <= window[Slot::SchedSwitches]);
        QVERIFY(window[Slot::SchedRunqNs] > 0);
        QVERIFY(window.events(Probe::Scheduler) >= window[Slot::SchedSwitches] + window[Slot::SchedWakeups]);
    }

    void timeOnCpuOfATaskThatKeepsRunning()
    {
        NEED(Probe::Scheduler);
        const pid_t pid = workload::start(workload::burnCpu);
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        for (int round = 0; round < 3; ++round) {
            Window window(*m_probes);
            const auto before = cpuTimeOf(pid);
            std::this_thread::sleep_for(std::chrono::milliseconds(300));
            const auto used = cpuTimeOf(pid) - before;
            window.close();
            const auto use = window.process(pid);
            QVERIFY(use);
            const auto margin = used / 20 + 10 * kMs;
            QVERIFY2(use->cpuNs + margin > used && use->cpuNs < used + margin,
                     qPrintable(QString("%1 ns seen of %2").arg(use->cpuNs).arg(used)));
            QVERIFY(window[Slot::SchedOnCpuNs] + margin > used);
            QVERIFY(std::ranges::max_element(window.after().processes, {}, &wire::ProcessUse::cpuNs)->cpuNs >=
                    use->cpuNs);
        }
        ::kill(pid, SIGKILL);
        QVERIFY(!workload::finish(pid));
    }

    void timeOnCpuNeverRunsBackOrAhead()
    {
        NEED(Probe::Scheduler);
        const pid_t pid = workload::start([] { return workload::pingPong(1 << 30); });
        wire::RawSample sample;
        sample.slots.resize(schema::slotWords());
        sample.events.resize(schema::kProbeCount);
        const auto at = schema::slotOffset(Slot::SchedOnCpuNs);
        m_probes->read(sample);
        const auto beginNs = sample.timeNs;
        const auto first = sample.slots[at];
        auto last = first;
        for (int i = 0; i < 20'000; ++i) {
            m_probes->read(sample);
            QVERIFY(sample.slots[at] >= last);
            last = sample.slots[at];
        }
        const auto elapsed = sample.timeNs - beginNs;
        QVERIFY2(last - first <= elapsed * m_probes->cpusPossible() + 5 * kMs,
                 qPrintable(QString("%1 ns on CPU in %2 ns").arg(last - first).arg(elapsed)));
        QVERIFY(last - first > elapsed / 2);
        ::kill(pid, SIGKILL);
        QVERIFY(!workload::finish(pid));
    }

    void fsyncsBlockAndFlush()
    {
        NEED(Probe::Scheduler);
        NEED(Probe::Syscalls);
        const auto path = diskFile();
        Window window(*m_probes);
        QVERIFY(workload::inChild([&] { return workload::fsyncs(path, 200); }) > 0);
        window.close();
        std::filesystem::remove(path);
        VERIFY_COUNT(window[Slot::SysSync], 200);
        VERIFY_COUNT(window[Slot::SchedBlockedHistogram], 100);
        QVERIFY(window[Slot::SchedBlockedNs] > 0);
    }

    void directInputAndOutput()
    {
        NEED(Probe::Block);
        constexpr int kCount = 200;
        constexpr std::size_t kBytes = 65536;
        const auto path = diskFile();
        Window window(*m_probes);
        const pid_t writer = workload::inChild([&] { return workload::directWrites(path, kCount, kBytes); });
        if (writer < 0)
            QSKIP("the build folder is on a file system without direct I/O");
        const pid_t reader = workload::inChild([&] { return workload::directReads(path, kCount, kBytes); });
        window.close();
        std::filesystem::remove(path);
        QVERIFY(reader > 0);
        if (window[Slot::BlockWrites] + window[Slot::BlockReads] == 0)
            QSKIP("the build folder is not on a block device");
        VERIFY_COUNT(window[Slot::BlockWrites], kCount);
        VERIFY_COUNT(window[Slot::BlockReads], kCount);
        QVERIFY(window[Slot::BlockWriteBytes] >= kCount * kBytes);
        QVERIFY(window[Slot::BlockReadBytes] >= kCount * kBytes);
        QCOMPARE(window[Slot::BlockErrors], 0U);
        const auto requests =
            window[Slot::BlockReads] + window[Slot::BlockWrites] + window[Slot::BlockOthers];
        QVERIFY(agree(window[Slot::BlockDeviceHistogram], requests));
        QVERIFY(agree(window[Slot::BlockQueueHistogram], requests));
        QVERIFY(window[Slot::BlockDeviceNs] > requests * 1000);
        for (const pid_t pid : {writer, reader}) {
            const auto use = window.process(pid);
            QVERIFY(use);
            QVERIFY2(use->ioBytes >= kCount * kBytes && use->ioBytes < kCount * kBytes * 11 / 10,
                     std::to_string(use->ioBytes).c_str());
        }
    }

    void connectsAcceptsCloses()
    {
        NEED(Probe::Tcp);
        Window window(*m_probes);
        QVERIFY(workload::inChild([] { return workload::connections(100); }) > 0);
        window.close();
        QVERIFY(window[Slot::TcpConnects] >= 100 && window[Slot::TcpConnects] < 200);
        QVERIFY(window[Slot::TcpAccepts] >= 100 && window[Slot::TcpAccepts] < 200);
        QVERIFY(window[Slot::TcpCloses] >= 200 && window[Slot::TcpCloses] < 400);
        QVERIFY(window[Slot::TcpStateChanges] >= 600);
    }

    void refusedAndResetConnections()
    {
        NEED(Probe::Tcp);
        Window window(*m_probes);
        QVERIFY(workload::inChild([] { return workload::refusedConnections(100); }) > 0);
        window.close();
        QVERIFY(window[Slot::TcpConnectsFailed] >= 100 && window[Slot::TcpConnectsFailed] < 200);
        QVERIFY(window[Slot::TcpResetsReceived] >= 100 && window[Slot::TcpResetsReceived] < 200);
        Window reset(*m_probes);
        QVERIFY(workload::inChild([] { return workload::resetConnections(100); }) > 0);
        reset.close();
        QVERIFY(reset[Slot::TcpResetsSent] >= 100 && reset[Slot::TcpResetsSent] < 200);
        QVERIFY(reset[Slot::TcpResetsReceived] >= 100 && reset[Slot::TcpResetsReceived] < 200);
        QVERIFY(reset[Slot::TcpConnectsFailed] < 100);
    }

    void retransmissions()
    {
        NEED(Probe::Tcp);
        Window window(*m_probes);
        QVERIFY(workload::inChild(workload::retransmittedConnect) > 0);
        window.close();
        QVERIFY2(window[Slot::TcpRetransmits] >= 1, std::to_string(window[Slot::TcpRetransmits]).c_str());
    }

    void outOfMemoryKill()
    {
        NEED(Probe::Memory);
        constexpr std::size_t kLimit = 32U << 20;
        const MemoryGroup group(kLimit);
        if (!group.limited())
            QSKIP("no memory cgroup may be made here");
        Window window(*m_probes);
        QVERIFY(workload::inChild([&] { return group.enter() && workload::touchMemory(4 * kLimit); }) < 0);
        window.close();
        QVERIFY(window[Slot::MemOomKills] >= 1 && window[Slot::MemOomKills] < 10);
    }

    void shortLivedProcessesKeepTheirName()
    {
        NEED(Probe::Scheduler);
        NEED(Probe::Process);
        Window window(*m_probes);
        const pid_t pid = workload::inChild([] {
            return ::execl("/bin/sh", "sh", "-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done",
                           nullptr) == 0;
        });
        QVERIFY(pid > 0);
        window.close();
        const auto use = window.process(pid);
        QVERIFY(use);
        QCOMPARE(std::string(use->comm.data()), std::string("sh"));
    }

    void anIdleProcessIsNotReported()
    {
        NEED(Probe::Scheduler);
        const pid_t pid = workload::start([] {
            ::pause();
            return true;
        });
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        Window window(*m_probes);
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        window.close();
        QVERIFY(!window.process(pid));
        QVERIFY(window.after().processes.size() <= wire::kMaxProcesses);
        ::kill(pid, SIGKILL);
        QVERIFY(!workload::finish(pid));
    }

    void lossesAreFewAndCounted()
    {
        Window window(*m_probes);
        QVERIFY(workload::inChild([] { return workload::forkChildren(3000); }) > 0);
        window.close();
        const auto &losses = window.after().losses;
        QVERIFY2(losses.taskCollisions <= 3000, std::to_string(losses.taskCollisions).c_str());
        // Of a CPU that was taken offline at some time no sample is taken while it is idle, which is counted.
        QVERIFY2(window.missed() <= 200, std::to_string(window.missed()).c_str());
    }

    void onlyWantedProbesAreReported()
    {
        schema::ProbePlan plan;
        plan.probes = schema::bitOf(Probe::Syscalls);
        auto probes = bpf::Probes::attach(std::make_shared<const schema::Layout>(plan), "statescape-helper");
        QCOMPARE(probes.standing().size(), std::size_t{1});
        wire::RawSample sample;
        sample.slots.assign(schema::slotWords(), 0);
        sample.events.assign(schema::kProbeCount, 0);
        QVERIFY(workload::inChild([] { return workload::pingPong(10); }) > 0);
        probes.read(sample);
        QCOMPARE(sample.probeMask, plan.probes);
        QVERIFY(sample.slots[schema::slotOffset(Slot::SysRead)] >= 10);
        QCOMPARE(sample.slots[schema::slotOffset(Slot::SchedSwitches)], 0U);
    }
};

QTEST_GUILESS_MAIN(ProbesTest)
#include "tst_probes.moc"
