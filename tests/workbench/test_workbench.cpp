// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/session/planted_session.h"
#include "tests/workbench/bench_window.h"
#include "ui/kit/text.h"
#include "ui/picture/camera_text.h"
#include "ui/strip/time_strip.h"

#include <QDropEvent>
#include <QFile>
#include <QJsonDocument>
#include <QMimeData>
#include <QSignalSpy>
#include <QTest>

using namespace statescape;
using namespace statescape::ui;
using test::Planted;

/// The window as a person uses it: mouse and keys in, the session file as the witness.
class TestWorkbench : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_folder.isValid());
        test::isolate(m_folder);
    }

    void init()
    {
        m_file = m_folder.filePath(
            QStringLiteral("%1.statescape").arg(QLatin1String(QTest::currentTestFunction())));
        test::writePlanted(m_file.toStdString(), kRows);
        m_window = std::make_unique<MainWindow>(WorkbenchOptions{{}, false});
        test::showWindow(*m_window);
        QVERIFY(m_window->openFile(m_file));
        QVERIFY(test::waitForPicture(*m_window));
        m_window->commandSet().trigger(QStringLiteral("view.2d"));
        m_window->commandSet().trigger(QStringLiteral("view.fit"));
        QTest::qWait(50);
    }

    void cleanup() { m_window.reset(); }

    void lassoLabelUndoRedo()
    {
        test::lassoRound(*m_window, stalled);
        QTRY_COMPARE(m_window->controller().selectedCount(), kStalled);
        const auto selected = m_window->controller().selection();
        for (std::size_t i = 0; i < kRows; ++i)
            QCOMPARE((*selected)[i] != 0, stalled(i));

        QTest::keyClick(m_window->picture().view(), Qt::Key_N);
        QCOMPARE(labelled(schema::Polarity::Negative), kStalled);
        QTest::keyClick(m_window->picture().view(), Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(labelled(schema::Polarity::Negative), std::uint64_t(0));
        QCOMPARE(m_window->controller().selectedCount(), kStalled);
        QTest::keyClick(m_window->picture().view(), Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(m_window->controller().selectedCount(), std::uint64_t(0));
        QTest::keyClick(m_window->picture().view(), Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(m_window->controller().selectedCount(), kStalled);
        QTest::keyClick(m_window->picture().view(), Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(labelled(schema::Polarity::Negative), kStalled);
        QTest::keyClick(m_window->picture().view(), Qt::Key_U);
        QCOMPARE(labelled(schema::Polarity::Negative), std::uint64_t(0));
    }

    void modifiersAddAndRemove()
    {
        test::lassoRound(*m_window, stalled);
        QTRY_COMPARE(m_window->controller().selectedCount(), kStalled);
        test::lassoRound(*m_window, busy, Qt::ControlModifier);
        QTRY_COMPARE(m_window->controller().selectedCount(), kStalled + kBusy);
        test::lassoRound(*m_window, stalled, Qt::AltModifier);
        QTRY_COMPARE(m_window->controller().selectedCount(), kBusy);
    }

    void undoOfYesterdaysLabels()
    {
        test::lassoRound(*m_window, stalled);
        QTRY_COMPARE(m_window->controller().selectedCount(), kStalled);
        QTest::keyClick(m_window->picture().view(), Qt::Key_N);
        QCOMPARE(labelled(schema::Polarity::Negative), kStalled);
        m_window = std::make_unique<MainWindow>(WorkbenchOptions{{}, false});
        test::showWindow(*m_window);
        QVERIFY(m_window->openFile(m_file));
        QCOMPARE(labelled(schema::Polarity::Negative), kStalled);
        QVERIFY(m_window->commandSet().action(QStringLiteral("edit.undo"))->isEnabled());
        m_window->commandSet().trigger(QStringLiteral("edit.undo"));
        QCOMPARE(labelled(schema::Polarity::Negative), std::uint64_t(0));
        m_window->commandSet().trigger(QStringLiteral("edit.redo"));
        QCOMPARE(labelled(schema::Polarity::Negative), kStalled);
    }

    void stripDragSelectsTheRowsOfTheInterval()
    {
        TimeStrip *strip = m_window->timeline().strip();
        const auto &samples = m_window->controller().shown()->samples;
        QWidget *plot = strip->childAt(strip->rect().center());
        QTest::mousePress(plot, Qt::LeftButton, {}, strip->pointAt(samples.timeNs(50)) + QPoint(1, 0));
        QTest::mouseMove(plot, strip->pointAt(samples.timeNs(90)));
        QTest::mouseRelease(plot, Qt::LeftButton, {}, strip->pointAt(samples.timeNs(120)) + QPoint(1, 0));
        const auto &mask = *m_window->controller().selection();
        QCOMPARE(mask.size(), kRows);
        for (std::size_t i = 0; i < kRows; ++i)
            if (i < 50 || i > 121)
                QVERIFY2(mask[i] == 0, qPrintable(QString::number(i)));
            else if (i > 51 && i < 120)
                QVERIFY2(mask[i] != 0, qPrintable(QString::number(i)));
        QCOMPARE(*m_window->picture().view()->selection(), mask); // the same points light up above
    }

    void selectionIsExplained()
    {
        QSignalSpy answered(&m_window->controller(), &SessionController::explanationChanged);
        test::lassoRound(*m_window, stalled);
        QTRY_VERIFY_WITH_TIMEOUT(answered.size() > 0, 15000);
        const auto &why = m_window->controller().explanation();
        QCOMPARE(why.samples, kStalled);
        QCOMPARE(why.intervals, kStalled / Planted::kBlock);
        const auto &schema = m_window->controller().shown()->samples.schema();
        const std::string top = schema[std::size_t(why.differences.front().column)].key;
        QVERIFY2(top == "block.queue.p99" || top == "syscall.sync.rate" || top == "pressure.io.some",
                 top.c_str());
    }

    void trainSaveReopenCompare()
    {
        labelPlanted();
        QSignalSpy finished(&m_window->controller(), &SessionController::trainingFinished);
        QTest::keyClick(m_window->picture().view(), Qt::Key_Return, Qt::ControlModifier);
        QTRY_COMPARE_WITH_TIMEOUT(finished.size(), 1, 60000);
        QVERIFY(finished[0][0].toBool());
        const auto trained = m_window->controller().live();
        QVERIFY(trained->model && trained->scores);
        std::size_t right = 0;
        for (std::size_t i = 0; i < kRows; ++i)
            right += (*trained->scores)[i].polarity ==
                             (stalled(i) ? schema::Polarity::Negative : schema::Polarity::Positive)
                         ? 1
                         : 0;
        QVERIFY2(right >= kRows * 95 / 100, qPrintable(QString::number(right)));
        QCOMPARE(m_window->picture().colouring().by, ColourBy::State);

        m_window->commandSet().trigger(QStringLiteral("view.3d"));
        PointView *view = m_window->picture().view();
        m_window->commandSet().trigger(QStringLiteral("select.pan"));
        QTest::mousePress(view, Qt::LeftButton, {}, QPoint(200, 200));
        QTest::mouseMove(view, QPoint(240, 230));
        QTest::mouseMove(view, QPoint(260, 240));
        QTest::mouseRelease(view, Qt::LeftButton, {}, QPoint(260, 240));
        const QString copy = m_folder.filePath(QStringLiteral("copy.statescape"));
        QVERIFY(m_window->saveAs(copy));
        const QByteArray camera = cameraBytes();
        const auto before = m_window->controller().live();
        QCOMPARE(qt(before->file), copy);
        m_window->close();
        m_window = std::make_unique<MainWindow>(WorkbenchOptions{{}, false});
        test::showWindow(*m_window);
        QVERIFY(m_window->openFile(copy));
        QVERIFY(test::waitForPicture(*m_window));
        const auto after = m_window->controller().live();
        QTRY_VERIFY_WITH_TIMEOUT(
            m_window->controller().live()->model && m_window->controller().live()->scores, 10000);
        QCOMPARE(after->labels->toVector(), before->labels->toVector());
        QCOMPARE(m_window->controller().live()->model->toJson(), before->model->toJson());
        QCOMPARE(after->axes.size(), before->axes.size());
        for (std::size_t i = 0; i < after->axes.size(); ++i)
            QCOMPARE(after->axes[i].text, before->axes[i].text);
        QCOMPARE(after->coordinates->x.toVector(), before->coordinates->x.toVector());
        QCOMPARE(m_window->picture().view()->mode(), ViewMode::ThreeD);
        QCOMPARE(m_window->picture().colouring().by, ColourBy::State);
        QCOMPARE(cameraBytes(), camera);
    }

    void corruptDropKeepsTheSession()
    {
        const QString bad = m_folder.filePath(QStringLiteral("bad.statescape"));
        QFile file(bad);
        QVERIFY(file.open(QIODevice::WriteOnly));
        QVERIFY(file.write(QByteArray(5000, 'x')) == 5000);
        file.close();
        QMimeData mime;
        mime.setUrls({QUrl::fromLocalFile(bad)});
        QDragEnterEvent enter(QPoint(100, 100), Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(m_window.get(), &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent drop(QPointF(100, 100), Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(m_window.get(), &drop);
        QVERIFY2(m_window->messages().text().contains(QStringLiteral("bad.statescape")),
                 qPrintable(m_window->messages().text()));
        QCOMPARE(qt(m_window->controller().live()->file), m_file);
        QCOMPARE(m_window->controller().shown()->samples.rows(), kRows);
        test::lassoRound(*m_window, stalled);
        QTRY_COMPARE(m_window->controller().selectedCount(), kStalled);
        QTest::keyClick(m_window->picture().view(), Qt::Key_P);
        QCOMPARE(labelled(schema::Polarity::Positive), kStalled); // and it still takes labels
        QFile untouched(bad);
        QVERIFY(untouched.open(QIODevice::ReadOnly));
        QCOMPARE(untouched.readAll(), QByteArray(5000, 'x'));
    }

    void digitsGiveClasses()
    {
        test::lassoRound(*m_window, stalled);
        QTRY_COMPARE(m_window->controller().selectedCount(), kStalled);
        m_window->controller().label(schema::Polarity::Negative, QStringLiteral("disk stall"));
        test::lassoRound(*m_window, busy);
        QTRY_COMPARE(m_window->controller().selectedCount(), kBusy);
        QTest::keyClick(m_window->picture().view(), Qt::Key_1);
        QCOMPARE(labelled(schema::Polarity::Negative), kStalled + kBusy); // the class brings its polarity
        QCOMPARE(test::labelsInFile(*m_window)[Planted::kBlock].classId, std::uint16_t(1));
    }

    void trainingIsUndoneAndDoneAgain()
    {
        labelPlanted();
        QSignalSpy finished(&m_window->controller(), &SessionController::trainingFinished);
        m_window->commandSet().trigger(QStringLiteral("model.train"));
        QTRY_COMPARE_WITH_TIMEOUT(finished.size(), 1, 60000);
        QVERIFY(m_window->controller().live()->model != nullptr);
        QTest::keyClick(m_window->picture().view(), Qt::Key_Z, Qt::ControlModifier);
        QVERIFY(m_window->controller().live()->model == nullptr);
        QCOMPARE(labelled(schema::Polarity::Negative), kStalled); // the labels are another step
        QTest::keyClick(m_window->picture().view(), Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
        QVERIFY(m_window->controller().live()->model != nullptr);
    }

    void suggestionsLeadFromSampleToSample()
    {
        test::lassoRound(*m_window, stalled);
        QTRY_COMPARE(m_window->controller().selectedCount(), kStalled);
        QTest::keyClick(m_window->picture().view(), Qt::Key_N);
        test::lassoRound(*m_window, busy);
        QTRY_COMPARE(m_window->controller().selectedCount(), kBusy);
        QTest::keyClick(m_window->picture().view(), Qt::Key_P);
        QSignalSpy finished(&m_window->controller(), &SessionController::trainingFinished);
        m_window->commandSet().trigger(QStringLiteral("model.train"));
        QTRY_COMPARE_WITH_TIMEOUT(finished.size(), 1, 60000);
        auto &controller = m_window->controller();
        QTest::keyClick(m_window->picture().view(), Qt::Key_E);
        QTRY_VERIFY_WITH_TIMEOUT(!controller.suggestionText().isEmpty(), 20000);
        QCOMPARE(controller.selectedCount(), std::uint64_t(1));
        const auto first = controller.cursorRow();
        QVERIFY((*controller.selection())[std::size_t(first)] != 0);
        QVERIFY(!stalled(std::size_t(first)) && !busy(std::size_t(first))); // those have labels
        QCOMPARE(m_window->picture().view()->cursorRow(), first);
        QTest::keyClick(m_window->picture().view(), Qt::Key_S);
        QTRY_VERIFY(controller.cursorRow() != first);
        const auto second = controller.cursorRow();
        QTest::keyClick(m_window->picture().view(), Qt::Key_P);
        QCOMPARE(test::labelsInFile(*m_window)[std::size_t(second)].polarity, schema::Polarity::Positive);
        QVERIFY(test::labelsInFile(*m_window)[std::size_t(first)].empty());
        QTest::keyClick(m_window->picture().view(), Qt::Key_E);
        QTRY_VERIFY(controller.cursorRow() != second);
        QVERIFY(controller.cursorRow() != first); // skipped for good
        QTest::keyClick(m_window->picture().view(), Qt::Key_A, Qt::ControlModifier);
        QVERIFY(controller.suggestionText().isEmpty()); // another selection ends it
    }

    void allLikeOneGetItsLabel()
    {
        auto one = std::make_shared<RowMask>(kRows, std::uint8_t{0});
        for (std::size_t i = 2 * Planted::kBlock; i < 3 * Planted::kBlock; ++i)
            (*one)[i] = 1;
        auto &controller = m_window->controller();
        controller.select(one, QStringLiteral("one stall"));
        QTest::keyClick(m_window->picture().view(), Qt::Key_N);
        QTest::keyClick(m_window->picture().view(), Qt::Key_A);
        QTRY_VERIFY_WITH_TIMEOUT(labelled(schema::Polarity::Negative) > kStalled * 3 / 4, 20000);
        const auto labels = test::labelsInFile(*m_window);
        for (std::size_t i = 0; i < kRows; ++i)
            QVERIFY(labels[i].empty() || stalled(i));
    }

    void aKeptAreaMeansTheSameAfterTheAxesMoved()
    {
        auto &controller = m_window->controller();
        m_window->commandSet().trigger(QStringLiteral("view.3d"));
        QTest::qWait(50);
        m_window->commandSet().trigger(QStringLiteral("view.2d"));
        test::lassoRound(*m_window, stalled);
        QTRY_COMPARE(controller.selectedCount(), kStalled);
        QVERIFY(!controller.geometry().isEmpty());
        controller.saveSelection(QStringLiteral("the stalls"));
        QCOMPARE(controller.savedSelections().size(), std::size_t(1));
        m_window->commandSet().trigger(QStringLiteral("select.none"));
        using session::AxisSource;
        m_window->picture().setAxis(0, {AxisSource::Kind::Component, 5});
        QTRY_COMPARE(controller.shown()->pictureAxes[0].index, 5);
        m_window->picture().drawAgain(controller.savedSelections().front());
        QCOMPARE(controller.selectedCount(), kStalled);
        for (std::size_t i = 0; i < kRows; ++i)
            QCOMPARE((*controller.selection())[i] != 0, stalled(i));
        // And tomorrow.
        m_window = std::make_unique<MainWindow>(WorkbenchOptions{{}, false});
        test::showWindow(*m_window);
        QVERIFY(m_window->openFile(m_file));
        QVERIFY(test::waitForPicture(*m_window));
        m_window->commandSet().trigger(QStringLiteral("select.none"));
        m_window->picture().drawAgain(m_window->controller().savedSelections().front());
        QCOMPARE(m_window->controller().selectedCount(), kStalled);
    }

    void freezeLabelGoLiveAndOtherAxesShowTheSameSelection()
    {
        auto &controller = m_window->controller();
        controller.setFrozen(true);
        test::lassoRound(*m_window, busy);
        QTRY_COMPARE(controller.selectedCount(), kBusy);
        m_window->picture().setColouring({ColourBy::Feature, "block.queue.p99"});
        QTest::keyClick(m_window->picture().view(), Qt::Key_P);
        controller.setFrozen(false);
        QCOMPARE(labelled(schema::Polarity::Positive), kBusy);
        QCOMPARE(*m_window->picture().view()->selection(), *controller.selection());
    }

private:
    static constexpr std::size_t kRows = 450;
    static constexpr std::uint64_t kStalled = 150, kBusy = 150;
    static bool stalled(std::size_t row) { return Planted::kindOf(row) == 2; }
    static bool busy(std::size_t row) { return Planted::kindOf(row) == 1; }

    std::uint64_t labelled(schema::Polarity polarity) const
    {
        std::uint64_t count = 0;
        for (const auto &label : test::labelsInFile(*m_window))
            count += label.polarity == polarity ? 1 : 0;
        return count;
    }

    void labelPlanted()
    {
        test::lassoRound(*m_window, stalled);
        QTRY_COMPARE(m_window->controller().selectedCount(), kStalled);
        QTest::keyClick(m_window->picture().view(), Qt::Key_N);
        m_window->commandSet().trigger(QStringLiteral("select.invert"));
        QTest::keyClick(m_window->picture().view(), Qt::Key_P);
        QCOMPARE(labelled(schema::Polarity::Positive), kRows - kStalled);
    }

    QByteArray cameraBytes() const
    {
        return QJsonDocument(cameraToJson(m_window->picture().view()->camera())).toJson();
    }

    QTemporaryDir m_folder;
    QString m_file;
    std::unique_ptr<MainWindow> m_window;
};

QTEST_MAIN(TestWorkbench)
#include "test_workbench.moc"
