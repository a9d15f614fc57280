// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/store/frames.h"

#include <QtTest>
#include <sqlite3.h>

using namespace statescape;
using base::Code;
using store::OpenMode;
using store::SessionStore;

class TestSessionStore : public QObject {
    Q_OBJECT

private slots:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_path = m_dir->filePath("run #1 50%?.statescape").toStdString();
    }

    void samplesSurviveToTheBit()
    {
        constexpr std::size_t columns = 64;
        store::SessionId id = 0;
        {
            auto file = SessionStore::open(m_path, OpenMode::Create);
            QVERIFY2(file, file ? "" : file.error().text().c_str());
            id = *file->beginSession(frames::session(frames::schemaOf(columns)));
            QVERIFY(file->append(id, frames::some(0, 700, columns)));
            QVERIFY(file->append(id, frames::some(700, 300, columns)));
            QVERIFY(file->append(id, {}));
        }
        QCOMPARE(m_dir->path().isEmpty(), false);
        QCOMPARE(QDir(m_dir->path()).entryList(QDir::Files).size(), 1);
        for (const auto mode : {OpenMode::ReadOnly, OpenMode::ReadWrite}) {
            auto file = SessionStore::open(m_path, mode);
            QVERIFY2(file, file ? "" : file.error().text().c_str());
            const auto log = file->load(id);
            QVERIFY2(log, log ? "" : log.error().text().c_str());
            const auto view = (*log)->view();
            QCOMPARE(view.rows(), std::size_t(1000));
            QVERIFY(view.schema().features() == frames::schemaOf(columns)->features());
            QCOMPARE(view.schema().hash(), frames::schemaOf(columns)->hash());
            for (std::size_t i = 0; i < view.rows(); ++i)
                QVERIFY(frames::same(view, i, frames::frame(i, columns)));
        }
        QCOMPARE(QDir(m_dir->path()).entryList(QDir::Files).size(), 1);
    }

    void sessionsTellWhatIsKnown()
    {
        auto file = SessionStore::open(m_path, OpenMode::Create);
        QVERIFY(file->sessions()->empty());
        const auto schema = frames::schemaOf(3);
        const auto first = *file->beginSession(frames::session(schema));
        const auto second = *file->beginSession(frames::session(schema::Schema::builtin()));
        QVERIFY(first != second);
        QVERIFY(file->append(first, frames::some(0, 10, 3)));
        QVERIFY(file->append(first, frames::some(10, 5, 3)));
        QVERIFY(file->addLosses(first, {{"kernel", 3}, {"queue", 4}, {"none", 0}}));
        QVERIFY(file->addLosses(first, {{"kernel", 2}}));
        const auto info = *file->session(first);
        QCOMPARE(info.host, std::string("web-3"));
        QCOMPARE(info.kernel, std::string("6.1.0"));
        QCOMPARE(info.command, std::string("make -j4"));
        QCOMPARE(info.origin, std::string("live"));
        QCOMPARE(info.intervalNs, std::uint64_t(250'000'000));
        QCOMPARE(info.anchor.bootId, std::string("a-boot-id"));
        QCOMPARE(info.anchor.monotonicNs, std::uint64_t(5'000'000'000));
        QCOMPARE(info.anchor.realtimeNs, std::int64_t(1'795'342'867'000'000'000));
        QCOMPARE(info.samples, std::uint64_t(15));
        QCOMPARE(info.firstNs, frames::frame(0, 3).timeNs);
        QCOMPARE(info.lastNs, frames::frame(14, 3).timeNs);
        QCOMPARE(info.dropped, std::uint64_t(9));
        QCOMPARE(info.losses.size(), std::size_t(2));
        QCOMPARE(info.losses.at("kernel"), std::uint64_t(5));
        const auto all = *file->sessions();
        QCOMPARE(all.size(), std::size_t(2));
        QCOMPARE(all[1].samples, std::uint64_t(0));
        QCOMPARE(all[1].firstNs, std::uint64_t(0));
        QVERIFY(all[1].schema->features() == schema::Schema::builtin()->features());
        QCOMPARE((*file->load(second))->rows(), std::size_t(0));
    }

    void sessionsOfOneFileDoNotMix()
    {
        auto file = SessionStore::open(m_path, OpenMode::Create);
        const auto a = *file->beginSession(frames::session(frames::schemaOf(4)));
        const auto b = *file->beginSession(frames::session(frames::schemaOf(6)));
        for (int i = 0; i < 5; ++i) {
            QVERIFY(file->append(a, frames::some(static_cast<std::uint64_t>(i) * 7, 7, 4)));
            QVERIFY(file->append(b, frames::some(static_cast<std::uint64_t>(i) * 9, 9, 6)));
        }
        const auto viewA = (*file->load(a))->view();
        const auto viewB = (*file->load(b))->view();
        QCOMPARE(viewA.rows(), std::size_t(35));
        QCOMPARE(viewB.rows(), std::size_t(45));
        for (std::size_t i = 0; i < 35; ++i)
            QVERIFY(frames::same(viewA, i, frames::frame(i, 4)));
        for (std::size_t i = 0; i < 45; ++i)
            QVERIFY(frames::same(viewB, i, frames::frame(i, 6)));
    }

    void equalSchemasAreKeptOnce()
    {
        {
            auto file = SessionStore::open(m_path, OpenMode::Create);
            for (int i = 0; i < 3; ++i)
                QVERIFY(file->beginSession(frames::session(frames::schemaOf(5))));
            auto other = frames::schemaOf(5)->features();
            other[0].title = "same hash, other title";
            QVERIFY(file->beginSession(frames::session(std::make_shared<const schema::Schema>(other))));
        }
        QCOMPARE(query("SELECT count(*) FROM feature_schema"), QString("2"));
    }

    void badSamplesAreRefusedAndNothingOfTheBatchIsKept()
    {
        auto file = SessionStore::open(m_path, OpenMode::Create);
        const auto id = *file->beginSession(frames::session(frames::schemaOf(4)));
        QVERIFY(file->append(id, frames::some(5, 5, 4)));
        auto batch = frames::some(10, 5, 4);
        batch[4].values.pop_back();
        QCOMPARE(file->append(id, batch).error().code, Code::InvalidArgument);
        batch = frames::some(10, 5, 4);
        batch[2].timeNs = 1;
        QCOMPARE(file->append(id, batch).error().code, Code::InvalidArgument);
        QCOMPARE(file->append(id, frames::some(0, 1, 4)).error().code, Code::InvalidArgument);
        QCOMPARE(file->append(id + 77, frames::some(10, 1, 4)).error().code, Code::NotFound);
        QCOMPARE(file->load(id + 77).error().code, Code::NotFound);
        QCOMPARE(file->session(0).error().code, Code::NotFound);
        QCOMPARE(file->addLosses(id + 77, {{"x", 1}}).error().code, Code::NotFound);
        QCOMPARE(file->session(id)->samples, std::uint64_t(5));
        QCOMPARE(file->beginSession({}).error().code, Code::InvalidArgument);
    }

    void modelsKeepTheirRevisions()
    {
        {
            auto file = SessionStore::open(m_path, OpenMode::Create);
            QCOMPARE(file->loadModel("").error().code, Code::NotFound);
            QVERIFY(file->saveModel({"disk", "kmeans", {"good", "stall", "a\nb"}, 100}, "{\"v\":1}"));
            QVERIFY(file->saveModel({"net", "kmeans", {}, 200}, "{\"n\":1}"));
            QVERIFY(file->saveModel({"disk", "kmeans", {"good"}, 300}, "{\"v\":2}"));
            QCOMPARE(file->saveModel({"", "kmeans", {}, 300}, "{}").error().code, Code::InvalidArgument);
        }
        auto file = SessionStore::open(m_path, OpenMode::ReadOnly);
        const auto models = *file->models();
        QCOMPARE(models.size(), std::size_t(2));
        QCOMPARE(models[0].name, std::string("net"));
        QCOMPARE(models[1].name, std::string("disk"));
        QCOMPARE(models[1].revision, std::int64_t(2));
        QCOMPARE(models[1].createdNs, std::int64_t(300));
        QVERIFY(models[1].states == std::vector<std::string>{"good"});
        QCOMPARE(*file->loadModel("disk"), std::string("{\"v\":2}"));
        QCOMPARE(*file->loadModel(""), std::string("{\"v\":2}"));
        QCOMPARE(*file->loadModel("net"), std::string("{\"n\":1}"));
        const auto missing = file->loadModel("cpu");
        QCOMPARE(missing.error().code, Code::NotFound);
        QVERIFY(missing.error().hint.find("disk") != std::string::npos);
        QCOMPARE(query("SELECT count(*) FROM model"), QString("3"));
        QCOMPARE(query("SELECT count(*) FROM model_state"), QString("4"));
    }

    void notesAreReplaced()
    {
        auto file = SessionStore::open(m_path, OpenMode::Create);
        const auto id = *file->beginSession(frames::session(frames::schemaOf(2)));
        QVERIFY(!*file->note(id, "camera"));
        QVERIFY(file->setNote(id, "camera", "one"));
        QVERIFY(file->setNote(id, "camera", std::string("two\0three", 9)));
        QCOMPARE(**file->note(id, "camera"), std::string("two\0three", 9));
        QCOMPARE(file->setNote(id + 1, "camera", "x").error().code, Code::NotFound);
    }

    void createNeverOverwrites()
    {
        QVERIFY(SessionStore::open(m_path, OpenMode::Create));
        const auto again = SessionStore::open(m_path, OpenMode::Create);
        QCOMPARE(again.error().code, Code::AlreadyExists);
        const std::string empty = m_dir->filePath("empty").toStdString();
        QVERIFY(QFile(QString::fromStdString(empty)).open(QIODevice::WriteOnly));
        QVERIFY2(SessionStore::open(empty, OpenMode::Create), "an empty file, as mktemp makes, may be used");
        QVERIFY(SessionStore::open(empty, OpenMode::ReadWrite));
    }

    void readOnlyMeansReadOnly()
    {
        store::SessionId id = 0;
        {
            auto file = SessionStore::open(m_path, OpenMode::Create);
            id = *file->beginSession(frames::session(frames::schemaOf(2)));
        }
        auto file = SessionStore::open(m_path, OpenMode::ReadOnly);
        QCOMPARE(file->append(id, frames::some(0, 1, 2)).error().code, Code::NotPermitted);
        QCOMPARE(file->beginSession(frames::session(frames::schemaOf(2))).error().code, Code::NotPermitted);
        QCOMPARE(file->saveModel({"m", "k", {}, 1}, "{}").error().code, Code::NotPermitted);
        QCOMPARE(file->applyStep(id, {}).error().code, Code::NotPermitted);
        QCOMPARE(file->undo(id).error().code, Code::NotPermitted);
    }

    void readersAndAWriterShareAFile()
    {
        auto writer = SessionStore::open(m_path, OpenMode::Create);
        const auto id = *writer->beginSession(frames::session(frames::schemaOf(2)));
        QVERIFY(writer->append(id, frames::some(0, 10, 2)));
        auto reader = SessionStore::open(m_path, OpenMode::ReadOnly);
        QVERIFY2(reader, reader ? "" : reader.error().text().c_str());
        QCOMPARE(reader->session(id)->samples, std::uint64_t(10));
        QVERIFY(writer->append(id, frames::some(10, 10, 2)));
        QCOMPARE(reader->session(id)->samples, std::uint64_t(20));
        auto second = SessionStore::open(m_path, OpenMode::ReadWrite);
        QVERIFY(second);
        QVERIFY(second->append(id, frames::some(20, 1, 2)));
        QVERIFY(writer->append(id, frames::some(21, 1, 2)));
        QCOMPARE((*reader->load(id))->rows(), std::size_t(22));
    }

    void aWriterThatStaysMakesOthersSayBusy()
    {
        auto file = SessionStore::open(m_path, OpenMode::Create);
        const auto id = *file->beginSession(frames::session(frames::schemaOf(2)));
        sqlite3 *other = nullptr;
        QCOMPARE(sqlite3_open(m_path.c_str(), &other), SQLITE_OK);
        QCOMPARE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
        const auto result = file->append(id, frames::some(0, 1, 2));
        QCOMPARE(result.error().code, Code::Busy);
        QVERIFY(!result.error().hint.empty());
        sqlite3_close(other);
        QVERIFY(file->append(id, frames::some(0, 1, 2)));
    }

    void copiesAreWhole()
    {
        const std::string target = m_dir->filePath("copy.statescape").toStdString();
        auto file = SessionStore::open(m_path, OpenMode::Create);
        const auto id = *file->beginSession(frames::session(frames::schemaOf(3)));
        QVERIFY(file->append(id, frames::some(0, 500, 3)));
        QVERIFY(file->copyTo(target));
        QVERIFY2(file->copyTo(target), "Save as asks before it replaces");
        auto copy = SessionStore::open(target, OpenMode::ReadOnly);
        QVERIFY2(copy, copy ? "" : copy.error().text().c_str());
        const auto view = (*copy->load(id))->view();
        QCOMPARE(view.rows(), std::size_t(500));
        QVERIFY(frames::same(view, 499, frames::frame(499, 3)));
        QCOMPARE(file->copyTo(m_path).error().code, Code::AlreadyExists);
        QCOMPARE(file->copyTo(m_dir->path().toStdString()).error().code, Code::InvalidArgument);
        QCOMPARE(file->copyTo(m_dir->filePath("no/where").toStdString()).error().code, Code::NotFound);
        QVERIFY(file->fileBytes() > 0);
        QVERIFY(file->append(id, frames::some(500, 1, 3)));
    }

    void otherToolsCanReadIt()
    {
        {
            auto file = SessionStore::open(m_path, OpenMode::Create);
            const auto id = *file->beginSession(frames::session(frames::schemaOf(3)));
            QVERIFY(file->append(id, frames::some(0, 20, 3)));
        }
        QCOMPARE(query("SELECT session_id || ' ' || row || ' ' || length(vals) FROM sample ORDER BY row DESC "
                       "LIMIT 1"),
                 QString("1 19 12"));
        QCOMPARE(query("PRAGMA journal_mode"), QString("delete"));
        QCOMPARE(query("PRAGMA application_id"), QString::number(0x53534350));
        QCOMPARE(query("PRAGMA integrity_check"), QString("ok"));
    }

private:
    QString query(const char *sql)
    {
        sqlite3 *db = nullptr;
        QString out;
        sqlite3_open_v2(m_path.c_str(), &db, SQLITE_OPEN_READONLY, nullptr);
        sqlite3_stmt *statement = nullptr;
        if (sqlite3_prepare_v2(db, sql, -1, &statement, nullptr) == SQLITE_OK &&
            sqlite3_step(statement) == SQLITE_ROW)
            out = QString::fromUtf8(reinterpret_cast<const char *>(sqlite3_column_text(statement, 0)));
        else
            out = sqlite3_errmsg(db);
        sqlite3_finalize(statement);
        sqlite3_close(db);
        return out;
    }

    std::unique_ptr<QTemporaryDir> m_dir;
    std::string m_path;
};

QTEST_GUILESS_MAIN(TestSessionStore)
#include "tst_session_store.moc"
