// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/abnormality.h"
#include "core/ml/distributions.h"
#include "core/ml/ranking.h"
#include "tests/ml/fixtures.h"
#include "tests/ml/server_like.h"

#include <QTest>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

using namespace statescape;
using namespace statescape::ml;
using base::Code;
using Index = Eigen::Index;

class TestAbnormality : public QObject {
    Q_OBJECT

private slots:
    void covarianceAgreesWithScikitLearn();
    void distancesAreChiSquared();
    void trimmingIgnoresOutliers();
    void mahalanobisRefuses();
    void forestSetsOutliersApart();
    void forestIsItsSeed();
    void forestDegenerate();
    void usualRowsAreUniform();
    void togetherIsAsGoodAsTheBestPart();
    void abnormalityRefuses();
    void abnormalityDegenerate();
};

namespace {
std::span<const float> rowOf(const Matrix &x, Index i)
{
    return {x.row(i).data(), static_cast<std::size_t>(x.cols())};
}
} // namespace

void TestAbnormality::covarianceAgreesWithScikitLearn()
{
    QVERIFY(!test::numerics().is_discarded());
    const auto &from = test::numerics()["preparation"];
    const Matrix x = test::matrixOf(from["x"]);
    const auto fit = Mahalanobis::fit(x);
    QVERIFY(fit.has_value());
    QVERIFY(std::fabs(fit->shrinkage() - from["shrinkage"].get<double>()) < 1e-9);
    for (Index i = 0; i < x.cols(); ++i)
        for (Index j = 0; j < x.cols(); ++j)
            QVERIFY(std::fabs(fit->covariance()(i, j) -
                              from["ledoit_wolf"][static_cast<std::size_t>(i)][static_cast<std::size_t>(j)]
                                  .get<double>()) < 1e-9);
    for (Index i = 0; i < x.rows(); ++i) {
        const auto want = from["mahalanobis"][static_cast<std::size_t>(i)].get<double>();
        QVERIFY(std::fabs(fit->squared(rowOf(x, i)) - want) < 1e-6 * (1 + want));
    }
}

void TestAbnormality::distancesAreChiSquared()
{
    const auto data = test::blobs(20000, 6, 1, 3);
    for (const double trim : {0.0, 0.2}) {
        const auto fit = Mahalanobis::fit(data.x, {trim, 10});
        QVERIFY(fit.has_value());
        int beyond = 0;
        const double limit = chiSquaredQuantile(0.9, 6);
        for (Index i = 0; i < data.x.rows(); ++i)
            beyond += fit->squared(rowOf(data.x, i)) > limit ? 1 : 0;
        QVERIFY2(std::abs(beyond - 2000) < 150, qPrintable(QString::number(beyond)));
    }
}

void TestAbnormality::trimmingIgnoresOutliers()
{
    auto data = test::blobs(1000, 4, 1, 5);
    const auto clean = Mahalanobis::fit(data.x);
    data.x.topRows(150).array() += 40;
    const auto plain = Mahalanobis::fit(data.x);
    const auto robust = Mahalanobis::fit(data.x, {0.25, 30});
    QVERIFY(clean.has_value() && plain.has_value() && robust.has_value());
    QVERIFY((robust->mean() - clean->mean()).norm() < 0.3);
    QVERIFY((plain->mean() - clean->mean()).norm() > 5);
    QVERIFY(robust->squared(rowOf(data.x, 3)) > 50 * plain->squared(rowOf(data.x, 3)));
}

void TestAbnormality::mahalanobisRefuses()
{
    QCOMPARE(Mahalanobis::fit(Matrix::Zero(1, 2)).error().code, Code::NotEnoughData);
    QCOMPARE(Mahalanobis::fit(Matrix::Zero(9, 2), {0.7, 3}).error().code, Code::InvalidArgument);
    const auto equal = Mahalanobis::fit(Matrix::Constant(50, 3, 2));
    QVERIFY(equal.has_value());
    const std::array<float, 3> same{2, 2, 2};
    QCOMPARE(equal->squared(same), 0.0);
    const auto wide = Mahalanobis::fit(test::blobs(8, 40, 1, 2).x);
    QVERIFY(wide.has_value());
    QVERIFY(std::isfinite(wide->squared(std::vector<float>(40, 1))));
}

void TestAbnormality::forestSetsOutliersApart()
{
    auto data = test::blobs(2000, 5, 2, 6, 6);
    data.x.topRows(20).array() += 12;
    const auto forest = IsolationForest::fit(data.x);
    QVERIFY(forest.has_value());
    const auto scores = forest->score(data.x);
    QVERIFY(scores.has_value());
    std::vector<std::uint8_t> truth(2000, 0);
    std::fill_n(truth.begin(), 20, 1);
    QVERIFY(averagePrecision(truth, *scores) > 0.9);
    for (const float score : *scores)
        QVERIFY(score > 0 && score < 1);
    QVERIFY(std::fabs((*scores)[7] - forest->score(rowOf(data.x, 7))) < 1e-6);
}

void TestAbnormality::forestIsItsSeed()
{
    const auto data = test::blobs(9000, 5, 2, 7);
    const auto one = IsolationForest::fit(data.x, {50, 128, 3})->score(data.x);
    const auto two = IsolationForest::fit(data.x, {50, 128, 3})->score(data.x);
    const auto other = IsolationForest::fit(data.x, {50, 128, 4})->score(data.x);
    QVERIFY(*one == *two);
    QVERIFY(*one != *other);
}

void TestAbnormality::forestDegenerate()
{
    QCOMPARE(IsolationForest::fit(Matrix::Zero(1, 2)).error().code, Code::NotEnoughData);
    QCOMPARE(IsolationForest::fit(Matrix::Zero(9, 2), {0, 256, 1}).error().code, Code::InvalidArgument);
    Matrix bad = Matrix::Zero(9, 2);
    bad(4, 1) = std::numeric_limits<float>::quiet_NaN();
    QCOMPARE(IsolationForest::fit(bad).error().code, Code::InvalidArgument);
    const auto equal = IsolationForest::fit(Matrix::Constant(1000000, 2, 1));
    QVERIFY(equal.has_value());
    QVERIFY(std::fabs(equal->score(std::array<float, 2>{1, 1}) - 0.5) < 1e-6);
    // Neighbouring floats leave one place for the cut.
    Matrix close = Matrix::Constant(40, 1, 1);
    close.bottomRows(20).setConstant(std::nextafter(1.0F, 2.0F));
    const auto two = IsolationForest::fit(close);
    QVERIFY(two.has_value());
    Matrix huge = test::blobs(300, 1, 1, 4).x;
    huge(0, 0) = 3e38F;
    huge(1, 0) = -3e38F;
    const auto far = IsolationForest::fit(huge);
    QVERIFY(far->score(std::array<float, 1>{3e38F}) > 0.7);
}

void TestAbnormality::usualRowsAreUniform()
{
    test::ServerMaker maker(3);
    const auto set = maker.make(9000, test::Trouble::Spike);
    const auto fit = Abnormality::fit(set.good);
    QVERIFY(fit.has_value());
    QVERIFY2(fit->calibrationError() < 0.08, qPrintable(QString::number(fit->calibrationError())));
    QVERIFY(fit->calibrationRows() > 800);
    // And on good rows that come later.
    const auto scores = fit->score(set.later);
    std::vector<float> rarity;
    for (std::size_t i = 0; i < set.truth.size(); ++i)
        if (set.truth[i] == 0)
            rarity.push_back(static_cast<float>((*scores)[i].abnormality));
    QVERIFY2(uniformityError(rarity) < 0.08, qPrintable(QString::number(uniformityError(rarity))));
    const auto one = fit->score(rowOf(set.later, 5));
    QCOMPARE(one.surprise, (*scores)[5].surprise);
    QVERIFY(std::fabs(one.abnormality + std::expm1(-one.surprise)) < 1e-12);
}

void TestAbnormality::togetherIsAsGoodAsTheBestPart()
{
    double together = 0;
    std::array<double, kAbnormalParts> parts{};
    double base = 0;
    int sets = 0;
    for (std::uint64_t seed = 1; seed <= 6; ++seed)
        for (const auto trouble : test::kTroubles) {
            test::ServerMaker maker(seed);
            const auto set = maker.make(6000, trouble);
            const auto fit = Abnormality::fit(set.good);
            QVERIFY(fit.has_value());
            const auto scores = fit->score(set.later);
            std::vector<float> all;
            std::array<std::vector<float>, kAbnormalParts> each;
            for (const auto &score : *scores) {
                all.push_back(static_cast<float>(score.surprise));
                for (std::size_t p = 0; p < kAbnormalParts; ++p)
                    each[p].push_back(static_cast<float>(score.part[p]));
            }
            const double precision = averagePrecision(set.truth, all);
            double best = 0;
            for (std::size_t p = 0; p < kAbnormalParts; ++p) {
                const double one = averagePrecision(set.truth, each[p]);
                parts[p] += one;
                best = std::max(best, one);
            }
            const double share = static_cast<double>(std::count(set.truth.begin(), set.truth.end(), 1)) /
                                 static_cast<double>(set.truth.size());
            if (qEnvironmentVariableIsSet("STATESCAPE_TABLE"))
                qInfo("%-12s %.3f | %.3f %.3f %.3f %.3f | chance %.3f", test::nameOf(trouble).data(),
                      precision, averagePrecision(set.truth, each[0]), averagePrecision(set.truth, each[1]),
                      averagePrecision(set.truth, each[2]), averagePrecision(set.truth, each[3]), share);
            if (trouble != test::Trouble::Stuck)
                QVERIFY2(precision > 2 * share, test::nameOf(trouble).data());
            together += precision;
            base += share;
            ++sets;
        }
    for (std::size_t p = 0; p < kAbnormalParts; ++p)
        // Nobody knows beforehand which part will be the best, and by how much it is.
        QVERIFY2(together > parts[p] - 0.005 * sets,
                 qPrintable(QStringLiteral("%1: %2 against %3")
                                .arg(QString::fromUtf8(ml::nameOf(static_cast<AbnormalPart>(p)).data()))
                                .arg(parts[p] / sets)
                                .arg(together / sets)));
    std::sort(parts.begin(), parts.end());
    QVERIFY(together > parts[2] + 0.03 * sets);
    QVERIFY(together > 3 * base);
}

void TestAbnormality::abnormalityRefuses()
{
    QCOMPARE(Abnormality::fit(Matrix::Zero(59, 2)).error().code, Code::NotEnoughData);
    AbnormalityOptions options;
    options.centres = 0;
    QCOMPARE(Abnormality::fit(Matrix::Zero(100, 2), options).error().code, Code::InvalidArgument);
    Matrix bad = Matrix::Zero(100, 2);
    bad(99, 1) = std::numeric_limits<float>::infinity();
    QCOMPARE(Abnormality::fit(bad).error().code, Code::InvalidArgument);
    const auto fit = Abnormality::fit(test::blobs(100, 2, 1, 3).x);
    QVERIFY(fit.has_value());
    QCOMPARE(fit->score(Matrix::Zero(2, 3)).error().code, Code::InvalidArgument);
    std::stop_source source;
    source.request_stop();
    QCOMPARE(Abnormality::fit(test::blobs(100, 2, 1, 3).x, {}, {source.get_token(), {}}).error().code,
             Code::Cancelled);
}

void TestAbnormality::abnormalityDegenerate()
{
    const auto equal = Abnormality::fit(Matrix::Constant(500, 3, 4));
    QVERIFY(equal.has_value());
    const auto same = equal->score(std::array<float, 3>{4, 4, 4});
    const auto other = equal->score(std::array<float, 3>{5, 4, 4});
    QVERIFY(same.abnormality < 0.2 && other.abnormality > 0.99);
    const auto narrow = Abnormality::fit(test::blobs(60, 1, 1, 4).x);
    QVERIFY(narrow.has_value());
    QVERIFY(narrow->score(std::array<float, 1>{1e6F}).abnormality > 0.9);
}

QTEST_GUILESS_MAIN(TestAbnormality)
#include "test_abnormality.moc"
