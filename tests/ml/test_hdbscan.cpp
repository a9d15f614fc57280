// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/hdbscan.h"
#include "tests/ml/clusterer_fixtures.h"

#include <QTest>

using namespace statescape;
using namespace statescape::ml;
using base::Code;

class TestHdbscan : public QObject {
    Q_OBJECT

private slots:
    void agreesWithTheDefinition_data() { test::addReferenceSets(); }
    void agreesWithTheDefinition();
    void isNoFartherFromRThanRFromItself_data() { test::addReferenceSets(); }
    void isNoFartherFromRThanRFromItself();
    void condensedTreeAddsUp();
    void leavesAreFinerThanMass();
    void findsDifferentDensities();
    void rowOrderRotationAndScaleDoNotMatter();
    void sameAnswerForAnyThreads();
    void predictAgreesWithTheFit();
    void oddRows();
    void aMillionEqualRows();
    void refusesWhatHasNoMeaning();
    void stopsOnRequest();
};

namespace {
HdbscanOptions options(int size, int samples = 0)
{
    HdbscanOptions out;
    out.minClusterSize = size;
    out.minSamples = samples;
    return out;
}
} // namespace

void TestHdbscan::agreesWithTheDefinition()
{
    QFETCH(QString, name);
    const auto &theirs = test::clusterers()["sets"][name.toStdString()];
    const Matrix x = test::rowsOf(name.toStdString());
    const auto fit = Hdbscan::fit(x, options(theirs["samples"]));
    QVERIFY(fit.has_value());
    const auto labels = theirs["hdbscan"].get<std::vector<std::int32_t>>();
    QVERIFY(test::samePartition(fit->clustering().labels, labels));
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const double score = theirs["glosh"][i];
        QVERIFY2(std::abs(static_cast<double>(fit->outlierScore()[i]) - score) < 1e-6,
                 qPrintable(QString("row %1: %2, theirs %3").arg(i).arg(fit->outlierScore()[i]).arg(score)));
    }
}

void TestHdbscan::isNoFartherFromRThanRFromItself()
{
    QFETCH(QString, name);
    const auto &theirs = test::clusterers()["sets"][name.toStdString()];
    const auto fit = Hdbscan::fit(test::rowsOf(name.toStdString()), options(theirs["samples"]));
    QVERIFY(fit.has_value());
    // r-dbscan breaks ties by the order of rows, and mutual reachability is full of ties.
    const double agreement =
        adjustedRand(fit->clustering().labels, theirs["r_hdbscan"].get<std::vector<std::int32_t>>());
    const double itself = theirs["r_itself"];
    QVERIFY2(agreement > std::min(itself, 1.0) - 0.05,
             qPrintable(QString("%1, itself %2").arg(agreement).arg(itself)));
}

void TestHdbscan::condensedTreeAddsUp()
{
    const auto data = test::blobs(2000, 3, 7, 3, 14, 0.1);
    const auto fit = Hdbscan::fit(data.x, options(12));
    QVERIFY(fit.has_value());
    const auto &tree = fit->tree();
    std::vector<double> stability(tree.clusters.size(), 0);
    std::vector<std::size_t> rows(tree.clusters.size(), 0);
    for (std::size_t i = 0; i < 2000; ++i) {
        const double density = tree.rowDensity[i];
        for (std::int32_t c = tree.rowCluster[i], below = -1; c >= 0;
             below = c, c = tree.clusters[static_cast<std::size_t>(c)].parent) {
            const auto &cluster = tree.clusters[static_cast<std::size_t>(c)];
            const double left = below < 0 ? density : tree.clusters[static_cast<std::size_t>(below)].birth;
            QVERIFY(left >= cluster.birth);
            QVERIFY(left <= cluster.death);
            stability[static_cast<std::size_t>(c)] += left - cluster.birth;
            ++rows[static_cast<std::size_t>(c)];
        }
    }
    for (std::size_t c = 0; c < tree.clusters.size(); ++c) {
        const auto &cluster = tree.clusters[c];
        QCOMPARE(rows[c], std::size_t{cluster.size});
        QVERIFY(cluster.size >= 12);
        QVERIFY(cluster.children != 1);
        QVERIFY(std::abs(cluster.stability - stability[c]) <= 1e-9 * std::abs(stability[c]) + 1e-12);
    }
    for (std::size_t i = 0; i < 2000; ++i) {
        QVERIFY(fit->strength()[i] >= 0 && fit->strength()[i] <= 1);
        QVERIFY((fit->clustering().labels[i] < 0) == (fit->strength()[i] == 0));
        QVERIFY(fit->outlierScore()[i] >= 0 && fit->outlierScore()[i] <= 1);
    }
}

void TestHdbscan::leavesAreFinerThanMass()
{
    const auto data = test::blobs(3000, 2, 8, 5, 16, 0.05);
    auto opt = options(15);
    const auto mass = Hdbscan::fit(data.x, opt);
    opt.choice = ClusterChoice::Leaves;
    const auto leaves = Hdbscan::fit(data.x, opt);
    QVERIFY(mass && leaves);
    QVERIFY(leaves->clustering().clusters() >= mass->clustering().clusters());
    std::vector<std::int32_t> within(static_cast<std::size_t>(leaves->clustering().clusters()), -2);
    for (std::size_t i = 0; i < 3000; ++i) {
        const std::int32_t leaf = leaves->clustering().labels[i];
        if (leaf < 0)
            continue;
        auto &cluster = within[static_cast<std::size_t>(leaf)];
        if (cluster == -2)
            cluster = mass->clustering().labels[i];
        QCOMPARE(mass->clustering().labels[i], cluster);
    }
}

void TestHdbscan::findsDifferentDensities()
{
    Random random(4);
    Matrix x(1200, 2);
    std::vector<int> truth;
    for (Eigen::Index i = 0; i < 1200; ++i) {
        const int c = static_cast<int>(i / 400);
        const double spread[] = {0.1, 0.6, 2.5};
        x.row(i) << static_cast<float>(14 * c + spread[c] * random.normal()),
            static_cast<float>(spread[c] * random.normal());
        truth.push_back(c);
    }
    const auto fit = Hdbscan::fit(x, options(20));
    QVERIFY(fit.has_value());
    QCOMPARE(fit->clustering().clusters(), 3);
    QVERIFY(adjustedRand(fit->clustering().labels, truth) > 0.9);
    // Without structure everything is noise or, where that is allowed, one cluster.
    const Matrix one = test::blobs(800, 2, 1, 4).x;
    auto opt = options(60);
    opt.single = true;
    QCOMPARE(Hdbscan::fit(one, opt)->clustering().clusters(), 1);
}

void TestHdbscan::rowOrderRotationAndScaleDoNotMatter()
{
    const Matrix x = test::blobs(1500, 2, 5, 8, 14, 0.1).x;
    const auto order = test::shuffled(1500, 2);
    Matrix mixed(1500, 2);
    for (std::size_t i = 0; i < 1500; ++i)
        mixed.row(static_cast<Eigen::Index>(i)) = x.row(static_cast<Eigen::Index>(order[i]));
    // A quarter turn and a power of two change no digit.
    Matrix turned(1500, 2);
    turned.col(0) = mixed.col(1) * -8;
    turned.col(1) = mixed.col(0) * 8;
    const auto fit = Hdbscan::fit(x, options(10));
    const auto other = Hdbscan::fit(turned, options(10));
    QVERIFY(fit && other);
    QVERIFY(fit->clustering().clusters() > 1);
    std::vector<std::int32_t> back(1500);
    for (std::size_t i = 0; i < 1500; ++i)
        back[order[i]] = other->clustering().labels[i];
    QVERIFY(test::samePartition(back, fit->clustering().labels));
}

void TestHdbscan::sameAnswerForAnyThreads()
{
    const Matrix x = test::blobs(15000, 6, 6, 3, 10, 0.1).x;
    auto opt = options(15);
    opt.threads = 1;
    const auto one = Hdbscan::fit(x, opt);
    opt.threads = 3;
    const auto three = Hdbscan::fit(x, opt);
    QVERIFY(one && three);
    QVERIFY(one->clustering().labels == three->clustering().labels);
    QVERIFY(one->strength() == three->strength());
}

void TestHdbscan::predictAgreesWithTheFit()
{
    for (const int d : {2, 10}) {
        const Matrix x = test::blobs(4000, d, 5, 6, 16, 0.1).x;
        const auto fit = Hdbscan::fit(x, options(20));
        QVERIFY(fit.has_value());
        QVERIFY(fit->clustering().clusters() > 1);
        const auto again = fit->predict(x);
        QVERIFY(again.has_value());
        std::size_t same = 0;
        for (std::size_t i = 0; i < 4000; ++i)
            same += again->labels[i] == fit->clustering().labels[i] ? 1 : 0;
        QVERIFY2(same > 3900, qPrintable(QString::number(same)));
        QCOMPARE(fit->predict(Matrix::Constant(2, d, 1e20F))->noise, std::uint64_t{2});
        QCOMPARE(fit->predict(Matrix::Zero(2, d + 1)).error().code, Code::InvalidArgument);
    }
}

void TestHdbscan::oddRows()
{
    for (const auto &[name, x] : test::oddRows())
        for (const bool single : {false, true}) {
            auto opt = options(5);
            opt.single = single;
            const auto fit = Hdbscan::fit(x, opt);
            QVERIFY2(fit.has_value(), name);
            QVERIFY2(test::consistent(fit->clustering(), x.rows()), name);
            QVERIFY2(test::consistent(*fit->predict(x), x.rows()), name);
            for (const float score : fit->outlierScore())
                QVERIFY2(score >= 0 && score <= 1, name);
        }
}

void TestHdbscan::aMillionEqualRows()
{
    auto opt = options(5);
    opt.single = true;
    const auto fit = Hdbscan::fit(Matrix::Constant(1000000, 3, 7), opt);
    QVERIFY(fit.has_value());
    QCOMPARE(fit->clustering().sizes, std::vector<std::uint64_t>{1000000});
}

void TestHdbscan::refusesWhatHasNoMeaning()
{
    const Matrix x = test::blobs(20, 2, 2, 1).x;
    QCOMPARE(Hdbscan::fit(Matrix(0, 3), {}).error().code, Code::NotEnoughData);
    QCOMPARE(Hdbscan::fit(Matrix(3, 0), {}).error().code, Code::NotEnoughData);
    QCOMPARE(Hdbscan::fit(x, options(1)).error().code, Code::InvalidArgument);
    QCOMPARE(Hdbscan::fit(x, options(5, -1)).error().code, Code::InvalidArgument);
    QCOMPARE(Hdbscan::fit(x.topRows(1), options(5))->clustering().noise, std::uint64_t{1});
    QCOMPARE(Hdbscan::fit(x, options(50))->clustering().noise, std::uint64_t{20});
    for (const auto &bad : test::unfiniteRows())
        QCOMPARE(Hdbscan::fit(bad, {}).error().code, Code::InvalidArgument);
}

void TestHdbscan::stopsOnRequest()
{
    const Matrix x = test::blobs(100000, 24, 8, 1, 6).x;
    const double delay = test::stopDelayMs(
        [&](const base::Progress &progress) { return Hdbscan::fit(x, options(10), progress); }, 600);
    QVERIFY(delay >= 0);
    QVERIFY2(delay < 3000, "stopping hangs");
}

QTEST_GUILESS_MAIN(TestHdbscan)
#include "test_hdbscan.moc"
