// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// Probes are taken off their hooks and put back by a process that has given everything up.
#include "bpf/probes/scheduler/scheduler.h"
#include "bpf/probes/syscalls/syscalls.h"
#include "core/base/clock.h"
#include "loaded.h"
#include "tests/kernels/load.h"
#include "workload.h"

#include <QTest>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <grp.h>
#include <optional>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

using namespace statescape;
using namespace statescape::bpf;

namespace {
constexpr uid_t kNobody = 65534;
constexpr int kCalls = 20'000;
using std::chrono::milliseconds;

bool dropEverything()
{
    return ::setgroups(0, nullptr) == 0 && ::setresgid(kNobody, kNobody, kNobody) == 0 &&
           ::setresuid(kNobody, kNobody, kNobody) == 0 && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/// A child's copy of a link's descriptor would keep the program on its hook.
bool letGo()
{
    return ::syscall(SYS_close_range, STDERR_FILENO + 1U, ~0U, 0U) == 0;
}

bool pinTo(int cpu)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    return ::sched_setaffinity(0, sizeof(one), &one) == 0;
}

#define EXPECT(condition)                                                                                    \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            std::fprintf(stderr, "not true: %s\n", #condition);                                              \
            return false;                                                                                    \
        }                                                                                                    \
    } while (false)

/// @param load makes at least @p events of what @p count counts
bool countsOnlyWhileAttached(Loaded &loaded, const std::function<std::uint64_t()> &count,
                             const std::function<bool()> &make, std::uint64_t events)
{
    auto &probe = *loaded.probe;
    EXPECT(dropEverything());
    const auto first = count();
    EXPECT(make());
    const auto attached = count();
    EXPECT(attached >= first + events);

    EXPECT(probe.suspend() && probe.suspended());
    std::this_thread::sleep_for(milliseconds(20)); // a program that was running may still end
    const auto off = count();
    EXPECT(make());
    EXPECT(count() == off);

    const auto resumed = probe.resume();
    if (!resumed)
        std::fprintf(stderr, "%s\n", resumed.error().text().c_str());
    EXPECT(resumed && !probe.suspended());
    EXPECT(count() >= off); // goes on from there
    EXPECT(make());
    EXPECT(count() >= off + events);
    EXPECT(probe.suspend() && probe.resume() && probe.resume());
    return true;
}

/// Holds one CPU against everybody but the kernel's most important, for less than the kernel allows a
/// real-time task to.
bool holdCpu(int cpu, milliseconds duration)
{
    const sched_param first{1};
    if (!pinTo(cpu) || ::sched_setscheduler(0, SCHED_FIFO, &first) != 0)
        return false;
    const auto end = base::monotonicNs() + static_cast<std::uint64_t>(duration.count()) * 1'000'000;
    while (base::monotonicNs() < end) {
    }
    return true;
}
} // namespace

class SuspendTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        if (::geteuid() != 0)
            QSKIP("only root can load programs and then become nobody");
    }

    void tracepointsWithoutPrivilege()
    {
        const auto why = Loaded(syscallsProbe()).why();
        if (!why.empty())
            QSKIP(why.c_str());
        // Loaded in the child: a copy of a link's descriptor elsewhere would keep the program on its hook.
        QVERIFY(workload::inChild([] {
                    Loaded loaded(syscallsProbe());
                    const auto word = offsetof(ss_syscalls_bank, classes[SS_SYS_WRITE]) / 8;
                    return loaded.stands() && countsOnlyWhileAttached(
                                                  loaded, [&] { return loaded.sum(word); },
                                                  [] { return workload::writeCalls(kCalls); }, kCalls);
                }) > 0);
    }

    void clocksWithoutPrivilege()
    {
        const auto why = Loaded(samplesProbe()).why();
        if (!why.empty())
            QSKIP(why.c_str());
        QVERIFY(workload::inChild([] {
                    Loaded loaded(samplesProbe());
                    return loaded.stands() &&
                           countsOnlyWhileAttached(
                               loaded, [&] { return loaded.sum(0); }, [] { return load::burnFor(500); }, 10);
                }) > 0);
    }

    // The wait began before the suspension and ended after it; how much of it was waiting nobody knows.
    void aWaitAcrossASuspensionIsNotMeasured()
    {
        Loaded loaded(schedulerProbe());
        if (!loaded.stands())
            QSKIP(loaded.why().c_str());
        cpu_set_t allowed;
        ::sched_getaffinity(0, sizeof(allowed), &allowed);
        if (CPU_COUNT(&allowed) < 2 || !CPU_ISSET(0, &allowed) || !CPU_ISSET(1, &allowed))
            QSKIP("needs two CPUs");
        std::array<int, 2> pipe{};
        QVERIFY(::pipe(pipe.data()) == 0 && pinTo(0));
        const pid_t waiter = workload::start([&] {
            char byte = 0;
            ::dup2(pipe[0], STDIN_FILENO);
            return letGo() && pinTo(1) && ::read(STDIN_FILENO, &byte, 1) == 1;
        });
        std::this_thread::sleep_for(milliseconds(20));
        const pid_t holder = workload::start([] { return letGo() && holdCpu(1, milliseconds(1500)); });
        std::this_thread::sleep_for(milliseconds(50));
        QCOMPARE(::write(pipe[1], "x", 1), 1); // runnable from here on
        std::this_thread::sleep_for(milliseconds(50));
        QVERIFY(loaded.probe->suspend());
        std::this_thread::sleep_for(milliseconds(1200));
        const auto waits = [&](std::size_t from) {
            std::uint64_t sum = 0;
            for (std::size_t i = from; i < SS_BUCKETS; ++i)
                sum += loaded.sum(offsetof(ss_scheduler_bank, runq) / 8 + i);
            return sum;
        };
        std::array<std::uint64_t, SS_BUCKETS> before{};
        for (std::size_t i = 0; i < before.size(); ++i)
            before.at(i) = waits(i);
        const auto resumedNs = base::monotonicNs();
        const auto onCpu = loaded.sum(offsetof(ss_scheduler_bank, oncpu_ns) / 8);
        QVERIFY(loaded.probe->resume());
        QVERIFY(workload::finish(holder));
        QVERIFY(workload::finish(waiter));
        ::sched_setaffinity(0, sizeof(allowed), &allowed);
        ::close(pipe[0]);
        ::close(pipe[1]);
        // Others wait too, on a busy machine for long, but nobody for longer than since the probe came back.
        const auto elapsed = base::monotonicNs() - resumedNs;
        if (elapsed > 900'000'000)
            QSKIP("too busy here: what waited across cannot be told from what waited afterwards");
        const auto longer = schema::bucketOf(elapsed) + 1;
        QCOMPARE(waits(longer) - before.at(longer), 0U);
        const auto cpus = static_cast<std::uint64_t>(::sysconf(_SC_NPROCESSORS_ONLN));
        QVERIFY(loaded.sum(offsetof(ss_scheduler_bank, oncpu_ns) / 8) - onCpu <= elapsed * cpus);
    }

    void aWaitThatBeginsAndEndsAfterwardsIs()
    {
        Loaded loaded(schedulerProbe());
        if (!loaded.stands())
            QSKIP(loaded.why().c_str());
        QVERIFY(loaded.probe->suspend());
        QVERIFY(loaded.probe->resume());
        const auto waits = [&] {
            std::uint64_t all = 0;
            for (std::size_t i = 0; i < SS_BUCKETS; ++i)
                all += loaded.sum(offsetof(ss_scheduler_bank, runq) / 8 + i);
            return all;
        };
        const auto before = waits();
        QVERIFY(workload::inChild([] { return workload::pingPong(2000); }) > 0);
        QVERIFY(waits() >= before + 2 * 2000 * 95 / 100);
    }
};

QTEST_GUILESS_MAIN(SuspendTest)
#include "tst_suspend.moc"
