// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/training.h"
#include "tests/session/planted_session.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include <cmath>

using namespace statescape;

namespace {

const QString kIris = QStringLiteral(STATESCAPE_SOURCE "/tests/ml/data/iris.csv");

struct Answer {
    int status = -1;
    QString out, err;
    [[nodiscard]] QJsonObject json() const { return QJsonDocument::fromJson(out.toUtf8()).object(); }
};

QString text(std::string_view words)
{
    return QString::fromUtf8(words.data(), static_cast<qsizetype>(words.size()));
}

} // namespace

/// `train` and what it says, as a user or a script meets it.
class TestTrain : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    QString path(const QString &name) const { return m_folder.filePath(name); }
    Answer run(const QStringList &arguments) const
    {
        QProcess process;
        process.setWorkingDirectory(m_folder.path());
        process.start(QStringLiteral(STATESCAPE_BIN "/statescape"), arguments);
        Answer answer;
        if (!process.waitForFinished(100'000)) {
            process.kill();
            process.waitForFinished();
            return answer;
        }
        answer.status = process.exitStatus() == QProcess::CrashExit ? -2 : process.exitCode();
        answer.out = QString::fromUtf8(process.readAllStandardOutput());
        answer.err = QString::fromUtf8(process.readAllStandardError());
        return answer;
    }
    QString iris(const QString &name) const
    {
        QFile::remove(path(name));
        if (run({"import", kIris, "-o", name, "--label-column", "species"}).status != 0)
            qFatal("iris cannot be imported");
        return name;
    }
    /// Stalls negative, calm positive, busy not labelled.
    QString planted(const QString &name) const
    {
        QFile::remove(path(name));
        test::writePlanted(path(name).toStdString(), 300);
        run({"label", name, "--where", "syscall.sync.rate > 500", "--as", "negative:disk stall"});
        run({"label", name, "--from", "+0s", "--to", "+6.2s", "--as", "positive:calm"});
        return name;
    }

private slots:
    void helpSaysWhenToUseEach()
    {
        const auto answer = run({"train", "--help"});
        QCOMPARE(answer.status, 0);
        const QString words = answer.out.simplified();
        for (const auto &one : model::algorithms()) {
            QVERIFY2(words.contains(text(one.key) + " " + text(one.when)), one.key.data());
        }
        for (const auto &line : answer.out.mid(answer.out.indexOf("Algorithms:")).split('\n'))
            QVERIFY2(line.size() <= 96, qPrintable(line));
    }

    void wrongUse_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("says");
        const auto row = [](const char *name, const QStringList &arguments, const char *says) {
            QTest::newRow(name) << arguments << QString(says);
        };
        row("unknown algorithm", {"--algorithm", "spectral"}, "spectral");
        row("k for dbscan", {"--algorithm", "dbscan", "-k", "3"}, "-k is not for dbscan");
        row("k for hdbscan", {"--algorithm", "hdbscan", "-k", "3"}, "-k is not for hdbscan");
        row("k of nothing", {"-k", "0"}, "-k 0");
        row("k of too much", {"-k", "257"}, "-k 257");
        row("empty k", {"-k", ""}, "-k");
        row("radius for k-means", {"--algorithm", "kmeans", "--radius", "1"}, "only for dbscan");
        row("radius below 0", {"--algorithm", "dbscan", "--radius", "-1"}, "--radius");
        row("radius of no number", {"--algorithm", "dbscan", "--radius", "nan"}, "--radius");
        row("samples for genie", {"--algorithm", "genie", "--min-samples", "4"},
            "only for dbscan and hdbscan");
        row("least size for dbscan", {"--algorithm", "dbscan", "--min-cluster-size", "9"},
            "only for hdbscan");
        row("least size of one", {"--algorithm", "hdbscan", "--min-cluster-size", "1"}, "--min-cluster-size");
        row("unknown in the list", {"--compare", "kmeans,spectral"}, "spectral");
        row("k for none of the list", {"--compare", "dbscan,hdbscan", "-k", "2"}, "-k is not for");
        row("both", {"--compare", "--algorithm", "kmeans"}, "--algorithm");
        row("no name", {"--name", ""}, "name");
    }
    void wrongUse()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QString, says);
        if (!QFile::exists(path("wrong.statescape")))
            iris("wrong.statescape");
        const auto answer = run(QStringList{"train", "wrong.statescape"} + arguments);
        QCOMPARE(answer.status, 2);
        QVERIFY(answer.out.isEmpty());
        QVERIFY2(answer.err.count('\n') == 1 && answer.err.contains(says) && answer.err.contains(';'),
                 qPrintable(answer.err));
        QVERIFY(run({"info", "wrong.statescape", "--json"}).json()["models"].toArray().isEmpty());
    }

    void everyAlgorithm_data()
    {
        QTest::addColumn<QString>("algorithm");
        for (const auto &one : model::algorithms())
            QTest::newRow(one.key.data()) << text(one.key);
    }
    void everyAlgorithm()
    {
        QFETCH(QString, algorithm);
        const auto file = iris(algorithm + ".statescape");
        const auto trained = run({"train", file, "--algorithm", algorithm, "--name", "m", "--json"}).json();
        QCOMPARE(trained["model"].toString(), QStringLiteral("m"));
        const QString found = trained["algorithm"].toString();
        QVERIFY(model::algorithmOf(found.toStdString()) != nullptr);
        if (algorithm == "auto")
            QVERIFY(found != "auto");
        else
            QCOMPARE(found, algorithm);
        QVERIFY(trained["k"].toInt() >= 3);
        QCOMPARE(trained["states"].toArray().size(), trained["k"].toInt());
        QCOMPARE(trained["inertia"].isDouble(), found == "kmeans");
        QVERIFY(trained["silhouette"].isDouble() && trained["seconds"].isDouble());
        for (const char *key : {"accuracy", "f1", "precision", "recall", "balanced_accuracy"})
            QVERIFY2(trained["held_out"].toObject()[key].toDouble() > 0.8, key);
        QVERIFY(trained["fidelity"].toDouble() > 0.5 && trained["fidelity"].toDouble() <= 1);
        QVERIFY(trained["noise"].isDouble());
        QVERIFY(trained["calibration"].isObject());
        for (const char *key : {"confidence_error", "abnormality_error", "abnormality_chance", "good_samples",
                                "unknown_share", "agreement", "auroc", "auprc", "confidence", "abnormality"})
            QVERIFY2(trained["calibration"].toObject().contains(key), key);
        QVERIFY(!trained["story"].toArray().isEmpty());
        QVERIFY(trained["changes"].toArray().isEmpty());
        QVERIFY(trained.contains("choice") && trained.contains("notes"));
        QCOMPARE(
            run({"info", file, "--json"}).json()["models"].toArray()[0].toObject()["algorithm"].toString(),
            found);
        const auto said = run({"train", file, "--algorithm", algorithm});
        QCOMPARE(said.status, 0);
        QVERIFY2(said.out.contains(trained["story"].toArray()[0].toString()), qPrintable(said.out));
    }

    void optionsReachTheAlgorithm()
    {
        const auto file = iris("options.statescape");
        const auto statesOf = [&](const QStringList &more) {
            return run(QStringList{"train", file, "--no-labels", "--json"} + more).json()["k"].toInt();
        };
        QCOMPARE(statesOf({"--algorithm", "genie", "-k", "5"}), 5);
        QCOMPARE(statesOf({"--algorithm", "ward", "-k", "4"}), 4);
        QVERIFY(statesOf({"--algorithm", "hdbscan", "-k", "auto", "--min-cluster-size", "20"}) >= 2);
        QVERIFY(statesOf({"--algorithm", "dbscan", "--radius", "0.4", "--min-samples", "3"}) >
                statesOf({"--algorithm", "dbscan", "--radius", "1.2", "--min-samples", "3"}));
    }

    /// Trained again under the same name, states keep their ids, and what changed is said.
    void changesSinceTheLast()
    {
        const auto file = planted("again.statescape");
        const QStringList train{"train", file, "--algorithm", "kmeans", "-k", "3", "--name", "day"};
        const auto idsOf = [](const QJsonObject &trained) {
            QSet<int> out;
            for (const auto &state : trained["states"].toArray())
                out.insert(state.toObject()["id"].toInt());
            return out;
        };
        const auto first = run(train + QStringList{"--json", "--no-labels"}).json();
        QCOMPARE(idsOf(first), (QSet<int>{1, 2, 3}));
        const auto same = run(train + QStringList{"--json", "--no-labels", "--seed", "9"}).json();
        QCOMPARE(idsOf(same), idsOf(first));
        QVERIFY(same["changes"].toArray().isEmpty());
        const auto named = run(train + QStringList{"--json"}).json();
        QCOMPARE(idsOf(named), idsOf(first));
        const auto changes = named["changes"].toArray();
        QVERIFY(!changes.isEmpty());
        for (const auto &change : changes) {
            QCOMPARE(change.toObject()["kind"].toString(), QStringLiteral("renamed"));
            QVERIFY(change.toObject()["text"].toString().endsWith('.'));
        }
        run(train + QStringList{"--no-labels"});
        const auto said = run(train);
        QVERIFY2(said.out.contains("since the model before:") &&
                     said.out.contains("is now called disk stall"),
                 qPrintable(said.out));
        // Another name is another model.
        QVERIFY(run({"train", file, "--name", "night", "--json"}).json()["changes"].toArray().isEmpty());
    }

    void comparesAndKeepsTheBest()
    {
        const auto file = planted("compare.statescape");
        auto answer = run({"train", file, "--compare", "--name", "best", "--json"});
        QCOMPARE(answer.status, 0);
        const auto compared = answer.json()["compared"].toArray();
        QCOMPARE(compared.size(), static_cast<int>(model::algorithms().size()) - 1);
        int best = 0;
        for (const auto &each : compared) {
            const auto one = each.toObject();
            QVERIFY(one["error"].isNull() == one.contains("k"));
            if (one["best"].toBool()) {
                ++best;
                QCOMPARE(one["found_by"], answer.json()["algorithm"]);
                QVERIFY(one["reason"].toString().endsWith('.'));
            }
        }
        QCOMPARE(best, 1);
        QCOMPARE(answer.json()["model"].toString(), QStringLiteral("best"));
        QCOMPARE(run({"info", file, "--json"}).json()["models"].toArray().size(), 1);

        answer = run({"train", file, "--compare", "ward,kmeans"});
        QCOMPARE(answer.status, 0);
        const auto lines = answer.out.split('\n');
        QVERIFY(lines[0].contains("algorithm") && lines[0].contains("seconds"));
        QVERIFY(lines[1].mid(2).startsWith("ward ") && lines[2].mid(2).startsWith("kmeans "));
        QCOMPARE(lines[1].size(), lines[0].size());
        QCOMPARE(lines[2].size(), lines[0].size());
        QCOMPARE(QString(lines[1][0]) + lines[2][0], lines[1][0] == '*' ? "* " : " *");
        QVERIFY(answer.out.contains("saved the best as model model; the others are not kept"));
        // The list may be left out right before the file.
        QCOMPARE(run({"train", "--compare", file, "-k", "3"}).status, 0);
    }

    void oneThatFailsIsARow()
    {
        const auto file = planted("fails.statescape");
        const auto answer =
            run({"train", file, "--no-labels", "--compare", "dbscan,kmeans", "--min-samples", "100000"});
        QCOMPARE(answer.status, 0);
        QVERIFY2(answer.out.contains("* kmeans"), qPrintable(answer.out));
    }

    void tooLittle()
    {
        QFile csv(path("few.csv"));
        QVERIFY(csv.open(QIODevice::WriteOnly));
        csv.write("a,b\n1,2\n2,3\n4,1\n");
        csv.close();
        QCOMPARE(run({"import", "few.csv", "-o", "few.statescape"}).status, 0);
        for (const QStringList &more : {QStringList{}, {"--compare"}, {"--algorithm", "hdbscan"}}) {
            const auto answer = run(QStringList{"train", "few.statescape"} + more);
            QCOMPARE(answer.status, 1);
            QVERIFY(answer.out.isEmpty());
            QVERIFY2(answer.err.count('\n') == 1 && answer.err.contains("3 samples"), qPrintable(answer.err));
        }
    }

    /// Nobody waits for a model that cannot be kept.
    void aFileThatTakesNothing()
    {
        const auto file = iris("readonly.statescape");
        QFile::setPermissions(path(file), QFileDevice::ReadOwner);
        const auto answer = run({"train", file, "--compare"});
        if (answer.status == 0)
            QSKIP("this user may write to read-only files");
        QVERIFY(answer.status == 4 || answer.status == 1);
        QVERIFY(answer.out.isEmpty());
        QCOMPARE(answer.err.count('\n'), 1);
    }

    void membershipsOfEverySample()
    {
        const auto file = iris("members.statescape");
        QCOMPARE(run({"train", file, "--name", "m", "--algorithm", "gmm", "-k", "3", "--no-labels"}).status,
                 0);
        const auto plain = run({"score", file, "--model", "m"}).out.split('\n');
        const auto lines = run({"score", file, "--model", "m", "--memberships"}).out.split('\n');
        QCOMPARE(lines.size(), plain.size());
        const auto header = lines[0].split(',');
        QVERIFY(lines[0].startsWith(plain[0] + ",membership:"));
        QCOMPARE(header.size(), 10);
        for (qsizetype i = 1; i + 1 < lines.size(); ++i) {
            QVERIFY(lines[i].startsWith(plain[i] + ","));
            const auto cells = lines[i].split(',');
            QCOMPARE(cells.size(), header.size());
            double sum = 0;
            for (qsizetype c = 7; c < cells.size(); ++c)
                sum += cells[c].toDouble();
            QVERIFY2(std::abs(sum - 1) < 1e-4, qPrintable(lines[i]));
        }
        const auto json = QJsonDocument::fromJson(
            run({"score", file, "--model", "m", "--memberships", "--json"}).out.toUtf8());
        const auto shares = json.array()[0].toObject()["memberships"].toObject();
        QCOMPARE(shares.size(), 3);
        QVERIFY(shares.contains(header[7].section(':', 1)));
    }
};

QTEST_GUILESS_MAIN(TestTrain)
#include "test_train.moc"
