// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/session_store.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include <sys/syscall.h>
#include <unistd.h>

using namespace statescape;

namespace {
struct Answer {
    int status = -1;
    QString out, err;
};

const QString kTarget = QStringLiteral(STATESCAPE_TARGETS "/hook_target_pie");
} // namespace

// A macro, because a skip must end the test function itself.
#define NEEDS_PRIVILEGE()                                                                                    \
    do {                                                                                                     \
        if (!m_privileged)                                                                                   \
            QSKIP(qPrintable(m_refusal));                                                                    \
    } while (false)

/// Probes of one's own on the command line: what can be hooked, what it would cost, recorded to the event.
class TestOwnProbes : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    bool m_privileged = false;
    QString m_refusal;

    QString path(const QString &name) const { return m_folder.filePath(name); }
    Answer run(const QStringList &arguments, const QByteArray &input = {}) const
    {
        QProcess process;
        process.setWorkingDirectory(m_folder.path());
        process.start(QStringLiteral(STATESCAPE_BIN "/statescape"), arguments);
        process.write(input);
        process.closeWriteChannel();
        Answer answer;
        if (!process.waitForFinished(60'000)) {
            process.kill();
            process.waitForFinished();
            return answer;
        }
        answer.status = process.exitStatus() == QProcess::CrashExit ? -2 : process.exitCode();
        answer.out = QString::fromUtf8(process.readAllStandardOutput());
        answer.err = QString::fromUtf8(process.readAllStandardError());
        return answer;
    }
    static QJsonObject object(const Answer &answer)
    {
        return QJsonDocument::fromJson(answer.out.toUtf8()).object();
    }
    static QStringList probesOf(const Answer &answer)
    {
        QStringList out;
        for (const auto &row : object(answer)["hooks"].toArray())
            out += row.toObject()["probe"].toString();
        return out;
    }
    /// @return events a recording says there were: each rate times its interval.
    static double total(const QString &file, const std::string &key)
    {
        const auto store = store::SessionStore::open(file.toStdString(), store::OpenMode::ReadOnly);
        const auto log =
            store ? store->load(1) : base::Result<std::unique_ptr<feature::SampleLog>>(store.error());
        if (!log)
            return -1;
        const int column = (*log)->view().schema().indexOf(key);
        if (column < 0)
            return -2;
        double sum = 0;
        for (std::size_t row = 0; row < (*log)->rows(); ++row) {
            const float rate = (*log)->view().row(row)[static_cast<std::size_t>(column)];
            if (!schema::isMissing(rate))
                sum += rate * static_cast<double>((*log)->view().durationNs(row)) / 1e9;
        }
        return sum;
    }

private slots:
    void initTestCase()
    {
        const auto answer =
            run({"probes", "--try", "syscall:getppid:count", "--duration", "600ms", "--json"});
        m_privileged = answer.status == 0;
        m_refusal = answer.err.trimmed();
        // Nothing but missing privilege, or a kernel without BPF, may keep it from working.
        QVERIFY2(m_privileged || answer.status == 4 || answer.status == 5, qPrintable(answer.err));
    }

    void searchFindsWhatThereIs()
    {
        const auto calls = run({"probes", "--search", "openat", "--kind", "syscall", "--json"});
        QCOMPARE(calls.status, 0);
        QCOMPARE(probesOf(calls).first(), QString("syscall:openat"));
        const auto all = run({"probes", "--search", "sched_switch", "--json"});
        QVERIFY(all.status == 0 && !probesOf(all).filter("tracepoint:").isEmpty());
        const auto program =
            run({"probes", "--search", "hook_target_c*", "--kind", "uprobe", "--program", kTarget, "--json"});
        QVERIFY2(probesOf(program).contains("uprobe:" + kTarget + ":hook_target_call"),
                 qPrintable(program.err));
        const auto same = run({"probes", "--search", "uprobe:" + kTarget + ":hook_target_call", "--json"});
        QVERIFY2(probesOf(same).contains("uprobe:" + kTarget + ":hook_target_call"),
                 qPrintable(same.out + same.err));
        const auto few = run({"probes", "--search", "s", "--limit", "3", "--json"});
        QCOMPARE(probesOf(few).size(), 3);
        QVERIFY(object(few)["total"].toInt() > 3);
        const auto plain = run({"probes", "--search", "fsync"});
        QVERIFY(plain.status == 0 && plain.out.contains("syscall:fsync"));
    }

    void wrongUseSaysSo_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("status");
        QTest::addColumn<QString>("says");
        const auto with = [](const QString &probe) {
            return QStringList{"record", "-o", "none.statescape", "--probe", probe};
        };
        QTest::newRow("nothing fits")
            << QStringList{"probes", "--search", "no_such_thing_here"} << 1 << "no_such_thing_here";
        QTest::newRow("no such kind")
            << QStringList{"probes", "--search", "x", "--kind", "kernel"} << 2 << "tracepoint";
        QTest::newRow("no program") << QStringList{"probes", "--search", "x", "--kind", "uprobe"} << 2
                                    << "--program";
        QTest::newRow("kind alone") << QStringList{"probes", "--kind", "syscall"} << 2 << "--search";
        QTest::newRow("both") << QStringList{"probes", "--search", "x", "--try", "syscall:read"} << 2
                              << "--search";
        QTest::newRow("too short") << QStringList{"probes", "--try", "syscall:read", "--duration", "1ms"} << 2
                                   << "500ms";
        QTest::newRow("no kind of hook") << with("vfs_fsync") << 2 << "kprobe:vfs_fsync:latency";
        QTest::newRow("no such measure")
            << with("tracepoint:sched:sched_switch:latency") << 2 << "tracepoint";
        QTest::newRow("no such function") << with("function:vfs_fsync_rnage") << 1 << "vfs_fsync_range";
        QTest::newRow("no such call") << with("syscall:opneat") << 1 << "openat";
        QTest::newRow("no such program") << with("uprobe:no-such-program:main") << 1 << "no-such-program";
        QTest::newRow("no such symbol")
            << with("uprobe:" + kTarget + ":hook_target_cal") << 1 << "hook_target_call";
        QTest::newRow("never returns") << with("syscall:exit_group") << 5 << "sched_process_exit";
        QStringList many{"record", "-o", "none.statescape"};
        for (const char *name :
             {"read",      "write",    "open",      "close",    "stat",    "fstat", "lstat",
              "poll",      "lseek",    "mmap",      "mprotect", "munmap",  "brk",   "ioctl",
              "pread64",   "pwrite64", "readv",     "writev",   "access",  "pipe",  "select",
              "mremap",    "msync",    "mincore",   "madvise",  "dup",     "dup2",  "pause",
              "getitimer", "alarm",    "setitimer", "getpid",   "sendfile"})
            many << "--probe" << QString("syscall:%1").arg(name);
        QTest::newRow("a 33rd") << many << 2 << "at most 32";
        QTest::newRow("twice") << QStringList{"record",       "-o",      "none.statescape", "--probe",
                                              "syscall:read", "--probe", "syscall:read"}
                               << 2 << "twice";
    }
    void wrongUseSaysSo()
    {
        QFETCH(QStringList, arguments);
        QFETCH(int, status);
        QFETCH(QString, says);
        const auto answer = run(arguments);
        QVERIFY2(answer.status == status, qPrintable(QString::number(answer.status) + ": " + answer.err));
        QVERIFY2(answer.err.contains(says), qPrintable(answer.err));
        QCOMPARE(answer.err.trimmed().count('\n'), 0);
        QVERIFY(!QFile::exists(path("none.statescape")));
    }

    void withoutPrivilegeNothingIsRecorded()
    {
        if (m_privileged)
            QSKIP("this user may attach probes");
        const auto answer =
            run({"record", "-o", "refused.statescape", "--duration", "1s", "--probe", "syscall:read"});
        QVERIFY2(answer.status == 4 || answer.status == 5, qPrintable(answer.err));
        QVERIFY(!QFile::exists(path("refused.statescape")));
    }

    void tryingSaysWhatItWouldCollectAndCost()
    {
        NEEDS_PRIVILEGE();
        const auto answer =
            run({"probes", "--try", "syscall:clock_nanosleep:latency", "--duration", "1500ms", "--json"});
        QVERIFY2(answer.status == 0, qPrintable(answer.err));
        const auto report = object(answer);
        QCOMPARE(report["probe"].toString(), QString("syscall:clock_nanosleep:latency"));
        QVERIFY(report["features"].toArray().size() >= 3);
        for (const auto &row : report["features"].toArray()) {
            QVERIFY(row.toObject().contains("unit"));
            QVERIFY(!row.toObject()["description"].toString().isEmpty());
        }
        QVERIFY(report["events_per_second"].toDouble() > 0);
        QVERIFY(report["cpu_percent"].toDouble() >= 0);
        QVERIFY(report["map_bytes"].toDouble() > 0);
        QVERIFY(report.contains("exceeds_budget") && report.contains("ns_per_event"));
        const auto plain = run({"probes", "--try", "tracepoint:*:sched_switch", "--duration", "1s"});
        QVERIFY2(plain.status == 0 && plain.out.contains("cost:"), qPrintable(plain.out + plain.err));
    }

    void recordedToTheEvent()
    {
        NEEDS_PRIVILEGE();
        const auto answer =
            run({"record", "-o", "own.statescape", "--interval", "100ms", "--probes", "cpu", "--probe",
                 "uprobe:" + kTarget + ":hook_target_call", "--probe",
                 "uprobe:" + kTarget + ":hook_target_sleep:latency", "--", kTarget, "1000", "5000"},
                "go");
        QVERIFY2(answer.status == 0, qPrintable(answer.err));
        const double calls = total(path("own.statescape"), "uprobe.hook_target_pie.hook_target_call.rate");
        QVERIFY2(std::abs(calls - 1000) < 0.5, qPrintable(QString::number(calls)));
        const double sleeps = total(path("own.statescape"), "uprobe.hook_target_pie.hook_target_sleep.rate");
        QVERIFY2(std::abs(sleeps - 20) < 0.01, qPrintable(QString::number(sleeps)));
    }

    // The model says what it needs, and watching asks for exactly that.
    void watchingAsksForTheModelsProbes()
    {
        NEEDS_PRIVILEGE();
        const QString probe = "syscall:clock_nanosleep:latency";
        auto answer = run({"record", "-o", "model.statescape", "--interval", "50ms", "--duration", "3s",
                           "--probes", "cpu", "--probe", probe, "--label", "positive"});
        QVERIFY2(answer.status == 0, qPrintable(answer.err));
        answer = run({"train", "model.statescape", "--algorithm", "kmeans", "-k", "2", "--name", "m"});
        QVERIFY2(answer.status == 0, qPrintable(answer.err));
        answer = run({"watch", "--model", "model.statescape:m", "--once", "--json"});
        QVERIFY2(answer.status == 0, qPrintable(answer.err));
        QVERIFY2(object(answer).contains("state"), qPrintable(answer.out));
    }

    void aModelWhoseProgramIsGoneSaysSo()
    {
        NEEDS_PRIVILEGE();
        const auto program = path("gone");
        QVERIFY(QFile::copy(kTarget, program));
        const QString probe = "uprobe:" + program + ":hook_target_call";
        auto answer =
            run({"record", "-o", "gone.statescape", "--interval", "50ms", "--duration", "2s", "--probes",
                 "cpu", "--probe", probe, "--label", "positive", "--", program, "1000", "60000"},
                "go");
        QVERIFY2(answer.status == 0, qPrintable(answer.err));
        answer = run({"train", "gone.statescape", "--algorithm", "kmeans", "-k", "2", "--name", "m"});
        QVERIFY2(answer.status == 0, qPrintable(answer.err));
        const auto before = run({"watch", "--model", "gone.statescape:m", "--once"});
        QVERIFY2(before.status == 0, qPrintable(before.err));
        QVERIFY(QFile::remove(program));
        answer = run({"watch", "--model", "gone.statescape:m", "--once"});
        // Only where training found the probe worth keeping does the model ask for it.
        if (answer.status == 0)
            QSKIP("the model does without the probe's features");
        QCOMPARE(answer.status, 1);
        QVERIFY2(answer.err.contains(program), qPrintable(answer.err));
    }
};

QTEST_GUILESS_MAIN(TestOwnProbes)
#include "test_own_probes.moc"
