// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/calibration.h"
#include "core/ml/metrics.h"
#include "core/ml/partition_metrics.h"
#include "core/ml/ranking.h"
#include "core/ml/validity.h"
#include "tests/ml/fixtures.h"

#include <QTest>
#include <cmath>
#include <limits>

using namespace statescape;
using namespace statescape::ml;
using base::Code;
using Index = Eigen::Index;

class TestMetrics : public QObject {
    Q_OBJECT

private slots:
    void partitionsAgreeWithScikitLearn();
    void partitionsOfHand();
    void centresAgreeWithScikitLearn();
    void silhouetteIsThePlainSum();
    void sampledSilhouetteKnowsItsError();
    void degenerateValidity();
    void densityTellsShapes();
    void densityIgnoresRotation();
    void densityRefuses();
    void rankingAgreesWithScikitLearn();
    void rankingOfHand();
    void reliabilityCounts();
    void isotonicAgreesWithScikitLearn();
    void tailsAreOrderedShares();
};

namespace {
bool close(double got, double want, double tolerance)
{
    return std::fabs(got - want) <= tolerance * std::max(1.0, std::fabs(want));
}

std::vector<float> floats(const nlohmann::json &values)
{
    return values.get<std::vector<float>>();
}

/// Two arcs one inside the reach of the other, n rows each.
Matrix moons(Index n, double noise, std::uint64_t seed)
{
    Random random(seed);
    Matrix x(2 * n, 2);
    for (Index i = 0; i < 2 * n; ++i) {
        const double angle = 3.14159265 * random.uniform();
        const bool second = i >= n;
        x(i, 0) =
            static_cast<float>((second ? 1 - std::cos(angle) : std::cos(angle)) + noise * random.normal());
        x(i, 1) =
            static_cast<float>((second ? 0.5 - std::sin(angle) : std::sin(angle)) + noise * random.normal());
    }
    return x;
}
} // namespace

void TestMetrics::partitionsAgreeWithScikitLearn()
{
    QVERIFY(!test::numerics().is_discarded());
    for (const auto &one : test::numerics()["partitions"]) {
        const auto truth = one["truth"].get<std::vector<int>>();
        const auto found = one["found"].get<std::vector<int>>();
        const auto scores = partitionScores(truth, found);
        QVERIFY(close(scores.homogeneity, one["homogeneity"], 1e-10));
        QVERIFY(close(scores.completeness, one["completeness"], 1e-10));
        QVERIFY(close(scores.vMeasure, one["v"], 1e-10));
        QVERIFY(close(scores.vMeasure, one["nmi"], 1e-10));
        QVERIFY2(close(scores.adjustedMutualInformation, one["ami"], 1e-9),
                 qPrintable(QString::number(scores.adjustedMutualInformation, 'g', 12)));
    }
}

void TestMetrics::partitionsOfHand()
{
    const std::vector<int> a{0, 0, 1, 1, 2, 2};
    const std::vector<int> renamed{5, 5, -1, -1, 9, 9};
    const auto same = partitionScores(a, renamed);
    QCOMPARE(same.adjustedMutualInformation, 1.0);
    QCOMPARE(same.purity, 1.0);
    const std::vector<int> mixed{0, 0, 0, 1, 1, 1};
    QCOMPARE(partitionScores(a, mixed).purity, 4.0 / 6);
    const std::vector<int> one(6, 3);
    const auto lumped = partitionScores(a, one);
    QCOMPARE(lumped.homogeneity, 0.0);
    QCOMPARE(lumped.completeness, 1.0);
    QVERIFY(std::fabs(lumped.adjustedMutualInformation) < 1e-12);
    QCOMPARE(partitionScores({}, {}).vMeasure, 1.0);
    // Chance is worth nothing.
    Random random(4);
    std::vector<int> left;
    std::vector<int> right;
    for (int i = 0; i < 2000; ++i) {
        left.push_back(static_cast<int>(random.below(10)));
        right.push_back(static_cast<int>(random.below(10)));
    }
    QVERIFY(std::fabs(partitionScores(left, right).adjustedMutualInformation) < 0.01);
}

void TestMetrics::centresAgreeWithScikitLearn()
{
    const auto &from = test::numerics()["validity"];
    const Matrix x = test::matrixOf(from["x"]);
    const auto labels = from["labels"].get<std::vector<std::int32_t>>();
    const auto validity = centreValidity(x, labels, 3);
    QVERIFY(validity.has_value());
    QVERIFY(close(validity->daviesBouldin, from["davies_bouldin"], 1e-9));
    QVERIFY(close(validity->calinskiHarabasz, from["calinski_harabasz"], 1e-9));
    const auto silhouettes = silhouette(x, labels, 3, 1000, 1);
    QVERIFY(close(silhouettes->mean, from["silhouette"], 1e-6));
    QCOMPARE(silhouettes->halfWidth, 0.0);
}

void TestMetrics::silhouetteIsThePlainSum()
{
    // Sizes around whole tiles, a cluster of one, an empty one and noise.
    const auto data = test::blobs(203, 5, 4, 9, 4);
    std::vector<std::int32_t> labels;
    for (Index i = 0; i < 203; ++i)
        labels.push_back(i == 0 ? 5 : i < 30 ? -1 : i < 46 ? 0 : i < 63 ? 1 : i < 66 ? 2 : 3);
    const auto got = silhouette(data.x, labels, 6, 1000, 1);
    QVERIFY(got.has_value());
    double total = 0;
    std::size_t rows = 0;
    for (Index i = 0; i < 203; ++i) {
        const auto own = labels[static_cast<std::size_t>(i)];
        if (own < 0)
            continue;
        ++rows;
        std::vector<double> sums(6, 0);
        std::vector<double> sizes(6, 0);
        for (Index o = 0; o < 203; ++o)
            if (const auto c = labels[static_cast<std::size_t>(o)]; c >= 0) {
                sums[static_cast<std::size_t>(c)] += (data.x.row(i) - data.x.row(o)).cast<double>().norm();
                ++sizes[static_cast<std::size_t>(c)];
            }
        if (sizes[static_cast<std::size_t>(own)] < 2)
            continue;
        const double inside =
            sums[static_cast<std::size_t>(own)] / (sizes[static_cast<std::size_t>(own)] - 1);
        double outside = std::numeric_limits<double>::infinity();
        for (std::size_t c = 0; c < 6; ++c)
            if (static_cast<std::int32_t>(c) != own && sizes[c] > 0)
                outside = std::min(outside, sums[c] / sizes[c]);
        total += (outside - inside) / std::max(inside, outside);
    }
    QCOMPARE(got->rows, rows);
    QVERIFY2(
        std::fabs(got->mean - total / static_cast<double>(rows)) < 1e-6,
        qPrintable(QStringLiteral("%1 against %2").arg(got->mean).arg(total / static_cast<double>(rows))));
    QVERIFY(std::isnan(got->perCluster[4]));
    QCOMPARE(got->perCluster[5], 0.0);
}

void TestMetrics::sampledSilhouetteKnowsItsError()
{
    const auto data = test::blobs(6000, 4, 4, 10, 5);
    const std::vector<std::int32_t> labels(data.truth.begin(), data.truth.end());
    const auto exact = silhouette(data.x, labels, 4, 6000, 1);
    int inside = 0;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        const auto sampled = silhouette(data.x, labels, 4, 500, seed);
        QVERIFY(sampled->halfWidth > 0 && sampled->halfWidth < 0.05);
        inside += std::fabs(sampled->mean - exact->mean) <= sampled->halfWidth ? 1 : 0;
    }
    QVERIFY2(inside >= 33, qPrintable(QString::number(inside)));
}

void TestMetrics::degenerateValidity()
{
    const std::vector<std::int32_t> one(10, 0);
    QVERIFY(std::isnan(centreValidity(Matrix::Random(10, 2), one, 1)->daviesBouldin));
    Matrix x = Matrix::Zero(10, 2);
    x.topRows(5).setConstant(3);
    std::vector<std::int32_t> two(10, 0);
    std::fill_n(two.begin(), 5, 1);
    const auto sharp = centreValidity(x, two, 2);
    QCOMPARE(sharp->daviesBouldin, 0.0);
    QVERIFY(std::isinf(sharp->calinskiHarabasz));
    QCOMPARE(centreValidity(x, {one.data(), 3}, 1).error().code, Code::InvalidArgument);
    QCOMPARE(centreValidity(x, two, 1).error().code, Code::InvalidArgument);
}

void TestMetrics::densityTellsShapes()
{
    const Matrix x = moons(150, 0.04, 3);
    std::vector<std::int32_t> arcs(300, 0);
    std::fill_n(arcs.begin() + 150, 150, 1);
    std::vector<std::int32_t> halves;
    for (Index i = 0; i < 300; ++i)
        halves.push_back(x(i, 0) < 0.5F ? 0 : 1);
    const auto right = densityValidity(x, arcs, 2);
    const auto wrong = densityValidity(x, halves, 2);
    QVERIFY(right.has_value() && wrong.has_value());
    // Centres would have it the other way round.
    QVERIFY2(right->score > 0.3 && wrong->score < 0,
             qPrintable(QStringLiteral("%1 %2").arg(right->score).arg(wrong->score)));
    QVERIFY(centreValidity(x, arcs, 2)->daviesBouldin > centreValidity(x, halves, 2)->daviesBouldin);
    std::vector<std::int32_t> noisy = arcs;
    for (std::size_t i = 0; i < 300; i += 3)
        noisy[i] = -1;
    QVERIFY(densityValidity(x, noisy, 2)->score < right->score);
}

void TestMetrics::densityIgnoresRotation()
{
    const auto data = test::blobs(160, 2, 2, 4, 20);
    const std::vector<std::int32_t> labels(data.truth.begin(), data.truth.end());
    Eigen::Matrix2f turn;
    turn << 0.6F, -0.8F, 0.8F, 0.6F;
    const auto one = densityValidity(data.x, labels, 2);
    const auto two = densityValidity(Matrix(3 * data.x * turn), labels, 2);
    QVERIFY(std::fabs(one->score - two->score) < 1e-4);
    QVERIFY(one->score > 0.5 && one->score <= 1);
}

void TestMetrics::densityRefuses()
{
    const std::vector<std::int32_t> one(10, 0);
    QCOMPARE(densityValidity(Matrix::Random(10, 2), one, 1).error().code, Code::NotEnoughData);
    std::vector<std::int32_t> two(10, 0);
    std::fill_n(two.begin(), 5, 1);
    const auto equal = densityValidity(Matrix::Constant(10, 2, 1), two, 2);
    QVERIFY(equal.has_value());
    QCOMPARE(equal->score, 0.0);
}

void TestMetrics::rankingAgreesWithScikitLearn()
{
    const auto &from = test::numerics()["ranking"];
    const auto truth = from["truth"].get<std::vector<std::uint8_t>>();
    const auto score = floats(from["score"]);
    QVERIFY(close(areaUnderRoc(truth, score), from["auroc"], 1e-12));
    QVERIFY(close(averagePrecision(truth, score), from["auprc"], 1e-12));
    QVERIFY(close(brierScore(truth, score), from["brier"], 1e-12));
}

void TestMetrics::rankingOfHand()
{
    const std::vector<std::uint8_t> truth{0, 0, 1, 1};
    const std::vector<float> good{0, 1, 2, 3};
    const std::vector<float> level(4, 1);
    QCOMPARE(areaUnderRoc(truth, good), 1.0);
    QCOMPARE(averagePrecision(truth, good), 1.0);
    QCOMPARE(areaUnderRoc(truth, level), 0.5);
    QCOMPARE(averagePrecision(truth, level), 0.5);
    const std::vector<std::uint8_t> none(4, 0);
    QVERIFY(std::isnan(areaUnderRoc(none, good)) && std::isnan(averagePrecision(none, good)));
    QVERIFY(std::isnan(brierScore({}, {})));
}

void TestMetrics::reliabilityCounts()
{
    Random random(5);
    std::vector<std::uint8_t> truth;
    std::vector<float> honest;
    std::vector<float> boastful;
    for (int i = 0; i < 20000; ++i) {
        const double p = random.uniform();
        truth.push_back(random.uniform() < p ? 1 : 0);
        honest.push_back(static_cast<float>(p));
        boastful.push_back(p < 0.5 ? 0.0F : 1.0F);
    }
    QVERIFY(expectedCalibrationError(truth, honest) < 0.02);
    QVERIFY(std::fabs(expectedCalibrationError(truth, boastful) - 0.25) < 0.02);
    std::size_t rows = 0;
    for (const auto &bin : reliabilityCurve(truth, honest, 7)) {
        rows += bin.rows;
        QVERIFY(std::fabs(bin.predicted - bin.observed) < 0.05);
    }
    QCOMPARE(rows, truth.size());
    QCOMPARE(reliabilityCurve(truth, boastful).size(), std::size_t{2});
}

void TestMetrics::isotonicAgreesWithScikitLearn()
{
    const auto &from = test::numerics()["ranking"];
    const auto truth = from["truth"].get<std::vector<std::uint8_t>>();
    const auto score = floats(from["score"]);
    const auto map = IsotonicMap::fit(score, truth);
    QVERIFY(map.has_value());
    for (std::size_t i = 0; i < score.size(); ++i)
        QVERIFY(close((*map)(score[i]), from["isotonic"][i], 1e-9));
    double previous = 0;
    for (float s = -1; s < 2; s += 0.01F) {
        QVERIFY((*map)(s) >= previous);
        previous = (*map)(s);
    }
    QCOMPARE(IsotonicMap::fit({}, {}).error().code, Code::NotEnoughData);
    QCOMPARE(IsotonicMap::fit(score, {truth.data(), 3}).error().code, Code::InvalidArgument);
}

void TestMetrics::tailsAreOrderedShares()
{
    Random random(6);
    std::vector<float> usual;
    for (int i = 0; i < 5000; ++i)
        usual.push_back(static_cast<float>(-std::log(1 - random.uniform())));
    const auto tail = TailShare::fit(usual);
    QVERIFY(tail.has_value());
    for (const double s : {0.1, 0.7, 2.0, 4.0})
        QVERIFY(std::fabs((*tail)(s) / std::exp(-s) - 1) < 0.25);
    // An exponential's tail goes on as it should, far beyond what was seen.
    QVERIFY(std::fabs(tail->log(20) + 20) < 4);
    double previous = 1;
    for (double s = -1; s < 15; s += 0.003) {
        QVERIFY((*tail)(s) <= previous && (*tail)(s) > 0);
        previous = (*tail)(s);
    }
    std::vector<float> rarity;
    for (const float value : usual)
        rarity.push_back(static_cast<float>(1 - (*tail)(value)));
    QVERIFY(uniformityError(rarity) < 0.03);
    QVERIFY(uniformityError(std::vector<float>(100, 0.5F)) >= 0.5);
    QCOMPARE(TailShare::fit({}).error().code, Code::NotEnoughData);
    const auto level = TailShare::fit(std::vector<float>(50, 2));
    QVERIFY((*level)(2) > 0.9 && (*level)(3) < 1e-6);
}

QTEST_GUILESS_MAIN(TestMetrics)
#include "test_metrics.moc"
