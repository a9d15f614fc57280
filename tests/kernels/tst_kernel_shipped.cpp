// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// Every shipped probe through the real helper, under loads of known size.
#include "load.h"
#include "machine.h"
#include "observed.h"
#include "tests/bpf/workload.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

using namespace statescape;
using schema::Probe;
using schema::Slot;

namespace {
schema::ProbePlan everything()
{
    schema::ProbePlan plan;
    plan.probes = (std::uint64_t{1} << schema::kProbeCount) - 1;
    plan.budgetPercent = 0; // an emulated machine is far over any
    return plan;
}

/// A memory cgroup of version 2 with a limit; goes away with the object.
class MemoryGroup {
public:
    explicit MemoryGroup(std::size_t limit)
    {
        std::string controllers;
        std::getline(std::ifstream("/sys/fs/cgroup/cgroup.subtree_control"), controllers);
        if (controllers.find("memory") == std::string::npos)
            return;
        std::error_code error;
        std::filesystem::create_directory(m_path, error);
        m_limited = bool(std::ofstream(m_path + "/memory.max") << limit << std::flush);
    }
    ~MemoryGroup()
    {
        std::error_code error;
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
    std::string m_path = "/sys/fs/cgroup/statescape-test-" + std::to_string(::getpid());
    bool m_limited = false;
};
} // namespace

class KernelShippedTest : public QObject {
    Q_OBJECT
    std::optional<Observed> m_observed;

    std::uint64_t operator[](Slot slot) const { return m_observed->gained(slot); }
    /// Counts over @p body in a child of its own.
    template <class Body>
    void during(Body body)
    {
        QVERIFY2(m_observed->begin(), m_observed->ending().c_str());
        QVERIFY(workload::inChild(body) > 0);
        QVERIFY2(m_observed->end(), m_observed->ending().c_str());
    }
#define NEED(probe)                                                                                          \
    if (!m_observed->state(probe).available)                                                                 \
    NOT_HERE(m_observed->state(probe).reason)
#define DURING(...)                                                                                          \
    during(__VA_ARGS__);                                                                                     \
    if (QTest::currentTestFailed())                                                                          \
    return

private Q_SLOTS:
    void initTestCase()
    {
        m_observed.emplace(machine::helper(), everything());
        QVERIFY2(m_observed->hello(), m_observed->problem().c_str());
        if (!m_observed->hello()->privileged)
            NOT_HERE("the helper has no privilege here");
    }

    void everyProbeStandsOrSaysWhy()
    {
        for (std::size_t i = 0; i < schema::kProbeCount; ++i) {
            const auto state = m_observed->state(static_cast<Probe>(i));
            const std::string key(schema::probes()[i].key);
            machine::note("shipped: " + key, machine::standing(state.available, key, state.reason));
            if (state.available)
                continue;
            QVERIFY2(!state.reason.empty() && !state.hint.empty() && state.code != base::Code::Ok,
                     key.c_str());
            // Emulated CPUs have no counters, and lock contention is traced since 5.19 (16edd9b511a1);
            // everything else must stand where everything is allowed.
            const bool excused =
                state.probe == Probe::Hardware || (state.probe == Probe::Locks && !machine::kernelIs(5, 19));
            QVERIFY2(!machine::ours() || excused, (key + ": " + state.reason).c_str());
        }
    }

    void systemCalls()
    {
        NEED(Probe::Syscalls);
        DURING([] {
            return load::getppids(20'000) && workload::failingOpens(5000) && workload::againReads(5000) &&
                   workload::writeCalls(5000);
        });
        VERIFY_COUNT((*this)[Slot::SysOther], 20'000);
        VERIFY_COUNT((*this)[Slot::SysFailed], 5000);
        VERIFY_COUNT((*this)[Slot::SysErrorNotFound], 5000);
        VERIFY_COUNT((*this)[Slot::SysAgain], 5000);
        VERIFY_COUNT((*this)[Slot::SysRead], 5000);
        VERIFY_COUNT((*this)[Slot::SysWrite], 5000);
    }

    void systemCallTimes()
    {
        NEED(Probe::SyscallTimes);
        DURING([] { return load::getppids(20'000); });
        VERIFY_COUNT((*this)[Slot::SysOtherHistogram], 20'000);
    }

    void processes()
    {
        NEED(Probe::Process);
        DURING([] {
            return workload::forkChildren(100) && workload::startThreads(50) && workload::runPrograms(25);
        });
        VERIFY_BETWEEN((*this)[Slot::ProcForks], 126U, 126 + machine::others(5));
        VERIFY_BETWEEN((*this)[Slot::ProcThreads], 50U, 50 + machine::others(5));
        VERIFY_BETWEEN((*this)[Slot::ProcExecs], 25U, 25 + machine::others(0));
        VERIFY_BETWEEN((*this)[Slot::ProcExits], 176U, 176 + machine::others(5));
    }

    void switches()
    {
        NEED(Probe::Scheduler);
        constexpr int kTrips = 5000;
        DURING([] { return workload::pingPong(kTrips); });
        VERIFY_BETWEEN((*this)[Slot::SchedSwitches], 2 * kTrips, 3 * kTrips + machine::others(5000));
        // The one who is woken may run at once, and the other then waits without sleeping.
        VERIFY_BETWEEN((*this)[Slot::SchedWakeups], kTrips, 3 * kTrips + machine::others(5000));
        QVERIFY((*this)[Slot::SchedRunqNs] > 0 && (*this)[Slot::SchedOnCpuNs] > 0);
        QVERIFY((*this)[Slot::SchedRunqHistogram] >= 2 * kTrips * 95 / 100);
    }

    // A disk of its own, past the page cache: as many requests as were made, no more.
    void block()
    {
        NEED(Probe::Block);
        constexpr int kCount = 200;
        constexpr std::size_t kBytes = 65536;
        const auto device = machine::spareDisk();
        const auto path = device.empty() ? machine::disk() + "/tst_kernel_shipped-block" : device;
        bool direct = true;
        DURING([&] {
            direct =
                workload::directWrites(path, kCount, kBytes) && workload::directReads(path, kCount, kBytes);
            return direct;
        });
        if (device.empty())
            std::filesystem::remove(path);
        if (!machine::ours() && (*this)[Slot::BlockWrites] + (*this)[Slot::BlockReads] == 0)
            QSKIP("the build folder is not on a block device");
        VERIFY_BETWEEN((*this)[Slot::BlockWrites] + m_observed->missed(), kCount,
                       kCount + machine::others(8));
        VERIFY_BETWEEN((*this)[Slot::BlockReads] + m_observed->missed(), kCount, kCount + machine::others(8));
        QVERIFY((*this)[Slot::BlockWriteBytes] >= kCount * kBytes);
        QVERIFY((*this)[Slot::BlockReadBytes] >= kCount * kBytes);
        QCOMPARE((*this)[Slot::BlockErrors], 0U);
        QVERIFY((*this)[Slot::BlockDeviceNs] > 0);
        const auto requests =
            (*this)[Slot::BlockReads] + (*this)[Slot::BlockWrites] + (*this)[Slot::BlockOthers];
        VERIFY_BETWEEN((*this)[Slot::BlockDeviceHistogram], requests, requests);
        VERIFY_BETWEEN((*this)[Slot::BlockQueueHistogram], requests, requests);
    }

    void syncs()
    {
        NEED(Probe::Syscalls);
        NEED(Probe::Scheduler);
        const auto path = machine::disk() + "/tst_kernel_shipped-sync";
        DURING([&] { return workload::fsyncs(path, 100); });
        std::filesystem::remove(path);
        VERIFY_BETWEEN((*this)[Slot::SysSync], 100U, 100 + machine::others(0));
        QVERIFY((*this)[Slot::SchedBlockedNs] > 0);
        if (machine::ours())
            QVERIFY((*this)[Slot::BlockWrites] >= 100);
    }

    void fileSystemCalls()
    {
        NEED(Probe::Vfs);
        const auto path = machine::disk() + "/tst_kernel_shipped-vfs";
        DURING([&] { return load::readsAndWrites(path.c_str(), 2000) && workload::fsyncs(path, 50); });
        std::filesystem::remove(path);
        VERIFY_COUNT((*this)[Slot::VfsReads], 2000);
        VERIFY_COUNT((*this)[Slot::VfsWrites], 2050);
        VERIFY_BETWEEN((*this)[Slot::VfsSyncs], 50U, 50 + machine::others(0));
        for (const auto &[count, histogram] : {std::pair(Slot::VfsReads, Slot::VfsReadHistogram),
                                               std::pair(Slot::VfsWrites, Slot::VfsWriteHistogram),
                                               std::pair(Slot::VfsSyncs, Slot::VfsSyncHistogram)}) {
            const auto counted = (*this)[count];
            const auto timed = (*this)[histogram];
            VERIFY_BETWEEN(timed, counted - std::min<std::uint64_t>(counted, 5), counted + 5);
        }
    }

    void connections()
    {
        NEED(Probe::Tcp);
        DURING([] { return workload::connections(100) && workload::refusedConnections(50); });
        VERIFY_BETWEEN((*this)[Slot::TcpConnects], 100U, 100 + machine::others(0));
        VERIFY_BETWEEN((*this)[Slot::TcpAccepts], 100U, 100 + machine::others(0));
        VERIFY_BETWEEN((*this)[Slot::TcpCloses], 200U, 200 + machine::others(0));
        VERIFY_BETWEEN((*this)[Slot::TcpConnectsFailed], 50U, 50 + machine::others(0));
        VERIFY_BETWEEN((*this)[Slot::TcpResetsReceived], 50U, 50 + machine::others(0));
    }

    void drops()
    {
        NEED(Probe::Drops);
        DURING([] { return load::datagrams(200, 100); });
        // Reasons came with 5.17 (c504e5c2f964).
        const auto slot = machine::kernelIs(5, 17) ? Slot::DropNoSocket : Slot::DropOther;
        VERIFY_BETWEEN((*this)[slot], 200U, 200 + machine::others(0));
        const auto all = (*this)[Slot::DropAll];
        const auto parts = (*this)[Slot::DropNoSocket] + (*this)[Slot::DropBadPacket] +
                           (*this)[Slot::DropFull] + (*this)[Slot::DropFiltered] + (*this)[Slot::DropOther];
        VERIFY_BETWEEN(parts, all, all);
    }

    void interrupts()
    {
        NEED(Probe::Interrupts);
        DURING([] { return load::datagrams(2000, 100) && load::burnFor(200); });
        for (const auto slot : {Slot::IrqTimerNs, Slot::IrqNetRxNs, Slot::IrqSchedNs})
            QVERIFY2((*this)[slot] > 0, std::string(schema::info(slot).key).c_str());
    }

    void samples()
    {
        NEED(Probe::Samples);
        DURING([] { return load::burnFor(1000); });
        QVERIFY((*this)[Slot::SampleUser] > 0);
        const auto parts =
            (*this)[Slot::SampleUser] + (*this)[Slot::SampleKernel] + (*this)[Slot::SampleIdle];
        VERIFY_BETWEEN(parts, (*this)[Slot::SampleAll], (*this)[Slot::SampleAll]);
    }

    void locks()
    {
        if (!machine::kernelIs(5, 19))
            QSKIP("lock contention is traced since 5.19");
        NEED(Probe::Locks);
        DURING([] { return load::mapInThreads(4, 500); });
        QVERIFY((*this)[Slot::LockContended] > 0);
        QVERIFY((*this)[Slot::LockWaitHistogram] > 0 && (*this)[Slot::LockWaitNs] > 0);
    }

    void outOfMemory()
    {
        NEED(Probe::Memory);
        constexpr std::size_t kLimit = 16U << 20;
        const MemoryGroup group(kLimit);
        if (!group.limited())
            NOT_HERE("no memory cgroup of version 2 may be made here");
        QVERIFY2(m_observed->begin(), m_observed->ending().c_str());
        QVERIFY(workload::inChild([&] { return group.enter() && workload::touchMemory(4 * kLimit); }) < 0);
        QVERIFY2(m_observed->end(), m_observed->ending().c_str());
        QVERIFY((*this)[Slot::MemOomKills] >= 1);
    }

    void lossesAreFewAndCounted()
    {
        const auto &losses = m_observed->last().losses;
        std::uint64_t events = 0;
        for (const auto count : m_observed->last().events)
            events += count;
        QVERIFY2(losses.eventsMissed + losses.taskCollisions <= events / 500 + 100,
                 qPrintable(QString("%1 missed, %2 collisions of %3 events")
                                .arg(losses.eventsMissed)
                                .arg(losses.taskCollisions)
                                .arg(events)));
        QCOMPARE(m_observed->last().shedMask, 0U);
    }
};

QTEST_GUILESS_MAIN(KernelShippedTest)
#include "tst_kernel_shipped.moc"
