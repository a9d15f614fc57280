// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/workbench/bench_window.h"
#include "ui/docks/recording_dialog.h"
#include "ui/kit/text.h"
#include "ui/session/plan_keeper.h"
#include "ui/window/status_line.h"

#include <QFileInfo>
#include <QLayout>
#include <QRadioButton>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTest>

#include <unistd.h>

using namespace statescape;
using namespace statescape::ui;

/// Live on this machine's kernel through the real helper; without privilege it gives /proc features, which
/// are enough here.
class TestWorkbenchLive : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        if (!QFileInfo(helper()).isExecutable())
            QSKIP("statescape-helper is not built here");
        test::isolate(m_folder);
    }

    void recordsFreezesAndLabels()
    {
        WorkbenchOptions options;
        options.helper.program = helper().toStdString();
        options.helper.intervalNs = 50'000'000;
        MainWindow window(options);
        test::showWindow(window);
        QVERIFY(window.newLiveSession());
        auto &controller = window.controller();
        QTRY_VERIFY_WITH_TIMEOUT(controller.live()->samples.rows() >= 30 && controller.live()->coordinates,
                                 30000);
        QVERIFY(controller.live()->live);
        QVERIFY(window.commandSet().action(QStringLiteral("session.record"))->isChecked());
        QVERIFY(!controller.live()->status.probes.empty());
        QVERIFY2(window.statusLine().text().contains(QStringLiteral("20 samples/s")),
                 qPrintable(window.statusLine().text()));

        QTest::keyClick(window.picture().view(), Qt::Key_F);
        QVERIFY(controller.isFrozen());
        const std::size_t frozen = controller.shown()->samples.rows();
        const auto places = controller.shown()->coordinates->x;
        QTRY_VERIFY_WITH_TIMEOUT(controller.newerSamples() >= 20, 20000);
        QCOMPARE(controller.shown()->samples.rows(), frozen);
        QVERIFY(controller.shown()->coordinates->x.sameStorage(places));

        QTest::keyClick(window.picture().view(), Qt::Key_A, Qt::ControlModifier);
        QCOMPARE(controller.selectedCount(), std::uint64_t(frozen));
        QTest::keyClick(window.picture().view(), Qt::Key_P);
        const auto &labels = *controller.shown()->labels;
        for (std::size_t i = 0; i < frozen; ++i)
            QCOMPARE(labels[i].polarity, schema::Polarity::Positive);
        for (std::size_t i = frozen; i < labels.size(); ++i)
            QVERIFY(labels[i].empty()); // what came while frozen was not labelled

        QTest::keyClick(window.picture().view(), Qt::Key_G);
        QVERIFY(!controller.isFrozen());
        QVERIFY(controller.shown()->samples.rows() >= frozen + 20);
        window.commandSet().trigger(QStringLiteral("session.record"));
        QTRY_VERIFY_WITH_TIMEOUT(!controller.live()->live, 10000);
        const auto stored = test::labelsInFile(window);
        QCOMPARE(stored.size(), controller.live()->samples.rows());
        QCOMPARE(std::size_t(std::count_if(stored.begin(), stored.end(),
                                           [](const schema::Label &l) { return !l.empty(); })),
                 frozen);
    }

    void whomSamplesAreAboutIsChosen()
    {
        WorkbenchOptions options;
        options.helper.program = helper().toStdString();
        MainWindow window(options);
        test::showWindow(window);
        window.commandSet().trigger(QStringLiteral("session.new"));
        auto *dialog = window.findChild<RecordingDialog *>();
        QVERIFY(dialog && dialog->isVisible());
        QCOMPARE(dialog->entity(), schema::EntityKind::Host);
        for (auto *choice : dialog->findChildren<QRadioButton *>())
            QVERIFY(!choice->toolTip().isEmpty() && !choice->accessibleDescription().isEmpty());
        QVERIFY(dialog->height() >= dialog->layout()->heightForWidth(dialog->width()));
        auto *process = dialog->findChildren<QRadioButton *>().at(1);
        process->setFocus();
        QTest::keyClick(process, Qt::Key_Space);
        QCOMPARE(dialog->entity(), schema::EntityKind::Process);
        QTest::keyClick(dialog, Qt::Key_Return);
        QVERIFY(!dialog->isVisible());
        auto &controller = window.controller();
        QCOMPARE(window.planKeeper().plan().entity, schema::EntityKind::Process);
        // With privilege samples come, without the reason does.
        QTRY_VERIFY_WITH_TIMEOUT(
            controller.live()->samples.rows() > 0 ||
                window.messages().text().contains(QStringLiteral("No samples will come")),
            30000);
        QCOMPARE(controller.live()->samples.schema().entityKind(), schema::EntityKind::Process);
        // It is not what the next start follows.
        QCOMPARE(window.planKeeper().machinePlan().entity, schema::EntityKind::Host);
        auto plan = window.planKeeper().plan();
        plan.budgetPercent = 2;
        QVERIFY(window.planKeeper().apply(plan));
        QCOMPARE(window.planKeeper().machinePlan().entity, schema::EntityKind::Host);
        QCOMPARE(window.planKeeper().machinePlan().budgetPercent, 2.0);
        QVERIFY(window.newLiveSession());
        QCOMPARE(window.planKeeper().plan().entity, schema::EntityKind::Host);
    }

    void withoutPrivilegeProcessesAreRefusedAndNothingStays()
    {
        const QString setpriv = QStandardPaths::findExecutable(QStringLiteral("setpriv"));
        if (setpriv.isEmpty())
            QSKIP("there is no setpriv");
        const QString poor = m_folder.filePath(QStringLiteral("poor-helper"));
        QFile script(poor);
        QVERIFY(script.open(QIODevice::WriteOnly));
        const bool root = geteuid() == 0;
        script.write(QStringLiteral("#!/bin/sh\nexec %1 '%2' \"$@\"\n")
                         .arg(root ? setpriv + QStringLiteral(" --bounding-set=-all --inh-caps=-all")
                                   : QStringLiteral("env"),
                              helper())
                         .toUtf8());
        script.close();
        QVERIFY(script.setPermissions(QFile::ReadOwner | QFile::ExeOwner));
        QString file;
        {
            WorkbenchOptions options;
            options.helper.program = poor.toStdString();
            MainWindow window(options);
            test::showWindow(window);
            QVERIFY(window.newLiveSession(schema::EntityKind::Cgroup));
            auto &controller = window.controller();
            file = qt(controller.live()->file);
            QTRY_VERIFY_WITH_TIMEOUT(controller.live()->status.state == source::HelperState::Failed ||
                                         controller.live()->samples.rows() > 0,
                                     30000);
            if (controller.live()->samples.rows() > 0)
                QSKIP("the helper's file capabilities give privilege here");
            QTRY_VERIFY_WITH_TIMEOUT(
                window.messages().text().contains(QStringLiteral("No samples will come")), 10000);
            QVERIFY2(window.messages().text().contains(QStringLiteral("setcap")),
                     qPrintable(window.messages().text()));
            // What gives nothing does not look like a recording.
            QVERIFY(!window.commandSet().action(QStringLiteral("session.record"))->isChecked());
            QVERIFY(window.statusLine().text().contains(QStringLiteral("not recording")));
            QVERIFY(QFileInfo::exists(file));
            RecordingDialog dialog(controller, window.planKeeper(), &window);
            QCOMPARE(dialog.entity(), schema::EntityKind::Cgroup);
            QVERIFY(dialog.warning().contains(QStringLiteral("setcap")));
            dialog.setEntity(schema::EntityKind::Host);
            QVERIFY(dialog.warning().isEmpty());
        }
        for (const char *part : {"", "-wal", "-shm"})
            QVERIFY(!QFileInfo::exists(file + QLatin1String(part)));
    }

    void aFileThatHasSamplesKeepsNoEmptySession()
    {
        WorkbenchOptions options;
        options.helper.program = helper().toStdString();
        options.helper.intervalNs = 50'000'000;
        const QString file = m_folder.filePath(QStringLiteral("kept.statescape"));
        {
            MainWindow window(options);
            test::showWindow(window);
            QVERIFY(window.newLiveSession());
            auto &controller = window.controller();
            QTRY_VERIFY_WITH_TIMEOUT(controller.live()->samples.rows() >= 3, 30000);
            controller.stopLive();
            QVERIFY(window.saveAs(file));
            // Columns of processes without the probe that tells them apart: refused.
            auto plan = window.planKeeper().plan();
            plan.entity = schema::EntityKind::Process;
            plan.probes = schema::bitOf(schema::Probe::Cpu);
            source::HelperOptions refused = options.helper;
            refused.plan = plan;
            QVERIFY(controller.startLive(refused));
            QTRY_VERIFY_WITH_TIMEOUT(controller.live()->status.state == source::HelperState::Failed, 30000);
            QCOMPARE(controller.workspace()->sessions()->size(), std::size_t(2));
        }
        auto stored = store::SessionStore::open(file.toStdString(), store::OpenMode::ReadOnly);
        QVERIFY(stored);
        const auto sessions = stored->sessions().value();
        QCOMPARE(sessions.size(), std::size_t(1));
        QVERIFY(sessions[0].samples >= 3);
    }

    void missingHelperIsAMessageNotABox()
    {
        WorkbenchOptions options;
        options.helper.program = "/nonexistent/statescape-helper";
        MainWindow window(options);
        test::showWindow(window);
        QVERIFY(window.newLiveSession());
        QTRY_VERIFY_WITH_TIMEOUT(window.messages().text().contains(QStringLiteral("statescape-helper")),
                                 15000);
        QVERIFY(!QApplication::activeModalWidget());
    }

private:
    static QString helper() { return QStringLiteral(STATESCAPE_BIN "/statescape-helper"); }
    QTemporaryDir m_folder;
};

QTEST_MAIN(TestWorkbenchLive)
#include "test_workbench_live.moc"
