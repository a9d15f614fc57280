// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/workspace.h"
#include "tests/session/entity_session.h"
#include "ui/kit/text.h"
#include "ui/models/sample_table_model.h"
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
