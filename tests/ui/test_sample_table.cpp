// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/source/csv.h"
#include "tests/session/planted_session.h"
#include "tests/ui/made_snapshot.h"
#include "ui/docks/table_dock.h"
#include "ui/kit/text.h"
#include "ui/models/row_selection.h"
#include "ui/models/sample_table_model.h"
#include "ui/picture/marks.h"

#include <QAbstractItemModelTester>
#include <QCheckBox>
#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <numeric>

using namespace statescape;
using namespace statescape::ui;
using test::MadeSession;
using test::Planted;

namespace {

/// The order std::stable_sort gives, missing last in both directions.
template <class Missing, class Less>
std::vector<std::size_t> stableOrder(std::size_t rows, bool descending, Missing missing, Less less)
{
    std::vector<std::size_t> order(rows);
    std::iota(order.begin(), order.end(), std::size_t(0));
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        if (missing(a) != missing(b))
            return missing(b);
        return !missing(a) && (descending ? less(b, a) : less(a, b));
    });
    return order;
}

std::vector<std::size_t> orderOf(const SampleTableModel &model)
{
    std::vector<std::size_t> order;
    for (int row = 0; row < model.rowCount(); ++row)
        order.push_back(model.sampleOf(row));
    return order;
}

void waitForOrder(SampleTableModel &model)
{
    QTRY_VERIFY_WITH_TIMEOUT(!model.isSorting(), 20000);
}

} // namespace

class TestSampleTable : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        m_file = m_folder.filePath(QStringLiteral("planted.statescape"));
        test::writePlanted(m_file.toStdString(), kRows);
    }

    void cellsAreThoseOfTheSnapshot()
    {
        MadeSession made;
        made.grow(3000);
        made.label(100, 50, {schema::Polarity::Negative, 1});
        const auto s = made.snapshot();
        SampleTableModel model;
        const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setSnapshot(s);
        const auto &schema = s->samples.schema();
        QCOMPARE(model.rowCount(), 3000);
        QCOMPARE(model.columnCount(), int(schema.size()) + kFirstFeature);
        int missing = 0;
        for (int i = 0; i < 2000; ++i) {
            const auto row = std::size_t(made.random() % 3000);
            const auto c = std::size_t(i % 4 == 0 ? 1 : made.random() % schema.size());
            const QModelIndex index = model.index(int(row), kFirstFeature + int(c));
            const float value = s->samples.at(row, c);
            QCOMPARE(index.data(SampleTableModel::kRowRole).toLongLong(), qint64(row));
            const QString text = index.data().toString();
            if (schema::isMissing(value)) {
                ++missing;
                QCOMPARE(text, QStringLiteral("no events")); // never a number
                continue;
            }
            QString plain = text;
            plain.remove(QChar(0x2009));
            bool ok = false;
            const double shown = plain.toDouble(&ok);
            QVERIFY2(ok, qPrintable(text));
            QVERIFY(std::abs(shown - double(value)) <= std::max(1e-3 * std::abs(double(value)), 1e-6));
            QCOMPARE(float(model.plainText(row, index.column()).toDouble()), value);
        }
        QVERIFY(missing > 10);
        for (const std::size_t row : {std::size_t(0), std::size_t(120), std::size_t(2999)}) {
            const auto &score = (*s->scores)[row];
            QCOMPARE(model.index(int(row), kTime).data().toString(),
                     localTime(s->anchor, s->samples.timeNs(row), QStringLiteral("HH:mm:ss.zzz")));
            QVERIFY(model.index(int(row), kState)
                        .data()
                        .toString()
                        .endsWith(qt(stateStyle(*s, score.cluster).name)));
            QCOMPARE(model.index(int(row), kAbnormality).data().toString(),
                     QString::number(double(score.abnormality), 'f', 2));
        }
        QCOMPARE(model.index(120, kLabel).data().toString(), QStringLiteral("× negative: disk stall"));
        QCOMPARE(model.index(0, kLabel).data().toString(), QString());
        for (int column = 0; column < model.columnCount(); ++column) {
            const QString header = model.plainHeader(column);
            QVERIFY(!header.isEmpty());
            if (column >= kFirstFeature)
                if (const auto unit = schema[std::size_t(column - kFirstFeature)].unit;
                    unit != base::Unit::None)
                    QVERIFY(header.endsWith(qt(base::unitKey(unit))));
        }
    }

    void sortsLikeStableSortWithMissingLast()
    {
        for (const std::size_t rows : {std::size_t(2000), SampleTableModel::kSortAtOnce + 7000}) {
            MadeSession made;
            made.grow(rows);
            made.label(50, 400, {schema::Polarity::Negative, 1});
            made.label(700, 300, {schema::Polarity::Positive, 2});
            made.label(1500, 100, {schema::Polarity::Positive, 0});
            const auto s = made.snapshot();
            SampleTableModel model;
            model.setSnapshot(s);
            for (const bool descending : {false, true}) {
                const auto order = descending ? Qt::DescendingOrder : Qt::AscendingOrder;
                for (const int feature : {0, 1, 5}) {
                    model.sort(kFirstFeature + feature, order);
                    waitForOrder(model);
                    const auto at = [&](std::size_t row) { return s->samples.at(row, std::size_t(feature)); };
                    QVERIFY(orderOf(model) ==
                            stableOrder(
                                rows, descending, [&](std::size_t r) { return std::isnan(at(r)); },
                                [&](std::size_t a, std::size_t b) { return at(a) < at(b); }));
                }
                model.sort(kState, order);
                waitForOrder(model);
                const auto never = [](std::size_t) { return false; };
                const auto name = [&](std::size_t row) {
                    return qt(stateStyle(*s, (*s->scores)[row].cluster).name).toCaseFolded();
                };
                QVERIFY(orderOf(model) ==
                        stableOrder(rows, descending, never,
                                    [&](std::size_t a, std::size_t b) { return name(a) < name(b); }));
                model.sort(kLabel, order);
                waitForOrder(model);
                const auto label = [&](std::size_t row) {
                    return labelText((*s->labels)[row], *s->classNames);
                };
                QVERIFY(orderOf(model) ==
                        stableOrder(
                            rows, descending, [&](std::size_t r) { return (*s->labels)[r].empty(); },
                            [&](std::size_t a, std::size_t b) { return label(a) < label(b); }));
                model.sort(kTime, order);
                const auto times = orderOf(model);
                QVERIFY(descending ? std::is_sorted(times.rbegin(), times.rend())
                                   : std::is_sorted(times.begin(), times.end()));
                QCOMPARE(times.size(), rows);
                QVERIFY(model.orderText().isEmpty());
            }
        }
    }

    void aStaleOrderNeverShows()
    {
        MadeSession made;
        made.grow(SampleTableModel::kSortAtOnce + 20'000);
        SampleTableModel model;
        model.setSnapshot(made.snapshot());
        model.sort(kFirstFeature + 3);
        QVERIFY(model.isSorting());
        QVERIFY(model.orderText().contains(QStringLiteral("sorting")));
        model.sort(kFirstFeature + 5, Qt::DescendingOrder);
        QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
        waitForOrder(model);
        QCOMPARE(resets.size(), 1);
        const auto s = model.snapshot();
        for (int row = 1; row < model.rowCount(); ++row)
            QVERIFY(s->samples.at(model.sampleOf(row - 1), 5) >= s->samples.at(model.sampleOf(row), 5));
        model.sort(kFirstFeature + 3);
        model.sort(kTime);
        QVERIFY(!model.isSorting());
        QTest::qWait(300);
        QCOMPARE(model.sampleOf(0), std::size_t(0));
        QCOMPARE(resets.size(), 2);
    }

    void newSamplesComeBelowTheSortedOnesAndItSaysSo()
    {
        MadeSession made;
        made.grow(1000);
        SampleTableModel model;
        const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setSnapshot(made.snapshot());
        model.sort(kFirstFeature, Qt::DescendingOrder);
        const std::size_t first = model.sampleOf(0);
        made.grow(12);
        model.setSnapshot(made.snapshot());
        QCOMPARE(model.rowCount(), 1012);
        QCOMPARE(model.sampleOf(0), first);
        for (int i = 0; i < 12; ++i)
            QCOMPARE(model.sampleOf(1000 + i), std::size_t(1000 + i));
        QVERIFY(model.orderText().contains(QStringLiteral("12 newer samples below")));
        model.sortAgain();
        QVERIFY(model.orderText().isEmpty());
        model.sort(kLabel);
        made.label(5, 5, {schema::Polarity::Positive, 0});
        model.setSnapshot(made.snapshot());
        QVERIFY(model.orderText().contains(QStringLiteral("labels have changed")));
        model.sort(kTime, Qt::DescendingOrder);
        made.grow(3);
        model.setSnapshot(made.snapshot());
        QCOMPARE(model.sampleOf(0), std::size_t(1014));
        QCOMPARE(model.rowOf(0), 1014);
        QVERIFY(model.orderText().isEmpty());
    }

    void filterShowsTheSelectedAndRowsAreFound()
    {
        MadeSession made;
        made.grow(3000);
        SampleTableModel model;
        const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setSnapshot(made.snapshot());
        auto mask = std::make_shared<RowMask>(2500, std::uint8_t{0});
        std::vector<std::size_t> wanted;
        for (std::size_t row = 0; row < mask->size(); ++row)
            if (((*mask)[row] = made.random() % 5 == 0 ? 1 : 0) != 0)
                wanted.push_back(row);
        model.setFilter(mask);
        QCOMPARE(orderOf(model), wanted);
        QCOMPARE(model.rowOf(std::int64_t(wanted[7])), 7);
        QCOMPARE(model.rowOf(2999), -1);
        model.sort(kFirstFeature + 2);
        auto sorted = orderOf(model);
        QVERIFY(std::is_permutation(sorted.begin(), sorted.end(), wanted.begin(), wanted.end()));
        for (std::size_t i = 1; i < sorted.size(); ++i)
            QVERIFY(model.snapshot()->samples.at(sorted[i - 1], 2) <=
                    model.snapshot()->samples.at(sorted[i], 2));
        for (std::size_t i = 0; i < sorted.size(); i += 37)
            QCOMPARE(model.rowOf(std::int64_t(sorted[i])), int(i));
        model.sort(kTime, Qt::DescendingOrder);
        std::reverse(wanted.begin(), wanted.end());
        QCOMPARE(orderOf(model), wanted);
        QCOMPARE(model.rowOf(std::int64_t(wanted[3])), 3);
        made.grow(10);
        model.setSnapshot(made.snapshot());
        QCOMPARE(orderOf(model), wanted);
    }

    void dockFollowsSelectionAndCursorBothWays()
    {
        SessionController controller;
        TableDock dock(controller);
        open(controller, dock);
        auto *only = dock.findChild<QCheckBox *>();
        QVERIFY(!only->isEnabled());
        QCOMPARE(dock.model()->rowCount(), int(kRows));
        auto mask = std::make_shared<RowMask>(kRows, std::uint8_t{0});
        std::fill(mask->begin() + 100, mask->begin() + 140, std::uint8_t{1});
        controller.select(mask, QStringLiteral("test"));
        QVERIFY(only->isChecked());
        QCOMPARE(dock.model()->rowCount(), 40);
        QCOMPARE(dock.model()->sampleOf(0), std::size_t(100));
        controller.setCursorRow(120);
        QCOMPARE(dock.view()->currentIndex().row(), 20);
        QTest::mouseClick(only, Qt::LeftButton, {}, QPoint(8, only->height() / 2));
        QVERIFY(!only->isChecked());
        QCOMPARE(dock.model()->rowCount(), int(kRows));
        QCOMPARE(dock.view()->currentIndex().row(), 120); // the cursor stays with its sample
        QTest::keyClick(dock.view(), Qt::Key_Down);
        QCOMPARE(controller.cursorRow(), std::int64_t(121));
        QSignalSpy activated(&dock, &TableDock::rowActivated);
        const QPoint at = dock.view()->visualRect(dock.view()->currentIndex()).center();
        QTest::mouseClick(dock.view()->viewport(), Qt::LeftButton, {}, at);
        QTest::mouseDClick(dock.view()->viewport(), Qt::LeftButton, {}, at);
        QCOMPARE(activated.size(), 1);
        QCOMPARE(activated[0][0].toLongLong(), qint64(121));
    }

    void markedRowsBecomeTheSelection()
    {
        SessionController controller;
        TableDock dock(controller);
        open(controller, dock);
        dock.setSelectedOnly(false);
        mark(dock, 40);
        controller.setCursorRow(10); // by another view; marking goes on from there
        for (int i = 0; i < 4; ++i)
            QTest::keyClick(dock.view(), Qt::Key_Down, Qt::ShiftModifier);
        QTest::keyClick(dock.view(), Qt::Key_Return);
        QCOMPARE(controller.selectedCount(), std::uint64_t(5));
        QCOMPARE((*controller.selection())[10], std::uint8_t(1));
        QCOMPARE((*controller.selection())[14], std::uint8_t(1));
        mark(dock, 50);
        QTest::keyClick(dock.view(), Qt::Key_Return, Qt::ControlModifier);
        QCOMPARE(controller.selectedCount(), std::uint64_t(6));
        mark(dock, 12);
        QTest::keyClick(dock.view(), Qt::Key_Return, Qt::AltModifier);
        QCOMPARE(controller.selectedCount(), std::uint64_t(5));
        QCOMPARE((*controller.selection())[12], std::uint8_t(0));
        controller.undo();
        QCOMPARE(controller.selectedCount(), std::uint64_t(6));
    }

    void copiesRowsWithHeaders()
    {
        SessionController controller;
        TableDock dock(controller);
        open(controller, dock);
        dock.view()->selectRow(3);
        dock.view()->selectionModel()->select(dock.model()->index(7, 0),
                                              QItemSelectionModel::Select | QItemSelectionModel::Rows);
        QTest::keyClick(dock.view(), Qt::Key_C, Qt::ControlModifier);
        const QStringList lines = QGuiApplication::clipboard()->text().split(QLatin1Char('\n'));
        QCOMPARE(lines.size(), 4); // header, two rows, nothing behind the last line's end
        const auto &s = *controller.shown();
        const QStringList header = lines[0].split(QLatin1Char('\t')), row = lines[2].split(QLatin1Char('\t'));
        QCOMPARE(header.size(), row.size());
        QCOMPARE(header[0], QStringLiteral("time"));
        QVERIFY(!header.contains(QStringLiteral("state"))); // no model, so no such column
        for (std::size_t c = 0; c < s.samples.schema().size(); ++c) {
            const qsizetype at = header.size() - qsizetype(s.samples.schema().size() - c);
            QCOMPARE(row[at].toFloat(), s.samples.at(7, c));
        }
        dock.view()->selectAll();
        const auto cells = std::size_t(kRows) * std::size_t(header.size());
        QCOMPARE(dock.copy(), cells <= TableDock::kMostCopied);
    }

    void tooMuchForTheClipboardIsSaid()
    {
        const QString file = m_folder.filePath(QStringLiteral("long.statescape"));
        test::writePlanted(file.toStdString(), 12'000);
        SessionController controller;
        TableDock dock(controller);
        m_opened = file;
        open(controller, dock);
        QGuiApplication::clipboard()->setText(QStringLiteral("before"));
        dock.view()->selectAll();
        QVERIFY(!dock.copy());
        QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("before"));
        QVERIFY2(dock.message().contains(QStringLiteral("CSV")), qPrintable(dock.message()));
        m_opened.clear();
    }

    void exportsWhatImportReads()
    {
        SessionController controller;
        TableDock dock(controller);
        open(controller, dock);
        auto mask = std::make_shared<RowMask>(kRows, std::uint8_t{0});
        for (std::size_t row = 0; row < kRows; row += 3)
            (*mask)[row] = 1;
        controller.select(mask, QStringLiteral("test"));
        const QString path = m_folder.filePath(QStringLiteral("out.csv"));
        QSignalSpy exported(&dock, &TableDock::exported);
        dock.exportCsv(path, true);
        QVERIFY(exported.wait(20000));
        QCOMPARE(exported[0][1].toULongLong(), quint64(kRows / 3));
        const auto back = source::readCsv(path.toStdString(), {});
        QVERIFY(back.has_value());
        QCOMPARE(back->frames.size(), kRows / 3);
        const auto &samples = controller.shown()->samples;
        for (std::size_t i = 0; i < back->frames.size(); ++i) {
            const auto wanted = samples.row(3 * i);
            QVERIFY(std::equal(wanted.begin(), wanted.end(), back->frames[i].values.begin(),
                               [](float a, float b) { return a == b || (std::isnan(a) && std::isnan(b)); }));
            QCOMPARE(back->frames[i].timeNs, samples.timeNs(3 * i));
        }
        QSignalSpy problems(&controller, &SessionController::problem);
        dock.exportCsv(m_folder.filePath(QStringLiteral("no/such/folder.csv")), false);
        QVERIFY(problems.wait(20000));
        QVERIFY(!dock.isExporting());
        controller.select(std::make_shared<RowMask>(), QStringLiteral("nothing"));
        dock.exportCsv(path, true);
        QVERIFY(!dock.isExporting());
        QVERIFY(dock.message().contains(QStringLiteral("Nothing is selected")));
    }

private:
    static void mark(TableDock &dock, int row)
    {
        dock.view()->selectionModel()->setCurrentIndex(
            dock.model()->index(row, 0), QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
    }
    void open(SessionController &controller, TableDock &dock)
    {
        QVERIFY(controller.open(m_opened.isEmpty() ? m_file : m_opened).has_value());
        controller.select(std::make_shared<RowMask>(), QStringLiteral("nothing"));
        dock.setFloating(true);
        dock.resize(900, 400);
        dock.show();
        QVERIFY(QTest::qWaitForWindowExposed(&dock));
        QTRY_VERIFY(dock.model()->rowCount() > 0);
    }

    static constexpr std::size_t kRows = 300;
    QTemporaryDir m_folder;
    QString m_file, m_opened;
};

QTEST_MAIN(TestSampleTable)
#include "test_sample_table.moc"
