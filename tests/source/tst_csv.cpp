// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/source/csv.h"

#include <QtTest>
#include <cmath>
#include <cstring>
#include <random>

using namespace statescape;
using base::Code;
using source::CsvOptions;
using source::readCsv;

class TestCsv : public QObject {
    Q_OBJECT

private slots:
    void init() { m_dir = std::make_unique<QTemporaryDir>(); }

    void irisAsAUserHasIt()
    {
        const auto path =
            write("sepal length (cm),sepal width (cm),petal length (cm),petal width (cm),species\n"
                  "5.1,3.5,1.4,0.2,setosa\n7.0,3.2,4.7,1.4,versicolor\n6.3,3.3,6.0,2.5,virginica\n");
        const auto data = readCsv(path, {.timeColumn = {}, .labelColumn = "species"});
        QVERIFY2(data, data ? "" : data.error().text().c_str());
        QCOMPARE(data->schema->size(), std::size_t(4));
        QCOMPARE((*data->schema)[0].key, std::string("sepal length (cm)"));
        QVERIFY((*data->schema)[0].kind != schema::FeatureKind::Level);
        QVERIFY((data->labels == std::vector<std::string>{"setosa", "versicolor", "virginica"}));
        QCOMPARE(data->frames[1].values[3], 1.4F);
        QCOMPARE(data->frames[2].timeNs, std::uint64_t(2'000'000'000));
        QCOMPARE(data->frames[2].durationNs, std::uint64_t(1'000'000'000));
        QVERIFY(!data->hasWallClock);
        const auto without = readCsv(path, {});
        QVERIFY(!without);
        QVERIFY2(without.error().hint.find("--label-column") != std::string::npos,
                 without.error().text().c_str());
    }

    void quotesLineEndsAndMarks_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("plain") << QByteArray("a,b,label\n1,2,x y\n3,4,z\n");
        QTest::newRow("crlf") << QByteArray("a,b,label\r\n1,2,x y\r\n3,4,z\r\n");
        QTest::newRow("no last line end") << QByteArray("a,b,label\n1,2,x y\n3,4,z");
        QTest::newRow("bom") << QByteArray("\xef\xbb\xbf"
                                           "a,b,label\n1,2,x y\n3,4,z\n");
        QTest::newRow("quoted") << QByteArray("\"a\",\"b\",\"label\"\n\"1\",\"2\",\"x y\"\n3,\"4\",z\n");
        QTest::newRow("spaces") << QByteArray("a, b ,label\n 1 ,\t2, x y\n+3,4.0e0,z\n");
        QTest::newRow("blank lines") << QByteArray("\n\na,b,label\n\n1,2,x y\n\n\n3,4,z\n\n");
    }
    void quotesLineEndsAndMarks()
    {
        QFETCH(QByteArray, text);
        const auto data = readCsv(write(text), {});
        QVERIFY2(data, data ? "" : data.error().text().c_str());
        QCOMPARE(data->schema->size(), std::size_t(2));
        QCOMPARE((*data->schema)[1].key, std::string("b"));
        QCOMPARE(data->frames.size(), std::size_t(2));
        QCOMPARE(data->frames[1].values[0], 3.0F);
        QCOMPARE(data->frames[1].values[1], 4.0F);
        QVERIFY((data->labels == std::vector<std::string>{"x y", "z"}));
    }

    void quotedCellsKeepWhatIsInThem()
    {
        const auto data = readCsv(write("v,label\n1,\"say \"\"no\"\", or\nnot\"\n2,\"\"\n"), {});
        QVERIFY2(data, data ? "" : data.error().text().c_str());
        QCOMPARE(data->labels[0], std::string("say \"no\", or\nnot"));
        QCOMPARE(data->labels[1], std::string());
    }

    void whatProbesSawComesBack()
    {
        auto schema = std::make_shared<const schema::Schema>(std::vector<schema::Feature>{
            schema::Feature{"sched.switch.rate"}, schema::Feature{"seen_mine_%"}});
        feature::SampleLog log(schema);
        const std::vector<std::vector<feature::Seen>> seen{
            {},
            {{"scheduler", 0.04F, 0.06F}},
            {{"scheduler", std::nextafter(1.0F, 0.0F), -1}, {"syscalls", 1e-7F, 0}},
            {{"uprobe:/a,b:c", 0.123456789F, 1.7F}}};
        for (std::size_t i = 0; i < seen.size(); ++i) {
            feature::FeatureFrame frame;
            frame.timeNs = i;
            frame.values = {1, 2};
            frame.seen = seen[i];
            log.append(frame);
        }
        const auto path = (m_dir->path() + "/seen.csv").toStdString();
        QVERIFY(source::writeCsv(path, log.view(), {}, {}));
        QFile file(QString::fromStdString(path));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readLine(),
                 QByteArray("time_ns,duration_ns,entity,sched.switch.rate,seen_mine_%_,"
                            "seen_scheduler_%,error_scheduler_%,seen_syscalls_%,"
                            "error_syscalls_%,\"seen_uprobe:/a,b:c_%\",\"error_uprobe:/a,b:c_%\","
                            "label\n"));
        QCOMPARE(file.readLine(), QByteArray("0,0,0,1,2,,,,,,,\n"));
        QCOMPARE(file.readLine(), QByteArray("1,0,0,1,2,4,6,,,,,\n"));
        const auto data = readCsv(path, {});
        QVERIFY2(data, data ? "" : data.error().text().c_str());
        QCOMPARE(data->schema->size(), std::size_t(2));
        for (std::size_t i = 0; i < seen.size(); ++i)
            QVERIFY(data->frames[i].seen == seen[i]);
        // Only where a row that is written has something to tell.
        const std::vector<std::uint8_t> first{1};
        QVERIFY(source::writeCsv(path, log.view(), {}, {}, first));
        QVERIFY(readCsv(path, {})->frames.at(0).seen.empty());
        QFile again(QString::fromStdString(path));
        QVERIFY(again.open(QIODevice::ReadOnly));
        QCOMPARE(again.readLine(),
                 QByteArray("time_ns,duration_ns,entity,sched.switch.rate,seen_mine_%_,label\n"));
    }

    void whatProbesSawIsChecked_data()
    {
        QTest::addColumn<QByteArray>("cells");
        QTest::addColumn<bool>("good");
        QTest::newRow("whole") << QByteArray(",") << true;
        QTest::newRow("error not known") << QByteArray("4,") << true;
        QTest::newRow("all of it") << QByteArray("100,") << false;
        QTest::newRow("nothing") << QByteArray("0,") << false;
        QTest::newRow("text") << QByteArray("much,") << false;
        QTest::newRow("nan") << QByteArray("nan,") << false;
        QTest::newRow("negative error") << QByteArray("4,-1") << false;
        QTest::newRow("error too large") << QByteArray("4,1e300") << false;
    }
    void whatProbesSawIsChecked()
    {
        QFETCH(QByteArray, cells);
        QFETCH(bool, good);
        const auto data = readCsv(
            write("time_ns,duration_ns,entity,a,seen_x_%,error_x_%,label\n1,1,0,1," + cells + ",\n"), {});
        QCOMPARE(data.has_value(), good);
        if (!good)
            QVERIFY(data.error().message.find("_x_%") != std::string::npos);
        // In a file of somebody else they are columns like others.
        const auto other = readCsv(write("time,a,seen_x_%,error_x_%\n1,1,100,-1\n"), {});
        QVERIFY(other);
        QCOMPARE(other->schema->size(), std::size_t(3));
    }

    void missingIsNotZero()
    {
        const auto data = readCsv(write("a,b\n,nan\nNaN,-0\n1e-300,1e-45\n"), {});
        QVERIFY2(data, data ? "" : data.error().text().c_str());
        QVERIFY(schema::isMissing(data->frames[0].values[0]));
        QCOMPARE(schema::missingReason(data->frames[0].values[0]), schema::Missing::Unknown);
        QVERIFY(schema::isMissing(data->frames[0].values[1]));
        QVERIFY(schema::isMissing(data->frames[1].values[0]));
        QVERIFY(!schema::isMissing(data->frames[1].values[1]));
        QCOMPARE(data->frames[2].values[0], 0.0F);
        QVERIFY(data->frames[2].values[1] > 0.0F);
    }

    void oneColumnMayHaveBlankCells()
    {
        const auto data = readCsv(write("v\n1\n\n3\n"), {});
        QCOMPARE(data->frames.size(), std::size_t(3));
        QVERIFY(schema::isMissing(data->frames[1].values[0]));
    }

    void times_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("column");
        QTest::addColumn<quint64>("first");
        QTest::addColumn<quint64>("second");
        QTest::addColumn<qint64>("wall");
        const qint64 noon = 1795348800LL * 1'000'000'000;
        QTest::newRow("ns") << QByteArray("time_ns,v\n123456789012345678,1\n123456789012345679,2\n") << ""
                            << quint64(123456789012345678) << quint64(123456789012345679) << qint64(0);
        QTest::newRow("seconds") << QByteArray("time,v\n0.5,1\n1.25,2\n") << "" << quint64(500'000'000)
                                 << quint64(1'250'000'000) << qint64(0);
        QTest::newRow("whole seconds") << QByteArray("t,v\n7,1\n9,2\n") << "t" << quint64(7'000'000'000)
                                       << quint64(9'000'000'000) << qint64(0);
        QTest::newRow("epoch seconds") << QByteArray("time,v\n1795348800.000000001,1\n1795348801.5,2\n") << ""
                                       << quint64(0) << quint64(1'499'999'999) << noon + 1;
        QTest::newRow("rfc 3339") << QByteArray(
                                         "when,v\n2026-11-22T12:00:00Z,1\n2026-11-22T13:00:00.250+01:00,2\n")
                                  << "when" << quint64(0) << quint64(250'000'000) << noon;
        QTest::newRow("exponent") << QByteArray("time,v\n1e1,1\n1.5e1,2\n") << "" << quint64(10'000'000'000)
                                  << quint64(15'000'000'000) << qint64(0);
        QTest::newRow("same time") << QByteArray("time,v\n1,1\n1,2\n") << "" << quint64(1'000'000'000)
                                   << quint64(1'000'000'000) << qint64(0);
    }
    void times()
    {
        QFETCH(QByteArray, text);
        QFETCH(QString, column);
        QFETCH(quint64, first);
        QFETCH(quint64, second);
        QFETCH(qint64, wall);
        const auto data = readCsv(write(text), {.timeColumn = column.toStdString(), .labelColumn = {}});
        QVERIFY2(data, data ? "" : data.error().text().c_str());
        QCOMPARE(quint64(data->frames[0].timeNs), first);
        QCOMPARE(quint64(data->frames[1].timeNs), second);
        QCOMPARE(quint64(data->frames[1].durationNs), second - first);
        QCOMPARE(quint64(data->frames[0].durationNs), second - first);
        QCOMPARE(data->hasWallClock, wall != 0);
        QCOMPARE(qint64(data->realtimeOfFirstNs), wall);
        QCOMPARE(data->schema->size(), std::size_t(1));
    }

    void knownKeysKeepTheirMeaning()
    {
        const auto data = readCsv(write("sched.runq_latency.p99,mine\n1,2\n"), {});
        QVERIFY((*data->schema)[0] == (*schema::Schema::builtin())[static_cast<std::size_t>(
                                          schema::Schema::builtin()->indexOf("sched.runq_latency.p99"))]);
        QCOMPARE((*data->schema)[1].unit, base::Unit::None);
    }

    void labelColumns()
    {
        auto data = readCsv(write("v,label\n1,positive\n2,negative:disk stall\n3,\n"), {});
        QVERIFY((data->labels == std::vector<std::string>{"positive", "negative:disk stall", ""}));
        data = readCsv(write("v,label\n1,0\n2,1\n"), {});
        QCOMPARE(data->schema->size(), std::size_t(2));
        QCOMPARE(data->frames[1].values[1], 1.0F);
        QVERIFY((data->labels == std::vector<std::string>{"", ""}));
        data = readCsv(write("v,label\n1,0\n2,1\n"), {.timeColumn = {}, .labelColumn = "label"});
        QCOMPARE(data->schema->size(), std::size_t(1));
        QVERIFY((data->labels == std::vector<std::string>{"0", "1"}));
    }

    void badFiles_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("where");
        QTest::addColumn<QString>("what");
        QTest::newRow("text") << QByteArray("a,b\n1,2\n3,four\n") << "f.csv:3: column 'b' (byte 11)"
                              << "'four' is not a number";
        QTest::newRow("text after crlf")
            << QByteArray("a,b\r\n1,2\r\n3,x\r\n") << "f.csv:3: column 'b' (byte 13)"
            << "'x'";
        QTest::newRow("text after quoted line end")
            << QByteArray("a,\"b\nc\"\n1,2\nx,2\n") << "f.csv:4: column 'a' (byte 13)"
            << "'x'";
        QTest::newRow("text after bom") << QByteArray("\xef\xbb\xbf"
                                                      "a\nx\n")
                                        << "f.csv:2: column 'a' (byte 6)"
                                        << "'x'";
        QTest::newRow("two numbers") << QByteArray("a\n1 2\n") << "f.csv:2: column 'a' (byte 3)"
                                     << "not a number";
        QTest::newRow("hex") << QByteArray("a\n0x10\n") << "f.csv:2: column 'a'"
                             << "not a number";
        QTest::newRow("infinite") << QByteArray("a\ninf\n") << "f.csv:2: column 'a'"
                                  << "not a number";
        QTest::newRow("too large") << QByteArray("a\n1e39\n") << "f.csv:2: column 'a'"
                                   << "not a number in range";
        QTest::newRow("far too large") << QByteArray("a\n1e999\n") << "f.csv:2: column 'a'"
                                       << "not a number in range";
        QTest::newRow("semicolons") << QByteArray("a;b\n1;2\n") << "f.csv:1: column 'a;b' (byte 1)"
                                    << "no comma";
        QTest::newRow("too few cells") << QByteArray("a,b,c\n1,2,3\n1,2\n") << "f.csv:3: column 'b' (byte 15)"
                                       << "has 2 cells, the header has 3";
        QTest::newRow("too many cells") << QByteArray("a,b\n1,2,3\n") << "f.csv:2: column '3' (byte 9)"
                                        << "has 3 cells, the header has 2";
        QTest::newRow("twice") << QByteArray("a,b,a\n1,2,3\n") << "f.csv:1: column 'a' (byte 5)"
                               << "twice";
        QTest::newRow("no name") << QByteArray("a,,b\n1,2,3\n") << "f.csv:1: column '2' (byte 3)"
                                 << "no name";
        QTest::newRow("back in time")
            << QByteArray("time,v\n2,1\n1,1\n") << "f.csv:3: column 'time' (byte 12)"
            << "goes back";
        QTest::newRow("before the start") << QByteArray("time,v\n-1,1\n") << "f.csv:2: column 'time' (byte 8)"
                                          << "goes back";
        QTest::newRow("fraction of a ns") << QByteArray("time_ns,v\n1.5,1\n") << "f.csv:2: column 'time_ns'"
                                          << "not a time";
        QTest::newRow("mixed times") << QByteArray("time,v\n1,1\n2026-11-22T12:00:00Z,1\n")
                                     << "f.csv:3: column 'time'"
                                     << "not a time";
        QTest::newRow("no time") << QByteArray("time,v\nsoon,1\n") << "f.csv:2: column 'time'"
                                 << "not a time";
        QTest::newRow("no time at all") << QByteArray("time,v\n,1\n") << "f.csv:2: column 'time'"
                                        << "not a time";
        QTest::newRow("time too large")
            << QByteArray("time_ns,v\n9223372036854775808,1\n") << "f.csv:2: column 'time_ns'"
            << "not a time";
        QTest::newRow("header only") << QByteArray("a,b\n") << "f.csv"
                                     << "no data row";
        QTest::newRow("empty") << QByteArray() << "f.csv:1"
                               << "empty";
        QTest::newRow("only time") << QByteArray("time\n1\n") << "f.csv:1"
                                   << "no feature";
        QTest::newRow("only labels") << QByteArray("label\nx\n") << "f.csv:1"
                                     << "no feature";
        QTest::newRow("open quote") << QByteArray("a,b\n1,\"2\n3,4\n") << "f.csv:2: column 2 (byte 7)"
                                    << "never closed";
        QTest::newRow("text after quote") << QByteArray("a,b\n1,\"2\"3\n") << "f.csv:2: column 2 (byte 10)"
                                          << "after a closing quote";
        QTest::newRow("quote inside") << QByteArray("a,b\n1,2\"3\n") << "f.csv:2: column 2 (byte 8)"
                                      << "quote inside";
        QTest::newRow("binary") << QByteArray("a,b\n1,\0\n", 8) << "f.csv:2: column 2 (byte 7)"
                                << "zero byte";
        QTest::newRow("binary in quotes")
            << QByteArray("\"a\0b\",c\n1,2\n", 12) << "f.csv:1: column 1 (byte 3)"
            << "zero byte";
        QTest::newRow("long class") << QByteArray("v,label\n1," + QByteArray(65, 'x') + "\n")
                                    << "f.csv:2: column 'label'"
                                    << "65 bytes";
    }
    void badFiles()
    {
        QFETCH(QByteArray, text);
        QFETCH(QString, where);
        QFETCH(QString, what);
        const auto data = readCsv(write(text), {});
        QVERIFY(!data);
        QCOMPARE(data.error().code, Code::InvalidArgument);
        const auto message = QString::fromStdString(data.error().text());
        QVERIFY2(message.contains(where), qPrintable(message));
        QVERIFY2(message.contains(what), qPrintable(message));
        QVERIFY(!data.error().hint.empty());
        QVERIFY(!message.contains('\n') || text.contains('"'));
    }

    void columnsThatAreNotThere()
    {
        const auto path = write("a,b\n1,2\n");
        for (const auto &options : {CsvOptions{.timeColumn = "when", .labelColumn = {}},
                                    CsvOptions{.timeColumn = {}, .labelColumn = "what"}}) {
            const auto data = readCsv(path, options);
            QCOMPARE(data.error().code, Code::InvalidArgument);
            QVERIFY(data.error().hint.find("a, b") != std::string::npos);
        }
        QCOMPARE(readCsv(path, {.timeColumn = "a", .labelColumn = "a"}).error().code, Code::InvalidArgument);
        QCOMPARE(readCsv(m_dir->filePath("nothing").toStdString(), {}).error().code, Code::NotFound);
        QCOMPARE(readCsv(m_dir->path().toStdString(), {}).error().code, Code::InvalidArgument);
    }

    void randomBytesNeverCrash()
    {
        std::mt19937 random(5);
        const QByteArray alphabet = QByteArrayLiteral("ab,\"\n\r0123456789.-e \0\xff:TZ;");
        for (int round = 0; round < 1500; ++round) {
            QByteArray text = round % 2 == 0 ? QByteArray("time,v,label\n") : QByteArray();
            for (unsigned i = random() % 60; i > 0; --i)
                text += alphabet[static_cast<qsizetype>(random() % static_cast<unsigned>(alphabet.size()))];
            const auto data = readCsv(write(text), {});
            if (data)
                for (const auto &frame : data->frames)
                    QCOMPARE(frame.values.size(), data->schema->size());
        }
    }

    void anExportComesBack()
    {
        std::vector<schema::Feature> features(3);
        features[0] = (*schema::Schema::builtin())[3];
        features[1].key = "with, comma";
        features[2].key = "with \"quote\"";
        feature::SampleLog log(std::make_shared<const schema::Schema>(features));
        std::mt19937 random(9);
        std::vector<schema::Label> labels;
        for (std::uint64_t i = 0; i < 2000; ++i) {
            feature::FeatureFrame frame;
            frame.timeNs = 987'654'321'987'654'321 + i * 250'000'001;
            frame.durationNs = 249'999'999 + i;
            frame.entity = static_cast<std::uint32_t>(i % 3);
            for (int c = 0; c < 3; ++c) {
                float value = 0;
                do {
                    const std::uint32_t bits = random();
                    std::memcpy(&value, &bits, 4);
                } while (!std::isfinite(value));
                frame.values.push_back(value);
            }
            if (i % 7 == 0)
                frame.values[1] = schema::missingValue(schema::Missing::Warmup);
            log.append(frame);
            labels.push_back({static_cast<schema::Polarity>(static_cast<int>(i % 3) - 1),
                              static_cast<std::uint16_t>(i % 4)});
        }
        const std::vector<std::string> names{"", "disk stall", "a,\"b\"", "7"};
        const std::filesystem::path path = m_dir->filePath("out.csv").toStdString();
        const auto view = log.view();
        QVERIFY(source::writeCsv(path, view, labels, names));
        const auto data = readCsv(path, {});
        QVERIFY2(data, data ? "" : data.error().text().c_str());
        QCOMPARE(data->frames.size(), view.rows());
        QCOMPARE((*data->schema)[0], features[0]);
        QCOMPARE((*data->schema)[2].key, features[2].key);
        for (std::size_t i = 0; i < view.rows(); ++i) {
            QCOMPARE(data->frames[i].timeNs, view.timeNs(i));
            QCOMPARE(data->frames[i].durationNs, view.durationNs(i));
            QCOMPARE(data->frames[i].entity, view.entity(i));
            for (std::size_t c = 0; c < 3; ++c)
                QVERIFY(schema::isMissing(view.at(i, c)) ? schema::isMissing(data->frames[i].values[c])
                                                         : view.at(i, c) == data->frames[i].values[c]);
            const std::string &name = names[labels[i].classId];
            const std::string polarity(
                labels[i].polarity == schema::Polarity::None ? "" : schema::polarityKey(labels[i].polarity));
            QCOMPARE(data->labels[i], polarity.empty() ? name
                                      : name.empty()   ? polarity
                                                       : polarity + ":" + name);
        }
    }

    void exportsThatFailSayWhy()
    {
        feature::SampleLog log(schema::Schema::builtin());
        feature::FeatureFrame frame;
        frame.values.resize(log.schema()->size());
        log.append(frame);
        QCOMPARE(
            source::writeCsv(m_dir->filePath("no/where.csv").toStdString(), log.view(), {}, {}).error().code,
            Code::NotFound);
        std::FILE *full = std::fopen("/dev/full", "w");
        QVERIFY(full != nullptr);
        QCOMPARE(source::writeCsv(full, log.view(), {}, {}).error().code, Code::Full);
        std::fclose(full);
        const std::vector<schema::Label> tooMany(2);
        QCOMPARE(
            source::writeCsv(m_dir->filePath("x.csv").toStdString(), log.view(), tooMany, {}).error().code,
            Code::Mismatch);
        QVERIFY(!QFile::exists(m_dir->filePath("x.csv")));
        QCOMPARE(QDir(m_dir->path()).entryList(QDir::Files).size(), 0);
    }

private:
    std::filesystem::path write(const QByteArray &text)
    {
        const QString path = m_dir->filePath("f.csv");
        QFile file(path);
        if (file.open(QIODevice::WriteOnly | QIODevice::Truncate))
            file.write(text);
        return path.toStdString();
    }
    std::unique_ptr<QTemporaryDir> m_dir;
};

QTEST_GUILESS_MAIN(TestCsv)
#include "tst_csv.moc"
