// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/alarm.h"
#include "core/session/explanation.h"
#include "core/session/outlook.h"

#include <QtTest>

#include <cstring>

using namespace statescape;

namespace {

std::shared_ptr<const schema::Schema> twoColumns()
{
    return std::make_shared<const schema::Schema>(
        std::vector<schema::Feature>{{"a", "a", base::Unit::None, schema::FeatureKind::Rate, "", "", false},
                                     {"b", "b", base::Unit::None, schema::FeatureKind::Rate, "", "", false}});
}

/// A real model with a good state near the origin and a bad one far away.
model::Model goodAndBad()
{
    ml::Matrix x(80, 2);
    std::vector<schema::Label> labels;
    std::vector<std::uint64_t> times;
    for (int i = 0; i < 80; ++i) {
        const bool bad = i / 10 % 2 == 1;
        x(i, 0) = (bad ? 100.0F : 0.0F) + static_cast<float>(i % 7);
        x(i, 1) = (bad ? -50.0F : 0.0F) + static_cast<float>(i % 5);
        labels.push_back({bad ? schema::Polarity::Negative : schema::Polarity::Positive,
                          static_cast<std::uint16_t>(bad ? 1 : 0)});
        times.push_back(static_cast<std::uint64_t>(i + 1) * 1'000'000'000);
    }
    const std::vector<std::string> classes{"", "stall"};
    auto trained = model::Model::train({twoColumns(), x, labels, times, classes}, {});
    if (!trained)
        qFatal("%s", trained.error().text().c_str());
    return *trained;
}

feature::FeatureFrame frame(std::uint64_t timeNs, float a, const char *comm, std::uint64_t cpuNs)
{
    feature::FeatureFrame out;
    out.timeNs = timeNs;
    out.durationNs = 1'000'000'000;
    out.values = {a, 0.0F};
    wire::ProcessUse use;
    use.pid = 7;
    std::memcpy(use.comm.data(), comm, std::strlen(comm));
    use.cpuNs = cpuNs;
    out.processes.push_back(use);
    return out;
}

} // namespace

class TestSession : public QObject {
    Q_OBJECT

private slots:
    void alarmNeedsAWholeRun()
    {
        const auto model = goodAndBad();
        const auto columns = model.bind(*twoColumns()).value();
        const float good[] = {1.0F, 1.0F};
        const float bad[] = {103.0F, -48.0F};
        const auto fine = model.score(good, columns);
        const auto poor = model.score(bad, columns);
        QCOMPARE(fine.polarity, schema::Polarity::Positive);
        QCOMPARE(poor.polarity, schema::Polarity::Negative);

        session::AlarmWatch watch({3, true, 1.0F});
        QVERIFY(!watch.add(1, poor, model));
        QVERIFY(!watch.add(2, poor, model));
        QVERIFY(!watch.add(3, fine, model)); // a good sample breaks the run
        QVERIFY(!watch.add(4, poor, model));
        QVERIFY(!watch.add(5, poor, model));
        QVERIFY(watch.add(6, poor, model));
        QVERIFY(watch.current().has_value());
        QCOMPARE(watch.current()->sinceNs, 4U);
        QCOMPARE(watch.current()->raisedNs, 6U);
        QCOMPARE(QString::fromStdString(watch.current()->state), QStringLiteral("stall"));
        QVERIFY(!watch.add(7, poor, model)); // raised once
        QCOMPARE(watch.current()->samples, 4U);
        watch.add(8, fine, model);
        QVERIFY(!watch.current().has_value());
    }

    void unknownIsBadOnlyWhenAsked()
    {
        const auto model = goodAndBad();
        const auto columns = model.bind(*twoColumns()).value();
        const float far[] = {-4000.0F, 9000.0F};
        const auto unknown = model.score(far, columns);
        QCOMPARE(unknown.cluster, -1);
        session::AlarmWatch strict({1, true, 1.0F});
        QVERIFY(strict.add(1, unknown, model));
        QCOMPARE(QString::fromStdString(strict.current()->state), QStringLiteral("unknown"));
        // Too little of the sample is there to be judged at all.
        const float gone[] = {schema::missingValue(schema::Missing::NoPermission),
                              schema::missingValue(schema::Missing::NoPermission)};
        session::AlarmWatch blind({1, true, 1.0F});
        QVERIFY(!blind.add(1, model.score(gone, columns), model));
        session::AlarmWatch lenient({1, false, 1.0F});
        QVERIFY(!lenient.add(1, unknown, model));
    }

    void outlookLearnsTheRhythm()
    {
        const auto model = goodAndBad();
        int goodState = -1;
        int badState = -1;
        for (std::size_t i = 0; i < model.states().size(); ++i)
            (model.states()[i].polarity == schema::Polarity::Negative ? badState : goodState) =
                static_cast<int>(i);
        std::vector<model::Score> scores;
        // 20 good, 5 bad, again and again; it ends in good.
        for (int i = 0; i < 510; ++i) {
            const bool bad = i % 25 >= 20;
            scores.push_back({bad ? badState : goodState,
                              bad ? schema::Polarity::Negative : schema::Polarity::Positive, 1.0F,
                              bad ? 0.99F : 0.2F});
        }
        QVERIFY(
            !session::outlookOf(model, {scores.begin(), scores.begin() + 10}, {}, 250'000'000).has_value());
        const auto outlook = session::outlookOf(model, scores, {}, 250'000'000);
        QVERIFY(outlook.has_value());
        QVERIFY(outlook->probability > 0.5);
        QVERIFY(outlook->probability <= 1.0);
        QVERIFY(outlook->earliestNs <= outlook->latestNs);
        QVERIFY(outlook->latestNs <= outlook->horizonNs);
        QCOMPARE(QString::fromStdString(outlook->state), QStringLiteral("stall"));
        for (const float value : outlook->abnormality)
            QVERIFY(value >= 0 && value <= 1);
        // Never seen to begin: no warning out of smoothing alone.
        const std::vector<model::Score> calm(200, {goodState, schema::Polarity::Positive, 1.0F, 0.2F});
        QCOMPARE(session::outlookOf(model, calm, {}, 250'000'000)->probability, 0.0);
    }

    void selectionSaysWhenAndWho()
    {
        feature::SampleLog log(twoColumns());
        for (std::uint64_t i = 1; i <= 10; ++i)
            log.append(frame(i * 1'000'000'000, i > 5 ? 9.0F : 1.0F, i > 5 ? "hog" : "idler",
                             i > 5 ? 900'000'000 : 1'000'000));
        std::vector<std::uint8_t> selected(10, 0);
        selected[1] = selected[6] = selected[7] = 1;
        const auto out = session::describeSelection(log.view(), selected);
        QCOMPARE(out.samples, 3U);
        QCOMPARE(out.intervals, 2U);
        QCOMPARE(out.firstNs, 1'000'000'000U);
        QCOMPARE(out.lastNs, 8'000'000'000U);
        QCOMPARE(out.totalNs, 3'000'000'000U);
        QCOMPARE(out.processes.size(), 2U);
        QCOMPARE(QString::fromStdString(out.processes[0].comm), QStringLiteral("hog"));
        QCOMPARE(out.processes[0].cpuShare, 60.0); // 1.8 s of CPU over 3 s
        // A selection made before newer rows came is shorter than the log.
        QCOMPARE(session::describeSelection(log.view(), std::vector<std::uint8_t>{0, 1}).samples, 1U);
        QCOMPARE(session::describeSelection(log.view(), {}).samples, 0U);
    }

    void differencesComeInRealUnits()
    {
        feature::SampleLog log(twoColumns());
        std::vector<std::uint8_t> selected;
        for (std::uint64_t i = 1; i <= 200; ++i) {
            auto row = frame(i * 1'000'000'000, 0, "x", 1);
            const bool in = i > 100 && i <= 140;
            row.values = {(in ? 50.0F : 10.0F) + static_cast<float>(i % 3), static_cast<float>(i % 7)};
            log.append(row);
            selected.push_back(in ? 1 : 0);
        }
        auto out = session::describeSelection(log.view(), selected);
        std::vector<model::Side> sides;
        for (const auto flag : selected)
            sides.push_back(flag != 0 ? model::Side::Selected : model::Side::Others);
        session::explainDifferences(log.view(), sides, out);
        QVERIFY(!out.differences.empty());
        QCOMPARE(out.differences[0].column, 0);
        QCOMPARE(out.differences[0].medianSelected, 51.0);
        QCOMPARE(out.differences[0].medianOthers, 11.0);
        QVERIFY(out.differences[0].effect > 5);
        QCOMPARE(out.differences[0].cliffsDelta, 1.0);
    }
};

QTEST_GUILESS_MAIN(TestSession)
#include "test_session.moc"
