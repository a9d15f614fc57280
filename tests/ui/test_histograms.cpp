// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/session/planted_session.h"
#include "tests/ui/made_snapshot.h"
#include "ui/docks/feature_choice.h"
#include "ui/docks/histogram_view.h"
#include "ui/docks/histograms_dock.h"
#include "ui/kit/theme.h"

#include <QSettings>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <numeric>

using namespace statescape;
using namespace statescape::ui;
using session::FeatureBins;
using test::MadeSession;
using test::Planted;

namespace {

/// Bars counted from the values themselves.
std::vector<std::uint64_t> barsByHand(const FeatureBins &bins, const session::Snapshot &s,
                                      const RowMask &mask)
{
    std::vector<std::uint64_t> out(HistogramView::kBars + 2);
    for (std::size_t row = 0; row < std::min(mask.size(), s.samples.rows()); ++row) {
        if (mask[row] == 0)
            continue;
        const float value = s.samples.at(row, std::size_t(bins.column()));
        std::size_t bar = HistogramView::kBeyondBar;
        for (int i = 0; i < FeatureBins::kBins; ++i)
            if (double(value) >= bins.edge(i) && double(value) < bins.edge(i + 1))
                bar = std::size_t(i * HistogramView::kBars / FeatureBins::kBins);
        ++out[std::isnan(value) ? std::size_t(HistogramView::kMissingBar) : bar];
    }
    return out;
}

} // namespace

class TestHistograms : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        QStandardPaths::setTestModeEnabled(true);
        QSettings::setDefaultFormat(QSettings::IniFormat);
        QSettings::setPath(QSettings::IniFormat, QSettings::UserScope,
                           m_folder.filePath(QStringLiteral("settings")));
        QCoreApplication::setOrganizationName(QStringLiteral("StatescapeTest"));
        QCoreApplication::setApplicationName(QStringLiteral("histograms"));
        m_file = m_folder.filePath(QStringLiteral("planted.statescape"));
        test::writePlanted(m_file.toStdString(), kRows);
        applyTheme(QStringLiteral("light"));
    }
    void init() { QSettings().clear(); }

    void barsAreThoseOfTheValuesBeforeAndAfterAppends()
    {
        MadeSession made;
        made.grow(5000);
        const std::vector<int> columns{0, 1, 40};
        auto built = FeatureBins::build(made.snapshot()->samples, columns);
        for (auto &unique : built) {
            const std::shared_ptr<FeatureBins> bins = std::move(unique);
            for (int round = 0; round < 3; ++round) {
                const auto s = made.snapshot();
                bins->append(s->samples);
                HistogramView view(s->samples.schema()[std::size_t(bins->column())]);
                auto mask = std::make_shared<RowMask>(made.rows());
                for (auto &flag : *mask)
                    flag = made.random() % 4 == 0 ? 1 : 0;
                view.show(bins, mask);
                QCOMPARE(view.selected(), barsByHand(*bins, *s, *mask));
                QCOMPARE(view.all(), barsByHand(*bins, *s, RowMask(made.rows(), 1)));
                view.show(bins, std::make_shared<RowMask>());
                QCOMPARE(view.selected(), std::vector<std::uint64_t>(HistogramView::kBars + 2, 0));
                made.grow(177);
            }
        }
    }

    void showsWhatTellsTheSelectionApart()
    {
        SessionController controller;
        HistogramsDock dock(controller);
        open(controller, dock);
        QVERIFY(!dock.shown().isEmpty()); // before anything is selected: what loads on the axes
        selectStalled(controller);
        QTRY_VERIFY_WITH_TIMEOUT(dock.shown().contains(QStringLiteral("block.queue.p99")), 20000);
        QTRY_VERIFY_WITH_TIMEOUT(dock.isComplete(), 20000);
        HistogramView *view = dock.view(QStringLiteral("block.queue.p99"));
        const auto selected = view->selected(), all = view->all();
        QCOMPARE(std::accumulate(selected.begin(), selected.end(), std::uint64_t(0)),
                 controller.selectedCount());
        QCOMPARE(std::accumulate(all.begin(), all.end(), std::uint64_t(0)), std::uint64_t(kRows));
        QVERIFY2(view->summary().contains(QStringLiteral("ms")), qPrintable(view->summary()));
        QVERIFY2(view->summary().contains(QStringLiteral("µs")), qPrintable(view->summary()));
        QVERIFY(view->accessibleName().size() > 5);
        // The selection goes, the bars go with it at once.
        controller.select(std::make_shared<RowMask>(), QStringLiteral("nothing"));
        if (HistogramView *still = dock.view(QStringLiteral("block.queue.p99"))) {
            const auto none = still->selected();
            QCOMPARE(std::accumulate(none.begin(), none.end(), std::uint64_t(0)), std::uint64_t(0));
        }
    }

    void draggingSelectsTheSamplesOfTheBars()
    {
        SessionController controller;
        HistogramsDock dock(controller);
        open(controller, dock);
        dock.pin(QStringLiteral("block.queue.p99"));
        QTRY_VERIFY_WITH_TIMEOUT(dock.isComplete(), 20000);
        HistogramView *view = dock.view(QStringLiteral("block.queue.p99"));
        QVERIFY(view && view->isVisible());
        // Calm and busy wait about 200 µs, stalled about 50 ms: the upper half of a log axis.
        drag(view, HistogramView::kBars / 2, HistogramView::kBars - 1, {});
        const auto &selection = *controller.selection();
        for (std::size_t row = 0; row < kRows; ++row)
            QCOMPARE(row < selection.size() && selection[row] != 0, Planted::kindOf(row) == 2);
        const std::uint64_t stalled = controller.selectedCount();
        drag(view, 0, HistogramView::kBars / 2 - 1, Qt::ControlModifier);
        QCOMPARE(controller.selectedCount(), std::uint64_t(kRows));
        drag(view, 0, HistogramView::kBars / 2 - 1, Qt::AltModifier);
        QCOMPARE(controller.selectedCount(), stalled);
        QVERIFY(controller.undoText().contains(QStringLiteral("block")) || !controller.undoText().isEmpty());
        controller.undo();
        QCOMPARE(controller.selectedCount(), std::uint64_t(kRows));
        // And by keys.
        view->setFocus();
        QTest::keyClick(view, Qt::Key_Left);
        for (int i = 1; i < HistogramView::kBars / 2; ++i)
            QTest::keyClick(view, Qt::Key_Left, Qt::ShiftModifier);
        QTest::keyClick(view, Qt::Key_Return);
        QCOMPARE(controller.selectedCount(), stalled);
    }

    void pinnedOnesStayAndAreRemembered()
    {
        SessionController controller;
        {
            HistogramsDock dock(controller);
            open(controller, dock);
            dock.pin(QStringLiteral("cpu.user.share"));
            QVERIFY(dock.shown().contains(QStringLiteral("cpu.user.share")));
            selectStalled(controller);
            QTRY_VERIFY_WITH_TIMEOUT(dock.shown().contains(QStringLiteral("block.queue.p99")), 20000);
            QCOMPARE(dock.shown().front(), QStringLiteral("cpu.user.share"));
            auto *add = dock.findChild<FeatureChoice *>();
            add->setFocus();
            add->setEditText(QStringLiteral("vm.free")); // no feature of this name
            QTest::keyClick(add, Qt::Key_Return);
            QCOMPARE(dock.pinned().size(), 1);
        }
        HistogramsDock again(controller);
        again.show();
        QTRY_VERIFY(again.shown().contains(QStringLiteral("cpu.user.share")));
        again.pin(QStringLiteral("cpu.user.share"), false);
        QVERIFY(again.pinned().isEmpty());
    }

private:
    void open(SessionController &controller, HistogramsDock &dock)
    {
        QVERIFY(controller.open(m_file).has_value());
        controller.select(std::make_shared<RowMask>(), QStringLiteral("nothing"));
        QTRY_VERIFY_WITH_TIMEOUT(controller.shown() && controller.shown()->coordinates, 20000);
        dock.setFloating(true);
        dock.resize(700, 500);
        dock.show();
        QVERIFY(QTest::qWaitForWindowExposed(&dock));
    }
    static void selectStalled(SessionController &controller)
    {
        auto mask = std::make_shared<RowMask>(kRows, std::uint8_t{0});
        for (std::size_t row = 0; row < kRows; ++row)
            (*mask)[row] = Planted::kindOf(row) == 2 ? 1 : 0;
        controller.select(mask, QStringLiteral("test"));
    }
    static void drag(HistogramView *view, int from, int to, Qt::KeyboardModifiers modifiers)
    {
        QTest::mousePress(view, Qt::LeftButton, modifiers, view->placeOfBar(from));
        QTest::mouseMove(view, view->placeOfBar((from + to) / 2));
        QTest::mouseRelease(view, Qt::LeftButton, modifiers, view->placeOfBar(to));
    }

    static constexpr std::size_t kRows = 300;
    QTemporaryDir m_folder;
    QString m_file;
};

QTEST_MAIN(TestHistograms)
#include "test_histograms.moc"
