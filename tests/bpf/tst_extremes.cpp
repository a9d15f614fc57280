// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// Storms of switches and forks, CPUs that go and come back, and how much memory all of it takes.
#include "bpf/cost_meter.h"
#include "bpf/probes/interrupts/interrupts.h"
#include "bpf/probes/process/process.h"
#include "bpf/probes/samples/samples.h"
#include "bpf/probes/scheduler/scheduler.h"
#include "loaded.h"
#include "window.h"
#include "workload.h"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sched.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace statescape;
using schema::Probe;
using schema::Slot;

namespace {
/// STATESCAPE_STORM_SECONDS=10 for the full size.
std::chrono::milliseconds stormLength()
{
    const char *text = std::getenv("STATESCAPE_STORM_SECONDS");
    return std::chrono::milliseconds(text ? 1000 * std::atoi(text) : 1500);
}

/// @return a line of /proc/stat, its first number.
std::uint64_t kernels(const std::string &key)
{
    std::ifstream file("/proc/stat");
    std::string word;
    while (file >> word)
        if (word == key) {
            std::uint64_t value = 0;
            file >> value;
            return value;
        }
    return 0;
}

pid_t pingPongOn(unsigned cpu)
{
    return workload::start([cpu] {
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        ::sched_setaffinity(0, sizeof(one), &one);
        return workload::pingPong(1 << 30);
    });
}

/// Forks as fast as it goes, each child ending at once.
[[noreturn]] void forkStorm()
{
    while (true) {
        const pid_t pid = ::vfork();
        if (pid == 0)
            ::_exit(0);
        if (pid > 0)
            ::waitpid(pid, nullptr, 0);
    }
}

void end(pid_t pid)
{
    ::kill(pid, SIGKILL);
    [[maybe_unused]] const bool killed = workload::finish(pid);
}

/// The two are not read at one moment: what a storm does in between comes on top of the thousandth.
std::uint64_t allowed(std::uint64_t count)
{
    return count / 1000 + 200;
}

/// Whether the numbers were 0.1 % apart, and a line of the figures for who asks.
bool agree(const char *what, std::uint64_t ours, std::uint64_t kernels, std::uint64_t missed, double seconds)
{
    const auto told = ours + missed;
    const auto off = std::max(told, kernels) - std::min(told, kernels);
    qInfo("%s: %.0f/s, ours %llu, missed and counted %llu, the kernel's %llu, apart %.4f %%", what,
          static_cast<double>(kernels) / seconds, static_cast<unsigned long long>(ours),
          static_cast<unsigned long long>(missed), static_cast<unsigned long long>(kernels),
          100 * static_cast<double>(off) / static_cast<double>(std::max<std::uint64_t>(kernels, 1)));
    return off <= allowed(kernels);
}

class CpuSwitch {
public:
    explicit CpuSwitch(int cpu)
        : m_path("/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/online")
    {}
    ~CpuSwitch() { set(true); }
    CpuSwitch(const CpuSwitch &) = delete;
    CpuSwitch &operator=(const CpuSwitch &) = delete;
    bool set(bool on) { return bool(std::ofstream(m_path) << (on ? 1 : 0) << std::flush); }

private:
    std::string m_path;
};
} // namespace

class ExtremesTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aStormOfSwitchesIsCounted()
    {
        Loaded loaded(bpf::schedulerProbe());
        if (!loaded.stands())
            QSKIP(loaded.why().c_str());
        const auto programFd = loaded.probe->hooks()[SS_SCHED_SWITCH].programFd;
        const auto word = offsetof(ss_scheduler_bank, hits[SS_SCHED_SWITCH]) / 8;
        std::vector<pid_t> storms;
        for (unsigned cpu = 0; cpu < static_cast<unsigned>(::sysconf(_SC_NPROCESSORS_ONLN)); ++cpu)
            storms.push_back(pingPongOn(cpu));
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        const auto before = kernels("ctxt");
        const auto ours = loaded.sum(word);
        const auto missed = bpf::recursionMisses(programFd);
        std::this_thread::sleep_for(stormLength());
        const auto now = kernels("ctxt");
        const auto oursNow = loaded.sum(word);
        const auto missedNow = bpf::recursionMisses(programFd);
        std::ranges::for_each(storms, end);
        QVERIFY(agree("switches", oursNow - ours, now - before, missedNow - missed,
                      static_cast<double>(stormLength().count()) / 1000));
        // pid 0 is never timed: what was on a CPU cannot be more than there was time.
        QVERIFY(loaded.sum(offsetof(ss_scheduler_bank, switches) / 8) <= loaded.sum(word));
    }

    void aStormOfForksIsCounted()
    {
        schema::ProbePlan plan;
        plan.probes =
            schema::bitOf(Probe::Process) | schema::bitOf(Probe::Scheduler) | schema::bitOf(Probe::Syscalls);
        auto probes = bpf::Probes::attach(std::make_shared<const schema::Layout>(plan), "statescape-helper");
        if (!probes.any())
            QSKIP(probes.standing().front().reason.c_str());
        probes.finishCost();
        std::vector<pid_t> storms;
        for (int i = 0; i < 2; ++i)
            storms.push_back(workload::start([]() -> bool { forkStorm(); }));
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        const auto before = kernels("processes");
        Window window(probes);
        const auto until = std::chrono::steady_clock::now() + stormLength();
        wire::RawSample sample = window.after();
        // As the helper does, at ten times its fastest rate.
        while (std::chrono::steady_clock::now() < until) {
            probes.read(sample);
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        const auto now = kernels("processes");
        window.close();
        std::ranges::for_each(storms, end);
        const auto begun = window[Slot::ProcForks] + window[Slot::ProcThreads];
        QVERIFY(agree("forks", begun, now - before, 0, static_cast<double>(stormLength().count()) / 1000));
        const auto ended = window[Slot::ProcExits];
        QVERIFY2(std::max(begun, ended) - std::min(begun, ended) <= allowed(begun),
                 qPrintable(QString("%1 begun, %2 ended").arg(begun).arg(ended)));
        const auto &losses = window.after().losses;
        qInfo("forks: %llu tasks shared a cell, %llu events missed",
              static_cast<unsigned long long>(losses.taskCollisions),
              static_cast<unsigned long long>(losses.eventsMissed));
    }

    // In a machine of its own only: here it would move everybody's tasks and forget what they are pinned to.
    void aCpuGoesAndComesBack()
    {
        if (!std::getenv("STATESCAPE_MACHINE"))
            QSKIP("takes a CPU away from everybody; ./check --kernels runs it in a machine of its own, "
                  "STATESCAPE_MACHINE=1 here");
        schema::ProbePlan plan;
        plan.probes = schema::bitOf(Probe::Scheduler) | schema::bitOf(Probe::Samples) |
                      schema::bitOf(Probe::Interrupts);
        auto probes = bpf::Probes::attach(std::make_shared<const schema::Layout>(plan), "statescape-helper");
        if (!probes.any())
            QSKIP(probes.standing().front().reason.c_str());
        probes.finishCost();
        CpuSwitch cpu(1);
        const pid_t busy = workload::start(workload::burnCpu);
        const auto look = [&](const char *when) {
            Window window(probes);
            std::this_thread::sleep_for(std::chrono::milliseconds(500));
            window.close();
            qInfo("%s: %llu samples, on CPU %.2f of %.2f s", when,
                  static_cast<unsigned long long>(window[Slot::SampleAll]),
                  static_cast<double>(window[Slot::SchedOnCpuNs]) / 1e9,
                  static_cast<double>(window.elapsedNs()) / 1e9);
            return std::pair{window[Slot::SampleAll], static_cast<double>(window[Slot::SchedOnCpuNs]) /
                                                          static_cast<double>(window.elapsedNs())};
        };
        const auto both = look("both CPUs");
        if (!cpu.set(false)) {
            end(busy);
            QSKIP("CPU 1 cannot be taken away here");
        }
        const auto one = look("one away");
        QVERIFY(cpu.set(true));
        const auto back = look("back again");
        end(busy);
        const auto cpus = static_cast<double>(::sysconf(_SC_NPROCESSORS_ONLN));
        QVERIFY(both.second <= cpus * 1.05);
        QVERIFY2(one.second <= (cpus - 1) * 1.05 && one.second > 0.5, std::to_string(one.second).c_str());
        QVERIFY2(back.second <= cpus * 1.05 && back.second > 0.5, std::to_string(back.second).c_str());
        QVERIFY(one.first > 0 && one.first < both.first);
        QVERIFY(back.first > 0 && back.first <= both.first);
    }

    void memoryIsBounded()
    {
        std::size_t perCpu = sizeof(ss_active);
        std::size_t once = SS_MAX_TASK_CELLS * sizeof(ss_task) + sizeof(ss_control);
        for (const auto *probe : bpf::allProbes()) {
            perCpu += probe->bankBytes;
            const auto cells =
                probe->pendingCells == bpf::kPendingPerTask ? SS_MAX_TASK_CELLS : probe->pendingCells;
            once += cells * sizeof(ss_pending);
        }
        qInfo("maps: %zu bytes, and %zu per CPU", once, perCpu);
        QVERIFY2(once + 2 * perCpu < 16U << 20, std::to_string(once).c_str());
        QVERIFY2(perCpu <= 256U << 10, std::to_string(perCpu).c_str());

        schema::ProbePlan plan;
        plan.probes = (std::uint64_t{1} << schema::kProbeCount) - 1;
        const auto probes =
            bpf::Probes::attach(std::make_shared<const schema::Layout>(plan), "statescape-helper");
        if (!probes.any())
            QSKIP(probes.standing().front().reason.c_str());
        // What it says of itself is no more than that.
        QVERIFY2(probes.mapBytes() <= once + perCpu * probes.cpusPossible(),
                 std::to_string(probes.mapBytes()).c_str());
        QVERIFY(probes.mapBytes() > (1U << 20));
    }
};

QTEST_GUILESS_MAIN(ExtremesTest)
#include "tst_extremes.moc"
