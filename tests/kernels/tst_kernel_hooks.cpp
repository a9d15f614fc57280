// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// Probes of a user's own through the real helper: each kind of hook, under loads of known size.
#include "load.h"
#include "machine.h"
#include "observed.h"
#include "tests/bpf/workload.h"

#include <filesystem>
#include <functional>
#include <optional>

using namespace statescape;

// Outside any namespace and exported, so that a probe finds it by this name.
extern "C" __attribute__((noinline, noclone, visibility("default"))) int statescape_probe_target(int value)
{
    asm volatile("" : "+r"(value));
    return value + 1;
}

namespace {
constexpr int kEvents = 200;
constexpr std::size_t kPayload = 1000;

bool callTarget()
{
    int value = 0;
    for (int i = 0; i < kEvents; ++i)
        value = statescape_probe_target(value);
    return value == kEvents;
}

// A marker statescape:marker as <sys/sdt.h> makes them, without needing its package.
// @source https://sourceware.org/systemtap/wiki/UserSpaceProbeImplementation
__attribute__((noinline)) void marker()
{
    asm volatile("990: nop\n"
                 ".pushsection .note.stapsdt,\"\",@note\n"
                 ".balign 4\n"
                 ".4byte 992f-991f, 994f-993f, 3\n"
                 "991: .asciz \"stapsdt\"\n"
                 "992: .balign 4\n"
                 "993: .8byte 990b, _.stapsdt.base, 0\n"
                 ".asciz \"statescape\"\n"
                 ".asciz \"marker\"\n"
                 ".asciz \"\"\n"
                 "994: .balign 4\n"
                 ".popsection\n"
                 ".ifndef _.stapsdt.base\n"
                 ".pushsection .stapsdt.base,\"aG\",@progbits,.stapsdt.base,comdat\n"
                 ".weak _.stapsdt.base\n"
                 ".hidden _.stapsdt.base\n"
                 "_.stapsdt.base: .space 1\n"
                 ".size _.stapsdt.base, 1\n"
                 ".popsection\n"
                 ".endif\n");
}

bool passMarkers()
{
    for (int i = 0; i < kEvents; ++i)
        marker();
    return true;
}

std::string selfPath()
{
    return std::filesystem::read_symlink("/proc/self/exe");
}

/// A function that fsync(2) passes. From some kernel on (seen on 7.2) the compiler puts vfs_fsync_range()
/// into its caller; what is called by a pointer stays one.
std::string syncFunction()
{
    return machine::kernelIs(7, 0) ? "blkdev_fsync" : "vfs_fsync_range";
}

bool syncs()
{
    const auto device = machine::spareDisk();
    const bool whole = machine::kernelIs(7, 0) && !device.empty();
    return workload::fsyncs(whole ? device : machine::disk() + "/tst_kernel_hooks", kEvents);
}

/// Without what is not the same everywhere.
std::string shown(const std::string &probe)
{
    if (const auto function = probe.find(syncFunction()); function != std::string::npos)
        return probe.substr(0, function) + "FUNCTION" + probe.substr(function + syncFunction().size());
    const auto path = probe.find(":/");
    return path == std::string::npos
               ? probe
               : probe.substr(0, path) + ":PATH" + probe.substr(probe.find(':', path + 1));
}

struct Case {
    std::string probe; ///< as a user writes it
    std::function<bool()> load;
    std::uint64_t most = kEvents; ///< events that one of these loads makes at most in a machine of its own
};

std::vector<Case> cases()
{
    const auto calls = [] { return load::getppids(kEvents); };
    const auto opens = [] { return workload::failingOpens(kEvents); };
    const auto forks = [] { return workload::forkChildren(kEvents / 5) && true; };
    const auto packets = [] { return load::datagrams(kEvents, kPayload); };
    // A datagram nobody takes is answered by an ICMP message over the same interface.
    constexpr auto kWithAnswers = 2 * kEvents;
    return {
        {"syscall:getppid:count", calls},
        {"syscall:getppid", calls},
        {"syscall:getppid:latency", calls},
        {"syscall:openat:errors", opens, kEvents + 20},
        {"function:" + syncFunction() + ":count", syncs},
        {"function:" + syncFunction() + ":latency", syncs},
        {"kprobe:" + syncFunction() + ":count", syncs},
        {"kprobe:" + syncFunction() + ":latency", syncs},
        {"fentry:" + syncFunction() + ":count", syncs},
        {"fentry:" + syncFunction() + ":latency", syncs},
        {"tracepoint:syscalls:sys_enter_getppid", calls},
        {"tracepoint:sched:sched_process_exit", forks},
        {"tracepoint:net:net_dev_queue:len", packets, kWithAnswers},
        {"uprobe:" + selfPath() + ":statescape_probe_target:count", callTarget},
        {"uprobe:" + selfPath() + ":statescape_probe_target:latency", callTarget},
        {"usdt:" + selfPath() + ":statescape:marker", passMarkers},
        {"xdp:lo", packets, kWithAnswers},
        {"packets:lo", packets, 2 * kWithAnswers},
    };
}
} // namespace

class KernelHooksTest : public QObject {
    Q_OBJECT
    std::vector<Case> m_cases = cases();
    std::optional<Observed> m_observed;

private Q_SLOTS:
    void initTestCase()
    {
        schema::ProbePlan plan;
        plan.probes = schema::bitOf(schema::Probe::Cpu);
        plan.budgetPercent = 0;
        for (const auto &one : m_cases) {
            const auto probe = schema::parseUserProbe(one.probe);
            QVERIFY2(probe, probe ? "" : probe.error().text().c_str());
            plan.user.push_back(*probe);
        }
        m_observed.emplace(machine::helper(), plan);
        QVERIFY2(m_observed->hello(), m_observed->problem().c_str());
        if (!m_observed->hello()->privileged)
            NOT_HERE("the helper has no privilege here");
    }

    void countsWhatHappens_data()
    {
        QTest::addColumn<int>("index");
        for (std::size_t i = 0; i < m_cases.size(); ++i)
            QTest::newRow(m_cases[i].probe.c_str()) << static_cast<int>(i);
    }

    void countsWhatHappens()
    {
        QFETCH(int, index);
        const auto i = static_cast<std::size_t>(index);
        const auto &one = m_cases[i];
        const auto &state = m_observed->state(schema::userProbe(i));
        machine::note("hook: " + shown(one.probe),
                      machine::standing(state.available,
                                        schema::format(m_observed->layout().plan().user.at(i)),
                                        state.reason));
        if (!state.available) {
            QVERIFY(!state.reason.empty() && !state.hint.empty());
            NOT_HERE(state.reason);
        }
        QVERIFY2(m_observed->begin(), m_observed->ending().c_str());
        QVERIFY(workload::inChild(one.load) > 0);
        QVERIFY2(m_observed->end(), m_observed->ending().c_str());
        const auto counted = m_observed->gained(i, 0);
        const bool forks = one.probe.find("process_exit") != std::string::npos;
        VERIFY_BETWEEN(counted, forks ? kEvents / 5 : kEvents, one.most + machine::others(0));
        const auto &probe = m_observed->layout().plan().user.at(i);
        if (probe.measure == schema::Measure::Errors && one.probe.find("openat") != std::string::npos)
            VERIFY_BETWEEN(m_observed->gained(i, 1), kEvents, kEvents + machine::others(20));
        if (probe.measure == schema::Measure::Latency) {
            VERIFY_BETWEEN(m_observed->gained(i, 2), counted, counted);
            QVERIFY(m_observed->gained(i, 1) > 0);
        }
        if (probe.measure == schema::Measure::Field)
            VERIFY_BETWEEN(m_observed->gained(i, 1), counted, counted);
        if (probe.kind == schema::HookKind::Xdp || probe.kind == schema::HookKind::Packets) {
            QVERIFY(m_observed->gained(i, 1) >= kEvents * kPayload);
            VERIFY_BETWEEN(m_observed->gained(i, 3), kEvents, one.most + machine::others(0));
            VERIFY_BETWEEN(m_observed->gained(i, 7), counted, counted);
        }
    }
};

QTEST_GUILESS_MAIN(KernelHooksTest)
#include "tst_kernel_hooks.moc"
