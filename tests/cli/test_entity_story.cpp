// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/session_store.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QtTest>

#include <map>
#include <unistd.h>

using namespace statescape;

namespace {
struct Answer {
    int status = -1;
    QString out, err;
};
} // namespace

/// Which process was it? From the recording to the answer, by the program alone.
class TestEntityStory : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;

    Answer run(const QStringList &arguments,
               const QString &program = QStringLiteral(STATESCAPE_BIN "/statescape"),
               const QString &folder = {}) const
    {
        QProcess process;
        process.setWorkingDirectory(folder.isEmpty() ? m_folder.path() : folder);
        process.start(program, arguments);
        Answer answer;
        if (!process.waitForFinished(60'000)) {
            process.kill();
            process.waitForFinished();
            return answer;
        }
        answer.status = process.exitCode();
        answer.out = QString::fromUtf8(process.readAllStandardOutput());
        answer.err = QString::fromUtf8(process.readAllStandardError());
        return answer;
    }

private slots:
    void withoutPrivilegeItSaysWhatIsMissing()
    {
        if (::geteuid() != 0)
            QSKIP("only root can run a program as somebody else");
        const QString setpriv = QStandardPaths::findExecutable("setpriv");
        if (setpriv.isEmpty())
            QSKIP("there is no setpriv");
        QTemporaryDir folder;
        QFile::setPermissions(folder.path(), QFile::Permissions(0x7777));
        const QStringList nobody{"--reuid=65534", "--regid=65534", "--clear-groups",
                                 QStringLiteral(STATESCAPE_BIN "/statescape")};
        const auto answer = run(nobody + QStringList{"record", "--entity", "process", "--duration", "2s",
                                                     "-o", folder.filePath("none.statescape")},
                                setpriv, folder.path());
        if (answer.status == 126 || answer.status == 127)
            QSKIP("the program cannot be reached by another user here");
        QVERIFY2(answer.status == 4 || answer.status == 5,
                 qPrintable(QString::number(answer.status) + answer.err));
        QVERIFY2(answer.err.contains("samples per process need the kernel probes"), qPrintable(answer.err));
        for (const char *probe : {"scheduler:", "syscalls:", "block:"})
            QVERIFY2(answer.err.contains(QLatin1String(probe)), qPrintable(answer.err));
        QVERIFY2(!QFile::exists(folder.filePath("none.statescape")), "an empty session stayed behind");
    }

    void theBusyProcessIsNamed()
    {
        if (QStandardPaths::findExecutable("stress-ng").isEmpty())
            QSKIP("there is no stress-ng");
        const auto recorded =
            run({"record", "-o", "s.statescape", "--entity", "process", "--interval", "100ms", "--", "sh",
                 "-c", "sleep 3; stress-ng --switch 1 --timeout 6; sleep 3"});
        if (recorded.status == 4 || recorded.status == 5)
            QSKIP(qPrintable(recorded.err));
        QVERIFY2(recorded.status == 0, qPrintable(recorded.err));
        const auto info =
            QJsonDocument::fromJson(run({"info", "s.statescape", "--json"}).out.toUtf8()).object();
        const auto session = info["sessions"].toArray()[0].toObject();
        QCOMPARE(session["entity_kind"].toString(), QStringLiteral("process"));
        QCOMPARE(session["dropped"].toInt(), 0);
        QStringList names;
        for (const auto &entity : session["entities"].toArray())
            names << entity.toObject()["name"].toString();
        QVERIFY2(names.filter("stress-ng").size() >= 2, qPrintable(names.join(", ")));
        const auto negative =
            run({"label", "s.statescape", "--where", "entity.switch.rate > 5000", "--as", "negative:storm"});
        QVERIFY2(negative.status == 0, qPrintable(negative.err));
        const auto positive =
            run({"label", "s.statescape", "--where", "entity.switch.rate < 2000", "--as", "positive"});
        QVERIFY2(positive.status == 0, qPrintable(positive.err));
        const auto trained = run({"train", "s.statescape", "--name", "who", "--seed", "1", "--json"});
        QVERIFY2(trained.status == 0, qPrintable(trained.err));
        const auto scored = run({"score", "s.statescape", "--model", "who", "--csv"});
        QVERIFY2(scored.status == 0, qPrintable(scored.err));
        const auto lines = scored.out.split('\n', Qt::SkipEmptyParts);
        QCOMPARE(lines[0], QStringLiteral("time_ns,entity,cluster,state,polarity,confidence,abnormality"));
        std::map<QString, int> bad;
        quint64 last = 0;
        for (const auto &line : lines.mid(1)) {
            const auto cells = line.split(',');
            QVERIFY(cells[0].toULongLong() >= last);
            last = cells[0].toULongLong();
            const QRegularExpression name(QStringLiteral("^(.+ \\[\\d+\\])$"));
            QVERIFY2(name.match(cells[1]).hasMatch(), qPrintable(cells[1]));
            if (cells[4] == "negative")
                ++bad[cells[1]];
        }
        QVERIFY(!bad.empty());
        int all = 0;
        int storm = 0;
        for (const auto &[name, count] : bad) {
            all += count;
            storm += name.startsWith("stress-ng-switc") ? count : 0;
        }
        QVERIFY2(storm >= 10 && storm * 10 >= all * 9,
                 qPrintable(QStringLiteral("%1 of %2 bad samples").arg(storm).arg(all)));
        const auto csv = run({"score", "s.statescape", "--model", "who", "--json"});
        const auto first = QJsonDocument::fromJson(csv.out.toUtf8()).array()[0].toObject();
        QVERIFY(first["entity"].toString().contains('['));
    }

    void watchAsksForTheSameKind()
    {
        if (!QFile::exists(m_folder.filePath("s.statescape")))
            QSKIP("nothing was recorded");
        QProcess storm;
        storm.start("stress-ng", {"--switch", "1", "--timeout", "20"});
        QVERIFY(storm.waitForStarted());
        const auto answer = run(
            {"watch", "--model", "s.statescape:who", "--until-alarm", "--known-only", "--duration", "15s"});
        storm.terminate();
        storm.waitForFinished();
        QVERIFY2(answer.status == 3, qPrintable(answer.err));
        QVERIFY2(answer.err.contains(QRegularExpression("alarm: stress-ng-switc.* \\[\\d+\\] is storm")),
                 qPrintable(answer.err));
    }
};

QTEST_GUILESS_MAIN(TestEntityStory)
#include "test_entity_story.moc"
