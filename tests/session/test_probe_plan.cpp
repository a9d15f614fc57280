// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/hook_search.h"
#include "core/session/plan_text.h"

#include <QElapsedTimer>
#include <QFile>
#include <QSemaphore>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>

using namespace statescape;
using namespace statescape::session;
using schema::HookKind;
using schema::Measure;

/// Plans in words, and what this machine offers to be probed.
class TestProbePlan : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void oneWordStandsForManyProbes()
    {
        const std::vector<std::string> all{"all"}, more{"default", "locks"};
        QCOMPARE(*session::probeMask(all), (std::uint64_t{1} << schema::kProbeCount) - 1);
        QCOMPARE(*session::probeMask(more), schema::defaultProbes() | schema::bitOf(schema::Probe::Locks));
    }

    void aPlanSurvivesBeingText()
    {
        PlanText text;
        text.byDefault = false;
        text.probes = {"scheduler", "locks"};
        text.user = {"syscall:openat:latency", "tracepoint:sched:sched_process_exec"};
        text.budgetPercent = 2.5;
        const auto plan = planFrom(text);
        QVERIFY2(plan, plan ? "" : plan.error().text().c_str());
        QCOMPARE(plan->probes, schema::bitOf(schema::Probe::Scheduler) | schema::bitOf(schema::Probe::Locks));
        QCOMPARE(plan->user.size(), std::size_t(2));
        const PlanText again = textOf(*plan);
        QVERIFY(!again.byDefault);
        QCOMPARE(again.probes, text.probes);
        QCOMPARE(again.user, text.user);
        QCOMPARE(again.budgetPercent, 2.5);
        QVERIFY(textOf(schema::ProbePlan{}).byDefault);
        QCOMPARE(planFrom(PlanText{})->probes, schema::defaultProbes());
    }

    void wrongWordsSayWhatThereIs()
    {
        PlanText text;
        text.byDefault = false;
        text.probes = {"sceduler"};
        const auto plan = planFrom(text);
        QVERIFY(!plan);
        QVERIFY(plan.error().message.find("sceduler") != std::string::npos);
        QVERIFY(plan.error().hint.find("scheduler") != std::string::npos);
        text = {};
        text.user = {"kprobe:"};
        QCOMPARE(planFrom(text).error().code, base::Code::InvalidArgument);
        text.user = {"syscall:openat", "syscall:openat"};
        QCOMPARE(planFrom(text).error().code, base::Code::InvalidArgument);
        QCOMPARE(readUserProbe("uprobe:no_such_program_here:main").error().code, base::Code::NotFound);
        QVERIFY(!readUserProbe("bpftrace:/no/such/script.bt"));
    }

    void aSchemaGivesItsPlanBack()
    {
        schema::ProbePlan plan;
        plan.probes = schema::bitOf(schema::Probe::Block) | schema::bitOf(schema::Probe::Cpu);
        plan = *with(plan, *readUserProbe("tracepoint:sched:sched_process_exec"));
        plan = *with(plan, *readUserProbe("syscall:openat:latency"));
        const auto back = planOf(*schema::Layout(plan).schema());
        QVERIFY(sameColumns(plan, back));
        QCOMPARE(back.user.size(), std::size_t(2));
        QCOMPARE(textOf(back).user, textOf(plan).user);
        const schema::Schema foreign(
            {{"a", "A", base::Unit::None, schema::FeatureKind::Level, "", "", false}});
        QCOMPARE(planOf(foreign).probes, std::uint64_t(0));
    }

    void plansAreEdited()
    {
        const schema::ProbePlan plan;
        const auto less = with(plan, schema::Probe::Block, false);
        QVERIFY(!sameColumns(plan, less));
        QVERIFY(sameColumns(plan, with(less, schema::Probe::Block, true)));
        auto cheaper = plan;
        cheaper.budgetPercent = 5;
        QVERIFY(sameColumns(plan, cheaper));
        const auto probe = *schema::parseUserProbe("syscall:openat");
        const auto more = *with(plan, probe);
        QCOMPARE(more.user.size(), std::size_t(1));
        QCOMPARE(with(more, probe)->user.size(), std::size_t(1)); // once is enough
        QCOMPARE(without(more, "syscall:openat").user.size(), std::size_t(0));
        QCOMPARE(without(more, "syscall:open").user.size(), std::size_t(1));
        auto full = plan;
        for (std::size_t i = 0; i < schema::kMaxUserProbes; ++i)
            full = *with(full, *schema::parseUserProbe("function:f" + std::to_string(i)));
        QCOMPARE(with(full, probe).error().code, base::Code::InvalidArgument);
    }

    void everythingIsFoundByPartOfItsName()
    {
        const auto offers = m_search.findNow({.text = "openat"});
        QVERIFY(!offers.offers.empty());
        QCOMPARE(schema::format(offers.offers.front().probe), std::string("syscall:openat"));
        QVERIFY(offers.total >= offers.offers.size());
        QCOMPARE(offers.offers.front().place, std::string("system call"));
    }

    void functionsOfProgramsAreFoundAsTheyRead()
    {
        // This program is one of C++.
        const auto self = QCoreApplication::applicationFilePath().toStdString();
        for (const char *text : {"TestProbePlan::functionsOfProgramsAreFoundAsTheyRead",
                                 "_ZN13TestProbePlan37functionsOfProgramsAreFoundAsTheyReadEv"}) {
            const auto offers =
                m_search.findNow({.text = text, .group = HookGroup::Programs, .program = self});
            const auto found = std::ranges::find(
                offers.offers, "TestProbePlan::functionsOfProgramsAreFoundAsTheyRead()", &Offer::name);
            QVERIFY2(found != offers.offers.end(), text);
            QCOMPARE(found->probe.symbol,
                     std::string("_ZN13TestProbePlan37functionsOfProgramsAreFoundAsTheyReadEv"));
            QVERIFY(!found->probe.shown.empty());
        }
        const auto probe =
            readUserProbe("uprobe:" + self + ":TestProbePlan::functionsOfProgramsAreFoundAsTheyRead:latency");
        QVERIFY2(probe, probe ? "" : probe.error().text().c_str());
        QCOMPARE(probe->symbol, std::string("_ZN13TestProbePlan37functionsOfProgramsAreFoundAsTheyReadEv"));
    }

    void interfacesByKind()
    {
        const auto offers = m_search.findNow({.group = HookGroup::Interfaces});
        std::vector<std::string> texts;
        for (const auto &each : offers.offers)
            texts.push_back(schema::format(each.probe));
        if (texts.empty())
            QSKIP("this network namespace has no interface");
        QVERIFY(std::ranges::find(texts, "packets:lo") != texts.end());
        QVERIFY(std::ranges::find(texts, "xdp:lo") != texts.end());
    }

    void aProbeWrittenOutComesFirst()
    {
        const auto offers = m_search.findNow({.text = "syscall:openat:latency"});
        QVERIFY(!offers.offers.empty());
        QCOMPARE(schema::format(offers.offers.front().probe), std::string("syscall:openat:latency"));
        QVERIFY(offers.offers.front().place.starts_with("as written"));
    }

    void whatWasUsedBeforeIsOfferedFirst()
    {
        HookQuery query;
        query.before = {"syscall:fsync:latency", "not a probe"};
        const auto offers = m_search.findNow(query);
        QCOMPARE(offers.offers.size(), std::size_t(1));
        QCOMPARE(schema::format(offers.offers.front().probe), std::string("syscall:fsync:latency"));
        query.text = "openat";
        query.group = HookGroup::Before;
        QCOMPARE(m_search.findNow(query).offers.size(), std::size_t(0));
    }

    void functionsOfAProgram()
    {
        HookQuery query;
        query.text = "main";
        query.group = HookGroup::Programs;
        query.program = QCoreApplication::applicationFilePath().toStdString();
        const auto offers = m_search.findNow(query);
        QVERIFY(!offers.offers.empty());
        QCOMPARE(offers.offers.front().probe.kind, HookKind::UserFunction);
        QCOMPARE(offers.offers.front().probe.symbol, std::string("main"));
        QCOMPARE(offers.offers.front().probe.target, query.program);
        query.program = "/etc/hostname";
        const auto none = m_search.findNow(query);
        QVERIFY(none.offers.empty());
        QCOMPARE(none.missing.size(), std::size_t(1));
    }

    void scriptsOfAFolder()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("my_count.bt"));
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("tracepoint:syscalls:sys_enter_openat { @opens = count(); }\n");
        file.close();
        HookQuery query;
        query.text = "my_count";
        query.group = HookGroup::Scripts;
        query.scripts = {path.toStdString()};
        const auto offers = m_search.findNow(query);
        QCOMPARE(offers.offers.size(), std::size_t(1));
        QCOMPARE(offers.offers.front().probe.kind, HookKind::Script);
        const auto preview = ask(offers.offers.front().probe);
        QCOMPARE(preview.text, "bpftrace:" + path.toStdString());
        QVERIFY(preview.needs.find("root") != std::string::npos);
    }

    void aPreviewSaysColumnsHooksAndNeeds()
    {
        const auto preview = ask(*schema::parseUserProbe("syscall:openat:latency"));
        QCOMPARE(preview.verdict, ProbePreview::Verdict::Possible);
        QCOMPARE(preview.text, std::string("syscall:openat:latency"));
        QCOMPARE(preview.features.size(), std::size_t(4));
        QCOMPARE(preview.features.front().unit, base::Unit::PerSecond);
        QCOMPARE(preview.features.back().unit, base::Unit::Microseconds);
        QVERIFY(preview.hooks.find("sys_enter") != std::string::npos);
        QVERIFY(preview.needs.find("authorisation") != std::string::npos);
        QVERIFY(!preview.warnings.empty()); // any hook on system calls costs all of them
        QCOMPARE(preview.measures.size(), std::size_t(3));
        QCOMPARE(preview.measures.front().measure, Measure::Errors);
    }

    void aPreviewOfNothingSaysWhatIsNear()
    {
        const auto preview = ask(*schema::parseUserProbe("syscall:opennat"));
        QCOMPARE(preview.verdict, ProbePreview::Verdict::Impossible);
        QVERIFY(preview.problem.message.find("opennat") != std::string::npos);
        QVERIFY2(preview.problem.hint.find("openat") != std::string::npos, preview.problem.hint.c_str());
    }

    void fieldsOfATracepointAreMeasures()
    {
        const auto preview = ask(*schema::parseUserProbe("tracepoint:sched:sched_switch"));
        if (preview.verdict == ProbePreview::Verdict::Impossible)
            QSKIP(preview.problem.text().c_str());
        QVERIFY(preview.measures.size() > 1);
        const auto field = std::ranges::find(preview.measures, "prev_pid", &MeasureChoice::field);
        QVERIFY(field != preview.measures.end());
        QVERIFY2(field->text.find("pid_t") != std::string::npos ||
                     field->text.find("int") != std::string::npos,
                 field->text.c_str());
        QVERIFY(!preview.warnings.empty());
    }

    void functionsSayWhatThisKernelLacks()
    {
        const auto preview = ask(*schema::parseUserProbe("kprobe:vfs_fsync:latency"));
        if (QFile::exists(QStringLiteral("/sys/bus/event_source/devices/kprobe"))) {
            QVERIFY(preview.verdict != ProbePreview::Verdict::Impossible);
        } else {
            QCOMPARE(preview.verdict, ProbePreview::Verdict::Impossible);
            QVERIFY2(preview.problem.message.find("kprobes") != std::string::npos,
                     preview.problem.message.c_str());
            QVERIFY(!preview.problem.hint.empty());
        }
        QVERIFY(preview.hooks.find("kretprobe") != std::string::npos);
        QCOMPARE(preview.features.size(), std::size_t(4)); // what would be collected is said all the same
    }

    void warningsFollowTheHook()
    {
        const auto warnings = [](const char *text) { return costWarnings(*schema::parseUserProbe(text)); };
        QVERIFY(warnings("function:vfs_fsync").empty());
        QVERIFY(warnings("tracepoint:sched:sched_process_exec").empty());
        QVERIFY(!warnings("function:_raw_spin_lock_irqsave").empty());
        QVERIFY(!warnings("tracepoint:kmem:kmalloc").empty());
        QCOMPARE(warnings("syscall:futex").size(), warnings("syscall:fsync").size() + 1);
        // Somebody who is about to pay for XDP hears what costs less.
        const auto xdp = warnings("xdp:lo");
        QVERIFY(std::ranges::any_of(xdp, [](const auto &one) { return one.find("packets:lo") != one.npos; }));
        QVERIFY(warnings("packets:lo").empty());
        QCOMPARE(warnings("uprobe:/bin/x:malloc").size(), warnings("uprobe:/bin/x:main").size() + 1);
    }

    void onlyTheNewestQuestionIsAnswered()
    {
        QSemaphore answered;
        std::atomic<int> answers = 0;
        std::string last;
        for (const char *text : {"v", "vf", "vfs", "vfs_", "vfs_r", "vfs_re", "openat"})
            m_search.find({.text = text}, [&, text](Offers) {
                ++answers;
                last = text;
                if (last == "openat")
                    answered.release();
            });
        QVERIFY(answered.tryAcquire(1, 20000));
        QCOMPARE(last, std::string("openat"));
        QVERIFY(answers < 7);
        QSemaphore listed;
        std::vector<std::string> programs;
        m_search.programs([&](std::vector<std::string> found) {
            programs = std::move(found);
            listed.release();
        });
        QVERIFY(listed.tryAcquire(1, 20000));
        QVERIFY(std::ranges::find(programs, QCoreApplication::applicationFilePath().toStdString()) !=
                programs.end());
    }

private:
    ProbePreview ask(const schema::UserProbe &probe)
    {
        QSemaphore answered;
        ProbePreview out;
        m_search.preview(probe, [&](ProbePreview preview) {
            out = std::move(preview);
            answered.release();
        });
        answered.acquire();
        return out;
    }
    HookSearch m_search;
};

QTEST_GUILESS_MAIN(TestProbePlan)
#include "test_probe_plan.moc"
