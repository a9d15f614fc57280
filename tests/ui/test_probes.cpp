// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/feature_strips.h"
#include "ui/docks/probe_dialog.h"
#include "ui/docks/probe_list.h"
#include "ui/docks/probe_preview_pane.h"
#include "ui/docks/probes_dock.h"
#include "ui/kit/text.h"
#include "ui/kit/theme.h"
#include "ui/models/offer_model.h"
#include "ui/models/trial_words.h"

#include <QAbstractItemModelTester>
#include <QClipboard>
#include <QComboBox>
#include <QFileInfo>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace statescape;
using namespace statescape::ui;
using session::HookGroup;

namespace {
constexpr auto kScheduler = schema::Probe::Scheduler, kBlock = schema::Probe::Block,
               kCpu = schema::Probe::Cpu;

/// A recording in which one probe runs, one is refused, one is shed and one reads /proc.
session::Snapshot recorded(const schema::ProbePlan &plan)
{
    session::Snapshot snapshot;
    snapshot.live = true;
    auto &status = snapshot.status;
    status.layout = std::make_shared<const schema::Layout>(plan);
    const std::size_t n = status.layout->probes().size();
    status.probes.resize(n);
    status.eventsPerSecond.assign(n, 0);
    status.cpuShare.assign(n, 0);
    for (std::size_t i = 0; i < n; ++i)
        status.probes[i].probe = schema::Probe(i);
    auto &up = status.probes[std::size_t(kScheduler)];
    up.available = true;
    up.nsPerEvent = 63;
    up.measured = true;
    status.eventsPerSecond[std::size_t(kScheduler)] = 41'200;
    status.cpuShare[std::size_t(kScheduler)] = 41'200 * 63 / 1e7;
    auto &down = status.probes[std::size_t(kBlock)];
    down.code = base::Code::NotPermitted;
    down.reason = "operation not permitted";
    down.hint = "sudo setcap cap_bpf,cap_perfmon+ep helper";
    status.probes[std::size_t(kCpu)].available = true;
    if (!plan.user.empty()) {
        auto &own = status.probes[schema::kProbeCount];
        own.available = true;
        own.shed = true;
        own.reason = "over the budget of 1 %";
    }
    return snapshot;
}

schema::ProbePlan smallPlan()
{
    schema::ProbePlan plan;
    plan.probes = schema::bitOf(kScheduler) | schema::bitOf(kBlock) | schema::bitOf(kCpu);
    plan.user = {*schema::parseUserProbe("syscall:openat:latency")};
    return plan;
}
} // namespace

/// The panel of probes and the dialog that adds some.
class TestProbes : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        QSettings::setDefaultFormat(QSettings::IniFormat);
        QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_folder.path());
        QApplication::setOrganizationName(QStringLiteral("StatescapeTest"));
        applyTheme(QStringLiteral("dark"));
    }
    void init() { QSettings().clear(); }

    void aSampledProbeSaysHowMuchItSaw()
    {
        const auto plan = smallPlan();
        feature::SampleLog log(std::make_shared<schema::Schema>(schema::Schema({})));
        std::uint64_t timeNs = 1'000'000'000;
        const auto next = [&](float share, float error) {
            feature::FeatureFrame frame;
            frame.timeNs = timeNs += 250'000'000;
            frame.durationNs = 250'000'000;
            log.append(std::move(frame));
            auto snapshot = recorded(plan);
            // One layout all along, as of one recording.
            static const auto layout = snapshot.status.layout;
            snapshot.status.layout = layout;
            snapshot.samples = log.view();
            auto &status = snapshot.status;
            status.seenShare.assign(status.probes.size(), 1);
            status.seenError.assign(status.probes.size(), 0);
            status.seenShare[std::size_t(kScheduler)] = share;
            status.seenError[std::size_t(kScheduler)] = error;
            return snapshot;
        };
        ProbeModel model;
        const auto text = [&](int column, int role = Qt::DisplayRole) {
            return model.index(0, column).data(role).toString();
        };
        model.update(next(0.04F, 0.06F), plan);
        QCOMPARE(text(0), QStringLiteral("Scheduler"));
        QCOMPARE(text(0, ProbeModel::kReasonRole), QStringLiteral("seen 4 %, ±6 %"));
        QVERIFY(text(ProbeModel::kEvents).isEmpty() && text(ProbeModel::kCost).isEmpty());
        QCOMPARE(text(ProbeModel::kShare), QStringLiteral("0.26"));
        const QString tip = text(0, Qt::ToolTipRole);
        QVERIFY2(tip.contains(QStringLiteral("seen 4 % of the time, ±6 %")), qPrintable(tip));
        QVERIFY(tip.contains(QStringLiteral("shorter than a window")));
        QVERIFY(text(0, Qt::AccessibleTextRole).contains(QStringLiteral("seen 4 % of the time")));
        // Windows need not come in every interval: it stays sampled, and sees less on the whole.
        model.update(next(0, 0), plan);
        QCOMPARE(text(0, ProbeModel::kReasonRole), QStringLiteral("seen 3 %, ±6 %"));
        // No window tells an error at first.
        model.update(next(1, 0), plan);
        QVERIFY(text(0, ProbeModel::kReasonRole).isEmpty());
        QCOMPARE(text(ProbeModel::kEvents), QStringLiteral("41.2k"));
        model.update(next(0.5F, -1), plan);
        QCOMPARE(text(0, ProbeModel::kReasonRole), QStringLiteral("seen 50 %"));
        QVERIFY(text(0, Qt::ToolTipRole).contains(QStringLiteral("error not known")));
        model.update(next(0.0004F, 0.3F), plan);
        QCOMPARE(seenOverTimeText(0.0004, 0.3), QStringLiteral("seen under 0.1 % of the time, ±30 %"));
        timeNs += 20'000'000'000;
        model.update(next(0, 0), plan);
        QVERIFY2(text(0, ProbeModel::kReasonRole).isEmpty(), qPrintable(text(0, ProbeModel::kReasonRole)));
    }

    void everyProbeSaysHowItStands()
    {
        ProbeModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        const auto plan = smallPlan();
        model.update(recorded(plan), plan);
        QCOMPARE(model.rowCount(), 4);
        const auto text = [&](int row, int column, int role = Qt::DisplayRole) {
            return model.index(row, column).data(role).toString();
        };
        // Those that cost first, one's own next, /proc last.
        QCOMPARE(text(0, 0), QStringLiteral("Scheduler"));
        QCOMPARE(text(2, 0, ProbeModel::kKeyRole), QStringLiteral("syscall:openat:latency"));
        QCOMPARE(text(3, 0, ProbeModel::kReasonRole), QStringLiteral("/proc"));
        QCOMPARE(text(0, ProbeModel::kEvents), QStringLiteral("41.2k"));
        QCOMPARE(text(0, ProbeModel::kCost), QStringLiteral("63"));
        QCOMPARE(text(0, ProbeModel::kShare), QStringLiteral("0.26"));
        QCOMPARE(text(1, 0, ProbeModel::kReasonRole), QStringLiteral("no permission"));
        QVERIFY(text(1, ProbeModel::kEvents).isEmpty());
        QVERIFY(text(1, 0, Qt::ToolTipRole).contains(QStringLiteral("operation not permitted")));
        QVERIFY(text(1, 0, Qt::ToolTipRole).contains(QStringLiteral("setcap")));
        QCOMPARE(text(2, 0, ProbeModel::kReasonRole), QStringLiteral("shed: cost"));
        QVERIFY(text(2, 0, Qt::ToolTipRole).contains(QStringLiteral("budget of 1 %")));
        QVERIFY(text(0, 0, Qt::ToolTipRole).contains(QStringLiteral("measured on this machine")));
        QVERIFY(text(0, 0, Qt::ToolTipRole).contains(QStringLiteral("µs"))); // units of its columns
        // Each standing has a shape of its own, not a colour alone.
        QList<QImage> signs;
        for (int row = 0; row < 3; ++row)
            signs << model.index(row, 0)
                         .data(Qt::DecorationRole)
                         .value<QIcon>()
                         .pixmap(11, 11)
                         .toImage()
                         .convertToFormat(QImage::Format_Alpha8);
        QVERIFY(signs[0] != signs[1] && signs[1] != signs[2] && signs[0] != signs[2]);
        for (int column = ProbeModel::kEvents; column <= ProbeModel::kShare; ++column)
            QVERIFY(!model.headerData(column, Qt::Horizontal, Qt::DisplayRole).toString().isEmpty());
    }

    void nothingIsEmptyBeforeARecording()
    {
        ProbeModel model;
        const auto plan = smallPlan();
        model.update(session::Snapshot(), plan);
        QCOMPARE(model.rowCount(), 4);
        QCOMPARE(model.index(0, 0).data(ProbeModel::kReasonRole).toString(), QStringLiteral("not recording"));
    }

    void theOrderAskedForStays()
    {
        ProbeModel model;
        const auto plan = smallPlan();
        {
            ProbeList list(&model);
            model.update(recorded(plan), plan);
            list.resize(300, 300);
            list.show();
            QTest::mouseClick(list.header()->viewport(), Qt::LeftButton, {},
                              QPoint(list.header()->sectionPosition(ProbeModel::kName) + 5, 5));
            QCOMPARE(list.model()->index(0, 0).data().toString(), QStringLiteral("Block I/O"));
        }
        ProbeList again(&model);
        QCOMPARE(again.model()->index(0, 0).data().toString(), QStringLiteral("Block I/O"));
        again.resize(300, 300);
        again.show();
        for (int i = 0; i < 2; ++i) // the other way, then the usual order
            QTest::mouseClick(again.header()->viewport(), Qt::LeftButton, {},
                              QPoint(again.header()->sectionPosition(ProbeModel::kName) + 5, 5));
        QCOMPARE(again.model()->index(0, 0).data().toString(), QStringLiteral("Scheduler"));
    }

    void columnsKeepTheirPlacesAndLeaveWhenNarrow()
    {
        ProbeModel model;
        const auto plan = smallPlan();
        ProbeList list(&model);
        auto snapshot = recorded(plan);
        model.update(snapshot, plan);
        list.resize(340, 300);
        list.show();
        QVERIFY(QTest::qWaitForWindowExposed(&list));
        const auto edges = [&] {
            QList<int> out;
            for (int i = 0; i < ProbeModel::kColumns; ++i)
                out << list.columnViewportPosition(i) << list.columnWidth(i);
            return out;
        };
        const auto before = edges();
        snapshot.status.eventsPerSecond[std::size_t(kScheduler)] = 99'900'000;
        snapshot.status.cpuShare[std::size_t(kScheduler)] = 63;
        for (int i = 0; i < 20; ++i)
            model.update(snapshot, plan);
        QCOMPARE(edges(), before);
        QVERIFY(!list.isColumnHidden(ProbeModel::kCost));
        list.resize(list.minimumSizeHint().width(), 300);
        QTRY_VERIFY(list.isColumnHidden(ProbeModel::kCost) && list.isColumnHidden(ProbeModel::kEvents));
        QVERIFY(!list.isColumnHidden(ProbeModel::kShare));
        list.resize(340, 300);
        QTRY_VERIFY(!list.isColumnHidden(ProbeModel::kCost) && !list.isColumnHidden(ProbeModel::kEvents));
    }

    void thePlanIsRemembered()
    {
        SessionController controller;
        {
            PlanKeeper keeper(controller, {}, true);
            QCOMPARE(keeper.plan().probes, schema::defaultProbes());
            QSignalSpy changed(&keeper, &PlanKeeper::planChanged),
                restart(&keeper, &PlanKeeper::restartWanted);
            auto plan = smallPlan();
            plan.budgetPercent = 2;
            QVERIFY(keeper.apply(plan));
            QCOMPARE(changed.size(), 1);
            QCOMPARE(restart.size(), 0); // nothing records
            QVERIFY(keeper.consequence(schema::ProbePlan{}).isEmpty());
            plan.probes = ~std::uint64_t{0};
            QVERIFY(!keeper.apply(plan));
        }
        PlanKeeper again(controller, {}, true);
        QCOMPARE(again.plan().probes, smallPlan().probes);
        QCOMPARE(again.plan().user, smallPlan().user);
        QCOMPARE(again.plan().budgetPercent, 2.0);
        QCOMPARE(again.usedBefore(), QStringList(QStringLiteral("syscall:openat:latency")));
        source::HelperOptions given;
        given.plan.probes = schema::bitOf(kCpu);
        QCOMPARE(PlanKeeper(controller, given, false).plan().probes, schema::bitOf(kCpu));
        // A script that is gone is said, the rest stays.
        QSettings().setValue(
            QStringLiteral("probes/own"),
            QStringList{QStringLiteral("bpftrace:/no/such/thing.bt"), QStringLiteral("syscall:openat")});
        PlanKeeper lossy(controller, {}, true);
        QCOMPARE(lossy.plan().user.size(), std::size_t(1));
        const QStringList lost = lossy.takeLost();
        QCOMPARE(lost.size(), 1);
        QVERIFY(lost[0].contains(QStringLiteral("thing.bt")));
        QVERIFY(lossy.takeLost().isEmpty());
    }

    void aSessionOpenedBringsItsPlan()
    {
        SessionController controller;
        PlanKeeper keeper(controller, {}, true);
        keeper.follow(*schema::Layout(smallPlan()).schema());
        QCOMPARE(keeper.plan().user, smallPlan().user);
        keeper.begin(schema::EntityKind::Host);
        QVERIFY(keeper.plan().user.empty());
        keeper.follow(schema::Schema({})); // an imported file says nothing of probes
        QCOMPARE(keeper.plan().probes, schema::defaultProbes());
    }

    void theMenuSwitchesProbesAndTheBudget()
    {
        SessionController controller;
        PlanKeeper keeper(controller, {}, true);
        ProbesDock dock(controller, keeper);
        QMenu menu;
        dock.fillMenu(menu, QString());
        QMenu *shipped = nullptr, *budget = nullptr;
        for (QAction *action : menu.actions())
            if (action->menu())
                (shipped ? budget : shipped) = action->menu();
        QVERIFY(shipped && budget);
        for (QAction *action : shipped->actions())
            if (action->text() == qt(schema::info(kBlock).title)) {
                QVERIFY(action->isChecked());
                action->trigger();
            }
        QCOMPARE(keeper.plan().probes, schema::defaultProbes() & ~schema::bitOf(kBlock));
        QCOMPARE(budget->actions().size(), qsizetype(5));
        budget->actions().first()->trigger();
        QCOMPARE(keeper.plan().budgetPercent, 0.0);
        QVERIFY(keeper.apply(smallPlan()));
        QMenu own;
        dock.fillMenu(own, QStringLiteral("syscall:openat:latency"));
        QCOMPARE(dock.list()->model()->rowCount(), 4);
        own.actions()[1]->trigger();
        QCOMPARE(QApplication::clipboard()->text(), QStringLiteral("--probe 'syscall:openat:latency'"));
        own.actions()[0]->trigger();
        QVERIFY(keeper.plan().user.empty());
        QCOMPARE(dock.list()->model()->rowCount(), 3);
    }

    void aProbeIsFoundMeasuredAddedAndRemoved()
    {
        makeDialog();
        QTest::keyClicks(m_dialog->search(), QStringLiteral("openat"));
        QTRY_VERIFY(shown() && shown()->text == "syscall:openat");
        QVERIFY(label("found").contains(QStringLiteral("found")) ||
                label("found").contains(QStringLiteral("best")));
        auto *measure = m_dialog->findChild<QComboBox *>(QStringLiteral("measure"));
        QCOMPARE(measure->count(), 3);
        measure->setCurrentIndex(2);
        Q_EMIT measure->activated(2);
        QTRY_COMPARE(shown()->text, std::string("syscall:openat:latency"));
        QCOMPARE(m_dialog->findChild<QLineEdit *>(QStringLiteral("probeText"))->text(),
                 QStringLiteral("syscall:openat:latency"));
        QTest::mouseClick(button("&Copy"), Qt::LeftButton);
        QCOMPARE(QApplication::clipboard()->text(), QStringLiteral("--probe 'syscall:openat:latency'"));
        QVERIFY(!button("&Use these")->isEnabled());
        QTest::keyClick(m_dialog->search(), Qt::Key_Return);
        QCOMPARE(m_dialog->plan().user.size(), std::size_t(1));
        QVERIFY(button("&Use these")->isEnabled());
        QTest::keyClick(m_dialog->search(), Qt::Key_Return); // once is enough
        QCOMPARE(m_dialog->plan().user.size(), std::size_t(1));
        auto *list = m_dialog->findChild<QListWidget *>(QStringLiteral("planned"));
        QCOMPARE(list->count(), int(schema::kProbeCount) + 1);
        QTest::keyClick(list, Qt::Key_Delete);
        QVERIFY(m_dialog->plan().user.empty());
        QTest::mouseClick(button("&Add"), Qt::LeftButton);
        list->item(1)->setCheckState(Qt::Unchecked);
        QVERIFY((m_dialog->plan().probes & schema::bitOf(kScheduler)) == 0);
        QTest::keyClick(m_dialog.get(), Qt::Key_Return, Qt::ControlModifier);
        QTRY_VERIFY(!m_dialog->isVisible());
        QCOMPARE(m_keeper->plan().user.size(), std::size_t(1));
        QVERIFY((m_keeper->plan().probes & schema::bitOf(kScheduler)) == 0);
        // It is offered first the next time.
        m_dialog->search()->clear();
        m_dialog->begin();
        m_dialog->show();
        QTRY_VERIFY(m_dialog->results()->model()->rowCount() == 1 &&
                    m_dialog->results()->model()->index(0, 0).data().toString() ==
                        QStringLiteral("syscall:openat:latency"));
    }

    void arrowsWalkThroughTheResultsWhileTyping()
    {
        makeDialog();
        m_dialog->setGroup(HookGroup::Syscalls);
        QTest::keyClicks(m_dialog->search(), QStringLiteral("open"));
        QTRY_VERIFY(shown() && shown()->text == "syscall:open");
        QTest::keyClick(m_dialog->search(), Qt::Key_Down);
        QTRY_VERIFY(shown()->text != "syscall:open");
        QVERIFY(m_dialog->search()->text() == QStringLiteral("open"));
    }

    void whatCannotBeDoneIsSaidAndNotAdded()
    {
        makeDialog();
        QTest::keyClicks(m_dialog->search(), QStringLiteral("syscall:opennat"));
        QTRY_VERIFY(shown() && shown()->verdict == session::ProbePreview::Verdict::Impossible);
        QVERIFY(label("verdict").contains(QStringLiteral("opennat")));
        QVERIFY(label("verdict").contains(QStringLiteral("openat")));
        QVERIFY(!button("&Add")->isEnabled());
        QVERIFY(!button("&Try for 5 s")->isEnabled());
        QTest::keyClick(m_dialog->search(), Qt::Key_Return);
        QVERIFY(m_dialog->plan().user.empty());
        m_dialog->search()->setText(QStringLiteral("zzqqxx"));
        QTRY_VERIFY(label("found").contains(QStringLiteral("Nothing")));
    }

    void functionsOfAProgramChosen()
    {
        makeDialog();
        m_dialog->setGroup(HookGroup::Programs);
        QTRY_VERIFY(label("found").contains(QStringLiteral("Choose a program")));
        m_dialog->setProgram(QCoreApplication::applicationFilePath());
        m_dialog->search()->setText(QStringLiteral("main"));
        QTRY_VERIFY(shown() && shown()->probe.symbol == "main");
        QVERIFY(label("details").contains(QStringLiteral("every process")));
    }

    void aTrialShowsValuesAndCostOrWhyNot()
    {
        if (!QFileInfo(QStringLiteral(STATESCAPE_BIN "/statescape-helper")).isExecutable())
            QSKIP("statescape-helper is not built here");
        makeDialog(STATESCAPE_BIN "/statescape-helper");
        m_dialog->search()->setText(QStringLiteral("tracepoint:sched:sched_switch"));
        QTRY_VERIFY(shown() && shown()->text == "tracepoint:sched:sched_switch");
        if (shown()->verdict == session::ProbePreview::Verdict::Impossible)
            QSKIP("no tracepoints here");
        auto *pane = m_dialog->previewPane();
        QTest::mouseClick(button("&Try for 5 s"), Qt::LeftButton);
        QVERIFY(pane->isTrying());
        QCOMPARE(button("S&top")->text(), QStringLiteral("S&top"));
        QTRY_VERIFY_WITH_TIMEOUT(!pane->isTrying(), 30000);
        const QString result = label("result");
        QVERIFY2(result.contains(QStringLiteral("events/s")) || result.contains(QStringLiteral("✖")),
                 qPrintable(result));
        if (result.contains(QStringLiteral("events/s")))
            QVERIFY2(result.contains(QStringLiteral("of one CPU")) && result.contains(QStringLiteral("lost")),
                     qPrintable(result));
        // Another probe ends a trial.
        button("&Try for 5 s")->click();
        m_dialog->search()->setText(QStringLiteral("syscall:fsync"));
        QTRY_VERIFY(shown()->text == "syscall:fsync");
        QVERIFY(!pane->isTrying());
    }

    void wordsOfATrial()
    {
        session::TrialReport report;
        QVERIFY(trialText(report).contains(QStringLiteral("Starting")));
        report.state = session::TrialReport::State::Failed;
        report.error = {base::Code::NotPermitted, "refused <b>", "do this", 0};
        QVERIFY(trialText(report).contains(QStringLiteral("refused &lt;b&gt;")));
        QVERIFY(trialText(report).contains(QStringLiteral("do this")));
        report.state = session::TrialReport::State::Done;
        QVERIFY(trialText(report).contains(QStringLiteral("before anything")));
        report.seconds = {0.1};
        report.eventsPerSecond = 2000;
        report.mostPerSecond = 9000;
        report.cpuShare = 0.08;
        report.standing.nsPerEvent = 400;
        report.standing.measured = true;
        const QString text = trialText(report);
        for (const char *part : {"000 events/s", "at most", "400 ns an event", "measured here",
                                 "0.080 % of one CPU", "nothing lost"})
            QVERIFY2(text.contains(QLatin1String(part)), qPrintable(text));
        report.losses.eventsMissed = 3;
        QVERIFY(trialText(report).contains(QStringLiteral("lost: 3 events")));
        QCOMPARE(commandLineText("uprobe:/a'b:f"), QStringLiteral("--probe 'uprobe:/a'\\''b:f'"));
    }

    void columnsArePaintedWithAndWithoutValues()
    {
        FeatureStrips strips;
        std::vector<schema::Feature> features;
        for (auto &each : schema::userFeatures(*schema::parseUserProbe("syscall:openat:latency")))
            features.push_back(each.feature);
        strips.setFeatures(features);
        strips.resize(400, strips.sizeHint().height());
        const QImage before = strips.grab().toImage();
        session::TrialReport report;
        report.lengthNs = 5'000'000'000;
        report.values.resize(features.size());
        for (int i = 0; i < 20; ++i) {
            report.seconds.push_back(0.1 * i);
            for (auto &values : report.values)
                values.push_back(i % 7 == 3 ? schema::missingValue(schema::Missing::NoEvents) : float(i));
        }
        strips.setReport(report);
        QVERIFY(strips.grab().toImage() != before);
        strips.clearReport();
        QCOMPARE(strips.grab().toImage(), before);
    }

    void cleanup()
    {
        m_dialog.reset();
        m_keeper.reset();
        m_controller.reset();
    }

private:
    void makeDialog(const char *helper = "")
    {
        m_controller = std::make_unique<SessionController>();
        source::HelperOptions how;
        how.program = helper;
        m_keeper = std::make_unique<PlanKeeper>(*m_controller, how, true);
        m_dialog = std::make_unique<ProbeDialog>(*m_controller, *m_keeper);
        m_dialog->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_dialog.get()));
        // Shortcuts work in the active window only, which without a window manager nobody makes it.
        m_dialog->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(m_dialog.get()));
    }
    const session::ProbePreview *shown() const { return m_dialog->previewPane()->preview(); }
    QString label(const char *name) const
    {
        return m_dialog->findChild<QLabel *>(QLatin1String(name))->text();
    }
    QPushButton *button(const char *text) const
    {
        for (QPushButton *each : m_dialog->findChildren<QPushButton *>())
            if (each->text() == QLatin1String(text))
                return each;
        qFatal("no button %s", text);
    }
    QTemporaryDir m_folder;
    std::unique_ptr<SessionController> m_controller;
    std::unique_ptr<PlanKeeper> m_keeper;
    std::unique_ptr<ProbeDialog> m_dialog;
};

QTEST_MAIN(TestProbes)
#include "test_probes.moc"
