// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/workspace.h"
#include "tests/session/planted_session.h"
#include "tests/ui/made_snapshot.h"
#include "ui/docks/timeline_dock.h"
#include "ui/kit/theme.h"
#include "ui/models/row_selection.h"
#include "ui/strip/time_strip.h"

#include <QApplication>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QWheelEvent>

#include <cmath>

using namespace statescape;
using namespace statescape::ui;
using test::MadeSession;
using test::Planted;

namespace {

/// Runs of equal keys found row by row; a key of -2 is no run.
template <class Key>
std::vector<Run> runsByHand(const session::Snapshot &s, Key keyOf)
{
    std::vector<Run> runs;
    for (std::uint32_t row = 0; row < s.samples.rows(); ++row) {
        const int key = keyOf(row);
        const bool gap =
            row > 0 && s.samples.timeNs(row) - s.samples.timeNs(row - 1) > 3 * Planted::kIntervalNs;
        if (key == -2)
            continue;
        if (!runs.empty() && runs.back().last + 1 == row && runs.back().key == key && !gap)
            runs.back().last = row;
        else
            runs.push_back({row, row, key});
    }
    return runs;
}

void verifyRuns(const StripData &data, const session::Snapshot &s)
{
    QCOMPARE(data.rows(), s.samples.rows());
    QVERIFY(data.states() == runsByHand(s, [&](std::size_t row) { return (*s.scores)[row].cluster; }));
    QVERIFY(data.labels() == runsByHand(s, [&](std::size_t row) {
                const auto label = (*s.labels)[row];
                return label.empty() ? -2 : StripData::labelKey(label);
            }));
}

QImage drawn(TimeStrip &strip)
{
    strip.drawNow();
    return strip.grab().toImage();
}

/// @return x of the columns of pixels in which @p colour occurs.
std::vector<int> columnsWith(const QImage &image, const QColor &colour, const QRect &within)
{
    std::vector<int> out;
    for (int x = within.left(); x <= within.right(); ++x)
        for (int y = within.top(); y <= within.bottom(); ++y)
            if (image.pixelColor(x, y) == colour) {
                out.push_back(x);
                break;
            }
    return out;
}

void turnWheel(QWidget *plot, const QPoint &at, int steps, Qt::KeyboardModifiers modifiers = {})
{
    QWheelEvent event(QPointF(at), plot->mapToGlobal(QPointF(at)), {}, QPoint(0, 120 * steps), Qt::NoButton,
                      modifiers, Qt::NoScrollPhase, false);
    QApplication::sendEvent(plot, &event);
}

} // namespace

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
        StripData data;
        data.update(*snapshot, {});
        QCOMPARE(data.labels().size(), std::size_t(1));
        const Run run = data.labels()[0];
        QCOMPARE(run.first, 50U);
        QCOMPARE(run.last, 74U);
        QVERIFY(StripData::labelLook(*snapshot, run.key).negative);
        const double interval = double(Planted::kIntervalNs) * 1e-9;
        QVERIFY(std::abs(StripData::beginOf(*snapshot, 50) -
                         (secondsOf(*snapshot, snapshot->samples.timeNs(50)) - interval)) < 1e-3);
        QVERIFY(data.states().empty());
        QVERIFY(data.isDistance()); // a useful line before there is a model
        QCOMPARE(data.line().size(), kRows);
        QVERIFY(m_workspace->undo().has_value());
        data.update(*m_workspace->snapshot(), {});
        QVERIFY(data.labels().empty());
    }

    void runsStayThoseOfEveryRowThroughAppendsAndLabels()
    {
        for (unsigned seed = 1; seed <= 3; ++seed) {
            MadeSession made(seed);
            made.grow(seed == 3 ? 140'000 : 500, true); // more than two chunks of a column
            StripData data;
            for (int round = 0; round < 25; ++round) {
                switch (made.random() % 4) {
                case 0:
                    made.grow(1 + made.random() % 5, true);
                    break;
                case 1:
                    made.label(
                        made.random() % made.rows(), 1 + made.random() % 50,
                        {schema::Polarity(int(made.random() % 3) - 1), std::uint16_t(made.random() % 3)});
                    break;
                case 2:
                    if (round % 5 == 0)
                        made.score(1 + made.random() % 30);
                    break;
                default:
                    made.label(made.random() % made.rows(), 1 + made.random() % 200, {});
                }
                const auto snapshot = made.snapshot();
                data.update(*snapshot, {});
                verifyRuns(data, *snapshot);
                if (QTest::currentTestFailed())
                    return;
            }
        }
    }

    void theLinesExtremesAreThoseOfItsValues()
    {
        MadeSession made;
        StripData data;
        const LineChoice choice{LineChoice::Kind::Feature,
                                QString::fromStdString(schema::Schema::builtin()->features()[1].key)};
        for (const std::size_t more : {1, 62, 1, 1, 5000, 300'000, 1, 1}) {
            made.grow(std::size_t(more));
            const auto snapshot = made.snapshot();
            data.update(*snapshot, choice);
            QCOMPARE(data.line().size(), made.rows());
            for (int i = 0; i < 50; ++i) {
                const std::size_t a = made.random() % made.rows();
                const std::size_t b = std::min(made.rows(), a + 1 + made.random() % (i % 2 ? 100 : 100'000));
                MinMax::Range wanted;
                for (std::size_t row = a; row < b; ++row)
                    wanted.take(snapshot->samples.at(row, 1));
                const MinMax::Range found = data.line().over(a, b);
                QCOMPARE(found.empty(), wanted.empty());
                if (!wanted.empty()) {
                    QCOMPARE(found.low, wanted.low);
                    QCOMPARE(found.high, wanted.high);
                }
            }
        }
    }

    void anotherSessionLeavesNothingOfTheOneBefore()
    {
        MadeSession one(1), two(2);
        one.grow(400);
        two.grow(400);
        one.label(10, 20, {schema::Polarity::Negative, 0});
        StripData data;
        data.update(*one.snapshot(), {});
        const auto second = two.snapshot();
        data.update(*second, {});
        verifyRuns(data, *second);
        QVERIFY(data.labels().empty());
    }

    void featureLineHasTheFeaturesValues()
    {
        const auto snapshot = m_workspace->snapshot();
        StripData data;
        data.update(*snapshot, {LineChoice::Kind::Feature, QStringLiteral("cpu.user.share")});
        const auto column = std::size_t(snapshot->samples.schema().indexOf("cpu.user.share"));
        QCOMPARE(data.lineColumn(), int(column));
        QCOMPARE(data.line().size(), kRows);
        QCOMPARE(data.unit(), base::Unit::Percent);
        QVERIFY(data.lineText(12.5).endsWith(QLatin1Char('%')));
        for (std::size_t i = 0; i < kRows; ++i)
            QCOMPARE(data.line()[i], snapshot->samples.at(i, column));
    }

    void dragTellsTheInterval()
    {
        TimeStrip strip;
        QWidget *plot = place(strip);
        const auto snapshot = m_workspace->snapshot();
        QSignalSpy spy(&strip, &TimeStrip::intervalSelected);
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

    void keysMoveTheCursorAndSelect()
    {
        TimeStrip strip;
        place(strip);
        QSignalSpy intervals(&strip, &TimeStrip::intervalSelected), cursor(&strip, &TimeStrip::cursorMoved);
        QTest::keyClick(&strip, Qt::Key_Left);
        QCOMPARE(intervals.size(), 0);
        QCOMPARE(cursor.back()[0].toLongLong(), qint64(kRows - 2));
        QTest::keyClick(&strip, Qt::Key_Left, Qt::ShiftModifier);
        QTest::keyClick(&strip, Qt::Key_Left, Qt::ShiftModifier);
        QCOMPARE(intervals.size(), 2);
        const auto &samples = m_workspace->snapshot()->samples;
        QCOMPARE(intervals[1][0].toULongLong(), quint64(samples.timeNs(kRows - 4)));
        QCOMPARE(intervals[1][1].toULongLong(), quint64(samples.timeNs(kRows - 2)));
        QTest::keyClick(&strip, Qt::Key_Home);
        QCOMPARE(cursor.back()[0].toLongLong(), qint64(0));
        QTest::keyClick(&strip, Qt::Key_Right, Qt::ControlModifier);
        QCOMPARE(cursor.back()[0].toLongLong(), qint64(10));
        QTest::keyClick(&strip, Qt::Key_End);
        QCOMPARE(strip.cursorRow(), std::int64_t(kRows - 1));
        strip.setCursorRow(42); // from another view
        QTest::keyClick(&strip, Qt::Key_Right);
        QCOMPARE(cursor.back()[0].toLongLong(), qint64(43));
        QVERIFY(strip.summary().contains(QStringLiteral("300")));
    }

    void wheelZoomsAtThePointerAndPansWithShift()
    {
        TimeStrip strip;
        QWidget *plot = place(strip);
        const auto snapshot = m_workspace->snapshot();
        const auto [from, to] = strip.range();
        const QPoint at = strip.pointAt(snapshot->samples.timeNs(100));
        const double under = secondsOf(*snapshot, snapshot->samples.timeNs(100));
        turnWheel(plot, at, 5);
        auto [left, right] = strip.range();
        QVERIFY(right - left < 0.6 * (to - from));
        QVERIFY(std::abs(strip.pointAt(snapshot->samples.timeNs(100)).x() - at.x()) <= 1);
        turnWheel(plot, at, 1, Qt::ShiftModifier);
        QVERIFY(strip.range().first < left);
        QVERIFY(std::abs((strip.range().second - strip.range().first) - (right - left)) < 1e-3);
        QVERIFY(under > strip.range().first);
        // Never beyond what there is, in or out.
        turnWheel(plot, at, -200);
        QCOMPARE(strip.range(), std::pair(from, to));
        turnWheel(plot, at, 400);
        QVERIFY(strip.range().second - strip.range().first > 1.9);
        QTest::mouseDClick(plot, Qt::LeftButton, {}, at);
        QCOMPARE(strip.range(), std::pair(from, to));
        // Panning with the middle button keeps the time under the pointer.
        turnWheel(plot, at, 6);
        const QPoint before = strip.pointAt(snapshot->samples.timeNs(100));
        QTest::mousePress(plot, Qt::MiddleButton, {}, before);
        QTest::mouseMove(plot, before + QPoint(40, 0));
        QTest::mouseRelease(plot, Qt::MiddleButton, {}, before + QPoint(40, 0));
        QVERIFY(std::abs(strip.pointAt(snapshot->samples.timeNs(100)).x() - before.x() - 40) <= 1);
    }

    void theRangeStandsStillUnlessItFollows()
    {
        MadeSession made;
        made.grow(2000);
        TimeStrip strip;
        strip.resize(1000, 200);
        strip.show();
        QVERIFY(QTest::qWaitForWindowExposed(&strip));
        strip.setSnapshot(made.snapshot(), 1000);
        strip.drawNow();
        QWidget *plot = strip.childAt(strip.rect().center());
        const auto picture = strip.range();
        auto snapshot = made.snapshot();
        QVERIFY(picture.first > secondsOf(*snapshot, snapshot->samples.timeNs(900)));
        turnWheel(plot, strip.pointAt(snapshot->samples.timeNs(1300)), 8);
        const auto still = strip.range();
        made.grow(50);
        strip.setSnapshot(made.snapshot(), 1050);
        QCOMPARE(strip.range(), still);
        strip.showAll();
        QVERIFY(strip.range().first < secondsOf(*snapshot, snapshot->samples.timeNs(0)));
        // Zoomed at now it keeps its length and goes along.
        turnWheel(plot, strip.pointAt(snapshot->samples.timeNs(1999)), 8);
        turnWheel(plot, strip.pointAt(snapshot->samples.timeNs(1999)), -20, Qt::ShiftModifier);
        const auto following = strip.range();
        QVERIFY(following.second - following.first < 0.5 * 2050 * 0.25);
        made.grow(40);
        strip.setSnapshot(made.snapshot(), 1090);
        QVERIFY(std::abs(strip.range().first - following.first - 10) < 1e-3);
        QVERIFY(std::abs(strip.range().second - following.second - 10) < 1e-3);
    }

    void aSelectedSampleAmongManyIsSeen()
    {
        MadeSession made;
        made.grow(100'000);
        TimeStrip strip;
        strip.resize(1000, 200);
        strip.show();
        QVERIFY(QTest::qWaitForWindowExposed(&strip));
        const auto snapshot = made.snapshot();
        strip.setSnapshot(snapshot, 0);
        const QRect below(0, 40, 1000, 16); // where the bar of the selection lies
        const QColor ink = currentTheme().text;
        const auto before = columnsWith(drawn(strip), ink, below);
        auto mask = std::make_shared<RowMask>(made.rows(), std::uint8_t{0});
        (*mask)[40'000] = 1;
        strip.setSelection(mask);
        auto after = columnsWith(drawn(strip), ink, below);
        std::erase_if(after,
                      [&](int x) { return std::find(before.begin(), before.end(), x) != before.end(); });
        QVERIFY(!after.empty() && after.size() <= 3);
        QVERIFY(std::abs(after.front() - strip.pointAt(snapshot->samples.timeNs(40'000)).x()) <= 2);
        QVERIFY(strip.summary().contains(QStringLiteral("1 selected interval")));
    }

    void aSessionOpensWithTheSelectionItWasLeftWith()
    {
        const QString file = m_folder.filePath(QStringLiteral("left.statescape"));
        test::writePlanted(file.toStdString(), kRows);
        SessionController controller;
        QVERIFY(controller.open(file).has_value());
        PicturePane picture(controller);
        TimelineDock dock(controller, picture);
        dock.setFloating(true);
        dock.resize(1000, 220);
        dock.show();
        QVERIFY(QTest::qWaitForWindowExposed(&dock));
        controller.selectRows(controller.shown()->samples.timeNs(60), controller.shown()->samples.timeNs(90),
                              SelectionOp::Replace);
        QVERIFY(dock.strip()->summary().contains(QStringLiteral("1 selected interval")));
        controller.setCursorRow(77);
        QCOMPARE(dock.strip()->cursorRow(), std::int64_t(77));
        QTest::keyClick(dock.strip(), Qt::Key_Right);
        QCOMPARE(controller.cursorRow(), std::int64_t(78));
        QVERIFY(controller.open(file).has_value());
        QCOMPARE(controller.selectedCount(), std::uint64_t(31));
        QTRY_VERIFY(dock.strip()->summary().contains(QStringLiteral("1 selected interval")));
    }

    void combinedSelections()
    {
        const RowMask before{1, 1, 0, 0}, now{1, 0, 1, 0, 1};
        QCOMPARE(*combined(before, now, SelectionOp::Replace, 5), (RowMask{1, 0, 1, 0, 1}));
        QCOMPARE(*combined(before, now, SelectionOp::Add, 6), (RowMask{1, 1, 1, 0, 1, 0}));
        QCOMPARE(*combined(before, now, SelectionOp::Subtract, 5), (RowMask{0, 1, 0, 0, 0}));
        QCOMPARE(*combined(before, now, SelectionOp::Intersect, 5), (RowMask{1, 0, 0, 0, 0}));
    }

private:
    QWidget *place(TimeStrip &strip)
    {
        strip.resize(1000, 200);
        strip.show();
        if (!QTest::qWaitForWindowExposed(&strip))
            return nullptr;
        strip.setSnapshot(m_workspace->snapshot(), 0);
        strip.drawNow();
        return strip.childAt(strip.rect().center());
    }

    static constexpr std::size_t kRows = 300;
    QTemporaryDir m_folder;
    std::unique_ptr<session::Workspace> m_workspace;
};

QTEST_MAIN(TestTimeStrip)
#include "test_time_strip.moc"
