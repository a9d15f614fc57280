// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/ward.h"
#include "tests/ml/clusterer_fixtures.h"

#include <QTest>

using namespace statescape;
using namespace statescape::ml;
using base::Code;

class TestWard : public QObject {
    Q_OBJECT

private slots:
    void agreesWithScikitLearn_data() { test::addReferenceSets(); }
    void agreesWithScikitLearn();
    void costsNeverFallAndAddUp();
    void partitionsAreNested();
    void groupsComeCloseToRows();
    void rowOrderDoesNotMatter();
    void predictAgreesWithTheFit();
    void oddRows();
    void aMillionEqualRows();
    void refusesWhatHasNoMeaning();
    void stopsOnRequest();
};

namespace {
WardOptions options(int k)
{
    WardOptions out;
    out.k = k;
    return out;
}
} // namespace

void TestWard::agreesWithScikitLearn()
{
    QFETCH(QString, name);
    const auto &theirs = test::clusterers()["sets"][name.toStdString()];
    const auto fit = Ward::fit(test::rowsOf(name.toStdString()), options(theirs["k"]));
    QVERIFY(fit.has_value());
    const double agreement =
        adjustedRand(fit->clustering().labels, theirs["ward"].get<std::vector<std::int32_t>>());
    // Values of iris are rounded: equal costs go in another order.
    QVERIFY2(agreement >= (name == "iris" ? 0.9 : 1.0), qPrintable(QString::number(agreement)));
}

void TestWard::costsNeverFallAndAddUp()
{
    const Matrix x = test::blobs(900, 4, 5, 3, 8, 0.1).x;
    const auto fit = Ward::fit(x, options(1));
    QVERIFY(fit.has_value());
    QCOMPARE(fit->costs().size(), std::size_t{899});
    for (std::size_t m = 1; m < fit->costs().size(); ++m)
        QVERIFY(fit->costs()[m] >= fit->costs()[m - 1]);
    const Eigen::MatrixXd wide = x.cast<double>();
    const double total = (wide.rowwise() - wide.colwise().mean()).squaredNorm();
    const double sum = std::accumulate(fit->costs().begin(), fit->costs().end(), 0.0);
    QVERIFY(std::abs(sum - total) < 1e-8 * total);
}

void TestWard::partitionsAreNested()
{
    const Matrix x = test::blobs(400, 3, 4, 8, 8, 0.1).x;
    const auto coarse = Ward::fit(x, options(4));
    const auto fine = Ward::fit(x, options(11));
    QVERIFY(coarse && fine);
    QCOMPARE(fine->clustering().clusters(), 11);
    std::vector<std::int32_t> within(11, -1);
    for (std::size_t i = 0; i < 400; ++i) {
        auto &cluster = within[static_cast<std::size_t>(fine->clustering().labels[i])];
        if (cluster < 0)
            cluster = coarse->clustering().labels[i];
        QCOMPARE(coarse->clustering().labels[i], cluster);
    }
}

void TestWard::groupsComeCloseToRows()
{
    const auto data = test::blobs(12000, 8, 6, 4, 8);
    auto opt = options(6);
    const auto exact = Ward::fit(data.x, opt);
    opt.mostExactRows = 5000;
    const auto grouped = Ward::fit(data.x, opt);
    QVERIFY(exact && grouped);
    QVERIFY(exact->exact());
    QVERIFY(!grouped->exact());
    QVERIFY(test::consistent(grouped->clustering(), 12000));
    QVERIFY(adjustedRand(exact->clustering().labels, grouped->clustering().labels) > 0.95);
}

void TestWard::rowOrderDoesNotMatter()
{
    const Matrix x = test::blobs(1500, 3, 5, 4, 12, 0.1).x;
    const auto order = test::shuffled(1500, 9);
    Matrix mixed(1500, 3);
    for (std::size_t i = 0; i < 1500; ++i)
        mixed.row(static_cast<Eigen::Index>(i)) = x.row(static_cast<Eigen::Index>(order[i]));
    const auto fit = Ward::fit(x, options(7));
    const auto again = Ward::fit(mixed, options(7));
    QVERIFY(fit && again);
    std::vector<std::int32_t> back(1500);
    for (std::size_t i = 0; i < 1500; ++i)
        back[order[i]] = again->clustering().labels[i];
    QVERIFY(test::samePartition(back, fit->clustering().labels));
}

void TestWard::predictAgreesWithTheFit()
{
    const auto data = test::blobs(3000, 6, 5, 6, 16);
    const auto fit = Ward::fit(data.x.topRows(2000), options(5));
    QVERIFY(fit.has_value());
    QCOMPARE(fit->predict(data.x.topRows(2000))->labels, fit->clustering().labels);
    const std::vector<int> truth(data.truth.begin() + 2000, data.truth.end());
    QVERIFY(adjustedRand(fit->predict(data.x.bottomRows(1000))->labels, truth) > 0.9);
    QCOMPARE(fit->predict(Matrix::Zero(2, 7)).error().code, Code::InvalidArgument);
}

void TestWard::oddRows()
{
    for (const auto &[name, x] : test::oddRows())
        for (const int k : {1, 3, 8})
            for (const int most : {20000, 10}) {
                auto opt = options(k);
                opt.mostExactRows = most;
                const auto fit = Ward::fit(x, opt);
                QVERIFY2(fit.has_value(), name);
                QVERIFY2(test::consistent(fit->clustering(), x.rows()), name);
                QVERIFY2(fit->clustering().clusters() <= k, name);
                QVERIFY2(test::consistent(*fit->predict(x), x.rows()), name);
                for (const double cost : fit->costs())
                    QVERIFY2(cost >= 0, name);
            }
}

void TestWard::aMillionEqualRows()
{
    const auto fit = Ward::fit(Matrix::Constant(1000000, 3, 7), options(4));
    QVERIFY(fit.has_value());
    QCOMPARE(fit->clustering().sizes, std::vector<std::uint64_t>{1000000});
}

void TestWard::refusesWhatHasNoMeaning()
{
    const Matrix x = test::blobs(20, 2, 2, 1).x;
    QCOMPARE(Ward::fit(Matrix(0, 3), options(1)).error().code, Code::NotEnoughData);
    QCOMPARE(Ward::fit(Matrix(3, 0), options(1)).error().code, Code::NotEnoughData);
    QCOMPARE(Ward::fit(x, options(21)).error().code, Code::NotEnoughData);
    QCOMPARE(Ward::fit(x, options(0)).error().code, Code::InvalidArgument);
    QVERIFY(Ward::fit(x.topRows(1), options(1)).has_value());
    for (const auto &bad : test::unfiniteRows())
        QCOMPARE(Ward::fit(bad, options(2)).error().code, Code::InvalidArgument);
}

void TestWard::stopsOnRequest()
{
    const Matrix x = test::blobs(20000, 24, 8, 1, 6).x;
    const double delay = test::stopDelayMs(
        [&](const base::Progress &progress) { return Ward::fit(x, options(8), progress); }, 300);
    QVERIFY(delay >= 0);
    QVERIFY2(delay < 3000, "stopping hangs");
}

QTEST_GUILESS_MAIN(TestWard)
#include "test_ward.moc"
