// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/store/steps.h"

#include <QCryptographicHash>
#include <QtTest>
#include <fcntl.h>
#include <grp.h>
#include <random>
#include <sched.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace statescape;
using base::Code;
using store::OpenMode;
using store::SessionStore;

namespace {
constexpr uid_t kNobody = 65534;

QByteArray hashOf(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return {};
    QCryptographicHash hash(QCryptographicHash::Sha256);
    hash.addData(&file);
    return hash.result();
}

/// @return the code open() fails with, Ok when it works.
Code openCode(const QString &path, OpenMode mode)
{
    const auto file = SessionStore::open(path.toStdString(), mode);
    return file ? Code::Ok : file.error().code;
}

/// Root may do everything, so what depends on permissions is tried in a child without them.
Code withoutPrivilege(const std::function<Code()> &work)
{
    if (::geteuid() != 0)
        return work();
    const pid_t child = ::fork();
    if (child == 0) {
        const bool dropped = ::setgroups(0, nullptr) == 0 && ::setresgid(kNobody, kNobody, kNobody) == 0 &&
                             ::setresuid(kNobody, kNobody, kNobody) == 0;
        ::_exit(dropped ? static_cast<int>(work()) : 99);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return static_cast<Code>(WIFEXITED(status) ? WEXITSTATUS(status) : 98);
}

void exercise(const std::string &path)
{
    for (const auto mode : {OpenMode::ReadOnly, OpenMode::ReadWrite}) {
        auto file = SessionStore::open(path, mode);
        if (!file)
            continue;
        (void)file->classNames();
        (void)file->models();
        (void)file->loadModel("");
        (void)file->sessions();
        for (store::SessionId id = 1; id < 3; ++id) {
            (void)file->load(id);
            (void)file->labels(id);
            (void)file->note(id, "x");
            (void)file->history(id);
            (void)file->selection(id);
            (void)file->activeModel(id);
            (void)file->savedSelections(id);
            if (mode == OpenMode::ReadWrite) {
                (void)file->undo(id);
                (void)file->redo(id);
                (void)file->append(id, frames::some(1'000'000, 2, 4));
            }
        }
    }
}
} // namespace

class TestStoreFaults : public QObject {
    Q_OBJECT

private slots:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        ::chmod(m_dir->path().toLocal8Bit().constData(), 0755);
        m_path = m_dir->filePath("s.statescape");
        auto file = SessionStore::open(m_path.toStdString(), OpenMode::Create);
        QVERIFY(file);
        const auto id = *file->beginSession(frames::session(frames::schemaOf(4)));
        QVERIFY(file->append(id, frames::some(0, 400, 4)));
        const auto name = *file->classId("stall");
        for (std::uint64_t i = 0; i < 5; ++i) {
            store::Step step{"step", {}};
            for (std::uint64_t row = i * 10; row < i * 30; ++row)
                step.changes.push_back({row, {}, {schema::Polarity::Negative, name}});
            QVERIFY(file->applyStep(id, step));
        }
        QVERIFY(*file->undo(id));
        QVERIFY(file->saveModel({"m", "kmeans", {"a", "b"}, 1}, std::string(3000, 'j')));
    }

    void pathsThatCannotBe()
    {
        QCOMPARE(openCode(m_dir->filePath("nothing"), OpenMode::ReadOnly), Code::NotFound);
        QCOMPARE(openCode(m_dir->filePath("nothing"), OpenMode::ReadWrite), Code::NotFound);
        QCOMPARE(openCode(m_dir->path(), OpenMode::ReadOnly), Code::InvalidArgument);
        QCOMPARE(openCode(m_dir->path(), OpenMode::Create), Code::InvalidArgument);
        QCOMPARE(openCode(m_dir->filePath("no/parent.statescape"), OpenMode::Create), Code::NotFound);
        QCOMPARE(openCode(m_path + "/below", OpenMode::Create), Code::NotFound);
        QCOMPARE(openCode("", OpenMode::Create), Code::InvalidArgument);
        QCOMPARE(openCode("/dev/null", OpenMode::ReadOnly), Code::InvalidArgument);
        QCOMPARE(openCode("/dev/null", OpenMode::Create), Code::AlreadyExists);
        const auto error =
            SessionStore::open(m_dir->filePath("no/parent.statescape").toStdString(), OpenMode::Create)
                .error();
        QVERIFY(error.hint.find("mkdir") != std::string::npos);
        QVERIFY2(!QFile::exists(m_dir->filePath("nothing")), "a failed open must not make a file");
    }

    void foreignBytesAreRefusedAndLeftAlone_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<int>("code");
        QByteArray noise(20'000, '\0');
        std::mt19937 random(1);
        for (auto &c : noise)
            c = static_cast<char>(random());
        QTest::newRow("empty") << QByteArray() << int(Code::Corrupt);
        QTest::newRow("one byte") << QByteArray("S") << int(Code::Corrupt);
        QTest::newRow("text") << QByteArray("time,value\n1,2\n").repeated(50) << int(Code::Corrupt);
        QTest::newRow("noise") << noise << int(Code::Corrupt);
        QTest::newRow("magic and noise")
            << (QByteArray("SQLite format 3\0", 16) + noise) << int(Code::Corrupt);
    }
    void foreignBytesAreRefusedAndLeftAlone()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(int, code);
        const QString path = m_dir->filePath("foreign");
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(bytes);
        file.close();
        expectUntouched(path, static_cast<Code>(code));
    }

    void headersThatAreNotOurs_data()
    {
        QTest::addColumn<int>("at");
        QTest::addColumn<quint32>("value");
        QTest::addColumn<int>("code");
        QTest::newRow("another program's database") << 68 << quint32(0) << int(Code::Corrupt);
        QTest::newRow("newer format") << 60 << quint32(5) << int(Code::NewerVersion);
        QTest::newRow("much newer format") << 60 << quint32(0xffffffff) << int(Code::NewerVersion);
        QTest::newRow("no format") << 60 << quint32(0) << int(Code::Corrupt);
    }
    void headersThatAreNotOurs()
    {
        QFETCH(int, at);
        QFETCH(quint32, value);
        QFETCH(int, code);
        QFile file(m_path);
        QVERIFY(file.open(QIODevice::ReadWrite));
        file.seek(at);
        const quint32 big = qToBigEndian(value);
        file.write(reinterpret_cast<const char *>(&big), 4);
        file.close();
        expectUntouched(m_path, static_cast<Code>(code));
    }

    void truncatedFilesAreRefusedAndLeftAlone()
    {
        const qint64 size = QFile(m_path).size();
        for (const qint64 keep : {size - 1, size / 2, qint64(8192), qint64(4096), qint64(150), qint64(100),
                                  qint64(99), qint64(16)}) {
            const QString path = m_dir->filePath("cut");
            QFile::remove(path);
            QVERIFY(QFile::copy(m_path, path));
            QVERIFY(QFile::resize(path, keep));
            expectUntouched(path, Code::Corrupt);
        }
    }

    void aDatabaseOfOursWithoutItsTablesIsRefused()
    {
        sqlite3 *db = nullptr;
        QCOMPARE(sqlite3_open(m_path.toLocal8Bit().constData(), &db), SQLITE_OK);
        QCOMPARE(sqlite3_exec(db, "DROP TABLE step", nullptr, nullptr, nullptr), SQLITE_OK);
        sqlite3_close(db);
        QCOMPARE(openCode(m_path, OpenMode::ReadOnly), Code::Corrupt);
        QCOMPARE(openCode(m_path, OpenMode::ReadWrite), Code::Corrupt);
    }

    void damageIsFoundNotShown_data()
    {
        QTest::addColumn<QByteArray>("sql");
        QTest::newRow("short sample")
            << QByteArray("UPDATE sample_data SET vals = x'00' WHERE id & 1023 = 7");
        QTest::newRow("gap") << QByteArray("DELETE FROM sample_data WHERE id & 1023 = 7");
        QTest::newRow("time goes back")
            << QByteArray("UPDATE sample_data SET time_ns = 1 WHERE id & 1023 = 7");
        QTest::newRow("processes") << QByteArray(
            "UPDATE sample_data SET processes = x'ffffff' WHERE id & 1023 = 7");
        QTest::newRow("long name") << QByteArray(
            "UPDATE sample_data SET processes = x'017f41' WHERE id & 1023 = 7");
        QTest::newRow("seen cut off")
            << QByteArray("UPDATE sample_data SET seen = x'0161000000' WHERE id & 1023 = 7");
        QTest::newRow("seen of nothing")
            << QByteArray("UPDATE sample_data SET seen = x'01610000000000000000' WHERE id & 1023 = 7");
        QTest::newRow("impossible row")
            << QByteArray("UPDATE sample_data SET id = (1 << 40) | 0xfffffffff WHERE id & 1023 = 399");
        QTest::newRow("no schema") << QByteArray("DELETE FROM schema_column");
    }
    void damageIsFoundNotShown()
    {
        QFETCH(QByteArray, sql);
        sqlite3 *db = nullptr;
        QCOMPARE(sqlite3_open(m_path.toLocal8Bit().constData(), &db), SQLITE_OK);
        QCOMPARE(sqlite3_exec(db, sql.constData(), nullptr, nullptr, nullptr), SQLITE_OK);
        QVERIFY(sqlite3_changes(db) > 0);
        sqlite3_close(db);
        auto file = SessionStore::open(m_path.toStdString(), OpenMode::ReadOnly);
        QVERIFY(file);
        const auto log = file->load(1);
        QVERIFY(!log);
        QCOMPARE(log.error().code, Code::Corrupt);
    }

    void damagedLabelsAreFound()
    {
        for (const char *blob :
             {"x'ff'", "x'0001'", "x'00ffffffffff7f00'", "x'000003'", "x'000004ffffffff0f'", "x'0000'"}) {
            sqlite3 *db = nullptr;
            QCOMPARE(sqlite3_open(m_path.toLocal8Bit().constData(), &db), SQLITE_OK);
            const auto sql = QByteArray("UPDATE session SET labels = ") + blob;
            QCOMPARE(sqlite3_exec(db, sql.constData(), nullptr, nullptr, nullptr), SQLITE_OK);
            sqlite3_close(db);
            auto file = SessionStore::open(m_path.toStdString(), OpenMode::ReadOnly);
            QCOMPARE(file->labels(1).error().code, Code::Corrupt);
            QCOMPARE(file->session(1).error().code, Code::Corrupt);
            QVERIFY2(file->load(1), "the samples are still there");
        }
    }

    void mutatedFilesNeverCrash()
    {
        QFile original(m_path);
        QVERIFY(original.open(QIODevice::ReadOnly));
        const QByteArray good = original.readAll();
        std::mt19937 random(20261122);
        const QString path = m_dir->filePath("mutant");
        int opened = 0;
        for (int round = 0; round < 250; ++round) {
            QByteArray bytes = good;
            const int changes = 1 + static_cast<int>(random() % 12);
            for (int i = 0; i < changes; ++i) {
                // Half of the hits go to page headers, where the structure is.
                const auto page =
                    static_cast<qsizetype>(random() % static_cast<unsigned>(bytes.size() / 4096)) * 4096;
                const auto at = random() % 2 == 0
                                    ? page + static_cast<qsizetype>(random() % 64)
                                    : static_cast<qsizetype>(random() % static_cast<unsigned>(bytes.size()));
                bytes[at] = static_cast<char>(random());
            }
            for (const char *suffix : {"", "-wal", "-shm", "-journal"})
                QFile::remove(path + suffix);
            QFile file(path);
            QVERIFY(file.open(QIODevice::WriteOnly));
            file.write(bytes);
            file.close();
            opened += openCode(path, OpenMode::ReadOnly) == Code::Ok ? 1 : 0;
            exercise(path.toStdString());
        }
        QVERIFY(opened > 0 && opened < 250);
    }

    // versionN.statescape is what format N looked like and is never written again once it has shipped. The
    // others are version 1 with cell pointers to nowhere and with a page type that does not exist.
    void corpusReplays()
    {
        if (qEnvironmentVariableIsSet("STATESCAPE_WRITE_CORPUS"))
            writeCorpus();
        QDir folder(STATESCAPE_TEST_DATA);
        const auto files = folder.entryList({"*.statescape"}, QDir::Files);
        QVERIFY(!files.isEmpty());
        for (const auto &name : files) {
            const QString path = m_dir->filePath(name);
            QVERIFY(QFile::copy(folder.filePath(name), path));
            QFile(path).setPermissions(QFile::ReadOwner | QFile::WriteOwner);
            exercise(path.toStdString());
        }
    }

    void filesOfTheFirstFormatOpen()
    {
        const QString path = m_dir->filePath("v1");
        QVERIFY(QFile::copy(QDir(STATESCAPE_TEST_DATA).filePath("version1.statescape"), path));
        QFile(path).setPermissions(QFile::ReadOwner | QFile::WriteOwner);
        auto file = SessionStore::open(path.toStdString(), OpenMode::ReadWrite);
        QVERIFY2(file, file ? "" : file.error().text().c_str());
        const auto all = *file->sessions();
        QCOMPARE(all.size(), std::size_t(1));
        QCOMPARE(all[0].samples, std::uint64_t(30));
        QCOMPARE(all[0].labels.at("negative:stall"), std::uint64_t(10));
        QCOMPARE(all[0].losses.at("kernel"), std::uint64_t(5));
        const auto view = (*file->load(all[0].id))->view();
        for (std::size_t i = 0; i < 30; ++i)
            QVERIFY(frames::same(view, i, frames::oldFrame(i, 4)));
        QCOMPARE(*file->loadModel("m"), std::string("{}"));
        QCOMPARE(**file->note(1, "notes"), std::string("a note"));
        QVERIFY(file->selection(1)->empty());
        QCOMPARE(*file->activeModel(1), (store::ModelRef{"m", 1}));
        store::Step select{"select", {}, store::StepKind::Select};
        select.selectedAfter = {{3, 20}};
        QVERIFY(file->applyStep(1, select));
        QCOMPARE(file->history(1)->undo, std::uint64_t(2));
        QVERIFY(*file->undo(1));
        QCOMPARE((*file->undo(1))->what, std::string("label 10 samples"));
        QCOMPARE(file->session(1)->labelled, std::uint64_t(0));
        QCOMPARE((*file->redo(1))->runs.size(), std::size_t(1));
        file = SessionStore::open(path.toStdString(), OpenMode::ReadOnly);
        QCOMPARE(file->history(1)->redoWhat, std::string("select"));
    }

    void filesOfTheFirstFormatAreReadAsTheyAre()
    {
        const QString path = m_dir->filePath("v1");
        QVERIFY(QFile::copy(QDir(STATESCAPE_TEST_DATA).filePath("version1.statescape"), path));
        QFile(path).setPermissions(QFile::ReadOwner);
        const auto before = hashOf(path);
        const auto files = QDir(m_dir->path()).entryList(QDir::Files);
        auto file = SessionStore::open(path.toStdString(), OpenMode::ReadOnly);
        QVERIFY2(file, file ? "" : file.error().text().c_str());
        QCOMPARE(file->session(1)->labels.at("negative:stall"), std::uint64_t(10));
        QCOMPARE(file->history(1)->undo, std::uint64_t(1));
        QCOMPARE(file->history(1)->undoWhat, std::string("label 10 samples"));
        QVERIFY(file->selection(1)->empty());
        QVERIFY(file->savedSelections()->empty());
        QCOMPARE(*file->activeModel(1), (store::ModelRef{"m", 1}));
        QCOMPARE(file->undo(1).error().code, Code::NotPermitted);
        const QString copy = m_dir->filePath("copy of v1");
        QVERIFY(file->copyTo(copy.toStdString()));
        file = SessionStore::open(copy.toStdString(), OpenMode::ReadWrite);
        QCOMPARE((*file->undo(1))->what, std::string("label 10 samples"));
        QCOMPARE(hashOf(path), before);
        file = SessionStore::open(path.toStdString(), OpenMode::ReadOnly);
        QVERIFY(QFile::remove(copy));
        QCOMPARE(QDir(m_dir->path()).entryList(QDir::Files), files);
    }

    void aFileThatCannotBeMigratedStaysAsItIs()
    {
        const QString path = m_dir->filePath("v1");
        for (const char *sql : {"DROP TABLE step", "DROP TABLE note", "CREATE TABLE selection (x)",
                                "ALTER TABLE session DROP COLUMN steps_applied"}) {
            QFile::remove(path);
            QVERIFY(QFile::copy(QDir(STATESCAPE_TEST_DATA).filePath("version1.statescape"), path));
            QFile(path).setPermissions(QFile::ReadOwner | QFile::WriteOwner);
            QCOMPARE(steps::runSql(path, sql), 0);
            const auto before = hashOf(path);
            QCOMPARE(openCode(path, OpenMode::ReadWrite), Code::Corrupt);
            QCOMPARE(hashOf(path), before);
        }
    }

    void filesOfTheSecondFormatOpen()
    {
        const QString path = m_dir->filePath("v2");
        QVERIFY(QFile::copy(QDir(STATESCAPE_TEST_DATA).filePath("version2.statescape"), path));
        QFile(path).setPermissions(QFile::ReadOwner | QFile::WriteOwner);
        auto file = SessionStore::open(path.toStdString(), OpenMode::ReadWrite);
        QVERIFY2(file, file ? "" : file.error().text().c_str());
        QCOMPARE(file->session(1)->samples, std::uint64_t(300));
        QCOMPARE(file->session(1)->labels.at("negative:a"), std::uint64_t(5));
        QCOMPARE(*file->selection(1), (std::vector<store::RowRun>{{1, 2}, {12, 200}}));
        QCOMPARE(file->classNames()->at(2), std::string("renamed"));
        QCOMPARE(*file->activeModel(1), (store::ModelRef{"m", 1}));
        QCOMPARE(file->savedSelections()->at(0).name, std::string("saved"));
        for (const char *what : {"use", "rename", "select", "label"})
            QCOMPARE((*file->undo(1))->what, std::string(what));
        QCOMPARE(file->session(1)->labelled, std::uint64_t(0));
        QVERIFY(file->selection(1)->empty());
        QCOMPARE(file->classNames()->at(2), std::string("b"));
        QCOMPARE(*file->activeModel(1), (store::ModelRef{"other", 1}));
    }

    void filesOfTheThirdFormatOpenBothWays()
    {
        const QString path = m_dir->filePath("v3");
        QVERIFY(QFile::copy(QDir(STATESCAPE_TEST_DATA).filePath("version3.statescape"), path));
        QFile(path).setPermissions(QFile::ReadOwner | QFile::WriteOwner);
        const auto before = hashOf(path);
        for (const auto mode : {OpenMode::ReadOnly, OpenMode::ReadWrite}) {
            auto file = SessionStore::open(path.toStdString(), mode);
            QVERIFY2(file, file ? "" : file.error().text().c_str());
            QCOMPARE(file->session(1)->samples, std::uint64_t(300));
            QCOMPARE(file->session(1)->lastNs, frames::frame(299, 4).timeNs);
            const auto view = (*file->load(1))->view();
            QCOMPARE(view.rows(), std::size_t(300));
            for (std::size_t i = 0; i < view.rows(); ++i)
                QVERIFY(frames::same(view, i, frames::oldFrame(i, 4)));
            const bool writable = mode == OpenMode::ReadWrite;
            QCOMPARE(file->append(1, frames::some(300, 20, 4)).has_value(), writable);
            if (!writable)
                QCOMPARE(hashOf(path), before);
        }
        auto file = SessionStore::open(path.toStdString(), OpenMode::ReadOnly);
        const auto view = (*file->load(1))->view();
        QCOMPARE(view.rows(), std::size_t(320));
        for (std::size_t i = 300; i < view.rows(); ++i)
            QVERIFY(frames::same(view, i, frames::frame(i, 4)));
        QVERIFY(view.seenBy("uprobe:/bin/sh:main", 303));
    }

    void readOnlyFilesAndFolders()
    {
        const QByteArray before = hashOf(m_path);
        ::chmod(m_path.toLocal8Bit().constData(), 0444);
        ::chmod(m_dir->path().toLocal8Bit().constData(), 0555);
        const std::string path = m_path.toStdString();
        const auto read = [&] {
            auto file = SessionStore::open(path, OpenMode::ReadOnly);
            if (!file)
                return file.error().code;
            const auto log = file->load(1);
            return log && (*log)->rows() == 400 ? Code::Ok : Code::Internal;
        };
        QCOMPARE(withoutPrivilege(read), Code::Ok);
        QCOMPARE(withoutPrivilege([&] { return openCode(m_path, OpenMode::ReadWrite); }), Code::NotPermitted);
        QCOMPARE(withoutPrivilege([&] { return openCode(m_dir->filePath("new"), OpenMode::Create); }),
                 Code::NotPermitted);
        ::chmod(m_path.toLocal8Bit().constData(), 0000);
        QCOMPARE(withoutPrivilege([&] { return openCode(m_path, OpenMode::ReadOnly); }), Code::NotPermitted);
        ::chmod(m_path.toLocal8Bit().constData(), 0644);
        QCOMPARE(withoutPrivilege([&] { return openCode(m_path, OpenMode::ReadWrite); }), Code::NotPermitted);
        ::chmod(m_dir->path().toLocal8Bit().constData(), 0755);
        QCOMPARE(hashOf(m_path), before);
        QCOMPARE(QDir(m_dir->path()).entryList(QDir::Files), QStringList("s.statescape"));
    }

    void anUnclosedFileInAFolderOneMayNotWriteTo()
    {
        // As a crash leaves it: the -wal is there.
        auto writer = SessionStore::open(m_path.toStdString(), OpenMode::ReadWrite);
        QVERIFY(writer->append(1, frames::some(400, 10, 4)));
        const QString folder = m_dir->filePath("crashed");
        QVERIFY(QDir().mkpath(folder));
        QVERIFY(QFile::copy(m_path, folder + "/s"));
        QVERIFY(QFile::copy(m_path + "-wal", folder + "/s-wal"));
        ::chmod(folder.toLocal8Bit().constData(), 0555);
        ::chmod(qPrintable(folder + "/s"), 0444);
        ::chmod(qPrintable(folder + "/s-wal"), 0444);
        const auto look = [&] {
            const auto file = SessionStore::open((folder + "/s").toStdString(), OpenMode::ReadOnly);
            if (file)
                return file->session(1)->samples == 410 ? Code::Ok : Code::Internal;
            return file.error().hint.empty() ? Code::Internal : file.error().code;
        };
        QCOMPARE(withoutPrivilege(look), Code::NotPermitted);
        ::chmod(folder.toLocal8Bit().constData(), 0755);
        QCOMPARE(SessionStore::open((folder + "/s").toStdString(), OpenMode::ReadOnly)->session(1)->samples,
                 std::uint64_t(410));
    }

    void aFullDiskLosesNothingStored()
    {
        const QString folder = m_dir->filePath("small");
        QVERIFY(QDir().mkpath(folder));
        // In a mount namespace of our own, so that nothing stays behind.
        if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount("tmpfs", folder.toLocal8Bit().constData(), "tmpfs", 0, "size=2m") != 0)
            QSKIP("mounting a small file system needs CAP_SYS_ADMIN");
        const std::string path = (folder + "/full.statescape").toStdString();
        auto file = SessionStore::open(path, OpenMode::Create);
        QVERIFY2(file, file ? "" : file.error().text().c_str());
        const auto id = *file->beginSession(frames::session(frames::schemaOf(64)));
        std::uint64_t stored = 0;
        base::Result<> result;
        while (result && stored < 100'000) {
            result = file->append(id, frames::some(stored, 100, 64));
            stored += result ? 100 : 0;
        }
        QVERIFY(!result);
        QCOMPARE(result.error().code, Code::Full);
        QVERIFY(!result.error().hint.empty());
        QVERIFY(stored > 0);
        QCOMPARE(file->session(id)->samples, stored);
        QCOMPARE(SessionStore::open((folder + "/other").toStdString(), OpenMode::Create).error().code,
                 Code::Full);
        QVERIFY(!QFile::exists(folder + "/other"));
        QCOMPARE(file->copyTo((folder + "/copy").toStdString()).error().code, Code::Full);
        QVERIFY(!QFile::exists(folder + "/copy"));
        // Closing on a full disk, opening again, and space again.
        file = SessionStore::open(m_path.toStdString(), OpenMode::ReadOnly);
        auto again = SessionStore::open(path, OpenMode::ReadOnly);
        QVERIFY2(again, again ? "" : again.error().text().c_str());
        const auto view = (*again->load(id))->view();
        QCOMPARE(view.rows(), std::size_t(stored));
        QVERIFY(frames::same(view, stored - 1, frames::frame(stored - 1, 64)));
        QCOMPARE(::mount("none", folder.toLocal8Bit().constData(), nullptr, MS_REMOUNT, "size=8m"), 0);
        auto roomy = SessionStore::open(path, OpenMode::ReadWrite);
        QVERIFY2(roomy, roomy ? "" : roomy.error().text().c_str());
        QVERIFY(roomy->append(id, frames::some(stored, 100, 64)));
        roomy = SessionStore::open(m_path.toStdString(), OpenMode::ReadOnly);
        again = SessionStore::open(m_path.toStdString(), OpenMode::ReadOnly);
        QVERIFY(::umount2(folder.toLocal8Bit().constData(), MNT_DETACH) == 0);
    }

    void killedWhileWriting()
    {
        for (int round = 0; round < 5; ++round) {
            const QString path = m_dir->filePath(QString("killed%1").arg(round));
            const pid_t child = ::fork();
            if (child == 0) {
                auto file = SessionStore::open(path.toStdString(), OpenMode::Create);
                const auto id = *file->beginSession(frames::session(frames::schemaOf(64)));
                for (std::uint64_t i = 0;; i += 50)
                    (void)file->append(id, frames::some(i, 50, 64));
            }
            ::usleep(static_cast<useconds_t>(60'000 + round * 37'000));
            ::kill(child, SIGKILL);
            ::waitpid(child, nullptr, 0);
            if (!QFile::exists(path))
                continue;
            auto file = SessionStore::open(path.toStdString(),
                                           round % 2 == 0 ? OpenMode::ReadOnly : OpenMode::ReadWrite);
            QVERIFY2(file, file ? "" : file.error().text().c_str());
            const auto all = *file->sessions();
            for (const auto &info : all) {
                QCOMPARE(info.samples % 50, std::uint64_t(0));
                const auto view = (*file->load(info.id))->view();
                for (std::size_t i = 0; i < view.rows(); ++i)
                    QVERIFY(frames::same(view, i, frames::frame(i, 64)));
            }
        }
    }

private:
    static void writeCorpus()
    {
        const QString path = QDir(STATESCAPE_TEST_DATA).filePath("version4.statescape");
        QFile::remove(path);
        auto file = SessionStore::open(path.toStdString(), OpenMode::Create);
        QVERIFY(file);
        const auto id = *file->beginSession(frames::session(frames::schemaOf(4)));
        QVERIFY(file->append(id, frames::some(0, 300, 4)));
        QVERIFY(file->addLosses(id, {{"kernel", 5}}));
        steps::stepOnce(*file, id);
        QVERIFY(file->saveSelection({id, "saved", {{4, 9}}, "{}", 7}));
        QVERIFY(file->setNote(id, "notes", "a note"));
    }

    void expectUntouched(const QString &path, Code code)
    {
        const auto files = QDir(m_dir->path()).entryList(QDir::Files);
        const auto before = hashOf(path);
        const auto modified = QFileInfo(path).lastModified();
        for (const auto mode : {OpenMode::ReadOnly, OpenMode::ReadWrite}) {
            const auto file = SessionStore::open(path.toStdString(), mode);
            QVERIFY(!file);
            QCOMPARE(file.error().code, code);
            QVERIFY(file.error().message.find(path.toStdString()) != std::string::npos);
            QVERIFY(!file.error().hint.empty());
        }
        if (QFileInfo(path).size() > 0)
            QCOMPARE(openCode(path, OpenMode::Create), Code::AlreadyExists);
        QCOMPARE(hashOf(path), before);
        QCOMPARE(QFileInfo(path).lastModified(), modified);
        QCOMPARE(QDir(m_dir->path()).entryList(QDir::Files), files);
    }

    std::unique_ptr<QTemporaryDir> m_dir;
    QString m_path;
};

QTEST_GUILESS_MAIN(TestStoreFaults)
#include "tst_store_faults.moc"
