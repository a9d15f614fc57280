// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/workspace.h"
#include "tests/session/planted_session.h"
#include "ui/kit/text.h"
#include "ui/models/entity_model.h"
#include "ui/models/explanation_models.h"
#include "ui/models/feature_model.h"
#include "ui/models/feature_norms.h"
#include "ui/models/label_model.h"
#include "ui/models/sample_facts.h"
#include "ui/models/seen.h"
#include "ui/picture/marker.h"

#include <QAbstractItemModelTester>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <future>

using namespace statescape;
using namespace statescape::ui;
using test::Planted;

class TestUiModels : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void anEstimateSaysWhatItComesFrom()
    {
        const schema::Layout layout{schema::ProbePlan{}};
        const auto &features = layout.schema()->features();
        const auto column = std::size_t(layout.schema()->indexOf("sched.switch.rate"));
        feature::SampleLog log(layout.schema());
        for (int i = 0; i < 5; ++i) {
            feature::FeatureFrame frame;
            frame.timeNs = std::uint64_t(i + 1) * 250'000'000;
            frame.durationNs = 250'000'000;
            frame.values.assign(features.size(), float(i));
            if (i == 3) {
                frame.seen = {{"scheduler", 0.04F, 0.06F}};
                frame.values[column] = 1e6F;
            }
            log.append(std::move(frame));
        }
        session::Snapshot snapshot;
        snapshot.samples = log.view();
        snapshot.entities = std::make_shared<const schema::Entities>(1);
        const auto factOf = [&](std::size_t sample, int role) {
            SampleFacts facts;
            facts.update(snapshot, sample);
            for (int row = 0; row < facts.rowCount(); ++row)
                if (facts.index(row, 0).data(SampleFacts::kKeyRole).toString() ==
                    QStringLiteral("sched.switch.rate"))
                    return facts.index(row, 0).data(role).toString();
            return QString();
        };
        const QString words = QStringLiteral("estimate from 4 % of the interval, ±6 %");
        QVERIFY(factOf(3, Qt::DisplayRole).endsWith(words));
        QVERIFY(factOf(3, Qt::AccessibleTextRole).endsWith(words));
        QVERIFY(factOf(3, Qt::ToolTipRole).contains(QStringLiteral("upper bound")));
        QVERIFY(!factOf(2, Qt::DisplayRole).contains(QStringLiteral("estimate")));
        QCOMPARE(partlySeen(snapshot.samples, 3), QStringLiteral("Scheduler saw 4 %, ±6 %"));
        QVERIFY(partlySeen(snapshot.samples, 2).isEmpty());
        SampleFacts facts;
        facts.update(snapshot, 3);
        QVERIFY(facts.toTsv().contains(QStringLiteral("\t0.04\t0.06\n")));
        // The list of features and the table mark it too; another probe's feature is none.
        FeatureModel list;
        list.update(snapshot, 3);
        QVERIFY(list.index(int(column), 1).data().toString().startsWith(QStringLiteral("≈ ")));
        QVERIFY(list.index(int(column), 1).data(Qt::ToolTipRole).toString().contains(words));
        const auto other = layout.schema()->indexOf("cpu.iowait.share");
        QVERIFY(other >= 0);
        QVERIFY(!list.index(other, 1).data().toString().contains(QStringLiteral("≈")));
        const QString unusual = unusualFeatures(snapshot, 3, 1);
        QVERIFY2(unusual.contains(QStringLiteral("context switches")) && unusual.contains(words),
                 qPrintable(unusual));
    }

    void initTestCase()
    {
        QVERIFY(m_folder.isValid());
        const std::string file = m_folder.filePath(QStringLiteral("planted.statescape")).toStdString();
        test::writePlanted(file, kRows);
        auto opened = session::Workspace::open(file, {});
        QVERIFY2(opened.has_value(), opened ? "" : opened.error().text().c_str());
        m_workspace = std::move(*opened);
        QTRY_VERIFY_WITH_TIMEOUT(m_workspace->snapshot()->coordinates != nullptr, 10000);
    }

    void labelCountsFollowTheLabels()
    {
        LabelModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.update(*m_workspace->snapshot());
        QCOMPARE(model.rowCount(), 3); // positive, negative, unlabelled
        QCOMPARE(model.rows().back().count, std::uint64_t(kRows));
        std::vector<std::uint8_t> stalled(kRows, 0);
        std::uint64_t count = 0;
        for (std::size_t i = 0; i < kRows; ++i)
            count += stalled[i] = Planted::kindOf(i) == 2 ? 1 : 0;
        QCOMPARE(m_workspace->label(stalled, schema::Polarity::Negative, "disk stall").value(), count);
        const auto snapshot = m_workspace->snapshot();
        model.update(*snapshot);
        QCOMPARE(model.rowCount(), 4);
        QCOMPARE(model.index(1, 1).data().toString(), countText(count));
        QCOMPARE(model.rows()[2].name, std::string("disk stall"));
        QCOMPARE(model.rows()[2].shape, Shape::Cross);
        QCOMPARE(*model.samplesOf(2, *snapshot), stalled);
        QCOMPARE(*model.samplesOf(1, *snapshot), stalled);
        QVERIFY(m_workspace->undo().has_value());
        model.update(*m_workspace->snapshot());
        QCOMPARE(model.rowCount(), 3);
    }

    void everyFeatureHasAValueWithItsUnit()
    {
        FeatureModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        const auto snapshot = m_workspace->snapshot();
        model.update(*snapshot, newestRow(*snapshot));
        QCOMPARE(std::size_t(model.rowCount()), snapshot->samples.schema().size());
        for (int row = 0; row < model.rowCount(); ++row) {
            const auto &feature = snapshot->samples.schema()[std::size_t(row)];
            const float value = snapshot->samples.at(kRows - 1, std::size_t(row));
            QCOMPARE(model.index(row, 1).data().toString(),
                     qt(base::formatValue(double(value), feature.unit)));
            QVERIFY(model.index(row, 0).data(Qt::ToolTipRole).toString().contains(qt(feature.key)));
        }
        QVERIFY(model.used() > 0 && model.used() < model.rowCount()); // levels are left out of the axes
        model.setLeftOut(QStringLiteral("cpu.user.share"), true);
        QVERIFY(model.isLeftOut(QStringLiteral("cpu.user.share")));
    }

    void explanationNamesThePlantedFeaturesAndProcess()
    {
        auto stalled = std::make_shared<std::vector<std::uint8_t>>(kRows);
        for (std::size_t i = 0; i < kRows; ++i)
            (*stalled)[i] = Planted::kindOf(i) == 2 ? 1 : 0;
        std::promise<Explanation> answer;
        m_workspace->explain(stalled, {}, [&](Explanation e) { answer.set_value(std::move(e)); });
        auto future = answer.get_future();
        QCOMPARE(future.wait_for(std::chrono::seconds(20)), std::future_status::ready);
        const Explanation explanation = future.get();
        DifferenceModel differences;
        QAbstractItemModelTester tester(&differences, QAbstractItemModelTester::FailureReportingMode::QtTest);
        differences.update(explanation, m_workspace->snapshot()->samples.sharedSchema());
        QVERIFY(differences.rowCount() >= 3);
        QStringList top;
        for (int row = 0; row < 3; ++row)
            top << differences.index(row, 0).data(Qt::ToolTipRole).toString();
        for (const char *key : {"block.queue.p99", "syscall.sync.rate", "pressure.io.some"})
            QVERIFY2(top.join(QLatin1Char(' ')).contains(QLatin1String(key)), key);
        for (const QString &tip : top) {
            QVERIFY(tip.contains(QStringLiteral("median")));
            QVERIFY(!tip.contains(QStringLiteral("cause")));
        }
        ProcessModel processes;
        QAbstractItemModelTester second(&processes, QAbstractItemModelTester::FailureReportingMode::QtTest);
        processes.update(explanation);
        QCOMPARE(processes.index(0, 0).data().toString(), QStringLiteral("syncer"));
        QVERIFY(processes.index(0, 2).data().toString().endsWith(QStringLiteral("B/s")));
    }

    void marksTellPolarityByShape()
    {
        const std::vector<std::string> names{"", "disk stall", "serving"};
        QCOMPARE(labelStyle({schema::Polarity::Negative, 1}, names).shape, Shape::Cross);
        QCOMPARE(labelStyle({schema::Polarity::Positive, 2}, names).shape, Shape::Plus);
        QCOMPARE(labelStyle({}, names).shape, Shape::Dot);
        const Shape alone = labelStyle({schema::Polarity::None, 1}, names).shape;
        QVERIFY(alone != Shape::Cross && alone != Shape::Plus && alone != Shape::Dot);
        QVERIFY(labelStyle({schema::Polarity::Negative, 0}, names).onDark !=
                labelStyle({schema::Polarity::Negative, 1}, names).onDark);
    }

    void rowsBeforeTheSpanAreNeitherDrawnNorCounted()
    {
        const auto snapshot = m_workspace->snapshot();
        for (const ColourBy by : {ColourBy::Label, ColourBy::State, ColourBy::Time, ColourBy::Abnormality}) {
            const Marks marks = makeMarks(*snapshot, {by, {}}, 100);
            QCOMPARE(marks.points->size(), kRows);
            QCOMPARE(marks.points->style.size(), kRows);
            QCOMPARE(marks.points->first, std::size_t(100));
            QCOMPARE(marks.shown, kRows - 100);
            for (std::size_t i = 0; i < kRows; ++i) {
                QVERIFY(marks.points->style[i] < marks.styles.size());
            }
        }
    }

private:
    static constexpr std::size_t kRows = 300;
    QTemporaryDir m_folder;
    std::unique_ptr<session::Workspace> m_workspace;
};

QTEST_MAIN(TestUiModels)
#include "test_ui_models.moc"
