// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/workspace.h"
#include "tests/session/planted_session.h"
#include "ui/kit/theme.h"
#include "ui/strip/time_strip.h"

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace statescape;
using namespace statescape::ui;
using test::Planted;

class TestTimeStrip : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        const std::string file = m_folder.filePath(QStringLiteral("planted.statescape")).toStdString();
        test::writePlanted(file, kRows);
        m_workspace = std::move(session::Workspace::open(file, {}).value());
        QTRY_VERIFY_WITH_TIMEOUT(m_workspace->snapshot()->coordinates != nullptr, 10000);
        applyTheme(QStringLiteral("dark"));
    }

    void labelsBecomeOneRunEach()
    {
        std::vector<std::uint8_t> block(kRows, 0);
        std::fill(block.begin() + 50, block.begin() + 75, std::uint8_t{1});
        QVERIFY(m_workspace->label(block, schema::Polarity::Negative, "").has_value());
        const auto snapshot = m_workspace->snapshot();
        const StripData data = makeStripData(*snapshot, 0, {});
        QCOMPARE(data.labels.size(), std::size_t(1));
        QVERIFY(data.labels[0].negative);
        const double interval = double(Planted::kIntervalNs) * 1e-9;
        QVERIFY(std::abs(data.labels[0].from -
                         (secondsOf(*snapshot, snapshot->samples.timeNs(50)) - interval)) < 1e-3);
        QVERIFY(std::abs(data.labels[0].to - secondsOf(*snapshot, snapshot->samples.timeNs(74))) < 1e-3);
        QVERIFY(data.states.empty());
        QVERIFY(!data.isAbnormality);
        QCOMPARE(data.value.size(), kRows); // a useful line before there is a model
        QCOMPARE(selectedRuns(*snapshot, block).size(), std::size_t(1));
        QVERIFY(m_workspace->undo().has_value());
    }

    void featureLineHasTheFeaturesValues()
    {
        const auto snapshot = m_workspace->snapshot();
        const StripData data =
            makeStripData(*snapshot, 10, {LineChoice::Kind::Feature, QStringLiteral("cpu.user.share")});
        const auto column = std::size_t(snapshot->samples.schema().indexOf("cpu.user.share"));
        QCOMPARE(data.value.size(), kRows - 10);
        QCOMPARE(data.unit, base::Unit::Percent);
        for (std::size_t i = 10; i < kRows; ++i)
            QCOMPARE(float(data.value[i - 10]), snapshot->samples.at(i, column));
    }

    void dragTellsTheInterval()
    {
        TimeStrip strip;
        strip.resize(1000, 200);
        strip.show();
        QVERIFY(QTest::qWaitForWindowExposed(&strip));
        const auto snapshot = m_workspace->snapshot();
        strip.setSnapshot(snapshot, 0);
        QTest::qWait(50);
        QSignalSpy spy(&strip, &TimeStrip::intervalSelected);
        QWidget *plot = strip.childAt(strip.rect().center());
        QVERIFY(plot);
        const std::uint64_t from = snapshot->samples.timeNs(60), to = snapshot->samples.timeNs(120);
        QTest::mousePress(plot, Qt::LeftButton, Qt::ControlModifier, strip.pointAt(from));
        QTest::mouseMove(plot, strip.pointAt((from + to) / 2));
        QTest::mouseRelease(plot, Qt::LeftButton, Qt::ControlModifier, strip.pointAt(to));
        QCOMPARE(spy.size(), 1);
        const auto pixelNs = qint64(double(kRows) * double(Planted::kIntervalNs) / 800);
        QVERIFY(std::abs(qint64(spy[0][0].toULongLong()) - qint64(from)) <= pixelNs);
        QVERIFY(std::abs(qint64(spy[0][1].toULongLong()) - qint64(to)) <= pixelNs);
        QCOMPARE(spy[0][2].value<SelectionOp>(), SelectionOp::Add);
    }

    void keysSelectToo()
    {
        TimeStrip strip;
        strip.resize(1000, 200);
        strip.show();
        strip.setSnapshot(m_workspace->snapshot(), 0);
        QSignalSpy spy(&strip, &TimeStrip::intervalSelected);
        QTest::keyClick(&strip, Qt::Key_Left);
        QCOMPARE(spy.size(), 0);
        QTest::keyClick(&strip, Qt::Key_Left, Qt::ShiftModifier);
        QTest::keyClick(&strip, Qt::Key_Left, Qt::ShiftModifier);
        QCOMPARE(spy.size(), 2);
        const auto &samples = m_workspace->snapshot()->samples;
        QCOMPARE(spy[1][0].toULongLong(), quint64(samples.timeNs(kRows - 4)));
        QCOMPARE(spy[1][1].toULongLong(), quint64(samples.timeNs(kRows - 2)));
        QVERIFY(strip.summary().contains(QStringLiteral("300")));
    }

private:
    static constexpr std::size_t kRows = 300;
    QTemporaryDir m_folder;
    std::unique_ptr<session::Workspace> m_workspace;
};

QTEST_MAIN(TestTimeStrip)
#include "test_time_strip.moc"
