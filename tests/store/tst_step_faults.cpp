// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/store/steps.h"

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

using namespace statescape;
using base::Code;
using steps::runSql;
using steps::stepOnce;
using steps::steppedSession;
using store::OpenMode;
using store::SessionStore;

class TestStepFaults : public QObject {
    Q_OBJECT

private slots:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_path = m_dir->filePath("s.statescape");
        auto file = SessionStore::open(m_path.toStdString(), OpenMode::Create);
        QVERIFY(file);
        // Another session with a history of its own: two steps done, one to be redone.
        const auto id = *file->beginSession(frames::session(frames::schemaOf(4)));
        QVERIFY(file->append(id, frames::some(0, 400, 4)));
        for (std::uint64_t i = 0; i < 3; ++i) {
            store::Step step{"other"};
            step.runs = {{i * 10, 20, {}, {schema::Polarity::Negative, 0}}};
            QVERIFY(file->applyStep(id, step));
        }
        QVERIFY(*file->undo(id));
    }

    void damagedStepsAreNamedAndHarmNothing_data()
    {
        QTest::addColumn<int>("position");
        QTest::addColumn<QByteArray>("set");
        const char *kinds[] = {"labels", "selection", "name", "model"};
        for (int position = 0; position < 4; ++position) {
            const auto row = [&](const char *what, const QByteArray &set) {
                QTest::newRow(qPrintable(QString("%1: %2").arg(kinds[position], what))) << position << set;
            };
            row("empty", "changes = x''");
            row("noise", "changes = x'ffffffffffffffffffffff'");
            row("cut", "changes = substr(changes, 1, length(changes) - 1)");
            row("longer", "changes = CAST(changes || x'00' AS BLOB)");
            row("first byte", "changes = CAST(x'7f' || substr(changes, 2) AS BLOB)");
            row("checksum", "checksum = checksum + 1");
            row("another kind", "kind = (kind + 1) % 4");
            row("no kind", "kind = 99");
            row("no kind below zero", "kind = -1");
            // Even when the checksum has nothing to say, as in steps of the first format.
            row("empty, unchecked",
                position == 0 ? "changes = x'0f', checksum = NULL" : "changes = x'', checksum = NULL");
            row("noise, unchecked", "changes = x'ffffffffffffffffffffff', checksum = NULL");
            row("cut, unchecked", "changes = substr(changes, 1, length(changes) - 1), checksum = NULL");
            row("longer, unchecked", "changes = CAST(changes || x'00' AS BLOB), checksum = NULL");
        }
        QTest::newRow("labels: other rows")
            << 0 << QByteArray("changes = x'0b050904140505010a', checksum = NULL");
        QTest::newRow("labels: no such class") << 0 << QByteArray("changes = x'0a05f90d04', checksum = NULL");
        QTest::newRow("selection: other counts")
            << 1 << QByteArray("changes = x'0002010209c801', checksum = NULL");
        QTest::newRow("name: no such class") << 2 << QByteArray("changes = x'090162016b', checksum = NULL");
        QTest::newRow("name: a polarity")
            << 2 << QByteArray("changes = x'02046e6f6e650166', checksum = NULL");
        QTest::newRow("model: none stored") << 3 << QByteArray("changes = x'017801016d01', checksum = NULL");
    }
    void damagedStepsAreNamedAndHarmNothing()
    {
        QFETCH(int, position);
        QFETCH(QByteArray, set);
        const auto id = steppedSession(m_path);
        const QByteArray where = " WHERE position = " + QByteArray::number(position) +
                                 " AND session_id = " + QByteArray::number(qint64(id));
        QCOMPARE(runSql(m_path, "UPDATE step SET " + set + where), 1);
        auto file = SessionStore::open(m_path.toStdString(), OpenMode::ReadWrite);
        for (int i = 3; i > position; --i)
            QVERIFY(*file->undo(id));
        const auto before = steps::print(*file, id);
        for (int attempt = 0; attempt < 2; ++attempt) {
            const auto undone = file->undo(id);
            QVERIFY(!undone);
            QCOMPARE(undone.error().code, Code::Corrupt);
            QVERIFY(undone.error().message.find("step " + std::to_string(position)) != std::string::npos);
            QVERIFY(!undone.error().hint.empty());
            QCOMPARE(steps::print(*file, id), before);
            QCOMPARE(file->history(id)->undo, std::uint64_t(position + 1));
        }
        QVERIFY(file->load(id));
        // The day goes on above it, and other sessions do not notice.
        store::Step select{"more", {}, store::StepKind::Select};
        select.selectedAfter = {{7, 1}};
        QVERIFY(file->applyStep(id, select));
        QCOMPARE((*file->undo(id))->what, std::string("more"));
        QCOMPARE(steps::print(*file, id), before);
        QVERIFY(*file->undo(1));
    }

    void aDamagedStepIsNotRedone()
    {
        const auto id = steppedSession(m_path);
        {
            auto file = SessionStore::open(m_path.toStdString(), OpenMode::ReadWrite);
            for (int i = 0; i < 4; ++i)
                QVERIFY(*file->undo(id));
        }
        const QByteArray session = QByteArray::number(qint64(id));
        for (int position = 0; position < 4; ++position) {
            const QByteArray where =
                " WHERE position = " + QByteArray::number(position) + " AND session_id = " + session;
            QCOMPARE(runSql(m_path, "UPDATE step SET checksum = checksum + 1" + where), 1);
            {
                auto file = SessionStore::open(m_path.toStdString(), OpenMode::ReadWrite);
                const auto before = steps::print(*file, id);
                QCOMPARE(file->redo(id).error().code, Code::Corrupt);
                QCOMPARE(steps::print(*file, id), before);
            }
            QCOMPARE(runSql(m_path, "UPDATE step SET checksum = checksum - 1" + where), 1);
            auto file = SessionStore::open(m_path.toStdString(), OpenMode::ReadWrite);
            QVERIFY(*file->redo(id));
        }
    }

    void aDamagedPresentIsFound_data()
    {
        QTest::addColumn<QByteArray>("sql");
        QTest::addColumn<QByteArray>("lost");
        QTest::newRow("selection") << QByteArray("UPDATE selection SET selected = x'ff'") << QByteArray("s");
        QTest::newRow("selection beyond")
            << QByteArray("UPDATE selection SET selected = x'00ff7f'") << QByteArray("s");
        QTest::newRow("saved") << QByteArray("INSERT INTO saved_selection VALUES (1, 'x', x'ff', '', 1)")
                               << QByteArray("v");
        QTest::newRow("too far") << QByteArray("UPDATE history SET steps_applied = 99") << QByteArray("h");
        QTest::newRow("below zero") << QByteArray("UPDATE history SET steps_applied = -1") << QByteArray("h");
        QTest::newRow("no history") << QByteArray("DELETE FROM history") << QByteArray("h");
        QTest::newRow("no steps") << QByteArray("DELETE FROM step") << QByteArray("h");
        QTest::newRow("a step is missing")
            << QByteArray("DELETE FROM step WHERE position = 1") << QByteArray("u");
    }
    void aDamagedPresentIsFound()
    {
        QFETCH(QByteArray, sql);
        QFETCH(QByteArray, lost);
        const auto id = steppedSession(m_path);
        {
            auto file = SessionStore::open(m_path.toStdString(), OpenMode::ReadWrite);
            QVERIFY(*file->redo(1)); // so that no history has a step to be redone
        }
        QVERIFY(runSql(m_path, sql) > 0);
        auto file = SessionStore::open(m_path.toStdString(), OpenMode::ReadWrite);
        const auto codeOf = [](const auto &result) { return result ? Code::Ok : result.error().code; };
        QCOMPARE(codeOf(file->selection(id)), lost == "s" ? Code::Corrupt : Code::Ok);
        QCOMPARE(codeOf(file->savedSelections()), lost == "v" ? Code::Corrupt : Code::Ok);
        QCOMPARE(codeOf(file->activeModel(id)), lost == "h" ? Code::Corrupt : Code::Ok);
        if (lost == "h") {
            QCOMPARE(codeOf(file->history(id)), Code::Corrupt);
            QCOMPARE(codeOf(file->undo(id)), Code::Corrupt);
            QCOMPARE(codeOf(file->applyStep(id, {"x"})), Code::Corrupt);
        }
        if (lost == "u") {
            QVERIFY(*file->undo(id));
            QVERIFY(*file->undo(id));
            QCOMPARE(codeOf(file->undo(id)), Code::Corrupt);
        }
        QVERIFY2(file->load(id), "the samples are still there");
        QVERIFY2(file->labels(id), "and their labels");
        QVERIFY(file->loadModel("m"));
    }

    void aStepIsAllOrNothing()
    {
        const auto id = steppedSession(m_path);
        // Fails what comes last in a step's transaction, after its effect.
        QCOMPARE(runSql(m_path, "CREATE TRIGGER broken BEFORE UPDATE OF steps_applied ON history "
                                "BEGIN SELECT RAISE(ABORT, 'broken'); END"),
                 0);
        {
            auto file = SessionStore::open(m_path.toStdString(), OpenMode::ReadWrite);
            const auto before = steps::print(*file, id);
            const auto history = *file->history(id);
            std::mt19937 random(5);
            std::array<int, 4> tried{};
            for (int i = 0; i < 60; ++i) {
                const auto step = steps::random(random, 400, "never");
                ++tried[static_cast<std::size_t>(step.kind)];
                QVERIFY(!file->applyStep(id, step));
                QCOMPARE(steps::print(*file, id), before);
                QCOMPARE(file->history(id)->undo, history.undo);
                QCOMPARE(file->history(id)->redo, history.redo);
            }
            QVERIFY(std::all_of(tried.begin(), tried.end(), [](int count) { return count > 0; }));
        }
        // The way back, one kind after the other.
        for (int done = 4; done > 0; --done) {
            {
                auto file = SessionStore::open(m_path.toStdString(), OpenMode::ReadWrite);
                const auto before = steps::print(*file, id);
                QVERIFY(!file->undo(id));
                QCOMPARE(steps::print(*file, id), before);
                QCOMPARE(file->history(id)->undo, std::uint64_t(done));
            }
            QCOMPARE(runSql(m_path, "DROP TRIGGER broken"), 0);
            {
                auto file = SessionStore::open(m_path.toStdString(), OpenMode::ReadWrite);
                QVERIFY(*file->undo(id));
            }
            QCOMPARE(runSql(m_path, "CREATE TRIGGER broken BEFORE UPDATE OF steps_applied ON history "
                                    "BEGIN SELECT RAISE(ABORT, 'broken'); END"),
                     0);
        }
    }

    void killedWhileStepping()
    {
        std::uint64_t seen = 0;
        for (int round = 0; round < 6; ++round) {
            const QString path = m_dir->filePath(QString("stepping%1").arg(round));
            store::SessionId id = 0;
            QByteArray start;
            {
                auto file = SessionStore::open(path.toStdString(), OpenMode::Create);
                id = *file->beginSession(frames::session(frames::schemaOf(1)));
                QVERIFY(file->append(id, frames::some(0, 2000, 1)));
                stepOnce(*file, id);
                while (*file->undo(id)) {
                }
                start = steps::print(*file, id);
            }
            const pid_t child = ::fork();
            if (child == 0) {
                auto file = SessionStore::open(path.toStdString(), OpenMode::ReadWrite);
                std::mt19937 random(static_cast<unsigned>(round));
                for (int i = 0;; ++i)
                    if (random() % 3 != 0)
                        (void)file->applyStep(id, steps::random(random, 2000, std::to_string(i)));
                    else
                        (void)(random() % 2 == 0 ? file->undo(id) : file->redo(id));
            }
            ::usleep(static_cast<useconds_t>(40'000 + round * 23'000));
            ::kill(child, SIGKILL);
            ::waitpid(child, nullptr, 0);
            auto file = SessionStore::open(path.toStdString(), OpenMode::ReadWrite);
            QVERIFY2(file, file ? "" : file.error().text().c_str());
            const auto end = steps::print(*file, id);
            const auto history = *file->history(id);
            seen += history.undo;
            for (std::uint64_t i = history.undo; i > 0; --i) {
                const auto undone = file->undo(id);
                QVERIFY2(undone, undone ? "" : undone.error().text().c_str());
                QVERIFY(undone->has_value());
            }
            QVERIFY(!*file->undo(id));
            QCOMPARE(steps::print(*file, id), start);
            for (std::uint64_t i = history.undo; i > 0; --i)
                QVERIFY(*file->redo(id));
            QCOMPARE(steps::print(*file, id), end);
        }
        QVERIFY2(seen > 50, "the children came far enough to be interrupted");
    }

private:
    std::unique_ptr<QTemporaryDir> m_dir;
    QString m_path;
};

QTEST_GUILESS_MAIN(TestStepFaults)
#include "tst_step_faults.moc"
