// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/columns.h"
#include "core/ml/kernels.h"
#include "core/ml/scaler.h"
#include "core/ml/scorer.h"
#include "tests/ml/fixtures.h"

#include <QTest>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

using namespace statescape;
using namespace statescape::ml;
using base::Code;
using Index = Eigen::Index;

class TestColumns : public QObject {
    Q_OBJECT

private slots:
    void quantilesAgreeWithScikitLearn();
    void quantilesKeepOrder();
    void missingByRule();
    void nothingLeft();
    void constants();
    void duplicatesAreFoundAndSaid();
    void logarithmIsExactToTwoPlaces();
    void scorerIsThePlainComputation_data();
    void scorerIsThePlainComputation();
    void scorerRefuses();
};

namespace {
const float kNaN = std::numeric_limits<float>::quiet_NaN();
} // namespace

void TestColumns::quantilesAgreeWithScikitLearn()
{
    QVERIFY(!test::numerics().is_discarded());
    const auto &from = test::numerics()["preparation"];
    const Matrix x = test::matrixOf(from["x"]);
    const auto scaler = QuantileScaler::fit(x);
    QVERIFY(scaler.has_value());
    const auto out = scaler->transform(x);
    const Matrix want = test::matrixOf(from["quantile"]);
    QVERIFY((*out - want).cwiseAbs().maxCoeff() < 1e-5F);
}

void TestColumns::quantilesKeepOrder()
{
    Matrix x(6, 2);
    x << 1, 5, 2, 5, 2, 5, 2, 5, 3, 5, kNaN, 5;
    const auto scaler = QuantileScaler::fit(x);
    QVERIFY(scaler.has_value());
    Matrix asked(6, 2);
    asked << 0, 5, 1.5F, 6, 2, 4, 2.5F, kNaN, 9, 5, kNaN, 5;
    const auto out = scaler->transform(asked);
    QCOMPARE((*out)(0, 0), 0.0F);
    QVERIFY((*out)(1, 0) > 0 && (*out)(1, 0) < (*out)(2, 0));
    QVERIFY((*out)(3, 0) > (*out)(2, 0));
    QCOMPARE((*out)(4, 0), 1.0F);
    QVERIFY(std::isnan((*out)(5, 0)) && std::isnan((*out)(3, 1)));
    QCOMPARE(QuantileScaler::fit(Matrix(0, 2)).error().code, Code::NotEnoughData);
    QCOMPARE(QuantileScaler::fit(x, 1).error().code, Code::InvalidArgument);
    QCOMPARE(scaler->transform(x.leftCols(1)).error().code, Code::InvalidArgument);
    x(0, 0) = std::numeric_limits<float>::infinity();
    QCOMPARE(QuantileScaler::fit(x).error().code, Code::InvalidArgument);
}

void TestColumns::missingByRule()
{
    Matrix x(4, 4);
    x << 1, kNaN, 7, kNaN, 2, 3, kNaN, kNaN, kNaN, 5, 8, kNaN, 4, 9, 9, kNaN;
    const std::array rules{Missing::DropRow, Missing::Median, Missing::Indicator, Missing::Median};
    const auto filled = fillMissing(x, rules);
    QVERIFY(filled.has_value());
    QCOMPARE(filled->rows, (std::vector<std::uint32_t>{0, 1, 3}));
    QCOMPARE(filled->columns, (std::vector<int>{0, 1, 2, -3}));
    Matrix want(3, 4);
    want << 1, 5, 7, 0, 2, 3, 8, 1, 4, 9, 9, 0;
    QVERIFY(filled->x == want);
    QCOMPARE(filled->notes.size(), std::size_t{3});
    // Nothing missing: nothing changes and nothing is said.
    const auto plain = fillMissing(want, std::array{Missing::Indicator});
    QVERIFY(plain->x == want && plain->notes.empty());
}

void TestColumns::nothingLeft()
{
    Matrix x = Matrix::Constant(3, 2, kNaN);
    QCOMPARE(fillMissing(x, std::array{Missing::Median}).error().code, Code::NotEnoughData);
    x(0, 0) = 1;
    x(1, 1) = 1;
    QCOMPARE(fillMissing(x, std::array{Missing::DropRow}).error().code, Code::NotEnoughData);
    QVERIFY(fillMissing(x, std::array{Missing::Median}).has_value());
    QCOMPARE(fillMissing(x, {}).error().code, Code::InvalidArgument);
}

void TestColumns::constants()
{
    Matrix x(3, 4);
    x << 1, 2, kNaN, 4, 1, kNaN, kNaN, 4, 1, 3, kNaN, kNaN;
    QCOMPARE(constantColumns(x), (std::vector<int>{0, 2, 3}));
    QVERIFY(constantColumns(Matrix(0, 0)).empty());
}

void TestColumns::duplicatesAreFoundAndSaid()
{
    auto data = test::blobs(3000, 6, 1, 3);
    Random random(2);
    for (Index i = 0; i < 3000; ++i) {
        data.x(i, 3) = -5 * data.x(i, 1) + 1000;
        data.x(i, 4) = data.x(i, 0) + 0.03F * static_cast<float>(random.normal());
        data.x(i, 5) = 17.3F;
    }
    const auto pairs = nearDuplicates(data.x);
    QVERIFY(pairs.has_value());
    QCOMPARE(pairs->size(), std::size_t{2});
    QCOMPARE((*pairs)[0].first, 1);
    QCOMPARE((*pairs)[0].second, 3);
    QVERIFY((*pairs)[0].correlation < -0.9999);
    QCOMPARE((*pairs)[1].second, 4);
    const std::vector<std::string> names{"a", "reads", "c", "writes", "e", "f"};
    QVERIFY(sentenceOf((*pairs)[0], names).starts_with("writes says the opposite of reads"));
    QCOMPARE(nearDuplicates(data.x.topRows(2)).error().code, Code::NotEnoughData);
    QCOMPARE(nearDuplicates(data.x, 2).error().code, Code::InvalidArgument);
}

void TestColumns::logarithmIsExactToTwoPlaces()
{
    std::vector<float> values;
    for (std::uint32_t bits = 1; bits < 0x7f800000U; bits += 50021) {
        values.push_back(std::bit_cast<float>(bits));
        values.push_back(-std::bit_cast<float>(bits));
    }
    std::vector<float> out(values.size());
    signedLog1p(values.data(), out.data(), values.size());
    double worst = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double exact = std::copysign(std::log1p(std::fabs(static_cast<double>(values[i]))), values[i]);
        const auto rounded = static_cast<float>(exact);
        const double place = std::fabs(static_cast<double>(std::nextafter(rounded, 1e30F)) - rounded);
        worst = std::max(worst, std::fabs(out[i] - exact) / place);
    }
    QVERIFY2(worst <= 2, qPrintable(QString::number(worst)));
    const std::array<float, 3> few{0, 1, -1};
    std::array<float, 3> got{};
    signedLog1p(few.data(), got.data(), 3);
    QCOMPARE(got[0], 0.0F);
    QCOMPARE(got[1], -got[2]);
}

void TestColumns::scorerIsThePlainComputation_data()
{
    QTest::addColumn<int>("d");
    QTest::addColumn<int>("k");
    QTest::addColumn<bool>("turned");
    for (const int d : {1, 5, 16, 64, 90})
        for (const int k : {1, 16, 37})
            for (const bool turned : {false, true})
                QTest::addRow("d %d k %d%s", d, k, turned ? " turned" : "") << d << k << turned;
}

void TestColumns::scorerIsThePlainComputation()
{
    QFETCH(int, d);
    QFETCH(int, k);
    QFETCH(bool, turned);
    Random random(7);
    std::vector<ScorerColumn> columns;
    for (int j = 0; j < d; ++j)
        columns.push_back({j % 3 == 0, random.normal(), 0.5 + random.uniform()});
    const Matrix prototypes = test::blobs(k, d, 3, 3, 4).x;
    Matrix metric;
    if (turned) {
        metric = test::blobs(d, d, 1, 4, 0).x * 0.1F;
        metric = (metric + metric.transpose()).eval() + Matrix::Identity(d, d);
    }
    const auto scorer = Scorer::create(columns, 8, prototypes, metric);
    QVERIFY(scorer.has_value());
    Matrix raw = test::blobs(5000, d, 3, 5, 30).x;
    raw(3, 0) = 1e20F;
    const auto all = scorer->nearest(raw);
    QVERIFY(all.has_value());
    QVERIFY(scorer->nearest(raw, 1)->dist2 == all->dist2);
    Scorer::Scratch scratch;
    for (Index i = 0; i < 5000; i += 7) {
        Eigen::RowVectorXd z(d);
        for (int j = 0; j < d; ++j) {
            const auto &column = columns[static_cast<std::size_t>(j)];
            const double value = column.log1p ? static_cast<double>(ml::signedLog1p(raw(i, j))) : raw(i, j);
            z[j] = std::clamp((value - column.centre) / column.scale, -8.0, 8.0);
        }
        const auto scaled = scorer->scale(raw.row(i).data(), scratch);
        for (int j = 0; j < d; ++j)
            QVERIFY(std::fabs(scaled[static_cast<std::size_t>(j)] - z[j]) < 3e-6);
        const auto dist2 = scorer->distances(raw.row(i).data(), scratch);
        QCOMPARE(dist2.size(), static_cast<std::size_t>(k));
        double nearest = std::numeric_limits<double>::infinity();
        for (int p = 0; p < k; ++p) {
            Eigen::RowVectorXd apart = z - prototypes.row(p).cast<double>();
            if (turned)
                apart = (apart * metric.cast<double>()).eval();
            QVERIFY(std::fabs(dist2[static_cast<std::size_t>(p)] - apart.squaredNorm()) <
                    1e-4 * (1 + apart.squaredNorm()));
            nearest = std::min(nearest, apart.squaredNorm());
        }
        QVERIFY(std::fabs(all->dist2[static_cast<std::size_t>(i)] - nearest) < 1e-4 * (1 + nearest));
    }
}

void TestColumns::scorerRefuses()
{
    const std::vector<ScorerColumn> columns(3);
    const Matrix prototypes = Matrix::Zero(2, 3);
    QCOMPARE(Scorer::create({}, 8, prototypes).error().code, Code::InvalidArgument);
    QCOMPARE(Scorer::create(columns, 0, prototypes).error().code, Code::InvalidArgument);
    QCOMPARE(Scorer::create(columns, 8, Matrix(0, 3)).error().code, Code::InvalidArgument);
    QCOMPARE(Scorer::create(columns, 8, prototypes, Matrix::Zero(2, 2)).error().code, Code::InvalidArgument);
    std::vector<ScorerColumn> bad = columns;
    bad[1].scale = 0;
    QCOMPARE(Scorer::create(bad, 8, prototypes).error().code, Code::InvalidArgument);
    const auto scorer = Scorer::create(columns, 8, prototypes);
    QCOMPARE(scorer->nearest(Matrix::Zero(2, 2)).error().code, Code::InvalidArgument);
    QVERIFY(scorer->nearest(Matrix(0, 3))->prototype.empty());
}

QTEST_GUILESS_MAIN(TestColumns)
#include "test_columns.moc"
