// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/helper/budget.h"
#include "bpf/calibration.h"
#include "core/base/clock.h"
#include "core/wire/messages.h"
#include "helper_client.h"

#include <QtTest>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <csignal>
#include <fstream>
#include <functional>
#include <map>
#include <numeric>
#include <optional>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace statescape;
using helper::Budget;
using schema::Probe;

namespace {
constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kIntervalNs = 250 * kMs;

/// A machine on which events come at known rates to the probes that are in.
class Machine {
public:
    explicit Machine(double percent)
        : m_budget(percent)
    {}
    struct Source {
        double perSecond = 0;
        double ns = 100;
        bool canLeave = true;
        bool canReturn = true;
        bool out = false;
        double events = 0;
        double moveNs = 0; ///< what taking it out or putting it back takes
        int moves = 0;
    };
    std::map<Probe, Source> sources;
    double spentNs = 0;
    int told = 0;
    std::string reason;
    std::map<Probe, double> onNs;                            ///< how long each was in
    std::map<Probe, std::map<std::uint64_t, double>> seenNs; ///< of each second
    std::uint64_t intervalNs = kIntervalNs;
    [[nodiscard]] std::uint64_t now() const { return m_now; }

    void run(double seconds)
    {
        const auto end = m_now + static_cast<std::uint64_t>(seconds * 1e9);
        while (m_now < end) {
            m_expenses.clear();
            for (const auto &[probe, source] : sources)
                m_expenses.push_back(
                    {probe, {source.ns, source.ns}, static_cast<std::uint64_t>(source.events)});
            const auto step = m_budget.step(m_now, m_expenses, 2, intervalNs, kSecond);
            obey(step);
            const double passed = static_cast<double>(step.nextNs) / 1e9;
            for (auto &[probe, source] : sources) {
                if (source.out)
                    continue;
                source.events += source.perSecond * passed;
                spentNs += source.perSecond * passed * source.ns;
                onNs[probe] += passed * 1e9;
                seenNs[probe][m_now / kSecond] += passed * 1e9;
            }
            m_now += step.nextNs;
        }
    }

private:
    void move(Probe probe, bool in)
    {
        auto &source = sources[probe];
        source.out = !in;
        ++source.moves;
        spentNs += source.moveNs;
        m_budget.moved(probe, in, m_now, static_cast<std::uint64_t>(source.moveNs),
                       static_cast<std::uint64_t>(source.moveNs));
    }
    void obey(const Budget::Step &step)
    {
        for (const auto probe : step.close) {
            QVERIFY(!sources[probe].out);
            if (sources[probe].canLeave)
                move(probe, false);
            else
                m_budget.cannotLeave(probe);
        }
        for (const auto probe : step.open) {
            QVERIFY(sources[probe].out);
            if (sources[probe].canReturn)
                move(probe, true);
            else
                m_budget.cannotReturn(probe);
        }
        for (const auto &one : step.told) {
            ++told;
            reason = one.reason;
            QCOMPARE(one.shed, !one.reason.empty());
        }
    }

    Budget m_budget;
    std::uint64_t m_now = kSecond;
    std::vector<bpf::Expense> m_expenses;
};

std::uint64_t contextSwitches()
{
    std::ifstream file("/proc/stat");
    for (std::string word; file >> word;)
        if (word == "ctxt") {
            std::uint64_t value = 0;
            file >> value;
            return value;
        }
    return 0;
}

/// On each CPU two processes hand a byte back and forth, or one makes a call of a kind that few make, until
/// killed.
class Storm {
public:
    Storm()
        : m_calls(static_cast<std::atomic<std::uint64_t> *>(
              ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)))
    {}
    ~Storm()
    {
        end();
        ::munmap(m_calls, kBytes);
    }
    Storm(const Storm &) = delete;
    Storm &operator=(const Storm &) = delete;

    void start(bool switches)
    {
        for (long cpu = 0; cpu < ::sysconf(_SC_NPROCESSORS_ONLN); ++cpu) {
            const pid_t pid = ::fork();
            if (pid != 0) {
                m_processes.push_back(pid);
                continue;
            }
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            cpu_set_t one;
            CPU_ZERO(&one);
            CPU_SET(static_cast<std::size_t>(cpu), &one);
            ::sched_setaffinity(0, sizeof one, &one);
            if (switches)
                handOver();
            // A cache line each.
            auto &calls = m_calls[8 * cpu % (kBytes / 8)];
            while (true) {
                waitForTurn(1'000);
                ::syscall(SYS_sync_file_range, -1, 0, 0, 0);
                calls.store(calls.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
            }
        }
    }
    void end()
    {
        for (const pid_t pid : m_processes)
            ::kill(pid, SIGKILL);
        for (const pid_t pid : m_processes)
            ::waitpid(pid, nullptr, 0);
        m_processes.clear();
    }
    [[nodiscard]] std::uint64_t calls() const
    {
        return std::accumulate(m_calls, m_calls + kBytes / 8, std::uint64_t{0});
    }

private:
    static constexpr std::size_t kBytes = 64 * 1024;

    /// So that it does as much watched as unwatched, where each call takes longer.
    static bool waitForTurn(std::uint64_t everyNs)
    {
        const auto turn = base::monotonicNs() / everyNs;
        while (base::monotonicNs() / everyNs == turn) {
        }
        return true;
    }
    [[noreturn]] static void handOver()
    {
        int there[2];
        int back[2];
        if (::pipe(there) != 0 || ::pipe(back) != 0)
            ::_exit(1);
        const bool first = ::fork() != 0;
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        char byte = 0;
        if (first && ::write(there[1], &byte, 1) != 1)
            ::_exit(1);
        while (::read(first ? back[0] : there[0], &byte, 1) == 1 &&
               ::write(first ? there[1] : back[1], &byte, 1) == 1) {
        }
        ::_exit(0);
    }

    std::atomic<std::uint64_t> *m_calls;
    std::vector<pid_t> m_processes;
};

/// What a sample told of one probe.
struct Interval {
    std::uint64_t atNs = 0;
    double ns = 0;
    double events = 0; ///< that were seen
    double seenNs = 0;
    bool shed = false;
    float error = 0; ///< as told
    double windows = 1;
    double truth = 0;   ///< counted by somebody else, since the beginning
    double spentNs = 0; ///< by the model, all probes
    double wholeNs = 0; ///< the same, had they been in all the time
};
} // namespace

class TestBudget : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theModelGoesFromColdToWarm();
    void aLoadThatScattersTellsNothing();
    void withinTheBudgetNothingLeaves();
    void theDearestLeavesFirst();
    void theLongRunCostStaysInside_data();
    void theLongRunCostStaysInside();
    void eachIntervalHasItsWindows_data();
    void eachIntervalHasItsWindows();
    void windowsComeAtAnyTimeOfTheirInterval();
    void aLongWaitMakesWindowsRarer();
    void comesBackWhenTheStormEnds();
    void doesNotFlapAtTheEdge();
    void whatCannotLeaveStaysAndTheNextGoes();
    void whatCannotReturnIsNotAskedAgain();
    void aRealStormIsSampled_data();
    void aRealStormIsSampled();
};

void TestBudget::theModelGoesFromColdToWarm()
{
    const schema::EventCost cost{300, 50};
    QCOMPARE(schema::costPerSecond(cost, 0, 2), 0.0);
    QCOMPARE(schema::costPerSecond(cost, 100, 2), 30'000.0);
    QCOMPARE(schema::costPerSecond(cost, 20'000, 2), 6e6);
    QCOMPARE(schema::costPerSecond(cost, 1'020'000, 2), 6e6 + 50e6);
    // One of the two says something of the other, none says nothing, and busy is never dearer than idle.
    QCOMPARE(schema::costPerSecond({-1, 50}, 1e6, 1), 50e6);
    QCOMPARE(schema::costPerSecond({40, -1}, 1e6, 1), 40e6);
    QCOMPARE(schema::costPerSecond({40, 90}, 1e6, 1), 40e6);
    QCOMPARE(schema::costPerSecond({300, -1}, 20'000, 1), 3e6 + 0.5e6);
    QCOMPARE(schema::costPerSecond({-1, -1}, 1e6, 1), 0.0);
    QCOMPARE(schema::costPerSecond({std::nanf(""), -1}, 1e6, 1), 0.0);
}

void TestBudget::aLoadThatScattersTellsNothing()
{
    using bpf::addedPerEvent;
    QCOMPARE(addedPerEvent({1000, 5, 0}, {1200, 5, 4}), std::optional(50.0));
    QVERIFY(!addedPerEvent({1000, 60, 0}, {1200, 60, 4})); // scatters by more than half of the difference
    QVERIFY(!addedPerEvent({1000, 0, 0}, {990, 0, 4}));    // cheaper with a probe than without
    QVERIFY(!addedPerEvent({1000, 0, 0}, {1200, 0, 0}));   // never reached the probe
    std::uint64_t turns = 0;
    for (const auto load : {bpf::Load::SystemCalls, bpf::Load::Switches, bpf::Load::Reads}) {
        const auto turn = bpf::timeLoad(load, [&turns] { return turns += 1000; });
        QVERIFY(turn);
        QVERIFY(turn->ns > 10 && turn->spread >= 0 && turn->events > 0);
    }
    cpu_set_t mine;
    QCOMPARE(::sched_getaffinity(0, sizeof mine, &mine), 0);
    QCOMPARE(CPU_COUNT(&mine), static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN)));
}

void TestBudget::withinTheBudgetNothingLeaves()
{
    Machine machine(1);
    machine.sources[Probe::Scheduler] = {50'000, 100};
    machine.sources[Probe::Syscalls] = {40'000, 100};
    machine.run(120);
    QCOMPARE(machine.told, 0);
    QVERIFY(!machine.sources[Probe::Scheduler].out && !machine.sources[Probe::Syscalls].out);
}

void TestBudget::theDearestLeavesFirst()
{
    Machine machine(1);
    machine.sources[Probe::Scheduler] = {20'000, 100};
    machine.sources[Probe::Syscalls] = {20'000, 100};
    machine.run(30);
    machine.sources[Probe::Syscalls].perSecond = 3'000'000;
    machine.run(2);
    QCOMPARE(machine.told, 1);
    QVERIFY(machine.sources[Probe::Syscalls].moves > 0);
    QCOMPARE(machine.sources[Probe::Scheduler].moves, 0);
    QVERIFY2(machine.reason.starts_with("cost ") &&
                 machine.reason.find(" % of a CPU, over the budget of 1 %; seen for ") != std::string::npos &&
                 machine.reason.ends_with(" ms of each second"),
             machine.reason.c_str());
}

void TestBudget::theLongRunCostStaysInside_data()
{
    QTest::addColumn<double>("percent");
    QTest::addColumn<double>("perSecond");
    for (const double percent : {0.05, 1.0, 5.0})
        for (const double perSecond : {1e5, 1e6, 5e6})
            QTest::addRow("%g %%, %g events/s", percent, perSecond) << percent << perSecond;
}

void TestBudget::theLongRunCostStaysInside()
{
    QFETCH(double, percent);
    QFETCH(double, perSecond);
    Machine machine(percent);
    machine.sources[Probe::Scheduler] = {perSecond, 80};
    machine.sources[Probe::Syscalls] = {perSecond * 2, 30};
    machine.sources[Probe::Scheduler].moveNs = 750'000;
    machine.sources[Probe::Syscalls].moveNs = 250'000;
    machine.sources[Probe::Tcp] = {100, 100};
    constexpr double kSeconds = 1200;
    machine.run(kSeconds);
    // The last windows were longer than what was left.
    const double windows = 4 * 750'000 + perSecond * 140 * 0.03;
    const double allowed = percent / 100 * 1e9 * (kSeconds + 10) + windows;
    QVERIFY2(machine.spentNs <= allowed,
             qPrintable(QString("%1 % of a CPU").arg(machine.spentNs / kSeconds / 1e7)));
    // What is not spent on probes buys nothing.
    if (perSecond * 140 > percent * 2e7)
        QVERIFY2(machine.spentNs >= 0.5 * percent * 1e7 * kSeconds,
                 qPrintable(QString("%1 % of a CPU").arg(machine.spentNs / kSeconds / 1e7)));
    QCOMPARE(machine.sources[Probe::Tcp].moves, 0);
}

void TestBudget::eachIntervalHasItsWindows_data()
{
    QTest::addColumn<quint64>("intervalNs");
    QTest::addColumn<double>("percent");
    QTest::addRow("1 s, 1 %%") << quint64{kSecond} << 1.0;
    QTest::addRow("1 s, 5 %%") << quint64{kSecond} << 5.0;
    QTest::addRow("4 s, 1 %%") << quint64{4 * kSecond} << 1.0;
    QTest::addRow("250 ms, 5 %%") << quint64{kIntervalNs} << 5.0;
}

void TestBudget::eachIntervalHasItsWindows()
{
    QFETCH(quint64, intervalNs);
    QFETCH(double, percent);
    Machine machine(percent);
    machine.intervalNs = intervalNs;
    machine.sources[Probe::Scheduler] = {2.5e6, 80};
    machine.sources[Probe::Syscalls] = {2e6, 35};
    machine.sources[Probe::Scheduler].moveNs = 750'000;
    machine.sources[Probe::Syscalls].moveNs = 250'000;
    machine.run(300);
    // The account pays back what the beginning of a storm took.
    for (const auto probe : {Probe::Scheduler, Probe::Syscalls}) {
        int without = 0;
        for (std::uint64_t second = 2; second < 300; ++second)
            without += machine.seenNs[probe].contains(second) ? 0 : 1;
        QVERIFY2(without <= (intervalNs > kSecond ? 150 : 0), qPrintable(QString::number(without)));
        std::uint64_t gap = 0;
        std::uint64_t longest = 0;
        for (std::uint64_t second = 2; second < 300; ++second) {
            gap = machine.seenNs[probe].contains(second) ? 0 : gap + 1;
            longest = std::max(longest, gap);
        }
        QVERIFY2(longest <= 2 * intervalNs / kSecond, qPrintable(QString::number(longest)));
    }
}

void TestBudget::windowsComeAtAnyTimeOfTheirInterval()
{
    Machine machine(1);
    machine.intervalNs = kSecond;
    machine.sources[Probe::Scheduler] = {2.5e6, 80};
    std::array<int, 4> begun{};
    bool out = false;
    while (machine.now() < 600 * kSecond) {
        machine.run(1e-9);
        const bool now = machine.sources[Probe::Scheduler].out;
        if (out && !now)
            ++begun[machine.now() % kSecond / (250 * kMs)];
        out = now;
    }
    const auto [fewest, most] = std::ranges::minmax(begun);
    QVERIFY2(fewest > 80 && most < 3 * fewest, qPrintable(QString("%1 to %2").arg(fewest).arg(most)));
}

void TestBudget::aLongWaitMakesWindowsRarer()
{
    // 20 moves a second without it.
    Budget budget(50);
    const std::vector<bpf::Expense> none{{Probe::Scheduler, {80, 80}, 0}};
    budget.step(kSecond, none, 2, kIntervalNs, kSecond);
    std::uint64_t now = kSecond;
    double events = 0;
    bool in = true;
    int opened = 0;
    while (now < 60 * kSecond) {
        const std::vector<bpf::Expense> one{{Probe::Scheduler, {80, 80}, static_cast<std::uint64_t>(events)}};
        const auto step = budget.step(now, one, 2, kIntervalNs, kSecond);
        if (!step.close.empty()) {
            in = false;
            budget.moved(Probe::Scheduler, false, now, 700'000, 700'000);
        }
        if (!step.open.empty()) {
            in = true;
            ++opened;
            now += 300 * kMs;
            budget.moved(Probe::Scheduler, true, now, 700'000, 300 * kMs);
        }
        events += in ? 2e7 * static_cast<double>(step.nextNs) / 1e9 : 0;
        now += step.nextNs;
    }
    QVERIFY2(opened > 3 && opened < 30, qPrintable(QString::number(opened)));
}

void TestBudget::comesBackWhenTheStormEnds()
{
    Machine machine(0.05);
    machine.sources[Probe::Scheduler] = {1000, 80};
    machine.run(10);
    machine.sources[Probe::Scheduler].perSecond = 2e6;
    machine.run(60);
    QVERIFY(machine.told >= 1);
    machine.sources[Probe::Scheduler].perSecond = 1000;
    const int before = machine.told;
    // Sixteen percent for ten milliseconds is what a twentieth of a percent pays in three seconds.
    machine.run(20);
    QCOMPARE(machine.told, before + 1);
    QVERIFY(!machine.sources[Probe::Scheduler].out);
    machine.run(60);
    QCOMPARE(machine.told, before + 1);
}

void TestBudget::doesNotFlapAtTheEdge()
{
    for (const double share : {0.85, 0.95, 1.05, 1.2}) {
        Machine machine(1);
        machine.sources[Probe::Scheduler] = {share * 1e7 / 80, 80};
        machine.run(300);
        QVERIFY2(machine.told <= 1, qPrintable(QString("%1: %2 times").arg(share).arg(machine.told)));
    }
}

void TestBudget::whatCannotLeaveStaysAndTheNextGoes()
{
    Machine machine(1);
    machine.sources[Probe::Scheduler] = {2e6, 80, false};
    machine.sources[Probe::Syscalls] = {1e6, 30};
    machine.run(30);
    QCOMPARE(machine.sources[Probe::Scheduler].moves, 0);
    QVERIFY(machine.sources[Probe::Syscalls].moves > 0);
}

void TestBudget::whatCannotReturnIsNotAskedAgain()
{
    Machine machine(1);
    machine.sources[Probe::Scheduler] = {2e6, 80, true, false};
    machine.run(30);
    machine.sources[Probe::Scheduler].perSecond = 0;
    machine.run(300);
    QVERIFY(machine.sources[Probe::Scheduler].out);
    QVERIFY(machine.onNs[Probe::Scheduler] < 3e9);
}

void TestBudget::aRealStormIsSampled_data()
{
    QTest::addColumn<int>("probe");
    QTest::newRow("switches") << int(Probe::Scheduler);
    QTest::newRow("system calls") << int(Probe::Syscalls);
}

void TestBudget::aRealStormIsSampled()
{
    QFETCH(const int, probe);
    const auto watched = static_cast<Probe>(probe);
    if (::geteuid() != 0)
        QSKIP("needs root to load BPF programs");
    schema::ProbePlan plan;
    plan.probes = schema::bitOf(Probe::Scheduler) | schema::bitOf(Probe::Syscalls) |
                  schema::bitOf(Probe::Tcp) | schema::bitOf(Probe::Cpu);
    plan.budgetPercent = 1;
    HelperClient client(STATESCAPE_BIN "/statescape-helper", {0, {}, plan});
    const auto hello = client.receiveA<wire::Hello>(20'000);
    QVERIFY(hello);
    for (const auto one : {Probe::Scheduler, Probe::Syscalls})
        if (const auto &state = hello->probes[static_cast<std::size_t>(one)]; !state.available)
            QSKIP(("no such probe here: " + state.reason).c_str());
    sched_param first{};
    first.sched_priority = 1;
    ::sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &first);
    Storm storm;

    const auto cpus = static_cast<unsigned>(::sysconf(_SC_NPROCESSORS_ONLN));
    std::vector<wire::ProbeState> news;
    std::vector<wire::ProbeState> states = hello->probes;
    std::vector<Interval> seen;
    std::optional<wire::RawSample> last;
    // System calls of the storm's kind, and switches of tasks.
    const auto words = [&](const wire::RawSample &raw) {
        const auto from = schema::slotOffset(watched == Probe::Scheduler ? schema::Slot::SchedSwitches
                                                                         : schema::Slot::SysSync);
        const auto to = schema::slotOffset(watched == Probe::Scheduler ? schema::Slot::SchedSwitches
                                                                       : schema::Slot::SysSync);
        return std::accumulate(raw.slots.begin() + static_cast<std::ptrdiff_t>(from),
                               raw.slots.begin() + static_cast<std::ptrdiff_t>(to) + 1, std::uint64_t{0});
    };
    const auto take = [&](const wire::RawSample &raw) {
        QVERIFY((raw.probeMask & schema::bitOf(watched)) != 0);
        QVERIFY((raw.shedMask & schema::bitOf(Probe::Tcp)) == 0); // the others go on
        if (last) {
            Interval one;
            one.ns = static_cast<double>(raw.timeNs - last->timeNs);
            one.events = static_cast<double>(words(raw) - words(*last));
            one.truth = static_cast<double>(watched == Probe::Scheduler ? contextSwitches() : storm.calls());
            one.atNs = raw.timeNs;
            one.shed = (raw.shedMask & schema::bitOf(watched)) != 0;
            one.seenNs = one.ns;
            if (const auto part = std::ranges::find(raw.sampled, watched, &wire::Sampled::probe);
                part != raw.sampled.end()) {
                one.seenNs = static_cast<double>(part->seenNs);
                one.error = part->error;
                one.windows = part->windows;
                QVERIFY(!one.shed && one.seenNs <= one.ns + 1e6);
            }
            for (const auto &state : states) {
                const auto at = static_cast<std::size_t>(state.probe);
                const auto events = static_cast<double>(raw.events[at] - last->events[at]);
                const auto part = std::ranges::find(raw.sampled, state.probe, &wire::Sampled::probe);
                const double seenNs = part == raw.sampled.end() ? one.ns : static_cast<double>(part->seenNs);
                const schema::EventCost cost{state.nsPerEvent, state.nsWhenBusy};
                const double perSecond = schema::costPerSecond(cost, events / seenNs * 1e9, cpus);
                one.spentNs += perSecond * seenNs / 1e9;
                one.wholeNs += perSecond * one.ns / 1e9;
            }
            seen.push_back(one);
        }
        last = raw;
    };
    const auto observe = [&](std::size_t samples, const std::function<bool()> &until) {
        for (std::size_t i = 0; i < samples && !until();) {
            const auto message = client.receive(60'000);
            if (!message)
                qWarning("helper ended with status %d", client.wait(1000).value_or(-1));
            QVERIFY(message);
            if (const auto *update = std::get_if<wire::ProbeUpdate>(&*message)) {
                news.push_back(update->state);
                *std::ranges::find(states, update->state.probe, &wire::ProbeState::probe) = update->state;
            }
            if (const auto *raw = std::get_if<wire::RawSample>(&*message)) {
                take(*raw);
                ++i;
            }
        }
    };
    const auto isOut = [&] {
        const auto state = std::ranges::find(states, watched, &wire::ProbeState::probe);
        return state->shed;
    };
    client.send(wire::Start{kSecond});
    observe(3, [] { return false; });
    storm.start(watched == Probe::Scheduler);
    observe(60, isOut);
    QVERIFY(isOut());
    const auto reason = news.back().reason;
    observe(6, [] { return false; });
    const auto begun = seen.size();
    observe(21, [] { return false; });
    const auto stormy = seen.size();
    storm.end();
    observe(40, [&] { return !isOut(); });
    sched_param none{};
    ::sched_setscheduler(0, SCHED_OTHER, &none);

    for (std::size_t i = 0; i < seen.size(); ++i)
        qDebug("%3zu: %9.0f events in %6.1f of %6.1f ms, %g windows, error %.3f, shed %d, truth %.0f", i,
               seen[i].events, seen[i].seenNs / 1e6, seen[i].ns / 1e6, seen[i].windows,
               static_cast<double>(seen[i].error), seen[i].shed, seen[i].truth);
    QVERIFY2(reason.find("over the budget of 1 %; ") != std::string::npos, reason.c_str());
    double estimate = 0;
    double variance = 0;
    double share = 0;
    double windows = 0;
    double slow = 0; ///< share of a CPU that watching takes
    double truth = 0;
    int unseen = 0;
    for (std::size_t i = begun; i < stormy; ++i) {
        const auto &one = seen[i];
        // One in a second is what the budget pays for, unless others make everything dearer.
        if (one.shed || one.error < 0) {
            ++unseen;
            continue;
        }
        truth += one.truth - seen[i - 1].truth;
        const double part = one.events * one.ns / one.seenNs;
        estimate += part;
        variance += std::pow(part * static_cast<double>(one.error), 2);
        slow += one.wholeNs / one.ns / cpus / static_cast<double>(stormy - begun);
        share += one.seenNs / one.ns / static_cast<double>(stormy - begun);
        windows += one.windows / static_cast<double>(stormy - begun);
    }
    double spent = 0;
    for (const auto &one : seen)
        spent += one.spentNs;
    const double seconds = static_cast<double>(seen.back().atNs - seen.front().atNs) / 1e9 + 1;
    const double error = std::sqrt(variance);
    // Putting a probe back waits for the kernel, samples do not.
    QVERIFY2(last->losses.missedIntervals <= 3, qPrintable(QString::number(last->losses.missedIntervals)));
    const auto partly = std::ranges::count_if(
        seen, [](const Interval &one) { return !one.shed && one.seenNs < 0.9 * one.ns; });
    // At the least the interval in the middle of which it left.
    QVERIFY(partly >= 1);
    if (2 * unseen > static_cast<int>(stormy - begun))
        QSKIP(qPrintable(
            QString("the kernel put the probe back after a grace period only, which took so long that %1 of "
                    "%2 intervals were not seen")
                .arg(unseen)
                .arg(stormy - begun)));
    qInfo(
        "%s: %.4g told of %.4g, %+.2f %%, standard error %.2f %%; seen %.2f %% in %.1f windows an interval; "
        "modelled %.2f %% of a CPU; helper %.2f %%",
        reason.c_str(), estimate, truth, 100 * (estimate / truth - 1), 100 * error / estimate, 100 * share,
        windows, spent / seconds / 1e7, static_cast<double>(last->helperCpuNs) / seconds / 1e7);
    // What does nothing but switch runs slower while it is watched.
    const double slower = watched == Probe::Scheduler ? 2 * slow * truth : 0;
    QVERIFY2(estimate - truth <= std::max(4 * error, 0.05 * truth) &&
                 truth - estimate <= slower + std::max(4 * error, 0.05 * truth),
             qPrintable(QString("%1 told of %2, standard error %3").arg(estimate).arg(truth).arg(error)));
    QVERIFY2(spent <= 1e7 * (seconds + 10), qPrintable(QString("%1 ms").arg(spent / 1e6)));
    // Of a machine that others keep busy it may see a part for ever.
    double rest = 0;
    for (std::size_t i = seen.size() - std::min<std::size_t>(seen.size() - stormy, 10); i < seen.size(); ++i)
        rest = std::max(rest, seen[i].wholeNs / seen[i].ns * 1e2);
    QVERIFY2(!isOut() || rest > 0.7, qPrintable(QString("%1 % of a CPU and still out").arg(rest)));
}

QTEST_GUILESS_MAIN(TestBudget)
#include "tst_budget.moc"
