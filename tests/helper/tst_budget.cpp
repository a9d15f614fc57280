// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/helper/budget.h"
#include "bpf/calibration.h"
#include "core/base/clock.h"
#include "core/feature/deriver.h"
#include "helper_client.h"

#include <QtTest>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <fstream>
#include <map>
#include <sched.h>
#include <sys/prctl.h>
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
    };
    std::map<Probe, Source> sources;
    double spentNs = 0;
    int told = 0;
    std::string reason;
    std::map<Probe, double> onNs; ///< how long each was in

    void run(double seconds)
    {
        const auto end = m_now + static_cast<std::uint64_t>(seconds * 1e9);
        while (m_now < end) {
            m_expenses.clear();
            for (const auto &[probe, source] : sources)
                m_expenses.push_back(
                    {probe, {source.ns, source.ns}, static_cast<std::uint64_t>(source.events)});
            const auto step = m_budget.step(m_now, m_expenses, 2, kIntervalNs);
            obey(step);
            const double passed = static_cast<double>(step.nextNs) / 1e9;
            for (auto &[probe, source] : sources) {
                if (source.out)
                    continue;
                source.events += source.perSecond * passed;
                spentNs += source.perSecond * passed * source.ns;
                onNs[probe] += passed * 1e9;
            }
            m_now += step.nextNs;
        }
    }

private:
    void obey(const Budget::Step &step)
    {
        if (step.suspend) {
            auto &source = sources[*step.suspend];
            QVERIFY(!source.out);
            source.out = source.canLeave;
            if (!source.canLeave)
                m_budget.cannotLeave(*step.suspend);
        }
        if (step.resume) {
            auto &source = sources[*step.resume];
            QVERIFY(source.out);
            source.out = !source.canReturn;
            if (!source.canReturn)
                m_budget.cannotReturn(*step.resume);
        }
        if (step.told) {
            ++told;
            reason = step.reason;
            QCOMPARE(step.shed, !step.reason.empty());
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

/// Two processes on each CPU hand a byte back and forth until killed.
std::vector<pid_t> startStorm()
{
    std::vector<pid_t> storm;
    for (long cpu = 0; cpu < ::sysconf(_SC_NPROCESSORS_ONLN); ++cpu) {
        const pid_t pid = ::fork();
        if (pid != 0) {
            storm.push_back(pid);
            continue;
        }
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(static_cast<std::size_t>(cpu), &one);
        ::sched_setaffinity(0, sizeof one, &one);
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
    return storm;
}

void endStorm(const std::vector<pid_t> &storm)
{
    for (const pid_t pid : storm)
        ::kill(pid, SIGKILL);
    for (const pid_t pid : storm)
        ::waitpid(pid, nullptr, 0);
}
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
    void eachThatIsAwayHasItsLooks();
    void comesBackWhenTheStormEnds();
    void doesNotFlapAtTheEdge();
    void whatCannotLeaveStaysAndTheNextGoes();
    void whatCannotReturnIsNotAskedAgain();
    void aRealStormIsShedAndForgotten();
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
    QVERIFY(machine.sources[Probe::Syscalls].out);
    QVERIFY(!machine.sources[Probe::Scheduler].out);
    QVERIFY2(machine.reason.starts_with("cost ") &&
                 machine.reason.find(" % of a CPU, over the budget of 1 %") != std::string::npos,
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
    machine.sources[Probe::Tcp] = {100, 100};
    constexpr double kSeconds = 1200;
    machine.run(kSeconds);
    const double allowed = percent / 100 * 1e9 * (kSeconds + 15) + perSecond * 140 * 0.05;
    QVERIFY2(machine.spentNs <= allowed,
             qPrintable(QString("%1 % of a CPU").arg(machine.spentNs / kSeconds / 1e7)));
    // What is not spent on probes buys nothing.
    if (perSecond * 140 > percent * 2e7)
        QVERIFY2(machine.spentNs >= 0.5 * percent * 1e7 * kSeconds,
                 qPrintable(QString("%1 % of a CPU").arg(machine.spentNs / kSeconds / 1e7)));
    QVERIFY(!machine.sources[Probe::Tcp].out);
}

void TestBudget::eachThatIsAwayHasItsLooks()
{
    Machine machine(1);
    machine.sources[Probe::Scheduler] = {2e6, 80};
    machine.sources[Probe::Syscalls] = {2e6, 30};
    machine.run(600);
    for (const auto probe : {Probe::Scheduler, Probe::Syscalls}) {
        const double seconds = machine.onNs[probe] / 1e9;
        QVERIFY2(seconds > 10 && seconds < 300, qPrintable(QString::number(seconds)));
    }
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
    machine.run(10);
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
    QVERIFY(!machine.sources[Probe::Scheduler].out);
    QVERIFY(machine.sources[Probe::Syscalls].out);
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

void TestBudget::aRealStormIsShedAndForgotten()
{
    if (::geteuid() != 0)
        QSKIP("needs root to load BPF programs");
    schema::ProbePlan plan;
    plan.probes = schema::bitOf(Probe::Scheduler) | schema::bitOf(Probe::Tcp) | schema::bitOf(Probe::Cpu);
    // What a machine at rest costs depends on how much rest it has.
    plan.budgetPercent = 1.5;
    HelperClient client(STATESCAPE_BIN "/statescape-helper", {0, {}, plan});
    const auto hello = client.receiveA<wire::Hello>(20'000);
    QVERIFY(hello);
    if (!hello->probes[0].available)
        QSKIP(("no scheduler probe here: " + hello->probes[0].reason).c_str());
    const auto layout = std::make_shared<const schema::Layout>(plan);
    feature::Deriver deriver(layout, hello->probes);
    const auto &names = layout->schema()->features();
    const auto column = static_cast<std::size_t>(
        std::ranges::find(names, "sched.switch.rate", &schema::Feature::key) - names.begin());
    QVERIFY(column < names.size());
    sched_param first{};
    first.sched_priority = 1;
    ::sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &first);

    struct Seen {
        double seconds, switches, told;
        std::uint64_t shedMask;
    };
    std::vector<Seen> seen;
    std::vector<wire::ProbeState> news;
    std::uint64_t begun = 0;
    std::uint64_t lastCount = contextSwitches();
    std::uint64_t lastNs = base::monotonicNs();
    const auto observe = [&](double seconds) {
        const auto end = base::monotonicNs() + static_cast<std::uint64_t>(seconds * 1e9);
        while (base::monotonicNs() < end) {
            const auto message = client.receive(1000);
            if (!message)
                continue;
            if (const auto *update = std::get_if<wire::ProbeUpdate>(&*message))
                news.push_back(update->state);
            if (const auto *raw = std::get_if<wire::RawSample>(&*message)) {
                const auto count = contextSwitches();
                const auto now = base::monotonicNs();
                begun = begun == 0 ? now : begun;
                const auto frame = deriver.derive(*raw);
                seen.push_back(
                    {static_cast<double>(now - begun) / 1e9,
                     static_cast<double>(count - lastCount) * 1e9 / static_cast<double>(now - lastNs),
                     frame.values[column], raw->shedMask});
                if (schema::isMissing(frame.values[column]) && (raw->shedMask & 1) != 0)
                    QCOMPARE(schema::missingReason(frame.values[column]), schema::Missing::Shed);
                // The others go on.
                QVERIFY((raw->probeMask & schema::bitOf(Probe::Tcp)) != 0);
                lastCount = count;
                lastNs = now;
            }
        }
    };
    client.send(wire::Start{kIntervalNs});
    observe(3);
    const auto storm = startStorm();
    observe(25);
    const bool shed = std::ranges::any_of(
        news, [](const auto &state) { return state.probe == Probe::Scheduler && state.shed; });
    endStorm(storm);
    const auto stormy = seen.size();
    observe(20);
    sched_param none{};
    ::sched_setscheduler(0, SCHED_OTHER, &none);
    QVERIFY(shed);
    const auto reason = std::ranges::find(news, true, &wire::ProbeState::shed)->reason;
    QVERIFY2(reason.find("over the budget of 1.5 %") != std::string::npos, reason.c_str());
    // Most of the storm went unseen, what was seen of it is true, and afterwards it is back.
    int out = 0;
    int looks = 0;
    double most = 0;
    for (const auto &one : seen)
        most = std::max(most, one.switches);
    for (std::size_t i = 1; i < seen.size(); ++i) {
        out += (seen[i].shedMask & 1) != 0 ? 1 : 0;
        if (schema::isMissing(static_cast<float>(seen[i].told)))
            continue;
        looks += i < stormy && seen[i].seconds > 6 ? 1 : 0;
        // ctxt counts switches to and from idle too, and is read a moment later.
        QVERIFY2(
            seen[i].told <= 1.3 * std::max({seen[i].switches, seen[i - 1].switches, most}),
            qPrintable(
                QString("%1 of %2 at %3 s").arg(seen[i].told).arg(seen[i].switches).arg(seen[i].seconds)));
        if (seen[i].seconds > 6 && i + 1 < stormy && seen[i - 1].switches > most / 2 &&
            seen[i].switches > most / 2)
            QVERIFY2(seen[i].told > 0.5 * std::min(seen[i].switches, seen[i - 1].switches),
                     qPrintable(QString("%1 of %2 at %3 s")
                                    .arg(seen[i].told)
                                    .arg(seen[i].switches)
                                    .arg(seen[i].seconds)));
    }
    QVERIFY2(out > 40, qPrintable(QString::number(out)));
    qInfo("%d of %zu samples without the scheduler, %d seen in the storm", out, seen.size(), looks);
    QVERIFY(looks > 0);
    QVERIFY((seen.back().shedMask & 1) == 0);
}

QTEST_GUILESS_MAIN(TestBudget)
#include "tst_budget.moc"
