// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/plan_text.h"
#include "core/session/probe_trial.h"

#include <QElapsedTimer>
#include <QFile>
#include <QTest>

#include <atomic>
#include <filesystem>
#include <sched.h>

using namespace statescape;
using namespace statescape::session;
using State = TrialReport::State;

/// Probes tried by the real helper. Without privilege it refuses, which is tested too.
class TestProbeTrial : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        if (!std::filesystem::exists(kHelper))
            QSKIP("statescape-helper is not built here");
        m_how.program = kHelper;
    }

    void whatAProbeShowsAndCosts()
    {
        const auto report = run("tracepoint:sched:sched_switch", 1'000'000'000);
        if (report.state == State::Failed)
            return refusedInWords(report);
        QCOMPARE(report.state, State::Done);
        QVERIFY(report.elapsedNs >= report.lengthNs);
        QCOMPARE(report.values.size(), report.layout->schema()->size());
        QCOMPARE(report.values.front().size(), report.seconds.size());
        QVERIFY(report.seconds.size() >= 3);
        QVERIFY(report.eventsPerSecond > 0);
        QVERIFY(report.mostPerSecond >= report.eventsPerSecond);
        QVERIFY(report.mapBytes > 0);
        QVERIFY(report.helperRssBytes > 0);
        QCOMPARE(report.gaps, std::uint64_t(0));
        // The mean of the events is the mean of the rates in the column.
        double sum = 0;
        int rates = 0;
        for (const float rate : report.values.front())
            if (std::isfinite(rate)) {
                sum += double(rate);
                ++rates;
            }
        QVERIFY(rates > 0);
        QVERIFY2(std::abs(sum / rates - report.eventsPerSecond) <= 0.3 * report.eventsPerSecond + 10,
                 qPrintable(QStringLiteral("%1 %2").arg(sum / rates).arg(report.eventsPerSecond)));
    }

    void whatDoesNotExistIsRefusedInTheHelpersWords()
    {
        const auto report = run("tracepoint:sched:sched_swithc", 1'000'000'000);
        QCOMPARE(report.state, State::Failed);
        refusedInWords(report);
        QCOMPARE(report.seconds.size(), std::size_t(0));
    }

    void aTrialCanBeStopped()
    {
        QElapsedTimer timer;
        timer.start();
        std::atomic<int> calls = 0;
        auto trial = ProbeTrial::start(
            m_how, *schema::parseUserProbe("syscall:sched_yield"), [&] { ++calls; }, 3'600'000'000'000);
        QVERIFY(trial);
        QTest::qWait(300);
        (*trial)->stop();
        QTRY_VERIFY_WITH_TIMEOUT(
            (*trial)->report().state == State::Done || (*trial)->report().state == State::Failed, 20000);
        QVERIFY(calls > 0);
        trial->reset();
    }

    void noHelperIsAReport()
    {
        auto how = m_how;
        how.program = "/nonexistent/statescape-helper";
        auto trial = ProbeTrial::start(how, *schema::parseUserProbe("syscall:openat"), {});
        QVERIFY(trial);
        QTRY_COMPARE_WITH_TIMEOUT((*trial)->report().state, State::Failed, 20000);
        QVERIFY((*trial)->report().error.message.find("statescape-helper") != std::string::npos);
    }

    void whatIsNoProbeIsAnErrorAtOnce()
    {
        schema::UserProbe wrong;
        wrong.target = "a b";
        QVERIFY(!ProbeTrial::start(m_how, wrong, {}));
    }

private:
    TrialReport run(const char *text, std::uint64_t lengthNs)
    {
        auto trial = ProbeTrial::start(m_how, *schema::parseUserProbe(text), {}, lengthNs);
        if (!trial)
            return {};
        const bool over = QTest::qWaitFor(
            [&] {
                sched_yield();
                const auto state = (*trial)->report().state;
                return state == State::Done || state == State::Failed;
            },
            40000);
        return over ? (*trial)->report() : TrialReport{};
    }
    static void refusedInWords(const TrialReport &report)
    {
        QVERIFY(!report.error.message.empty());
        QVERIFY2(!report.error.hint.empty(), report.error.message.c_str());
        QVERIFY(report.error.code != base::Code::Ok);
    }
    static constexpr const char *kHelper = STATESCAPE_BIN "/statescape-helper";
    source::HelperOptions m_how;
};

QTEST_GUILESS_MAIN(TestProbeTrial)
#include "test_probe_trial.moc"
