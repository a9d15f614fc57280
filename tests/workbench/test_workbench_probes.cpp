// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/workbench/bench_window.h"
#include "ui/docks/probe_dialog.h"
#include "ui/docks/probe_list.h"
#include "ui/docks/probe_preview_pane.h"
#include "ui/docks/probes_dock.h"
#include "ui/kit/text.h"
#include "ui/window/status_line.h"

#include <QFileInfo>
#include <QLineEdit>
#include <QMessageBox>
#include <QPushButton>
#include <QSettings>
#include <QTest>

using namespace statescape;
using namespace statescape::ui;

/// Plans changed in the window while it records, with the real helper; without privilege the probes are
/// refused, the plan is followed all the same.
class TestWorkbenchProbes : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        if (!QFileInfo(helper()).isExecutable())
            QSKIP("statescape-helper is not built here");
        test::isolate(m_folder);
        QSettings().clear();
    }

    void aProbeOfOnesOwnBeginsANewSessionAndIsRemembered()
    {
        MainWindow window(options());
        test::showWindow(window);
        QVERIFY(window.newLiveSession());
        auto &controller = window.controller();
        QTRY_VERIFY_WITH_TIMEOUT(controller.live()->samples.rows() >= 5, 30000);
        const auto first = controller.workspace()->sessionId();
        QVERIFY(controller.live()->samples.schema().indexOf("syscall.openat.rate") < 0);

        window.commandSet().trigger(QStringLiteral("session.probes"));
        auto *dialog = window.findChild<ProbeDialog *>();
        QVERIFY(dialog && dialog->isVisible());
        QTest::keyClicks(dialog->search(), QStringLiteral("syscall:openat"));
        QTRY_VERIFY(dialog->previewPane()->preview() &&
                    dialog->previewPane()->preview()->text == "syscall:openat");
        QTest::keyClick(dialog->search(), Qt::Key_Return);
        // What it means is said before it is done.
        auto *told = dialog->findChild<QLabel *>(QStringLiteral("consequence"));
        QTRY_VERIFY2(told->text().contains(QStringLiteral("new session")), qPrintable(told->text()));
        QCOMPARE(controller.workspace()->sessionId(), first);
        dialog->useThese();
        QTRY_VERIFY_WITH_TIMEOUT(controller.live()->samples.schema().indexOf("syscall.openat.rate") >= 0,
                                 30000);
        QTRY_VERIFY_WITH_TIMEOUT(controller.live()->samples.rows() >= 3, 30000);
        QVERIFY(controller.live()->live);
        QVERIFY(controller.workspace()->sessionId() != first);
        const auto *list = window.findChild<ProbeList *>();
        const auto shows = [list] {
            for (int row = 0; row < list->model()->rowCount(); ++row)
                if (list->model()->index(row, 0).data(ProbeModel::kKeyRole).toString() ==
                    QStringLiteral("syscall:openat"))
                    return true;
            return false;
        };
        QTRY_VERIFY(shows());
        QVERIFY(window.statusLine().text().contains(QStringLiteral("of one CPU")));

        MainWindow another(options());
        QCOMPARE(another.planKeeper().plan().user.size(), std::size_t(1));
        m_file = qt(controller.live()->file);
    }

    void aSessionOpenedAgainHasItsPlan()
    {
        if (m_file.isEmpty())
            QSKIP("no session of the test before");
        QSettings().clear();
        MainWindow window(options());
        test::showWindow(window);
        QVERIFY(window.planKeeper().plan().user.empty());
        QVERIFY(window.openFile(m_file));
        QCOMPARE(window.planKeeper().plan().user.size(), std::size_t(1));
    }

    void theBudgetChangesWithoutANewSessionAProbeAsksFirst()
    {
        QSettings().clear();
        MainWindow window(options());
        test::showWindow(window);
        QVERIFY(window.newLiveSession());
        auto &controller = window.controller();
        QTRY_VERIFY_WITH_TIMEOUT(controller.live()->samples.rows() >= 3, 30000);
        const auto first = controller.workspace()->sessionId();
        auto plan = window.planKeeper().plan();
        plan.budgetPercent = 5;
        window.planKeeper().ask(plan, &window);
        const auto rows = controller.live()->samples.rows();
        QTRY_VERIFY_WITH_TIMEOUT(controller.live()->samples.rows() >= rows + 3, 30000);
        QCOMPARE(controller.workspace()->sessionId(), first);
        QCOMPARE(controller.live()->status.layout->plan().budgetPercent, 5.0);

        const auto less = session::with(plan, schema::Probe::Block, false);
        window.planKeeper().ask(less, &window);
        auto *box = window.findChild<QMessageBox *>(QStringLiteral("newSession"));
        QVERIFY(box && box->isVisible());
        QVERIFY(box->text().contains(QStringLiteral("new session")));
        QTest::keyClick(box, Qt::Key_Escape);
        QTRY_VERIFY(!window.findChild<QMessageBox *>(QStringLiteral("newSession")));
        QVERIFY((window.planKeeper().plan().probes & schema::bitOf(schema::Probe::Block)) != 0);
        window.planKeeper().ask(less, &window);
        box = window.findChild<QMessageBox *>(QStringLiteral("newSession"));
        QVERIFY(box);
        QTest::keyClick(box, Qt::Key_Return);
        // The session is there before the first snapshot of it is shown.
        QTRY_VERIFY_WITH_TIMEOUT(controller.workspace()->sessionId() != first &&
                                     controller.live()->samples.schema().indexOf("block.queue.p99") < 0 &&
                                     controller.live()->samples.rows() >= 2,
                                 30000);
    }

    void theDialogIsReachedFromThePanelByKeyboard()
    {
        MainWindow window(options());
        test::showWindow(window);
        auto *button = window.findChild<QPushButton *>(QStringLiteral("addProbe"));
        QVERIFY(button);
        button->setFocus();
        QTest::keyClick(button, Qt::Key_Space);
        auto *dialog = window.findChild<ProbeDialog *>();
        QVERIFY(dialog && dialog->isVisible());
        QTRY_VERIFY(dialog->search()->hasFocus());
        QTest::keyClick(dialog, Qt::Key_Escape);
        QVERIFY(!dialog->isVisible());
    }

private:
    static QString helper() { return QStringLiteral(STATESCAPE_BIN "/statescape-helper"); }
    static WorkbenchOptions options()
    {
        WorkbenchOptions options;
        options.helper.program = helper().toStdString();
        options.helper.intervalNs = 50'000'000;
        return options;
    }
    QTemporaryDir m_folder;
    QString m_file;
};

QTEST_MAIN(TestWorkbenchProbes)
#include "test_workbench_probes.moc"
