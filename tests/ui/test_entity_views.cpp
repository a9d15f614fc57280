// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/workspace.h"
#include "tests/session/entity_session.h"
#include "ui/kit/text.h"
#include "ui/models/entity_model.h"
#include "ui/models/sample_table_model.h"
#include "ui/picture/marker.h"
#include "ui/strip/strip_data.h"

#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>

using namespace statescape;
using namespace statescape::ui;

/// Views of a session with several samples at a time.
class TestEntityViews : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;
    std::unique_ptr<session::Workspace> m_workspace;

private Q_SLOTS:
    void initTestCase()
    {
        const auto path = m_folder.filePath("e.statescape").toStdString();
        {
            auto file = store::SessionStore::open(path, store::OpenMode::Create).value();
            const auto id = test::record(file, 300).value();
            const auto model = test::trained(file, id);
            QVERIFY(file.saveModel({"m", model.algorithm(), {}, 0, 0}, model.toJson()));
        }
        m_workspace = session::Workspace::open(path, {}).value();
    }

    void theTableNamesThem()
    {
        SampleTableModel table;
        table.setSnapshot(m_workspace->snapshot());
        QCOMPARE(table.plainHeader(kEntity), QStringLiteral("process"));
        QCOMPARE(table.index(2, kEntity).data().toString(), QStringLiteral("hog [4003]"));
        QCOMPARE(table.plainText(3, kEntity), QStringLiteral("daemon 4 [4004]"));
        QVERIFY(table.index(2, kTime).data(Qt::ToolTipRole).toString().contains("hog [4003]"));
        table.sort(kEntity, Qt::DescendingOrder);
        QCOMPARE(table.rowCount(), 1200);
        for (int row = 0; row < 300; ++row)
            QCOMPARE(table.index(row, kEntity).data().toString(), QStringLiteral("hog [4003]"));
        QCOMPARE(table.index(1199, kEntity).data().toString(), QStringLiteral("daemon 1 [4001]"));
    }

    void theListHasTheBusiestFirst()
    {
        const auto shown = m_workspace->snapshot();
        EntityModel list;
        list.update(*shown, nullptr);
        QCOMPARE(list.rowCount(), 4);
        QCOMPARE(list.index(0, 0).data().toString(), QStringLiteral("hog [4003]"));
        QCOMPARE(list.index(0, 1).data().toString(), QStringLiteral("300"));
        QVERIFY(list.index(0, 2).data().toString().endsWith(QStringLiteral("%")));
        QCOMPARE(list.headerData(0, Qt::Horizontal, Qt::DisplayRole).toString(), QStringLiteral("process"));
        const auto hog = samplesOf(*shown, list.rows()[0].entity, nullptr);
        QCOMPARE(std::count(hog->begin(), hog->end(), 1), 300);
        for (std::size_t row = 0; row < hog->size(); ++row)
            QCOMPARE((*hog)[row] != 0, session::entityText(*shown, row) == "hog [4003]");
        RowMask early(shown->samples.rows(), std::uint8_t{0});
        std::fill(early.begin(), early.begin() + 40, std::uint8_t{1});
        list.update(*shown, &early);
        QCOMPARE(list.rowCount(), 4);
        QCOMPARE(list.rows()[0].samples, std::uint64_t(10));
        const auto some = samplesOf(*shown, list.rows()[0].entity, &early);
        QCOMPARE(std::count(some->begin(), some->end(), 1), 10);
    }

    void thePictureTellsThemApart()
    {
        // Axes are fitted aside.
        QTRY_VERIFY_WITH_TIMEOUT(m_workspace->snapshot()->coordinates, 30000);
        const auto shown = m_workspace->snapshot();
        const Marks marks = makeMarks(*shown, {ColourBy::Entity, {}}, 0);
        QCOMPARE(marks.styles.size(), std::size_t(5)); // the rest, and four processes
        QCOMPARE(marks.styles[0].name, std::string("others"));
        QCOMPARE(marks.styles[1].name, std::string("hog [4003]"));
        for (std::size_t row = 0; row < shown->samples.rows(); ++row)
            QCOMPARE(marks.styles[marks.points->style[row]].name, session::entityText(*shown, row));
        // Colour is not the only sign.
        QVERIFY(marks.styles[1].shape != marks.styles[2].shape);
    }

    void oneSampleStandsForTheNewestInterval()
    {
        // The last second burns.
        const auto shown = m_workspace->snapshot();
        QCOMPARE(session::entityText(*shown, newestRow(*shown)), std::string("hog [4003]"));
        auto without = *shown;
        without.model = nullptr;
        without.scores = nullptr;
        QCOMPARE(session::entityText(without, newestRow(without)), std::string("hog [4003]"));
    }

    void theStripShowsTheWorstOfEachInterval()
    {
        const auto shown = m_workspace->snapshot();
        QVERIFY(shown->model && shown->scores);
        StripData strip;
        strip.update(*shown, {});
        // The hog burns in seconds 60 to 119, 180 to 239 and 300.
        std::uint64_t bad = 0;
        for (const auto &run : strip.states()) {
            QCOMPARE(run.first % 4, 0U);
            QCOMPARE(run.last % 4, 3U);
            if (StripData::stateLook(*shown, run.key).negative)
                bad += run.last - run.first + 1;
        }
        QVERIFY2(bad >= 4 * 115 && bad <= 4 * 127, std::to_string(bad).c_str());
        const std::size_t burning = 4 * (80 - 1);
        for (std::size_t row = burning; row < burning + 4; ++row)
            QCOMPARE(session::entityText(*shown, StripData::worstOf(*shown, row)), std::string("hog [4003]"));
        QVERIFY(strip.lineName().endsWith("highest"));
        QCOMPARE(strip.line().size(), shown->samples.rows());
        for (std::size_t row = 0; row < shown->samples.rows(); row += 4) {
            float highest = 0;
            for (std::size_t i = row; i < row + 4; ++i)
                highest = std::max(highest, (*shown->scores)[i].abnormality);
            for (std::size_t i = row; i < row + 4; ++i)
                QCOMPARE(strip.line()[i], highest);
        }
    }
};

QTEST_MAIN(TestEntityViews)
#include "test_entity_views.moc"
