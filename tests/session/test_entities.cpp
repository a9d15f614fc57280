// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/split.h"
#include "core/session/alarm.h"
#include "core/session/entity_roll.h"
#include "core/session/outlook.h"
#include "core/session/plan_text.h"
#include "core/session/workspace.h"
#include "core/source/csv.h"
#include "tests/session/entity_session.h"

#include <QTemporaryDir>
#include <QtTest>

#include <fstream>

using namespace statescape;

using test::frame;
using test::kSecond;
using test::record;
using test::trained;

class TestEntities : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;

    std::filesystem::path path(const char *name) const { return m_folder.filePath(name).toStdString(); }

private slots:
    void aRollKnowsWhoIsWho()
    {
        session::EntityRoll roll;
        auto a = frame(1, 5, 1, 100, "sh", 0);
        QVERIFY(roll.place(a));
        QCOMPARE(a.entity, 1U);
        auto b = frame(1, 5, 2, 200, "sh", 0);
        QVERIFY(roll.place(b));
        QCOMPARE(b.entity, 2U);
        // After exec it has another name and is the same.
        auto c = frame(2, 5, 1, 100, "make", 0);
        QVERIFY(roll.place(c));
        QCOMPARE(c.entity, 1U);
        QVERIFY(!roll.place(c));
        // A helper started again numbers afresh.
        auto d = frame(3, 6, 1, 200, "sh", 0);
        QVERIFY(!roll.place(d));
        QCOMPARE(d.entity, 2U);
        auto e = frame(3, 6, 2, 100, "other", 0);
        QVERIFY(roll.place(e));
        QCOMPARE(e.entity, 3U);
        // Of one run, the same process id and name under another number is another process.
        auto f = frame(4, 6, 9, 200, "sh", 0);
        QVERIFY(roll.place(f));
        QCOMPARE(f.entity, 4U);
        feature::FeatureFrame host;
        QVERIFY(!roll.place(host));
        QCOMPARE(host.entity, 0U);
        QCOMPARE(roll.entities().size(), std::size_t{5});
        QCOMPARE(QString::fromStdString(schema::entityText(schema::EntityKind::Process, roll.entities(), 1)),
                 QStringLiteral("make [100]"));
        QCOMPARE(schema::entityText(schema::EntityKind::Process, roll.entities(), 0), std::string("host"));
        QCOMPARE(schema::entityText(schema::EntityKind::Process, roll.entities(), 77), std::string("#77"));
    }

    void theFileKeepsThem()
    {
        auto file = store::SessionStore::open(path("kept.statescape"), store::OpenMode::Create).value();
        const auto id = record(file, 10).value();
        const auto entities = file.entities(id).value();
        QCOMPARE(entities.size(), std::size_t{5});
        QCOMPARE(entities[3].name, std::string("hog"));
        QCOMPARE(entities[3].id, std::uint64_t{4003});
        QCOMPARE(entities[3].firstNs, kSecond);
        QCOMPARE(entities[3].lastNs, 10 * kSecond);
        QCOMPARE(file.session(id).value().entities, std::uint64_t{4});
        QCOMPARE(file.session(id).value().schema->entityKind(), schema::EntityKind::Process);
        auto later = frame(11, 1, 3, 4003, "renamed", 1);
        later.entity = 3;
        QVERIFY(file.append(id, std::span(&later, 1)));
        QCOMPARE(file.entities(id).value()[3].name, std::string("renamed"));
        QCOMPARE(file.entities(id).value()[3].firstNs, kSecond);
        QCOMPARE(file.removeEmptySession(id).error().code, base::Code::InvalidArgument);
        store::SessionInfo info;
        info.schema = schema::entitySchema(schema::EntityKind::Cgroup);
        const auto empty = file.beginSession(info).value();
        QVERIFY(file.removeEmptySession(empty));
        QCOMPARE(file.sessions().value().size(), std::size_t{1});
        QCOMPARE(file.entities(empty).error().code, base::Code::NotFound);
    }

    void filesOfBeforeHaveNone()
    {
        for (const char *version : {"version1.statescape", "version2.statescape"}) {
            const auto copy = path(version);
            std::filesystem::copy_file(std::filesystem::path(STATESCAPE_SOURCE "/tests/store/data") / version,
                                       copy);
            {
                const auto file = store::SessionStore::open(copy, store::OpenMode::ReadOnly).value();
                QCOMPARE(file.entities(1).value().size(), std::size_t{1});
                QCOMPARE(file.session(1).value().entities, std::uint64_t{0});
            }
            auto file = store::SessionStore::open(copy, store::OpenMode::ReadWrite).value();
            QCOMPARE(file.entities(1).value().size(), std::size_t{1});
            QVERIFY(record(file, 2));
        }
    }

    void csvKeepsTheNames()
    {
        auto file = store::SessionStore::open(path("csv.statescape"), store::OpenMode::Create).value();
        const auto id = record(file, 5).value();
        const auto log = file.load(id).value();
        const auto entities = file.entities(id).value();
        const auto csv = path("samples.csv");
        QVERIFY(source::writeCsv(csv, log->view(), {}, {}, {}, {}, &entities));
        std::ifstream in(csv);
        std::string header, first;
        std::getline(in, header);
        std::getline(in, first);
        QVERIFY(header.starts_with("time_ns,duration_ns,entity,entity.cpu.share,"));
        QVERIFY2(first.starts_with("1000000000,1000000000,daemon 1 [4001],"), first.c_str());
        const auto back = source::readCsv(csv, {});
        QVERIFY2(back.has_value(), back ? "" : back.error().text().c_str());
        QCOMPARE(back->schema->hash(), log->schema()->hash());
        QCOMPARE(back->frames.size(), log->view().rows());
        for (std::size_t i = 0; i < back->frames.size(); ++i) {
            QCOMPARE(back->frames[i].entity, log->view().entity(i));
            QCOMPARE(back->frames[i].about->id, entities[log->view().entity(i)].id);
            QCOMPARE(back->frames[i].about->name, entities[log->view().entity(i)].name);
        }
        std::ofstream(csv) << "time_ns,entity,x\n1,/a/b,1\n1,/c,2\n2,/a/b,3\n";
        const auto cgroups = source::readCsv(csv, {}).value();
        QCOMPARE(cgroups.schema->entityKind(), schema::EntityKind::Cgroup);
        QCOMPARE(cgroups.frames[2].entity, cgroups.frames[0].entity);
        std::ofstream(csv) << "time_ns,entity,x\n1,/a/b,1\n1,7,2\n";
        const auto mixed = source::readCsv(csv, {});
        QCOMPARE(mixed.error().code, base::Code::InvalidArgument);
        QVERIFY2(mixed.error().message.find(":3:") != std::string::npos, mixed.error().message.c_str());
    }

    void anAlarmIsOneEntitysOwn()
    {
        auto file = store::SessionStore::open(path("alarm.statescape"), store::OpenMode::Create).value();
        const auto id = record(file, 400).value();
        const auto model = trained(file, id);
        QCOMPARE(model.entityKind(), schema::EntityKind::Process);
        const auto again = model::Model::fromJson(model.toJson()).value();
        QCOMPARE(again.entityKind(), schema::EntityKind::Process);
        QCOMPARE(session::planOf(schema::Schema(model.features(), model.entityKind())).entity,
                 schema::EntityKind::Process);
        const auto columns = model.bind(*schema::entitySchema(schema::EntityKind::Process)).value();
        const auto good = model.score(frame(1, 1, 1, 1, "a", 2.5F).values, columns);
        const auto bad = model.score(frame(1, 1, 1, 1, "a", 90.5F).values, columns);
        QCOMPARE(good.polarity, schema::Polarity::Positive);
        QCOMPARE(bad.polarity, schema::Polarity::Negative);
        session::AlarmWatch watch({3, true, 1.0F});
        // Always somebody is bad, but never one of them three times in a row.
        for (std::uint64_t t = 1; t <= 30; ++t)
            for (std::uint32_t who = 1; who <= 3; ++who)
                QVERIFY(!watch.add(t, who == t % 3 + 1 ? bad : good, model, who));
        QVERIFY(!watch.current());
        for (std::uint64_t t = 31; t <= 33; ++t)
            for (std::uint32_t who = 1; who <= 3; ++who) {
                const bool raised = watch.add(t, who == 2 ? bad : good, model, who);
                QCOMPARE(raised, t == 33 && who == 2);
            }
        QVERIFY(watch.current());
        QCOMPARE(watch.current()->entity, 2U);
        QCOMPARE(watch.current()->sinceNs, std::uint64_t{31});
        QCOMPARE(watch.current()->others, std::uint64_t{0});
        QVERIFY(!watch.of(1) && watch.of(2));
        for (std::uint64_t t = 34; t <= 36; ++t)
            for (std::uint32_t who = 1; who <= 3; ++who)
                watch.add(t, who != 3 ? bad : good, model, who);
        QCOMPARE(watch.current()->entity, 2U);
        QCOMPARE(watch.current()->others, std::uint64_t{1});
        // It ended: with it its alarm, at the next interval.
        for (std::uint64_t t = 37; t <= 38; ++t)
            for (const std::uint32_t who : {1U, 3U})
                watch.add(t, good, model, who);
        QVERIFY(!watch.current());
    }

    void anOutlookFollowsOneOfThem()
    {
        auto file = store::SessionStore::open(path("outlook.statescape"), store::OpenMode::Create).value();
        const auto model = trained(file, record(file, 400).value());
        int good = -1;
        int bad = -1;
        for (std::size_t i = 0; i < model.states().size(); ++i)
            (model.states()[i].polarity == schema::Polarity::Negative ? bad : good) = static_cast<int>(i);
        QVERIFY(good >= 0 && bad >= 0);
        const auto score = [&](bool isBad) {
            return model::Score{isBad ? bad : good,
                                isBad ? schema::Polarity::Negative : schema::Polarity::Positive, 1.0F,
                                isBad ? 0.99F : 0.1F};
        };
        // Two of them stay as they are for ever: read as one row of states they would change with every row.
        std::vector<model::Score> scores;
        std::vector<std::uint32_t> whose;
        for (int t = 0; t < 200; ++t)
            for (const std::uint32_t who : {1U, 2U}) {
                scores.push_back(score(who == 2));
                whose.push_back(who);
            }
        const auto calm = session::outlookOf(model, scores, {}, kSecond, {whose, 2});
        QVERIFY(calm);
        QCOMPARE(calm->probability, 0.0);
        QCOMPARE(calm->entity, 1U);
        const auto mixed = session::outlookOf(model, {scores.data(), scores.size() - 1}, {}, kSecond);
        QVERIFY(mixed && mixed->probability > 0.5);
    }

    void aSplitNeverCutsThroughAnInterval()
    {
        std::vector<std::uint64_t> times;
        for (std::uint64_t t = 1; t <= 300; ++t)
            for (std::uint64_t who = 0; who < 5 + t % 7; ++who)
                times.push_back(t * kSecond / 4);
        const auto blocks = ml::timeBlocks(times, times.size(), 20);
        QVERIFY(blocks.back() >= 15);
        for (std::size_t i = 1; i < times.size(); ++i)
            if (times[i] == times[i - 1])
                QCOMPARE(blocks[i], blocks[i - 1]);
        QCOMPARE(ml::rowsAtOnce(times), (times.size() + 299) / 300);
        QCOMPARE(ml::rowsAtOnce({}), std::size_t{1});
        const std::vector<std::uint64_t> alike(100, 7);
        QCOMPARE(ml::timeBlocks(alike, 100, 10).back(), 9);
    }

    void aWorkspaceNamesThem()
    {
        store::SessionId id = 0;
        {
            auto file = store::SessionStore::open(path("shown.statescape"), store::OpenMode::Create).value();
            id = record(file, 400).value();
            const auto model = trained(file, id);
            QVERIFY(file.saveModel({model.name().empty() ? "m" : model.name(), model.algorithm(), {}, 0, 0},
                                   model.toJson()));
        }
        auto workspace = session::Workspace::open(path("shown.statescape"), {}).value();
        const auto shown = workspace->snapshot();
        QVERIFY(session::perEntity(*shown));
        QCOMPARE(session::entityText(*shown, 2), std::string("hog [4003]"));
        QVERIFY(shown->model && shown->scores);
        std::size_t wrong = 0;
        for (std::size_t row = 0; row < shown->samples.rows(); ++row) {
            const bool burns = shown->samples.at(row, 0) > 50;
            wrong += ((*shown->scores)[row].polarity == schema::Polarity::Negative) != burns ? 1 : 0;
        }
        QVERIFY2(wrong * 50 < shown->samples.rows(), std::to_string(wrong).c_str());
        // The last minute is one in which it does not burn.
        QVERIFY(!shown->alarm);
    }
};

QTEST_GUILESS_MAIN(TestEntities)
#include "test_entities.moc"
