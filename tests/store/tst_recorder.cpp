// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/clock.h"
#include "core/store/recorder.h"
#include "tests/store/frames.h"

#include <QtTest>
#include <atomic>
#include <csignal>
#include <latch>
#include <mutex>
#include <sqlite3.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace statescape;
using base::Code;
using base::Result;
using store::OpenMode;
using store::Recorder;
using store::SessionStore;

class TestRecorder : public QObject {
    Q_OBJECT

private slots:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_path = m_dir->filePath("r.statescape").toStdString();
        auto file = SessionStore::open(m_path, OpenMode::Create);
        QVERIFY(file);
        m_id = *file->beginSession(frames::session(frames::schemaOf(8)));
        m_recorder = std::make_unique<Recorder>(std::move(*file));
    }
    void cleanup() { m_recorder.reset(); }

    void whatIsQueuedIsWrittenInOrder()
    {
        for (std::uint64_t i = 0; i < 20'000; ++i)
            m_recorder->append(m_id, frames::frame(i, 8));
        QVERIFY(m_recorder->flush());
        QCOMPARE(stored(), std::size_t(20'000));
        for (std::uint64_t i = 20'000; i < 20'010; ++i)
            m_recorder->append(m_id, frames::frame(i, 8));
        m_recorder.reset();
        QCOMPARE(stored(), std::size_t(20'010));
    }

    void writesWithoutBeingAsked()
    {
        m_recorder->append(m_id, frames::frame(0, 8));
        QTRY_COMPARE_WITH_TIMEOUT(stored(), std::size_t(1), 5000);
    }

    void workSeesEverythingQueuedBeforeIt()
    {
        for (std::uint64_t round = 0; round < 20; ++round) {
            for (std::uint64_t i = 0; i < 137; ++i)
                m_recorder->append(m_id, frames::frame(round * 137 + i, 8));
            std::uint64_t seen = 0;
            auto done = m_recorder->run([&](SessionStore &store) -> Result<> {
                seen = store.session(m_id)->samples;
                store::Step step{"x", {{seen - 1, {}, {schema::Polarity::Negative, 0}}}};
                return store.applyStep(m_id, step);
            });
            QVERIFY(done.get());
            QCOMPARE(seen, (round + 1) * 137);
        }
    }

    void workOnlySeesWhatWasQueuedBeforeIt()
    {
        std::latch started(1);
        std::latch release(1);
        auto hold = m_recorder->run([&](SessionStore &) -> Result<> {
            started.count_down();
            release.wait();
            return {};
        });
        started.wait();
        for (std::uint64_t i = 0; i < 10; ++i)
            m_recorder->append(m_id, frames::frame(i, 8));
        std::uint64_t seen = 0;
        auto done = m_recorder->run([&](SessionStore &store) -> Result<> {
            seen = store.session(m_id)->samples;
            return {};
        });
        for (std::uint64_t i = 10; i < 30; ++i)
            m_recorder->append(m_id, frames::frame(i, 8));
        release.count_down();
        QVERIFY(done.get());
        QVERIFY(hold.get());
        QCOMPARE(seen, std::uint64_t(10));
        QVERIFY(m_recorder->flush());
        QCOMPARE(stored(), std::size_t(30));
    }

    void errorsOfWorkComeBack()
    {
        auto done = m_recorder->run([](SessionStore &store) { return store.setNote(99, "a", "b"); });
        QCOMPARE(done.get().error().code, Code::NotFound);
        QVERIFY(m_recorder->flush());
    }

    void beyondTheQueueSamplesAreCountedAndTheFileSaysSo()
    {
        std::latch started(1);
        std::latch release(1);
        auto hold = m_recorder->run([&](SessionStore &) -> Result<> {
            started.count_down();
            release.wait();
            return {};
        });
        started.wait();
        for (std::uint64_t i = 0; i < Recorder::kQueueLimit + 123; ++i)
            m_recorder->append(m_id, frames::frame(i, 8));
        QCOMPARE(m_recorder->dropped(), std::uint64_t(123));
        release.count_down();
        QVERIFY(hold.get());
        QVERIFY(m_recorder->flush());
        m_recorder.reset();
        auto file = SessionStore::open(m_path, OpenMode::ReadOnly);
        QCOMPARE(file->session(m_id)->losses.at("queue"), std::uint64_t(123));
        QCOMPARE(file->session(m_id)->samples, std::uint64_t(Recorder::kQueueLimit));
    }

    void aBadSampleDoesNotTakeItsBatchWithIt()
    {
        for (std::uint64_t i = 0; i < 100; ++i)
            m_recorder->append(m_id, frames::frame(i, i == 50 ? 7 : 8));
        const auto result = m_recorder->flush();
        QCOMPARE(result.error().code, Code::InvalidArgument);
        QVERIFY(m_recorder->flush());
        QCOMPARE(m_recorder->dropped(), std::uint64_t(1));
        QCOMPARE(stored(), std::size_t(99));
        m_recorder.reset();
        auto file = SessionStore::open(m_path, OpenMode::ReadOnly);
        QCOMPARE(file->session(m_id)->losses.at("store"), std::uint64_t(1));
    }

    void aBusyFileIsWaitedForAndSaidOnce()
    {
        std::mutex mutex;
        std::vector<Code> told;
        m_recorder->onProblem([&](const base::Error &error) {
            const std::lock_guard lock(mutex);
            told.push_back(error.code);
        });
        sqlite3 *other = nullptr;
        QCOMPARE(sqlite3_open(m_path.c_str(), &other), SQLITE_OK);
        QCOMPARE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
        for (std::uint64_t i = 0; i < 10; ++i)
            m_recorder->append(m_id, frames::frame(i, 8));
        const auto first = m_recorder->flush();
        QCOMPARE(first.error().code, Code::Busy);
        for (std::uint64_t i = 10; i < 20; ++i)
            m_recorder->append(m_id, frames::frame(i, 8));
        const auto second = m_recorder->flush();
        QVERIFY(!second);
        {
            const std::lock_guard lock(mutex);
            QVERIFY(told == std::vector<Code>{Code::Busy});
        }
        QCOMPARE(sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr), SQLITE_OK);
        sqlite3_close(other);
        QTRY_COMPARE_WITH_TIMEOUT(stored(), std::size_t(20), 10'000);
        const auto isTold = [&] {
            const std::lock_guard lock(mutex);
            return told == std::vector<Code>{Code::Busy, Code::Ok};
        };
        QTRY_VERIFY_WITH_TIMEOUT(isTold(), 5000);
        QCOMPARE(m_recorder->dropped(), std::uint64_t(0));
    }

    void giveUpAtTheEndIsCounted()
    {
        sqlite3 *other = nullptr;
        QCOMPARE(sqlite3_open(m_path.c_str(), &other), SQLITE_OK);
        QCOMPARE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
        m_recorder->append(m_id, frames::frame(0, 8));
        auto work = m_recorder->run([](SessionStore &) -> Result<> { return {}; });
        m_recorder.reset();
        QCOMPARE(work.get().error().code, Code::Busy);
        sqlite3_close(other);
        QCOMPARE(stored(), std::size_t(0));
    }

    void severalSessionsAtOnce()
    {
        store::SessionId other = 0;
        QVERIFY(m_recorder
                    ->run([&](SessionStore &store) -> Result<> {
                        STATESCAPE_TRY(other, store.beginSession(frames::session(frames::schemaOf(3))));
                        return {};
                    })
                    .get());
        std::thread a([&] {
            for (std::uint64_t i = 0; i < 3000; ++i)
                m_recorder->append(m_id, frames::frame(i, 8));
        });
        std::thread b([&] {
            for (std::uint64_t i = 0; i < 3000; ++i)
                m_recorder->append(other, frames::frame(i, 3));
        });
        a.join();
        b.join();
        QVERIFY(m_recorder->flush());
        m_recorder.reset();
        auto file = SessionStore::open(m_path, OpenMode::ReadOnly);
        for (const auto &[id, columns] : {std::pair(m_id, 8UL), std::pair(other, 3UL)}) {
            const auto view = (*file->load(id))->view();
            QCOMPARE(view.rows(), std::size_t(3000));
            for (std::size_t i = 0; i < 3000; ++i)
                QVERIFY(frames::same(view, i, frames::frame(i, columns)));
        }
    }

    void killedWhileRecordingLosesAtMostTheLastSecond()
    {
        const std::string path = m_dir->filePath("killed.statescape").toStdString();
        m_recorder.reset();
        const pid_t child = ::fork();
        if (child == 0) {
            auto file = SessionStore::open(path, OpenMode::Create);
            const auto id = *file->beginSession(frames::session(frames::schemaOf(64)));
            Recorder recorder(std::move(*file));
            for (std::uint64_t i = 0;; ++i) {
                auto frame = frames::frame(i, 64);
                frame.timeNs = base::monotonicNs();
                recorder.append(id, std::move(frame));
                ::usleep(5000);
            }
        }
        ::usleep(3'300'000);
        ::kill(child, SIGKILL);
        const std::uint64_t killedNs = base::monotonicNs();
        ::waitpid(child, nullptr, 0);
        for (const auto mode : {OpenMode::ReadOnly, OpenMode::ReadWrite, OpenMode::ReadOnly}) {
            auto file = SessionStore::open(path, mode);
            QVERIFY2(file, file ? "" : file.error().text().c_str());
            const auto info = *file->session(1);
            QVERIFY(info.samples > 100);
            QVERIFY2(info.lastNs + 1'000'000'000 >= killedNs,
                     qPrintable(QString::number((killedNs - info.lastNs) / 1'000'000)));
            QCOMPARE((*file->load(1))->rows(), std::size_t(info.samples));
        }
        sqlite3 *db = nullptr;
        QCOMPARE(sqlite3_open(path.c_str(), &db), SQLITE_OK);
        std::string verdict;
        sqlite3_exec(
            db, "PRAGMA integrity_check",
            [](void *out, int, char **columns, char **) {
                *static_cast<std::string *>(out) += columns[0];
                return 0;
            },
            &verdict, nullptr);
        sqlite3_close(db);
        QCOMPARE(verdict, std::string("ok"));
    }

private:
    std::size_t stored() const
    {
        auto file = SessionStore::open(m_path, OpenMode::ReadOnly);
        const auto info = file ? file->session(m_id) : Result<store::SessionInfo>(file.error());
        return info ? static_cast<std::size_t>(info->samples) : 0;
    }

    std::unique_ptr<QTemporaryDir> m_dir;
    std::unique_ptr<Recorder> m_recorder;
    std::string m_path;
    store::SessionId m_id = 0;
};

QTEST_GUILESS_MAIN(TestRecorder)
#include "tst_recorder.moc"
