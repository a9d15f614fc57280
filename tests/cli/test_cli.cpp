// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/session/planted_session.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include <csignal>

using namespace statescape;

namespace {

const QString kIris = QStringLiteral(STATESCAPE_SOURCE "/tests/ml/data/iris.csv");

struct Answer {
    int status = -1;
    bool crashed = false;
    QString out, err;
};

} // namespace

/// The command line as a user or a script meets it: only the program, its output and its exit status.
class TestCli : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    QString path(const QString &name) const { return m_folder.filePath(name); }
    Answer run(const QStringList &arguments, int timeoutMs = 60'000) const
    {
        QProcess process;
        process.setWorkingDirectory(m_folder.path());
        process.start(QStringLiteral(STATESCAPE_BIN "/statescape"), arguments);
        Answer answer;
        if (!process.waitForFinished(timeoutMs)) {
            process.kill();
            process.waitForFinished();
            return answer;
        }
        answer.status = process.exitCode();
        answer.crashed = process.exitStatus() == QProcess::CrashExit;
        answer.out = QString::fromUtf8(process.readAllStandardOutput());
        answer.err = QString::fromUtf8(process.readAllStandardError());
        return answer;
    }
    QJsonObject json(const QStringList &arguments) const
    {
        const auto answer = run(arguments);
        if (answer.status != 0)
            qWarning("%s", qPrintable(answer.err));
        return QJsonDocument::fromJson(answer.out.toUtf8()).object();
    }
    /// @return of the newest session, also while it is recorded; 0 before there is one.
    int samplesIn(const QString &name) const
    {
        if (!QFile::exists(path(name)))
            return 0;
        const auto answer = run({"info", name, "--json"});
        const auto sessions = QJsonDocument::fromJson(answer.out.toUtf8()).object()["sessions"].toArray();
        return sessions.isEmpty() ? 0 : sessions.last().toObject()["samples"].toInt();
    }
    QString planted(const QString &name) const
    {
        QFile::remove(path(name));
        test::writePlanted(path(name).toStdString(), 300);
        return name;
    }
    /// Everything a file holds, as text.
    QByteArray content(const QString &name) const
    {
        QByteArray out = run({"info", name, "--json"}).out.toUtf8();
        const auto file = store::SessionStore::open(path(name).toStdString(), store::OpenMode::ReadOnly);
        const auto log =
            file ? file->load(1) : base::Result<std::unique_ptr<feature::SampleLog>>(file.error());
        if (!log)
            return {};
        for (std::size_t row = 0; row < (*log)->rows(); ++row) {
            const auto values = (*log)->view().row(row);
            out.append(reinterpret_cast<const char *>(values.data()),
                       static_cast<qsizetype>(values.size_bytes()));
        }
        return out;
    }
    static bool haveHelper() { return QFile::exists(QStringLiteral(STATESCAPE_BIN "/statescape-helper")); }

private slots:
    void irisAsAUserWould()
    {
        QCOMPARE(run({"import", kIris, "-o", "iris.statescape", "--label-column", "species"}).status, 0);
        const auto info = json({"info", "iris.statescape", "--json"});
        const auto session = info["sessions"].toArray().at(0).toObject();
        QCOMPARE(session["samples"].toInt(), 150);
        QCOMPARE(session["features"].toInt(), 4);
        QCOMPARE(session["labels"].toObject()["setosa"].toInt(), 50);
        QVERIFY(session.contains("start") && session.contains("start_ns") && session.contains("dropped"));

        const auto trained = json({"train", "iris.statescape", "--algorithm", "kmeans", "-k", "3", "--name",
                                   "iris", "--no-labels", "--json"});
        QCOMPARE(trained["model"].toString(), QStringLiteral("iris"));
        QCOMPARE(trained["k"].toInt(), 3);
        // scikit-learn 1.2.1: KMeans(3, n_init=10) on StandardScaler'd iris reaches 139.8205.
        QVERIFY(std::abs(trained["inertia"].toDouble() - 139.8205) < 0.01);
        QVERIFY(trained["silhouette"].toDouble() > 0.4);
        QCOMPARE(trained["explained_variance_ratio"].toArray().size(), 4);
        QVERIFY(trained.contains("held_out") && trained.contains("seconds") && trained.contains("algorithm"));

        const auto scored = run({"score", "iris.statescape", "--model", "iris", "--csv"});
        QCOMPARE(scored.status, 0);
        const auto lines = scored.out.split('\n', Qt::SkipEmptyParts);
        QCOMPARE(lines.size(), 151);
        QCOMPARE(lines[0], QStringLiteral("time_ns,entity,cluster,state,polarity,confidence,abnormality"));
        QCOMPARE(lines[1].count(','), 6);

        // The exported model gives the same answers from its own file.
        QCOMPARE(run({"export", "iris.statescape", "--model", "iris", "--format", "json", "-o", "iris.json"})
                     .status,
                 0);
        QCOMPARE(run({"score", "iris.statescape", "--model", "iris.json", "--csv"}).out, scored.out);
    }

    void trainingIsReproducible()
    {
        const auto file = planted("seed.statescape");
        run({"label", file, "--where", "block.queue.p99 > 10000", "--as", "negative:stall"});
        run({"label", file, "--where", "block.queue.p99 < 10000", "--as", "positive"});
        for (const char *name : {"a", "b"})
            QCOMPARE(run({"train", file, "--seed", "42", "--name", name}).status, 0);
        QCOMPARE(run({"score", file, "--model", "a"}).out, run({"score", file, "--model", "b"}).out);
    }

    void labelsByTimeAndCondition()
    {
        const auto file = planted("label.statescape");
        // Rows 50..74 are the first stall: their middles lie 12.6 s to 18.6 s after the start.
        auto answer =
            run({"label", file, "--from", "+12.5s", "--to", "+18.75s", "--as", "negative:disk stall"});
        QCOMPARE(answer.status, 0);
        QVERIFY2(answer.out.startsWith("25 "), qPrintable(answer.out));
        QCOMPARE(json({"info", file, "--json"})["sessions"]
                     .toArray()[0]
                     .toObject()["labels"]
                     .toObject()["negative:disk stall"]
                     .toInt(),
                 25);
        answer = run({"label", file, "--where", "syscall.sync.rate > 500", "--as", "negative:disk stall"});
        QVERIFY2(answer.out.startsWith("100 "), qPrintable(answer.out));
        answer = run({"label", file, "--from", "2023-11-14T22:13:20Z", "--to", "2023-11-14T22:13:26Z", "--as",
                      "positive"});
        QVERIFY2(answer.out.startsWith("24 "), qPrintable(answer.out));
        QCOMPARE(run({"label", file, "--where", "syscall.sync.rate > 0", "--as", "clear"}).status, 0);
        QVERIFY(json({"info", file, "--json"})["sessions"]
                    .toArray()[0]
                    .toObject()["labels"]
                    .toObject()
                    .isEmpty());
    }

    void wrongUse_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("status");
        QTest::addColumn<QString>("says");
        QTest::newRow("unknown command") << QStringList{"frobnicate"} << 2 << "frobnicate";
        QTest::newRow("nearly a command") << QStringList{"recrod"} << 2 << "did you mean record?";
        QTest::newRow("unknown option") << QStringList{"record", "--durat", "3"} << 2 << "'--durat'";
        QTest::newRow("no time at all") << QStringList{"record", "--duration", "0s"} << 2 << "--duration 0s";
        QTest::newRow("missing file argument") << QStringList{"train"} << 2 << "FILE";
        QTest::newRow("no such file") << QStringList{"info", "nothere.statescape"} << 1 << "nothere";
        QTest::newRow("not a session") << QStringList{"info", kIris} << 1 << "iris.csv";
        QTest::newRow("folder") << QStringList{"info", "."} << 2 << "folder";
        QTest::newRow("bad label") << QStringList{"label", "f.statescape", "--as", "evil", "--from", "+1s"}
                                   << 2 << "evil";
        QTest::newRow("no time, no condition")
            << QStringList{"label", "f.statescape", "--as", "negative"} << 2 << "--from";
        QTest::newRow("bad time") << QStringList{"label",    "f.statescape", "--as",
                                                 "negative", "--from",       "noon"}
                                  << 2 << "noon";
        QTest::newRow("backwards") << QStringList{"label",  "f.statescape", "--as", "negative",
                                                  "--from", "+9s",          "--to", "+1s"}
                                   << 2 << "after";
        QTest::newRow("unknown feature")
            << QStringList{"label", "f.statescape", "--as", "negative", "--where", "x > 1"} << 2 << "'x'";
        QTest::newRow("bad number") << QStringList{"label",    "f.statescape", "--as",
                                                   "negative", "--where",      "cpu.user.share > lots"}
                                    << 2 << "lots";
        QTest::newRow("nothing matches")
            << QStringList{"label", "f.statescape", "--as", "negative", "--where", "cpu.user.share > 1e9"}
            << 1 << "no sample";
        QTest::newRow("bad k") << QStringList{"train", "f.statescape", "-k", "none"} << 2 << "none";
        QTest::newRow("unknown model")
            << QStringList{"score", "f.statescape", "--model", "nope"} << 1 << "no model";
        QTest::newRow("format of a later version")
            << QStringList{"export", "f.statescape", "--model", "m", "--format", "onnx", "-o", "x"} << 5
            << "onnx";
        QTest::newRow("unknown format")
            << QStringList{"export", "f.statescape", "--model", "m", "--format", "zip", "-o", "x"} << 2
            << "zip";
        QTest::newRow("entity of a later version")
            << QStringList{"record", "--entity", "remote"} << 5 << "remote";
        QTest::newRow("interval too short") << QStringList{"record", "--interval", "1ms"} << 2 << "1ms";
        QTest::newRow("interval too long") << QStringList{"record", "--interval", "2m"} << 2 << "2m";
        QTest::newRow("no duration") << QStringList{"record", "--duration", "soon"} << 2 << "soon";
        QTest::newRow("unknown probe")
            << QStringList{"record", "--probes", "scheduler,quarks"} << 2 << "quarks";
        QTest::newRow("metrics come later")
            << QStringList{"watch", "--model", "f.statescape", "--metrics", ":9"} << 5 << "metrics";
        QTest::newRow("command outside record")
            << QStringList{"info", "f.statescape", "--", "ls"} << 2 << "--";
        QTest::newRow("text in a number column")
            << QStringList{"import", kIris, "-o", "x.statescape"} << 2 << "species";
        QTest::newRow("no such csv") << QStringList{"import", "no.csv", "-o", "x.statescape"} << 1
                                     << "no.csv";
    }
    void wrongUse()
    {
        QFETCH(QStringList, arguments);
        QFETCH(int, status);
        QFETCH(QString, says);
        if (!QFile::exists(path("f.statescape")))
            planted("f.statescape");
        const auto before = content("f.statescape");
        QVERIFY(!before.isEmpty());
        const auto answer = run(arguments);
        QCOMPARE(answer.status, status);
        QVERIFY(answer.out.isEmpty());
        // One line that says what and what next.
        QCOMPARE(answer.err.count('\n'), 1);
        QVERIFY2(answer.err.contains(says), qPrintable(answer.err));
        QVERIFY2(answer.err.contains(';'), qPrintable(answer.err));
        QCOMPARE(content("f.statescape"), before);
        QVERIFY(!QFile::exists(path("x.statescape")));
        QVERIFY(QDir(m_folder.path()).entryList({"20*.statescape"}).isEmpty());
    }

    // What cannot be printed is said, once, and is no success; nothing breaks down.
    void aFullOutputIsAFailure_data()
    {
        QTest::addColumn<QString>("arguments");
        for (const char *text : {"probes", "probes --json", "probes --search openat --json",
                                 "info f.statescape", "info f.statescape --json", "doctor --json"})
            QTest::newRow(text) << text;
    }
    void aFullOutputIsAFailure()
    {
        QFETCH(QString, arguments);
        if (!QFile::exists("/dev/full"))
            QSKIP("there is no /dev/full here");
        if (!QFile::exists(path("f.statescape")))
            planted("f.statescape");
        QProcess process;
        process.setWorkingDirectory(m_folder.path());
        process.setStandardOutputFile("/dev/full");
        process.start(QStringLiteral(STATESCAPE_BIN "/statescape"), arguments.split(' '));
        QVERIFY(process.waitForFinished(60'000));
        QCOMPARE(process.exitStatus(), QProcess::NormalExit);
        QCOMPARE(process.exitCode(), 1);
        const auto said = process.readAllStandardError();
        QVERIFY2(said.contains("standard output cannot be written"), said.constData());
    }

    void anExportThatCannotBeWrittenLeavesNothing()
    {
        if (!QFile::exists(path("f.statescape")))
            planted("f.statescape");
        QFile::copy(path("f.statescape"), path("e.statescape"));
        QCOMPARE(run({"train", "e.statescape", "--name", "m"}).status, 0);
        const auto answer =
            run({"export", "e.statescape", "--model", "m", "--format", "json", "-o", "none/x"});
        QCOMPARE(answer.status, 1);
        QVERIFY2(answer.err.contains("none/x cannot be written") && answer.err.contains("make its folder"),
                 qPrintable(answer.err));
        QVERIFY(!answer.err.contains(".part"));
    }

    void theDoctorSaysFirstWhatToDo()
    {
        const auto broken = run({"doctor", "--helper", "/nosuch"});
        QCOMPARE(broken.status, 0);
        QVERIFY2(broken.out.startsWith("no probe works here"), qPrintable(broken.out));
        QCOMPARE(broken.out.count("  give the path of statescape-helper"), 1);
        const auto answer = run({"doctor"});
        QCOMPARE(answer.status, 0);
        QVERIFY2(answer.out.section('\n', 0, 0).contains(" probes work here"), qPrintable(answer.out));
        // Each thing to do once, however many probes it would bring.
        QStringList todo;
        for (const auto &line : answer.out.split('\n'))
            if (line.startsWith("  sudo ") || line.startsWith("  this "))
                todo << line;
        QCOMPARE(QSet<QString>(todo.begin(), todo.end()).size(), todo.size());
    }

    void aSilentHelperIsToldOf()
    {
        if (!haveHelper())
            QSKIP("statescape-helper is not built here");
        QProcess process;
        process.setWorkingDirectory(m_folder.path());
        process.start(QStringLiteral(STATESCAPE_BIN "/statescape"), {"record", "-o", "silent.statescape"});
        QVERIFY(process.waitForStarted());
        const auto pid = process.processId();
        // It is the child of whichever thread started it.
        const auto helperOf = [pid] {
            const QDir tasks(QStringLiteral("/proc/%1/task").arg(pid));
            for (const auto &task : tasks.entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
                QFile file(tasks.filePath(task + "/children"));
                if (const auto text =
                        file.open(QIODevice::ReadOnly) ? file.readAll().trimmed() : QByteArray();
                    !text.isEmpty())
                    return text.split(' ').first().toLongLong();
            }
            return qlonglong{0};
        };
        qlonglong helper = 0;
        QTRY_VERIFY_WITH_TIMEOUT((helper = helperOf()) > 0, 30'000);
        QTRY_VERIFY_WITH_TIMEOUT(samplesIn("silent.statescape") > 1, 60'000);
        ::kill(static_cast<pid_t>(helper), SIGSTOP);
        QByteArray said;
        QTRY_VERIFY_WITH_TIMEOUT((said += process.readAllStandardError()).contains("no sample for"), 60'000);
        ::kill(static_cast<pid_t>(helper), SIGCONT);
        ::kill(static_cast<pid_t>(pid), SIGINT);
        QVERIFY(process.waitForFinished(60'000));
        QCOMPARE(process.exitCode(), 0);
    }

    void machineReadableListsAreStable()
    {
        const auto probes = json({"probes", "--json"});
        const auto features = probes["features"].toArray();
        QVERIFY(features.size() >= 40);
        for (const auto &row : features)
            for (const char *key : {"key", "unit", "kind", "probe", "description"})
                QVERIFY(row.toObject().contains(key));
        const auto doctor = json({"doctor", "--json"});
        const auto rows = doctor["probes"].toArray();
        QCOMPARE(rows.size(), probes["probes"].toArray().size());
        for (const auto &row : rows) {
            for (const char *key : {"key", "available", "reason", "hint"})
                QVERIFY(row.toObject().contains(key));
            if (!row.toObject()["available"].toBool())
                QVERIFY(!row.toObject()["reason"].toString().isEmpty());
        }
    }

    void recordsAndCountsEverything()
    {
        if (!haveHelper())
            QSKIP("statescape-helper is not built here");
        const auto answer = run({"record", "-o", "live.statescape", "--duration", "3s", "--interval", "100ms",
                                 "--label", "positive:calm"});
        QVERIFY2(answer.status == 0, qPrintable(answer.err));
        const auto session = json({"info", "live.statescape", "--json"})["sessions"].toArray()[0].toObject();
        const int samples = session["samples"].toInt();
        QVERIFY2(samples + session["dropped"].toInt() >= 25 && samples <= 31,
                 qPrintable(QString::number(samples)));
        QCOMPARE(session["labels"].toObject()["positive:calm"].toInt(), samples);
        // A second recording is a second session of the same file.
        QCOMPARE(run({"record", "-o", "live.statescape", "--duration", "1s"}).status, 0);
        QCOMPARE(json({"info", "live.statescape", "--json"})["sessions"].toArray().size(), 2);
    }

    void passesTheCommandsStatusOn()
    {
        if (!haveHelper())
            QSKIP("statescape-helper is not built here");
        const auto answer = run({"record", "-o", "cmd.statescape", "--interval", "50ms", "--", "sh", "-c",
                                 "echo out; echo err >&2; exit 42"});
        QCOMPARE(answer.status, 42);
        QCOMPARE(answer.out, QStringLiteral("out\n"));
        QVERIFY(answer.err.contains("err\n"));
        const auto killed =
            run({"record", "-o", "cmd.statescape", "--interval", "50ms", "--", "sh", "-c", "kill -KILL $$"});
        QVERIFY(killed.crashed);
        const auto missing = run({"record", "-o", "cmd.statescape", "--", "no-such-program-at-all"});
        QCOMPARE(missing.status, 1);
        QVERIFY(missing.err.contains("no-such-program-at-all"));
    }

    void interruptKeepsWhatWasRecorded()
    {
        if (!haveHelper())
            QSKIP("statescape-helper is not built here");
        QProcess process;
        process.setWorkingDirectory(m_folder.path());
        process.start(QStringLiteral(STATESCAPE_BIN "/statescape"),
                      {"record", "-o", "int.statescape", "--interval", "50ms"});
        QVERIFY(process.waitForStarted());
        QTRY_VERIFY_WITH_TIMEOUT(samplesIn("int.statescape") >= 20, 120'000);
        const int before = samplesIn("int.statescape");
        ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(60'000));
        QCOMPARE(process.exitCode(), 0);
        QVERIFY(samplesIn("int.statescape") >= before);
    }

    void whatProbesSawGoesAlong()
    {
        QFile file(path("seen.csv"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("time_ns,duration_ns,entity,a,b,seen_scheduler_%,error_scheduler_%,label\n");
        for (int i = 0; i < 60; ++i)
            file.write(QString("%1,1000000000,0,%2,%3,%4,%5,\n")
                           .arg((i + 1) * qint64(1'000'000'000))
                           .arg(i % 2 * 100 + i * 7 % 5)
                           .arg(i % 2 * 50 + i * 3 % 7)
                           .arg(i % 3 == 0 ? "" : "4")
                           .arg(i % 3 == 1 ? "6" : "")
                           .toUtf8());
        file.close();
        QCOMPARE(run({"import", "seen.csv", "-o", "seen.statescape"}).status, 0);
        QCOMPARE(run({"train", "seen.statescape", "-k", "2", "--name", "m"}).status, 0);
        const auto answer = run({"score", "seen.statescape", "--model", "m", "--json"});
        QVERIFY2(answer.status == 0, qPrintable(answer.err));
        const auto rows = QJsonDocument::fromJson(answer.out.toUtf8()).array();
        QCOMPARE(rows.size(), 60);
        QVERIFY(!rows[0].toObject().contains("seen"));
        const auto known = rows[1].toObject()["seen"].toObject()["scheduler"].toObject();
        QVERIFY(std::abs(known["share"].toDouble() - 0.04) < 1e-6);
        QVERIFY(std::abs(known["error"].toDouble() - 0.06) < 1e-6);
        const auto unknown = rows[2].toObject()["seen"].toObject()["scheduler"].toObject();
        QVERIFY(unknown.contains("error") && unknown["error"].isNull());
    }

    void watchesAndRaisesAnAlarm()
    {
        if (!haveHelper())
            QSKIP("statescape-helper is not built here");
        // A model of this very machine in which everything it has seen is negative: the next samples must
        // raise the alarm.
        QCOMPARE(run({"record", "-o", "w.statescape", "--duration", "5s", "--interval", "100ms"}).status, 0);
        QCOMPARE(
            run({"label", "w.statescape", "--from", "+0s", "--to", "+60s", "--as", "negative:here"}).status,
            0);
        const auto trained = run({"train", "w.statescape", "--name", "w"});
        QVERIFY2(trained.status == 0, qPrintable(trained.err));
        const auto once = run({"watch", "--model", "w.statescape:w", "--json", "--once"});
        QVERIFY2(once.status == 0, qPrintable(once.err));
        QCOMPARE(once.out.count('\n'), 1);
        const auto row = QJsonDocument::fromJson(once.out.toUtf8()).object();
        for (const char *key :
             {"time_ns", "entity", "cluster", "state", "polarity", "confidence", "abnormality"})
            QVERIFY2(row.contains(key), key);
        const auto alarm =
            run({"watch", "--model", "w.statescape:w", "--json", "--until-alarm", "--duration", "20s"});
        QCOMPARE(alarm.status, 3);
        QVERIFY(alarm.err.contains("alarm"));
    }
};

QTEST_GUILESS_MAIN(TestCli)
#include "test_cli.moc"
