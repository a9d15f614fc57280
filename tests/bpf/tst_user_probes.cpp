// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/user/user_probes.h"
#include "core/base/clock.h"
#include "core/hooks/kernel.h"
#include "core/schema/plan.h"
#include "target_process.h"

#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <linux/capability.h>
#include <numeric>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace statescape;
using schema::HookKind;
using schema::Measure;
using schema::UserProbe;

namespace {
constexpr std::uint64_t kMs = 1'000'000;
constexpr int kNoHook = 77;
constexpr int kCannot = 78;

UserProbe probe(const std::string &text)
{
    auto parsed = schema::parseUserProbe(text);
    if (!parsed)
        qFatal("%s", parsed.error().text().c_str());
    return *parsed;
}

std::string target(const char *form)
{
    return std::string(STATESCAPE_TARGETS "/hook_target_") + form;
}

/// Some probes, attached, and what they counted since.
class Attached {
public:
    explicit Attached(std::vector<UserProbe> probes)
        : m_probes(std::move(probes))
    {
        bpf::LibbpfLog log;
        const auto traits = bpf::KernelTraits::detect();
        if (!traits)
            return;
        m_results = bpf::attachUserProbes(m_probes, *traits, log);
        for (std::size_t i = 0; i < m_results.size(); ++i)
            m_before.push_back(m_results[i] ? words(i) : std::vector<std::uint64_t>{});
    }
    explicit Attached(const std::string &text)
        : Attached(std::vector{probe(text)})
    {}
    [[nodiscard]] std::size_t size() const { return m_results.size(); }
    [[nodiscard]] bool stands(std::size_t i = 0) const
    {
        return i < m_results.size() && m_results[i].has_value();
    }
    [[nodiscard]] base::Error error(std::size_t i = 0) const
    {
        return i < m_results.size() ? m_results[i].error() : base::fail(base::Code::NotSupported, "no BTF");
    }
    [[nodiscard]] QByteArray why(std::size_t i = 0) const
    {
        return stands(i) ? QByteArray() : QByteArray::fromStdString(error(i).text());
    }
    bpf::Attachment &operator[](std::size_t i) { return **m_results[i]; }
    std::vector<std::uint64_t> words(std::size_t i)
    {
        std::size_t size = 0;
        for (const auto &slot : schema::userSlots(m_probes[i]))
            size += slot.kind == schema::SlotKind::Histogram ? schema::kHistogramBuckets : 1;
        std::vector<std::uint64_t> out(size);
        if (!(*m_results[i])->read(out, m_events))
            qFatal("a probe that stands says nothing");
        return out;
    }
    /// @return what grew since it was attached.
    std::vector<std::uint64_t> grown(std::size_t i = 0)
    {
        auto now = words(i);
        for (std::size_t w = 0; w < now.size(); ++w)
            now[w] -= m_before[i][w];
        return now;
    }
    [[nodiscard]] std::uint64_t runs() const { return m_events; }

private:
    std::vector<UserProbe> m_probes;
    std::vector<bpf::AttachResult> m_results;
    std::vector<std::vector<std::uint64_t>> m_before;
    std::uint64_t m_events = 0;
};

std::uint64_t sum(const std::vector<std::uint64_t> &words, std::size_t from)
{
    return std::accumulate(words.begin() + static_cast<std::ptrdiff_t>(from), words.end(), std::uint64_t{0});
}

/// Gives up every capability, as the helper does once all is attached.
bool dropEverything()
{
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, 2> none{};
    return ::syscall(SYS_capset, &header, none.data()) == 0 && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/// Runs @p work in a process of its own. @return its exit status
template <class Work>
int inChild(Work work)
{
    const pid_t child = ::fork();
    if (child == 0)
        ::_exit(work());
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void call(long number, int times)
{
    for (int i = 0; i < times; ++i)
        ::syscall(number, -1, 0, 0, 0, 0, 0);
}
} // namespace

// A macro, because a skip must end the test function itself.
#define NEEDS_PRIVILEGE()                                                                                    \
    do {                                                                                                     \
        if (!m_refused.isEmpty())                                                                            \
            QSKIP(m_refused);                                                                                \
    } while (false)

class UserProbesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        Attached any("tracepoint:*:sched_switch");
        if (!any.stands() && any.error().code == base::Code::NotPermitted)
            m_refused = any.why();
    }

    // ---- functions and markers of programs ----

    void callsOfAFunctionAreExact_data()
    {
        QTest::addColumn<QString>("form");
        QTest::newRow("position independent") << "pie";
        QTest::newRow("fixed") << "fixed";
    }
    void callsOfAFunctionAreExact()
    {
        NEEDS_PRIVILEGE();
        QFETCH(QString, form);
        const auto path = target(form.toLatin1().constData());
        TargetProcess before(path, 1000);
        Attached attached("uprobe:" + path + ":hook_target_call");
        QVERIFY2(attached.stands(), attached.why());
        // One that ran before the probe came, one that started after it, two at a time.
        TargetProcess after(path, 1000);
        before.go();
        after.go();
        QVERIFY(before.done() && after.done());
        QCOMPARE(attached.grown()[0], std::uint64_t(2000));
        QCOMPARE(attached.runs(), std::uint64_t(2000));
        QCOMPARE(attached[0].missed(), std::uint64_t(0));
        QVERIFY(attached[0].mapBytes() > 0 && !attached[0].programFds().empty());
    }

    void manyAtOnceLoseNothing()
    {
        NEEDS_PRIVILEGE();
        const auto path = target("pie");
        Attached attached("uprobe:" + path + ":hook_target_call:latency");
        QVERIFY2(attached.stands(), attached.why());
        std::vector<std::unique_ptr<TargetProcess>> all;
        for (int i = 0; i < 8; ++i)
            all.push_back(std::make_unique<TargetProcess>(path, 5000));
        for (auto &each : all)
            each->go();
        for (auto &each : all)
            QVERIFY(each->done());
        const auto grown = attached.grown();
        QCOMPARE(grown[0], std::uint64_t(40'000));
        // What shares a cell is counted, and nothing else is missing from the histogram.
        QCOMPARE(sum(grown, 2) + attached[0].missed(), std::uint64_t(40'000));
        QVERIFY2(attached[0].missed() < 40, qPrintable(QString::number(attached[0].missed())));
    }

    void timeInAFunctionIsTheTimeSlept()
    {
        NEEDS_PRIVILEGE();
        const auto path = target("pie");
        Attached attached("uprobe:" + path + ":hook_target_sleep:latency");
        QVERIFY2(attached.stands(), attached.why());
        TargetProcess process(path, 0, 5000);
        process.go();
        QVERIFY(process.done());
        const auto grown = attached.grown();
        QCOMPARE(grown[0], std::uint64_t(20));
        QCOMPARE(sum(grown, 2), std::uint64_t(20));
        QVERIFY2(grown[1] >= 20 * 5 * kMs && grown[1] < 20 * 60 * kMs, qPrintable(QString::number(grown[1])));
        for (std::size_t bucket = 0; bucket < schema::bucketOf(5 * kMs); ++bucket)
            QCOMPARE(grown[2 + bucket], std::uint64_t(0));
        QCOMPARE(attached[0].missed(), std::uint64_t(0));
    }

    void callsInsideOneAnotherAreToldApart()
    {
        NEEDS_PRIVILEGE();
        const auto path = target("fixed");
        Attached attached("uprobe:" + path + ":hook_target_deep:latency");
        QVERIFY2(attached.stands(), attached.why());
        TargetProcess process(path, 0);
        process.go();
        QVERIFY(process.done());
        const auto grown = attached.grown();
        QCOMPARE(grown[0], std::uint64_t(6));
        QCOMPARE(sum(grown, 2), std::uint64_t(6));
        QCOMPARE(attached[0].missed(), std::uint64_t(0));
    }

    void markersAreCountedWhereverTheyStand_data() { callsOfAFunctionAreExact_data(); }
    void markersAreCountedWhereverTheyStand()
    {
        if (!STATESCAPE_HAS_SDT)
            QSKIP("built without <sys/sdt.h> (systemtap-sdt-dev)");
        NEEDS_PRIVILEGE();
        QFETCH(QString, form);
        const auto path = target(form.toLatin1().constData());
        Attached attached(
            {probe("usdt:" + path + ":statescape:plain"), probe("usdt:" + path + ":statescape:guarded")});
        QVERIFY2(attached.stands(0), attached.why(0));
        QVERIFY2(attached.stands(1), attached.why(1));
        TargetProcess process(path, 1000);
        process.go();
        QVERIFY(process.done());
        QCOMPARE(attached.grown(0)[0], std::uint64_t(1500));
        // Fires only while somebody asked for it, which its semaphore says.
        QCOMPARE(attached.grown(1)[0], std::uint64_t(1000));
    }

    void aLibrarysFunction()
    {
        NEEDS_PRIVILEGE();
        const auto path = hooks::findBinary("libc");
        if (!path)
            QSKIP("there is no libc in the linker's cache");
        Attached attached("uprobe:" + *path + ":getppid");
        QVERIFY2(attached.stands(), attached.why());
        for (int i = 0; i < 1000; ++i)
            ::getppid();
        QVERIFY(attached.grown()[0] >= 1000);
        QVERIFY(attached.grown()[0] < 1100);
    }

    void filesThatChange()
    {
        NEEDS_PRIVILEGE();
        const QTemporaryDir at;
        const auto path = (at.path() + "/program").toStdString();
        std::filesystem::copy_file(target("pie"), path);
        Attached attached("uprobe:" + path + ":hook_target_call");
        QVERIFY2(attached.stands(), attached.why());
        {
            TargetProcess process(path, 100);
            process.go();
            QVERIFY(process.done());
        }
        QCOMPARE(attached.grown()[0], std::uint64_t(100));
        // Another file under its name is another program; the old one is still watched where it runs.
        TargetProcess old(path, 100);
        std::filesystem::copy_file(target("fixed"), path + ".new");
        std::filesystem::rename(path + ".new", path);
        TargetProcess fresh(path, 100);
        old.go();
        fresh.go();
        QVERIFY(old.done() && fresh.done());
        QCOMPARE(attached.grown()[0], std::uint64_t(200));
        std::filesystem::remove(path);
        QCOMPARE(attached.grown()[0], std::uint64_t(200));

        Attached gone("uprobe:" + path + ":hook_target_call");
        QVERIFY(!gone.stands());
        QCOMPARE(int(gone.error().code), int(base::Code::NotFound));
        Attached stripped("uprobe:" + target("stripped") + ":hook_target_call");
        QVERIFY(!stripped.stands());
        QVERIFY2(stripped.error().hint.find("stripped") != std::string::npos, stripped.why());
    }

    // ---- system calls ----

    void systemCallsAreExact()
    {
        NEEDS_PRIVILEGE();
        Attached attached({probe("syscall:getppid:count"), probe("syscall:timer_getoverrun"),
                           probe("syscall:setfsuid:count"), probe("syscall:timer_getoverrun:count")});
        for (std::size_t i = 0; i < attached.size(); ++i)
            QVERIFY2(attached.stands(i), attached.why(i));
        const int status = inChild([] {
            call(SYS_timer_getoverrun, 1000); // of no timer: EINVAL
            for (int i = 0; i < 100; ++i)
                ::syscall(SYS_setfsuid, -1);
            return 0;
        });
        QCOMPARE(status, 0);
        const auto failing = attached.grown(1);
        QCOMPARE(failing[0], std::uint64_t(1000));
        QCOMPARE(failing[1], std::uint64_t(1000));
        QCOMPARE(attached.grown(2)[0], std::uint64_t(100));
        QCOMPARE(attached.grown(3)[0], std::uint64_t(1000));
        QCOMPARE(attached[1].programFds(), attached[0].programFds());
        QCOMPARE(attached[1].programFds().size(), std::size_t(1));
    }

    void systemCallsOnEveryCpuAtOnce()
    {
        NEEDS_PRIVILEGE();
        Attached attached("syscall:timer_getoverrun:latency");
        QVERIFY2(attached.stands(), attached.why());
        constexpr std::uint64_t kCalls = 160'000;
        std::vector<std::thread> threads;
        for (int i = 0; i < 8; ++i)
            threads.emplace_back([] { call(SYS_timer_getoverrun, 20'000); });
        for (auto &thread : threads)
            thread.join();
        const auto grown = attached.grown();
        // Kernels that let a task lose its CPU inside the program (7.x) keep others there from it meanwhile,
        // and count them.
        const auto missed = attached[0].missed();
        QVERIFY2(grown[0] == kCalls || (missed > 0 && grown[0] < kCalls && grown[0] + missed >= kCalls),
                 qPrintable(QString("%1, missed %2").arg(grown[0]).arg(missed)));
        QVERIFY2(sum(grown, 2) <= grown[0] && sum(grown, 2) + missed >= grown[0],
                 qPrintable(QString::number(sum(grown, 2))));
    }

    void aForkCountsOnce()
    {
        NEEDS_PRIVILEGE();
        Attached attached({probe("syscall:fork:count"), probe("syscall:wait4:latency")});
        QVERIFY2(attached.stands(0), attached.why(0));
        QVERIFY2(attached.stands(1), attached.why(1));
        for (int i = 0; i < 50; ++i) {
            const auto child = ::syscall(SYS_fork);
            if (child == 0)
                ::_exit(0);
            int status = 0;
            ::waitpid(static_cast<pid_t>(child), &status, 0);
        }
        const auto forks = attached.grown(0)[0];
        QVERIFY2(forks >= 50 && forks < 60, qPrintable(QString::number(forks)));
        QVERIFY(attached.grown(1)[0] >= 50);
    }

    void timeInASystemCall()
    {
        NEEDS_PRIVILEGE();
        Attached attached("syscall:clock_nanosleep:latency");
        QVERIFY2(attached.stands(), attached.why());
        const int status = inChild([] {
            const timespec pause{0, 5 * kMs};
            for (int i = 0; i < 20; ++i)
                ::clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, nullptr);
            return 0;
        });
        QCOMPARE(status, 0);
        const auto grown = attached.grown();
        QVERIFY(grown[0] >= 20);
        QVERIFY(grown[1] >= 20 * 5 * kMs);
        const auto slow =
            std::accumulate(grown.begin() + 2 + schema::bucketOf(5 * kMs), grown.end(), std::uint64_t{0});
        QVERIFY2(slow >= 20, qPrintable(QString::number(slow)));
    }

    // ---- tracepoints ----

    void aTracepointByItsNameAlone()
    {
        NEEDS_PRIVILEGE();
        Attached attached("tracepoint:*:sched_process_exec");
        QVERIFY2(attached.stands(), attached.why());
        for (int i = 0; i < 20; ++i)
            QCOMPARE(inChild([] { return ::execl("/bin/true", "true", nullptr); }), 0);
        const auto grown = attached.grown()[0];
        QVERIFY2(grown >= 20 && grown < 60, qPrintable(QString::number(grown)));
    }

    void aFieldOfATracepoint()
    {
        NEEDS_PRIVILEGE();
        Attached attached({probe("tracepoint:sched:sched_process_exit:prio"),
                           probe("tracepoint:raw_syscalls:sys_exit:ret"),
                           probe("tracepoint:syscalls:sys_enter_timer_getoverrun"),
                           probe("tracepoint:sched:sched_process_exit")});
        if (!attached.stands(0) && attached.error(0).code != base::Code::Internal &&
            !hooks::Kernel::running().support().tracepointFields.possible)
            QSKIP(attached.why(0));
        for (std::size_t i = 0; i < attached.size(); ++i)
            QVERIFY2(attached.stands(i), attached.why(i));
        constexpr int kTimes = 1000;
        QCOMPARE(inChild([] {
                     call(SYS_timer_getoverrun, kTimes);
                     return 0;
                 }),
                 0);
        QCOMPARE(attached.grown(2)[0], std::uint64_t(kTimes));
        // Both see the same exits, one with the priority, 120 for a task of no niceness.
        const auto exits = attached.grown(0);
        const auto counted = attached.grown(3)[0];
        QVERIFY(exits[0] >= 1 && counted >= exits[0] && counted - exits[0] < 20);
        QCOMPARE(sum(exits, 1), exits[0]);
        QVERIFY(exits[1 + schema::bucketOf(std::uint64_t{120} << 8)] >= 1);
        // A thousand failures are below zero, where the first bucket is.
        const auto returns = attached.grown(1);
        QVERIFY(returns[1] >= kTimes);
        QCOMPARE(sum(returns, 1), returns[0]);
    }

    // ---- what cannot be ----

    void wrongNamesSayWhatIsNear_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("hint");
        using base::Code;
        const auto path = QString::fromStdString(target("pie"));
        QTest::newRow("function") << "function:vfs_fsync_rnage" << int(Code::NotFound) << "vfs_fsync_range";
        QTest::newRow("kprobe") << "kprobe:vfs_raed" << int(Code::NotFound) << "vfs_read";
        QTest::newRow("system call") << "syscall:opneat" << int(Code::NotFound) << "openat";
        QTest::newRow("one that never returns")
            << "syscall:exit_group" << int(Code::NotSupported) << "sched_process_exit";
        QTest::newRow("tracepoint") << "tracepoint:sched:sched_swich" << int(Code::NotFound)
                                    << "sched_switch";
        QTest::newRow("symbol") << "uprobe:" + path + ":hook_target_cal" << int(Code::NotFound)
                                << "hook_target_call";
        QTest::newRow("two of a name")
            << "uprobe:" + path + ":hook_target_twice" << int(Code::NotSupported) << "calls them";
        QTest::newRow("no program") << "uprobe:/nonexistent:main" << int(Code::NotFound) << "path";
        QTest::newRow("a relative path") << "uprobe:bin/sh:main" << int(Code::InvalidArgument) << "";
        QTest::newRow("a script") << "uprobe:/etc/passwd:main" << int(Code::NotSupported) << "";
        QTest::newRow("interface") << "packets:nosuch0" << int(Code::NotFound) << "lo";
    }
    // Names are looked up before anything is asked of the kernel, so this needs no privilege.
    void wrongNamesSayWhatIsNear()
    {
        QFETCH(QString, text);
        QFETCH(int, code);
        QFETCH(QString, hint);
        Attached attached(text.toStdString());
        QVERIFY(!attached.stands());
        QVERIFY2(int(attached.error().code) == code, attached.why());
        QVERIFY2(attached.error().hint.find(hint.toStdString()) != std::string::npos, attached.why());
        QVERIFY(!attached.error().message.empty());
    }

    void theRightNameInTheWrongSystem()
    {
        if (!hooks::Kernel::running().support().tracepointFields.possible)
            QSKIP("systems are known only to who may read tracefs");
        Attached attached({probe("tracepoint:block:sched_switch"),
                           probe("tracepoint:block:block_rq_issue:bites"),
                           probe("tracepoint:block:block_rq_issue:comm")});
        QCOMPARE(attached.error(0).hint, std::string("did you mean sched:sched_switch?"));
        QCOMPARE(int(attached.error(1).code), int(base::Code::NotFound));
        QVERIFY2(attached.error(1).hint.find("bytes") != std::string::npos, attached.why(1));
        QCOMPARE(int(attached.error(2).code), int(base::Code::NotSupported));
    }

    void oneThatFailsKeepsNobodyOut()
    {
        NEEDS_PRIVILEGE();
        Attached attached({probe("syscall:getppid:count"), probe("function:no_such_function_here"),
                           probe("syscall:nosuchcall"), probe("tracepoint:*:sched_switch")});
        QVERIFY2(attached.stands(0), attached.why(0));
        QVERIFY(!attached.stands(1));
        QVERIFY(!attached.stands(2));
        QVERIFY2(attached.stands(3), attached.why(3));
    }

    void asManyAsAPlanMayHave()
    {
        NEEDS_PRIVILEGE();
        std::vector<UserProbe> probes;
        const auto names = hooks::Kernel::running().syscalls();
        for (std::size_t i = 0; probes.size() < schema::kMaxUserProbes; ++i)
            if (names->name(i).starts_with('s'))
                probes.push_back(probe("syscall:" + std::string(names->name(i)) + ":latency"));
        Attached attached(probes);
        for (std::size_t i = 0; i < attached.size(); ++i)
            QVERIFY2(attached.stands(i), attached.why(i));
        schema::ProbePlan plan;
        plan.user = probes;
        QVERIFY(schema::check(plan));
        plan.user.push_back(probe("syscall:read"));
        QVERIFY(!schema::check(plan));
    }

    void kernelFunctions_data()
    {
        QTest::addColumn<QString>("kind");
        QTest::newRow("function") << "function";
        QTest::newRow("fentry") << "fentry";
        QTest::newRow("kprobe") << "kprobe";
    }
    // Where this kernel lets nobody in, it must say so in words; elsewhere the count is exact.
    void kernelFunctions()
    {
        NEEDS_PRIVILEGE();
        QFETCH(QString, kind);
        const auto name = kind.toStdString() + ":do_nanosleep";
        Attached attached({probe(name), probe(name + ":latency")});
        if (!attached.stands(0)) {
            QCOMPARE(int(attached.error(0).code), int(base::Code::NotSupported));
            QVERIFY2(attached.error(0).message.find("this kernel") != std::string::npos, attached.why(0));
            QCOMPARE(int(attached.error(1).code), int(base::Code::NotSupported));
            QSKIP(attached.why(0));
        }
        QVERIFY2(attached.stands(1), attached.why(1));
        QCOMPARE(inChild([] {
                     const timespec pause{0, 5 * kMs};
                     for (int i = 0; i < 20; ++i)
                         ::clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, nullptr);
                     return 0;
                 }),
                 0);
        QVERIFY(attached.grown(0)[0] >= 20);
        const auto timed = attached.grown(1);
        QVERIFY(timed[0] >= 20 && timed[1] >= 20 * 5 * kMs);
        const auto slow =
            std::accumulate(timed.begin() + 2 + schema::bucketOf(5 * kMs), timed.end(), std::uint64_t{0});
        QVERIFY2(slow >= 20, qPrintable(QString::number(slow)));
    }

    // ---- going and coming back ----

    void goesAndComesBackWithoutPrivilege_data()
    {
        QTest::addColumn<QString>("text");
        const auto path = QString::fromStdString(target("pie"));
        QTest::newRow("system call") << "syscall:timer_getoverrun:latency";
        QTest::newRow("tracepoint") << "tracepoint:raw_syscalls:sys_enter";
        QTest::newRow("a tracepoint's field") << "tracepoint:raw_syscalls:sys_enter:id";
        QTest::newRow("function of a program") << "uprobe:" + path + ":hook_target_call:latency";
        QTest::newRow("marker") << "usdt:" + path + ":statescape:guarded";
        QTest::newRow("kernel function") << "function:do_nanosleep:latency";
    }
    void goesAndComesBackWithoutPrivilege()
    {
        NEEDS_PRIVILEGE();
        QFETCH(QString, text);
        const auto text_ = text.toStdString();
        const int status = inChild([&text_] {
            Attached attached(text_);
            if (!attached.stands())
                return attached.error().code == base::Code::NotSupported ? kNoHook : 1;
            // It opens the program itself while it may.
            TargetProcess first(target("pie"), 1000);
            TargetProcess second(target("pie"), 1000);
            TargetProcess third(target("pie"), 1000);
            if (!dropEverything())
                return 2;
            const auto work = [](TargetProcess &process) {
                call(SYS_timer_getoverrun, 1000);
                const timespec pause{0, kMs};
                ::clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, nullptr);
                process.go();
                return process.done();
            };
            if (!work(first) || attached.grown()[0] == 0)
                return 3;
            if (!attached[0].suspend())
                return kCannot;
            const auto had = attached.grown()[0];
            if (!work(second) || attached.grown()[0] != had)
                return 5;
            const auto resumed = attached[0].resume();
            if (!resumed) {
                qWarning("%s", resumed.error().text().c_str());
                return resumed.error().code == base::Code::NotPermitted ? kCannot : 6;
            }
            if (!work(third) || attached.grown()[0] <= had)
                return 7;
            return 0;
        });
        if (status == kNoHook)
            QSKIP("this kernel has no such hook");
        if (status == kCannot)
            QSKIP("this kernel lets nobody without privilege attach again (before 5.19)");
        QCOMPARE(status, 0);
    }

    // While it was out a call began that it did not see, where one that it saw begin did not return to it.
    void timesNothingThatBeganBeforeItCameBack()
    {
        NEEDS_PRIVILEGE();
        const auto path = target("pie");
        Attached attached({probe("uprobe:" + path + ":hook_target_sleep:latency"),
                           probe("syscall:clock_nanosleep:latency")});
        QVERIFY2(attached.stands(0) && attached.stands(1), attached.why());
        TargetProcess process(path, 0, 30'000);
        process.go();
        for (int i = 0; i < 6; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(45));
            if (!attached[0].suspend())
                QSKIP("this kernel cannot take this hook out alone (before 5.15)");
            std::this_thread::sleep_for(std::chrono::milliseconds(45));
            const auto resumed = attached[0].resume();
            QVERIFY2(resumed, resumed ? "" : resumed.error().text().c_str());
        }
        QVERIFY(process.done());
        const auto grown = attached.grown(0);
        QVERIFY(grown[0] > 0);
        // Each slept 30 ms; from before a pause it would be 45 more.
        const auto late =
            std::accumulate(grown.begin() + 2 + static_cast<std::ptrdiff_t>(schema::bucketOf(70 * kMs)),
                            grown.end(), std::uint64_t{0});
        QCOMPARE(late, std::uint64_t(0));
        QCOMPARE(sum(grown, 2) + attached[0].missed(), grown[0]);
    }

    void withoutPrivilegeItSaysSo()
    {
        const int status = inChild([] {
            if (!dropEverything())
                return 2;
            for (const auto &text : {std::string("syscall:getppid"), std::string("tracepoint:*:sched_switch"),
                                     "uprobe:" + target("pie") + ":hook_target_call"}) {
                Attached attached(text);
                if (attached.stands())
                    return 3;
                if (attached.error().code != base::Code::NotPermitted) {
                    qWarning("%s: %s", text.c_str(), attached.error().text().c_str());
                    return 4;
                }
            }
            return 0;
        });
        QCOMPARE(status, 0);
    }

private:
    QByteArray m_refused;
};

QTEST_GUILESS_MAIN(UserProbesTest)
#include "tst_user_probes.moc"
