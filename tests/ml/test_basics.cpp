// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/metrics.h"
#include "core/ml/parallel.h"
#include "core/ml/scaler.h"
#include "core/ml/split.h"
#include "core/ml/statistics.h"
#include "tests/ml/fixtures.h"

#include <QTest>
#include <array>
#include <atomic>
#include <cmath>
#include <limits>
#include <set>

using namespace statescape;
using namespace statescape::ml;
using base::Code;

class TestBasics : public QObject {
    Q_OBJECT

private slots:
    void randomNumbersAreOurs();
    void randomIsUniform();
    void quantiles();
    void logarithmKeepsOrderAndSign();
    void standardScalerAgreesWithScikitLearn();
    void robustScalerFallsBack();
    void scalerRefuses();
    void silhouetteOfHand();
    void silhouetteSampledIsClose();
    void silhouetteRefuses();
    void confusionAndScores();
    void adjustedRandIndex();
    void blocksFollowTime();
    void heldOutBlocksAreWholeAndShared();
    void chunksRunOnce();
};

void TestBasics::randomNumbersAreOurs()
{
    // Written down once: every later build must draw the same.
    Random random(42);
    const std::array<std::uint32_t, 4> first{random.next(), random.next(), random.next(), random.next()};
    Random again(42);
    for (const auto value : first)
        QCOMPARE(again.next(), value);
    Random stream(42, 1);
    QVERIFY(stream.next() != first[0]);
    // By a second implementation of the published recurrences.
    const std::array<std::uint32_t, 4> want{3344234869U, 784068600U, 3015419514U, 3010714124U};
    QVERIFY(first == want);
}

void TestBasics::randomIsUniform()
{
    Random random(7);
    std::array<int, 10> counts{};
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < 100000; ++i) {
        ++counts[random.below(10)];
        const double u = random.uniform();
        QVERIFY(u >= 0 && u < 1);
        const double z = random.normal();
        sum += z;
        squares += z * z;
    }
    for (const int count : counts)
        QVERIFY(std::abs(count - 10000) < 500);
    QVERIFY(std::fabs(sum / 1e5) < 0.02);
    QVERIFY(std::fabs(squares / 1e5 - 1) < 0.03);
}

void TestBasics::quantiles()
{
    std::vector<float> values{5, 1, 4, 2, 3};
    QCOMPARE(quantileInPlace(values, 0), 1.0);
    QCOMPARE(quantileInPlace(values, 1), 5.0);
    QCOMPARE(medianInPlace(values), 3.0);
    QCOMPARE(quantileInPlace(values, 0.9), 4.6);
    QCOMPARE(madInPlace(values, 3), 1.0);
    std::vector<float> two{1, 2};
    QCOMPARE(medianInPlace(two), 1.5);
    // A huge offset must not eat the spread.
    const std::vector<float> offset{16000001, 16000002, 16000003};
    QVERIFY(std::fabs(moments(offset).standardDeviation - std::sqrt(2.0 / 3)) < 1e-9);
}

void TestBasics::logarithmKeepsOrderAndSign()
{
    QCOMPARE(signedLog1p(0), 0.0F);
    QCOMPARE(signedLog1p(-3), -signedLog1p(3));
    float previous = signedLog1p(-1e30F);
    for (const float value : {-100.0F, -1e-6F, 0.0F, 1e-6F, 1.0F, 1e30F}) {
        QVERIFY(signedLog1p(value) > previous);
        previous = signedLog1p(value);
        QVERIFY(std::fabs(signedExpm1(previous) - value) <= 1e-4 * std::fabs(value));
    }
}

void TestBasics::standardScalerAgreesWithScikitLearn()
{
    for (const char *set : {"iris", "wine"}) {
        const auto &from = test::reference()[set];
        const auto scaler = ColumnScaler::fit(test::csv(set), ScaleKind::Standard);
        QVERIFY(scaler.has_value());
        const auto &columns = scaler->columns();
        for (std::size_t j = 0; j < columns.size(); ++j) {
            QVERIFY(std::fabs(columns[j].centre - from["mean"][j].get<double>()) <
                    1e-9 * std::fabs(columns[j].centre));
            QVERIFY(std::fabs(columns[j].scale - from["scale"][j].get<double>()) < 1e-9 * columns[j].scale);
        }
        const auto z = scaler->transform(test::csv(set));
        QVERIFY(z.has_value());
        QVERIFY((*z - test::matrixOf(from["scaled"])).cwiseAbs().maxCoeff() < 1e-6F);
    }
}

void TestBasics::robustScalerFallsBack()
{
    Matrix x(8, 4);
    x.col(0) << 1, 2, 3, 4, 5, 6, 7, 1000;
    x.col(1) << 0, 0, 0, 0, 0, 4, 4, 4; // MAD 0, quartiles 0 and 4
    x.col(2) << 0, 0, 0, 0, 0, 0, 0, 9; // MAD and IQR 0
    x.col(3).setConstant(7);
    const auto scaler = ColumnScaler::fit(x, ScaleKind::Robust);
    QVERIFY(scaler.has_value());
    const auto &columns = scaler->columns();
    QCOMPARE(columns[0].centre, 4.5);
    QCOMPARE(columns[0].scale, 1.4826 * 2);
    QCOMPARE(columns[1].scale, 4 / 1.349);
    QCOMPARE(columns[2].scale, columns[2].standardDeviation);
    QVERIFY(!columns[2].constant);
    QVERIFY(columns[3].constant);
    QCOMPARE(columns[3].scale, 1.0);
    const auto z = scaler->transform(x);
    QVERIFY(z.has_value());
    QVERIFY(z->col(3).isZero());
}

void TestBasics::scalerRefuses()
{
    QCOMPARE(ColumnScaler::fit(Matrix(0, 2), ScaleKind::Standard).error().code, Code::NotEnoughData);
    Matrix x = Matrix::Zero(3, 2);
    x(1, 0) = std::numeric_limits<float>::infinity();
    QCOMPARE(ColumnScaler::fit(x, ScaleKind::Robust).error().code, Code::InvalidArgument);
    x(1, 0) = std::numeric_limits<float>::quiet_NaN();
    x(2, 0) = 4;
    const auto scaler = ColumnScaler::fit(x, ScaleKind::Standard);
    QVERIFY(scaler.has_value());
    QCOMPARE(scaler->columns()[0].present, std::uint64_t{2});
    QCOMPARE(scaler->columns()[0].centre, 2.0);
    QVERIFY(std::isnan((*scaler->transform(x))(1, 0)));
    QCOMPARE(scaler->transform(Matrix::Zero(3, 3)).error().code, Code::InvalidArgument);
}

void TestBasics::silhouetteOfHand()
{
    Matrix x(4, 1);
    x << 0, 1, 10, 12;
    const std::vector<std::int32_t> labels{0, 0, 1, 1};
    const auto s = silhouette(x, labels, 2, 100, 1);
    QVERIFY(s.has_value());
    const double want = (10.0 / 11 + 9.0 / 10 + 7.5 / 9.5 + 9.5 / 11.5) / 4;
    QVERIFY(std::fabs(s->mean - want) < 1e-6);
    QVERIFY(std::fabs(s->perCluster[0] - (10.0 / 11 + 9.0 / 10) / 2) < 1e-6);
}

void TestBasics::silhouetteSampledIsClose()
{
    const auto data = test::blobs(4000, 6, 4, 3);
    const auto exact = silhouette(data.x, data.truth, 4, 4000, 1);
    const auto sampled = silhouette(data.x, data.truth, 4, 1000, 1);
    QVERIFY(exact.has_value() && sampled.has_value());
    QCOMPARE(sampled->rows, std::size_t{1000});
    QVERIFY(std::fabs(exact->mean - sampled->mean) < 0.02);
    QVERIFY(silhouette(data.x, data.truth, 4, 1000, 1)->mean == sampled->mean);
}

void TestBasics::silhouetteRefuses()
{
    const Matrix x = Matrix::Zero(3, 2);
    QCOMPARE(silhouette(x, std::vector<std::int32_t>{0, 1}, 2, 10, 1).error().code, Code::InvalidArgument);
    QCOMPARE(silhouette(x, std::vector<std::int32_t>{0, 1, 2}, 2, 10, 1).error().code, Code::InvalidArgument);
    QVERIFY(std::isnan(silhouette(x, std::vector<std::int32_t>{0, 0, -1}, 2, 10, 1)->mean));
    QVERIFY(std::isnan(silhouette(Matrix(0, 2), {}, 2, 10, 1)->mean));
}

void TestBasics::confusionAndScores()
{
    const std::vector<int> truth{0, 0, 0, 1, 1, 2};
    const std::vector<int> predicted{0, 0, 1, 1, 3, 2};
    const auto counts = confusion(truth, predicted, 3, 4);
    QVERIFY(counts.has_value());
    QCOMPARE((*counts)[0][1], std::uint64_t{1});
    QCOMPARE((*counts)[1][3], std::uint64_t{1});
    QCOMPARE(accuracy(*counts), 4.0 / 6);
    QCOMPARE(balancedAccuracy(*counts), (2.0 / 3 + 0.5 + 1) / 3);
    QCOMPARE(confusion(truth, predicted, 3, 3).error().code, Code::InvalidArgument);
    const auto scores = binaryScores(6, 2, 4);
    QCOMPARE(scores.precision, 0.75);
    QCOMPARE(scores.recall, 0.6);
    QVERIFY(std::fabs(scores.f1 - 2 * 0.75 * 0.6 / 1.35) < 1e-12);
    QVERIFY(std::isnan(binaryScores(0, 0, 0).f1));
    QVERIFY(std::isnan(accuracy({})));
}

void TestBasics::adjustedRandIndex()
{
    const std::vector<int> a{0, 0, 1, 1, 2, 2};
    QCOMPARE(adjustedRand(a, std::vector<int>{5, 5, 9, 9, 7, 7}), 1.0);
    // scikit-learn 1.2.1: adjusted_rand_score([0,0,1,1,2,2], [0,0,1,2,2,2]) = 0.4444...
    QVERIFY(std::fabs(adjustedRand(a, std::vector<int>{0, 0, 1, 2, 2, 2}) - 4.0 / 9) < 1e-12);
    const auto &want = test::reference()["iris"]["kmeans"][1];
    std::vector<int> species;
    for (int i = 0; i < 150; ++i)
        species.push_back(i / 50);
    QVERIFY(std::fabs(adjustedRand(species, want["labels"].get<std::vector<int>>()) -
                      want["ari"].get<double>()) < 1e-12);
}

void TestBasics::blocksFollowTime()
{
    std::vector<std::uint64_t> times;
    for (std::uint64_t i = 0; i < 100; ++i)
        times.push_back(1000 + i * 10 + (i >= 37 ? 5000 : 0));
    const auto blocks = timeBlocks(times, 100, 10);
    QVERIFY(std::is_sorted(blocks.begin(), blocks.end()));
    QCOMPARE(blocks.front(), 0);
    QCOMPARE(blocks[36] + 1, blocks[37]);
    QVERIFY(blocks.back() >= 9 && blocks.back() <= 11);
    const auto rows = timeBlocks({}, 100, 10);
    QCOMPARE(rows.back(), 9);
    QVERIFY(timeBlocks({}, 0, 10).empty());
    times[50] = 3; // a second session: its time starts anew
    const auto fallen = timeBlocks(times, 100, 1);
    QCOMPARE(fallen[49] + 1, fallen[50]);
}

void TestBasics::heldOutBlocksAreWholeAndShared()
{
    std::vector<int> classes;
    for (int i = 0; i < 1000; ++i)
        classes.push_back(i % 100 < 60 ? 0 : i < 500 ? 1 : 2);
    const auto blocks = timeBlocks({}, 1000, 50);
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const auto sides = holdOut(blocks, classes, 0.3, 2, seed);
        std::set<int> trained;
        std::set<int> heldOut;
        std::set<int> heldBlocks;
        std::size_t held = 0;
        for (std::size_t i = 0; i < sides.size(); ++i) {
            if (sides[i] == Side::HeldOut) {
                heldOut.insert(classes[i]);
                heldBlocks.insert(blocks[i]);
                ++held;
            } else if (sides[i] == Side::Train) {
                trained.insert(classes[i]);
            }
        }
        QCOMPARE(trained.size(), std::size_t{3});
        QCOMPARE(heldOut.size(), std::size_t{3});
        QVERIFY(held > 150 && held < 480);
        for (std::size_t i = 0; i < sides.size(); ++i) {
            QCOMPARE(heldBlocks.contains(blocks[i]), sides[i] == Side::HeldOut);
            for (std::size_t o = i > 2 ? i - 2 : 0; o < std::min<std::size_t>(i + 3, 1000); ++o)
                QVERIFY(!(sides[i] == Side::Train && sides[o] == Side::HeldOut));
        }
        QVERIFY(sides == holdOut(blocks, classes, 0.3, 2, seed));
    }
    QVERIFY(holdOut({}, {}, 0.3, 1, 1).empty());
}

void TestBasics::chunksRunOnce()
{
    for (const int threads : {1, 2, 5}) {
        std::vector<std::atomic<int>> seen(1000);
        forEachChunk(seen.size(), threads, [&](std::size_t i) { ++seen[i]; });
        for (const auto &count : seen)
            QCOMPARE(count.load(), 1);
    }
    forEachChunk(0, 4, [](std::size_t) { QFAIL("nothing to do"); });
}

QTEST_GUILESS_MAIN(TestBasics)
#include "test_basics.moc"
