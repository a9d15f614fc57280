// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/workbench/bench_window.h"
#include "ui/window/status_line.h"

#include <QFileInfo>
#include <QSignalSpy>
#include <QTest>

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
