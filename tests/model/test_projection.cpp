// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/projection.h"
#include "tests/model/planted.h"

#include <QTest>
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

using namespace statescape;
using namespace statescape::model;
using base::Code;
using base::Unit;
using schema::FeatureKind;

class TestProjection : public QObject {
    Q_OBJECT

private slots:
    void separatesWhatDiffers();
    void axesSayWhatTheyMean();
    void picturesDoNotFlip_data();
    void picturesDoNotFlip();
    void picturesDoNotDriftWithMoreOfTheSame();
    void driftIsAnAngle();
    void oneBurstDoesNotShrinkTheMap();
    void rareSpikesDoNotBlowUpAColumn();
    void fewColumns();
    void chosenColumns();
    void refuses();
    void loadingsAndShares();
    void spectrumOfOlderPictures();
    void standardisedRowsMakeThePicture();
};

namespace {
schema::Feature feature(const char *key, Unit unit = Unit::None, bool log1p = false)
{
    return {key, key, unit, FeatureKind::Rate, "scheduler", "", log1p};
}
} // namespace

void TestProjection::separatesWhatDiffers()
{
    const auto data = test::plant({.kinds = 2, .strength = 6});
    const auto projection = Projection::fit(*data.schema, data.x, 3);
    QVERIFY(projection.has_value());
    QCOMPARE(projection->components(), 3);
    QVERIFY(projection->rowsFitted() == static_cast<std::size_t>(data.x.rows()) - 1);
    const ml::Matrix all = projection->projectAll(data.x);
    float one[3];
    projection->project(data.row(33), one);
    for (int c = 0; c < 3; ++c)
        QCOMPARE(one[c], all(33, c));
    std::array<Eigen::RowVector3f, 4> means;
    means.fill(Eigen::RowVector3f::Zero());
    std::array<int, 4> counts{};
    for (Eigen::Index i = 1; i < all.rows(); ++i) {
        const auto kind = static_cast<std::size_t>(data.kind[static_cast<std::size_t>(i)]);
        means[kind] += all.row(i);
        ++counts[kind];
    }
    double spread = 0;
    for (Eigen::Index i = 1; i < all.rows(); ++i) {
        const auto kind = static_cast<std::size_t>(data.kind[static_cast<std::size_t>(i)]);
        spread += (all.row(i) - means[kind] / static_cast<float>(counts[kind])).squaredNorm();
    }
    spread = std::sqrt(spread / static_cast<double>(all.rows()));
    for (std::size_t a = 0; a < 4; ++a)
        for (std::size_t b = 0; b < a; ++b)
            QVERIFY(
                (means[a] / static_cast<float>(counts[a]) - means[b] / static_cast<float>(counts[b])).norm() >
                spread);
}

void TestProjection::axesSayWhatTheyMean()
{
    const schema::Schema schema({feature("a"), feature("b"), feature("c"), feature("d")});
    ml::Random random(3);
    ml::Matrix x(500, 4);
    for (Eigen::Index i = 0; i < 500; ++i) {
        const double shared = random.normal();
        x.row(i) << static_cast<float>(10 + 3 * shared),
            static_cast<float>(5 - 2 * shared + 0.1 * random.normal()), static_cast<float>(random.normal()),
            7;
    }
    const auto projection = Projection::fit(schema, x, 2);
    QVERIFY(projection.has_value());
    const auto axes = projection->axes(schema);
    QCOMPARE(axes.size(), std::size_t{2});
    QCOMPARE(axes[0].columns.size(), std::size_t{2});
    QVERIFY(axes[0].columns[0] <= 1 && axes[0].columns[1] <= 1);
    QVERIFY(axes[0].loadings[0] > 0 && axes[0].loadings[1] < 0);
    QVERIFY(std::fabs(axes[0].varianceShare - 2.0 / 3) < 0.1);
    QVERIFY2(axes[0].text.starts_with("PC1 7") && axes[0].text.find(" %: ") != std::string::npos,
             axes[0].text.c_str());
    QCOMPARE(axes[1].columns, std::vector<int>{2});
}

void TestProjection::picturesDoNotFlip_data()
{
    QTest::addColumn<quint64>("seed");
    for (quint64 seed = 1; seed <= 20; ++seed)
        QTest::addRow("%d", static_cast<int>(seed)) << seed;
}

// A kind of state that comes in for the first time turns an axis, by less than 60 degrees.
void TestProjection::picturesDoNotFlip()
{
    QFETCH(quint64, seed);
    const auto data = test::plant({.kinds = 3, .rounds = 4, .strength = 4, .seed = seed});
    const auto n = data.x.rows();
    auto previous = Projection::fit(*data.schema, data.x.topRows(n / 3), 3);
    QVERIFY(previous.has_value());
    for (Eigen::Index upTo = n / 3 + 20; upTo <= n; upTo += 20) {
        const auto next = Projection::fit(*data.schema, data.x.topRows(upTo), 3, &*previous);
        QVERIFY(next.has_value());
        // Points keep their side: coordinates before and after go together on every axis.
        const Eigen::MatrixXf before = previous->projectAll(data.x.middleRows(1, n / 3));
        const Eigen::MatrixXf after = next->projectAll(data.x.middleRows(1, n / 3));
        for (int c = 0; c < 3; ++c) {
            const Eigen::VectorXf a = before.col(c).array() - before.col(c).mean();
            const Eigen::VectorXf b = after.col(c).array() - after.col(c).mean();
            QVERIFY2(a.dot(b) > 0.5F * a.norm() * b.norm(),
                     qPrintable(QStringLiteral("axis %1 at %2: %3")
                                    .arg(c)
                                    .arg(upTo)
                                    .arg(a.dot(b) / a.norm() / b.norm())));
        }
        previous = next;
    }
}

void TestProjection::picturesDoNotDriftWithMoreOfTheSame()
{
    const auto data = test::plant({.kinds = 3, .rounds = 6, .strength = 4});
    const auto half = Projection::fit(*data.schema, data.x.topRows(data.x.rows() / 2), 3);
    const auto whole = Projection::fit(*data.schema, data.x, 3, &*half);
    QVERIFY(half.has_value() && whole.has_value());
    QVERIFY2(whole->driftDegrees(*half) < 20, qPrintable(QString::number(whole->driftDegrees(*half))));
}

void TestProjection::driftIsAnAngle()
{
    const schema::Schema schema({feature("a"), feature("b")});
    ml::Random random(4);
    ml::Matrix x(2000, 2);
    for (Eigen::Index i = 0; i < 2000; ++i) {
        const auto shared = static_cast<float>(random.normal());
        x.row(i) << shared, shared + 0.1F * static_cast<float>(random.normal());
    }
    const auto up = Projection::fit(schema, x, 1);
    x.col(1) *= -1;
    const auto down = Projection::fit(schema, x, 1);
    QVERIFY(up.has_value() && down.has_value());
    QVERIFY(up->driftDegrees(*up) < 1e-6);
    QVERIFY(std::fabs(up->driftDegrees(*down) - 90) < 3);
}

void TestProjection::oneBurstDoesNotShrinkTheMap()
{
    auto data = test::plant({.kinds = 2, .strength = 5});
    const auto spread = [&](const Projection &projection) {
        const ml::Matrix all = projection.projectAll(data.x.middleRows(1, data.x.rows() - 2));
        return (all.rowwise() - all.colwise().mean()).norm();
    };
    const auto before = Projection::fit(*data.schema, data.x, 2);
    data.x.row(data.x.rows() - 1).setConstant(3e9F);
    const auto after = Projection::fit(*data.schema, data.x, 2);
    QVERIFY(before.has_value() && after.has_value());
    QVERIFY(spread(*after) > 0.8F * spread(*before));
    const ml::Matrix all = after->projectAll(data.x);
    QVERIFY(all.bottomRows(1).norm() < 12 * spread(*after) / std::sqrt(static_cast<float>(all.rows())));
}

void TestProjection::rareSpikesDoNotBlowUpAColumn()
{
    const schema::Schema schema(
        {feature("steady", Unit::PerSecond, true), feature("spiky", Unit::PerSecond, true)});
    ml::Random random(6);
    ml::Matrix x(2000, 2);
    for (Eigen::Index i = 0; i < 2000; ++i)
        x.row(i) << static_cast<float>(1000 * std::exp(random.normal())),
            static_cast<float>(i % 400 == 0 ? 1e6 : 100 + 0.01 * random.uniform());
    const auto projection = Projection::fit(schema, x, 1);
    QVERIFY(projection.has_value());
    const auto axes = projection->axes(schema);
    QCOMPARE(axes[0].columns[0], 0);
    QVERIFY(axes[0].varianceShare > 0.75);
}

void TestProjection::fewColumns()
{
    const schema::Schema schema({feature("only")});
    ml::Matrix x(20, 1);
    for (Eigen::Index i = 0; i < 20; ++i)
        x(i, 0) = static_cast<float>(i);
    const auto projection = Projection::fit(schema, x, 3);
    QVERIFY(projection.has_value());
    QCOMPARE(projection->components(), 3);
    const ml::Matrix all = projection->projectAll(x);
    QVERIFY(all(19, 0) > all(0, 0));
    QVERIFY(all.rightCols(2).isZero());
    QVERIFY(projection->axes(schema)[2].columns.empty());
    QVERIFY(Projection::fromJson(projection->toJson()).has_value());
    QVERIFY(projection->driftDegrees(*projection) < 1e-6);
}

void TestProjection::chosenColumns()
{
    const auto data = test::plant({.kinds = 2});
    const std::vector<int> columns{3, 5, 8};
    const auto projection = Projection::fit(*data.schema, data.x, 2, nullptr, columns);
    QVERIFY(projection.has_value());
    for (const auto &axis : projection->axes(*data.schema))
        for (const int column : axis.columns)
            QVERIFY(std::find(columns.begin(), columns.end(), column) != columns.end());
    const std::vector<int> bad{3, 5000};
    QCOMPARE(Projection::fit(*data.schema, data.x, 2, nullptr, bad).error().code, Code::InvalidArgument);
}

void TestProjection::refuses()
{
    const schema::Schema schema({feature("a"), feature("b")});
    QCOMPARE(Projection::fit(schema, ml::Matrix(0, 2), 2).error().code, Code::NotEnoughData);
    QCOMPARE(Projection::fit(schema, ml::Matrix::Random(2, 2), 2).error().code, Code::NotEnoughData);
    QCOMPARE(Projection::fit(schema, ml::Matrix::Constant(50, 2, 1), 2).error().code, Code::NotEnoughData);
    QCOMPARE(Projection::fit(schema, ml::Matrix::Random(50, 3), 2).error().code, Code::InvalidArgument);
    QCOMPARE(Projection::fit(schema, ml::Matrix::Random(50, 2), 0).error().code, Code::InvalidArgument);
    QCOMPARE(Projection::fit(schema, ml::Matrix::Random(50, 2), 9).error().code, Code::InvalidArgument);
    ml::Matrix missing = ml::Matrix::Constant(50, 2, schema::missingValue(schema::Missing::NotSupported));
    QCOMPARE(Projection::fit(schema, missing, 2).error().code, Code::NotEnoughData);
    QVERIFY(Projection::fit(schema, ml::Matrix::Random(3, 2), 2).has_value());
}

void TestProjection::loadingsAndShares()
{
    const auto data = test::plant({.kinds = 3, .strength = 4});
    const auto projection = Projection::fit(*data.schema, data.x, 3);
    QVERIFY(projection.has_value());
    const Eigen::MatrixXd loadings = projection->loadings();
    const auto columns = projection->columns();
    QCOMPARE(static_cast<std::size_t>(loadings.rows()), columns.size());
    QVERIFY((loadings.transpose() * loadings - Eigen::MatrixXd::Identity(3, 3)).norm() < 1e-9);
    const auto shares = projection->varianceShares();
    QCOMPARE(shares.size(), columns.size());
    double sum = 0;
    for (std::size_t c = 0; c < shares.size(); ++c) {
        QVERIFY(shares[c] >= 0 && (c == 0 || shares[c] <= shares[c - 1] + 1e-12));
        sum += shares[c];
    }
    QVERIFY(std::fabs(sum - 1) < 1e-9);
    const auto axes = projection->axes(*data.schema);
    for (std::size_t c = 0; c < 3; ++c)
        QCOMPARE(shares[c], axes[c].varianceShare);
    const auto again = Projection::fromJson(projection->toJson());
    QVERIFY(again.has_value());
    QCOMPARE(again->varianceShares(), shares);
    QCOMPARE(again->columns(), columns);
    // What is mixed by following the picture before is still all of the variance.
    const auto next = Projection::fit(*data.schema, data.x.topRows(data.x.rows() / 2), 3, &*projection);
    QVERIFY(next.has_value());
    const auto mixed = next->varianceShares();
    QVERIFY(std::fabs(std::accumulate(mixed.begin(), mixed.end(), 0.0) - 1) < 1e-9);
}

void TestProjection::spectrumOfOlderPictures()
{
    const auto data = test::plant({.kinds = 2});
    const auto projection = Projection::fit(*data.schema, data.x, 2);
    QVERIFY(projection.has_value());
    std::string text = projection->toJson();
    const auto at = text.find("\"spectrum\"");
    QVERIFY(at != std::string::npos);
    text.replace(at, 10, "\"elsewhere\"");
    const auto older = Projection::fromJson(text);
    QVERIFY(older.has_value());
    QCOMPARE(older->varianceShares().size(), std::size_t{2});
    QCOMPARE(older->varianceShares()[1], projection->varianceShares()[1]);
}

void TestProjection::standardisedRowsMakeThePicture()
{
    const auto data = test::plant({.kinds = 2, .strength = 4});
    const auto projection = Projection::fit(*data.schema, data.x, 8);
    QVERIFY(projection.has_value());
    const auto d = static_cast<Eigen::Index>(projection->columns().size());
    const ml::Matrix all = projection->projectAll(data.x);
    Eigen::VectorXf first(d);
    Eigen::VectorXf z(d);
    projection->standardise(data.row(1), {first.data(), static_cast<std::size_t>(d)});
    std::vector<float> one(8);
    for (Eigen::Index i = 0; i < data.x.rows(); ++i) {
        projection->project(data.row(i), one);
        for (Eigen::Index c = 0; c < 8; ++c)
            QCOMPARE(std::bit_cast<std::uint32_t>(one[static_cast<std::size_t>(c)]),
                     std::bit_cast<std::uint32_t>(all(i, c)));
        projection->standardise(data.row(i), {z.data(), static_cast<std::size_t>(d)});
        QVERIFY(z.allFinite() && z.cwiseAbs().maxCoeff() <= 8);
        // Differences of coordinates are differences of standardised features along the loadings.
        const Eigen::VectorXd expected = projection->loadings().transpose() * (z - first).cast<double>();
        QVERIFY((expected - (all.row(i) - all.row(1)).transpose().cast<double>()).norm() < 1e-3);
    }
    // A schema with fewer columns than it was fitted on gives nothing rather than reading beyond.
    std::vector<float> none(static_cast<std::size_t>(d), 7);
    projection->standardise(std::vector<float>(3, 1), none);
    QVERIFY(std::all_of(none.begin(), none.end(), [](float value) { return value == 0; }));
    const ml::Matrix narrow = projection->projectAll(ml::Matrix::Ones(5, 3));
    QVERIFY(narrow.isZero());
}

QTEST_GUILESS_MAIN(TestProjection)
#include "test_projection.moc"
