// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/choose_k.h"
#include "core/ml/kmeans.h"
#include "core/ml/metrics.h"
#include "core/ml/mini_batch.h"
#include "tests/ml/fixtures.h"

#include <QTest>
#include <cmath>
#include <limits>

using namespace statescape;
using namespace statescape::ml;
using base::Code;
using Index = Eigen::Index;

class TestChoosing : public QObject {
    Q_OBJECT

private slots:
    void plantedNumbersAreFound_data();
    void plantedNumbersAreFound();
    void nothingIsFoundWhereNothingIs_data();
    void nothingIsFoundWhereNothingIs();
    void choiceIsItsSeed();
    void choiceRefuses();
    void choiceDegenerate();
    void batchesComeCloseToTheWhole();
    void batchesForget();
    void batchWeightsCount();
    void batchesRefuse();
};

namespace {
ChooseKOptions quick()
{
    ChooseKOptions options;
    options.maxRows = 800;
    options.restarts = 4;
    options.references = 5;
    return options;
}
} // namespace

void TestChoosing::plantedNumbersAreFound_data()
{
    QTest::addColumn<int>("k");
    QTest::addColumn<int>("d");
    QTest::addColumn<int>("seed");
    for (const int k : {2, 3, 4, 5, 6})
        for (const int d : {2, 8, 32})
            QTest::addRow("%d in %d columns", k, d) << k << d << 10 * k + d;
}

void TestChoosing::plantedNumbersAreFound()
{
    QFETCH(int, k);
    QFETCH(int, d);
    QFETCH(int, seed);
    // Centres on a circle or on different axes, nine deviations from their neighbours.
    auto data = test::blobs(900, d, 1, static_cast<std::uint64_t>(seed), 0);
    for (Index i = 0; i < 900; ++i) {
        const auto c = i % k;
        if (d == 2) {
            const double angle = 6.2831853 * static_cast<double>(c) / k;
            const double radius = k == 2 ? 4.5 : 4.5 / std::sin(3.14159265 / k);
            data.x(i, 0) += static_cast<float>(radius * std::cos(angle));
            data.x(i, 1) += static_cast<float>(radius * std::sin(angle));
        } else {
            data.x(i, c) += 9;
        }
    }
    const auto choice = chooseK(data.x, quick());
    QVERIFY(choice.has_value());
    QVERIFY2(choice->k == k, choice->reason.c_str());
    QVERIFY(choice->structure > 0.9);
    QVERIFY2(choice->sure > 0.5 && choice->sure <= 1, qPrintable(QString::number(choice->sure)));
    QCOMPARE(choice->table.size(), std::size_t{7});
}

void TestChoosing::nothingIsFoundWhereNothingIs_data()
{
    QTest::addColumn<bool>("gaussian");
    QTest::addColumn<int>("d");
    QTest::addColumn<int>("seed");
    for (const bool gaussian : {true, false})
        for (const int d : {1, 2, 6, 20})
            for (const int seed : {1, 2})
                QTest::addRow("%s in %d columns, %d", gaussian ? "Gaussian" : "uniform", d, seed)
                    << gaussian << d << seed;
}

void TestChoosing::nothingIsFoundWhereNothingIs()
{
    QFETCH(bool, gaussian);
    QFETCH(int, d);
    QFETCH(int, seed);
    Random random(static_cast<std::uint64_t>(seed));
    Matrix x(800, d);
    for (Index i = 0; i < x.rows(); ++i)
        for (Index j = 0; j < d; ++j)
            x(i, j) = static_cast<float>((1 + static_cast<double>(j)) *
                                         (gaussian ? random.normal() : random.uniform()));
    const auto choice = chooseK(x, quick());
    QVERIFY(choice.has_value());
    QVERIFY2(choice->k == 1, choice->reason.c_str());
    QVERIFY(choice->structure <= 0.5);
}

void TestChoosing::choiceIsItsSeed()
{
    const auto data = test::blobs(3000, 4, 3, 5, 20);
    auto options = quick();
    const auto one = chooseK(data.x, options);
    const auto two = chooseK(data.x, options);
    QCOMPARE(one->k, 3);
    QCOMPARE(one->sure, two->sure);
    for (std::size_t i = 0; i < one->table.size(); ++i)
        QCOMPARE(one->table[i].score, two->table[i].score);
}

void TestChoosing::choiceRefuses()
{
    QCOMPARE(chooseK(Matrix::Zero(19, 2)).error().code, Code::NotEnoughData);
    auto options = quick();
    options.least = 1;
    QCOMPARE(chooseK(Matrix::Zero(100, 2), options).error().code, Code::InvalidArgument);
    options.least = 2;
    options.most = 60;
    QCOMPARE(chooseK(Matrix::Zero(100, 2), options).error().code, Code::InvalidArgument);
    Matrix bad = Matrix::Zero(100, 2);
    bad(50, 0) = std::numeric_limits<float>::quiet_NaN();
    QCOMPARE(chooseK(bad).error().code, Code::InvalidArgument);
    std::stop_source source;
    source.request_stop();
    QCOMPARE(chooseK(test::blobs(100, 2, 2, 3).x, {}, {source.get_token(), {}}).error().code,
             Code::Cancelled);
}

void TestChoosing::choiceDegenerate()
{
    const auto equal = chooseK(Matrix::Constant(100000, 3, 2));
    QVERIFY(equal.has_value());
    QCOMPARE(equal->k, 1);
    Matrix two = Matrix::Zero(200, 2);
    two.topRows(100).setConstant(5);
    const auto sharp = chooseK(two, quick());
    QVERIFY(sharp.has_value());
    QCOMPARE(sharp->k, 2);
}

void TestChoosing::batchesComeCloseToTheWhole()
{
    const auto data = test::blobs(20000, 8, 5, 6, 12);
    auto stream = MiniBatchKMeans::create(5, 8);
    QVERIFY(stream.has_value());
    QVERIFY(!stream->ready());
    for (Index from = 0; from < 20000; from += 50)
        QVERIFY(stream->update(data.x.middleRows(from, 50)).has_value());
    QVERIFY(stream->ready());
    KMeansOptions options;
    options.k = 5;
    const auto whole = KMeans::fit(data.x, options);
    const auto labels = stream->predict(data.x);
    QVERIFY(adjustedRand(*labels, whole->labels()) > 0.98);
    double total = 0;
    for (const double weight : stream->weights())
        total += weight;
    QCOMPARE(total, 20000.0);
    double inertia = 0;
    for (Index i = 0; i < 20000; ++i)
        inertia += (data.x.row(i) - stream->centres().row((*labels)[static_cast<std::size_t>(i)]))
                       .cast<double>()
                       .squaredNorm();
    QVERIFY(inertia < 1.02 * whole->inertia());
}

void TestChoosing::batchesForget()
{
    auto stream = MiniBatchKMeans::create(1, 2, 1, 0.5);
    const Matrix before = Matrix::Constant(20, 2, 0);
    const Matrix after = Matrix::Constant(20, 2, 8);
    QVERIFY(stream->update(before).has_value());
    for (int i = 0; i < 20; ++i)
        QVERIFY(stream->update(after).has_value());
    QVERIFY(std::fabs(stream->centres()(0, 0) - 8) < 1e-3F);
}

void TestChoosing::batchWeightsCount()
{
    auto stream = MiniBatchKMeans::create(1, 1);
    QVERIFY(stream->update(Matrix::Zero(20, 1)).has_value());
    Matrix batch(2, 1);
    batch << 10, 1000;
    const std::vector<float> weights{20, 0};
    QVERIFY(stream->update(batch, weights).has_value());
    QVERIFY(std::fabs(stream->centres()(0, 0) - 5) < 1e-5F);
}

void TestChoosing::batchesRefuse()
{
    QCOMPARE(MiniBatchKMeans::create(0, 1).error().code, Code::InvalidArgument);
    QCOMPARE(MiniBatchKMeans::create(2, 1, 1, 2).error().code, Code::InvalidArgument);
    auto stream = MiniBatchKMeans::create(2, 3);
    QCOMPARE(stream->predict(Matrix::Zero(1, 3)).error().code, Code::NotEnoughData);
    QCOMPARE(stream->update(Matrix::Zero(1, 2)).error().code, Code::InvalidArgument);
    const std::vector<float> weights{-1};
    QCOMPARE(stream->update(Matrix::Zero(1, 3), weights).error().code, Code::InvalidArgument);
    QVERIFY(stream->update(Matrix(0, 3)).has_value());
}

QTEST_GUILESS_MAIN(TestChoosing)
#include "test_choosing.moc"
