// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/covariance.h"
#include "core/ml/distributions.h"
#include "core/ml/low_rank_pca.h"
#include "core/ml/pca_residual.h"
#include "core/ml/streaming_pca.h"
#include "tests/ml/fixtures.h"

#include <Eigen/QR>
#include <QTest>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

using namespace statescape;
using namespace statescape::ml;
using base::Code;
using Index = Eigen::Index;

class TestStreamingPca : public QObject {
    Q_OBJECT

private slots:
    void illConditionedAgreesWithNumpy();
    void routesAgree();
    void sameBitsForAnyThreads();
    void whitenedScoresAreWhite();
    void quantilesAgreeWithScipy();
    void limitsHoldWhatTheySay();
    void residualIsTheDistance();
    void streamIsTheBatch();
    void streamForgets();
    void streamRefuses();
    void randomisedFindsTheLeadingAxes();
    void blocksAreTheBatch();
    void forgettingFollowsAChange();
    void lowRankRefuses();
};

namespace {
/// Columns of falling spread, mixed.
Matrix mixed(Index n, Index d, double fall, std::uint64_t seed)
{
    Random random(seed);
    Eigen::MatrixXd mix(d, d);
    for (Index i = 0; i < mix.size(); ++i)
        mix.data()[i] = random.normal();
    mix = mix.householderQr().householderQ() * Eigen::MatrixXd::Identity(d, d);
    Matrix x(n, d);
    for (Index i = 0; i < n; ++i) {
        Eigen::VectorXd row(d);
        for (Index j = 0; j < d; ++j)
            row[j] = random.normal() * std::pow(fall, static_cast<double>(j));
        x.row(i) = (mix * row).cast<float>().array() + 2;
    }
    return x;
}
} // namespace

void TestStreamingPca::illConditionedAgreesWithNumpy()
{
    QVERIFY(!test::numerics().is_discarded());
    for (const auto &one : test::numerics()["lauchli"]) {
        const Matrix x = test::matrixOf(one["x"]);
        const auto pca = Pca::fit(x, static_cast<int>(x.cols()));
        QVERIFY(pca.has_value());
        const auto ratio = pca->varianceRatio();
        for (std::size_t c = 0; c < ratio.size(); ++c) {
            const auto want = one["ratio"][c].get<double>();
            QVERIFY2(std::fabs(ratio[c] - want) <= 1e-9 * want, qPrintable(QStringLiteral("%1: %2 against %3")
                                                                               .arg(c)
                                                                               .arg(ratio[c], 0, 'g', 15)
                                                                               .arg(want, 0, 'g', 15)));
        }
    }
}

void TestStreamingPca::routesAgree()
{
    for (const Index n : {5, 300, 5000}) {
        const Matrix x = mixed(n, 9, 0.7, 3);
        const int kept = static_cast<int>(std::min<Index>(4, n - 1));
        const auto one = Pca::fit(x, kept, {}, PcaRoute::Covariance);
        const auto two = Pca::fit(x, kept, {}, PcaRoute::Svd);
        QVERIFY(one.has_value() && two.has_value());
        QVERIFY((one->variance() - two->variance()).norm() < 1e-12 * one->totalVariance());
        QVERIFY((one->loadings() - two->loadings()).norm() < 1e-9);
    }
    const Matrix same = Matrix::Constant(100, 3, 7);
    const auto nothing = Pca::fit(same, 3, {}, PcaRoute::Svd);
    QVERIFY(nothing.has_value());
    QCOMPARE(nothing->totalVariance(), 0.0);
}

void TestStreamingPca::sameBitsForAnyThreads()
{
    const Matrix x = mixed(60000, 20, 0.9, 4);
    const auto one = covarianceOf(x, 1);
    const auto factor = triangularFactor(x, one->mean, 1);
    for (const int threads : {2, 5}) {
        const auto other = covarianceOf(x, threads);
        QVERIFY(other.has_value());
        QVERIFY(std::memcmp(one->matrix.data(), other->matrix.data(), sizeof(double) * 400) == 0);
        const auto again = triangularFactor(x, one->mean, threads);
        QVERIFY(std::memcmp(factor->data(), again->data(), sizeof(double) * 400) == 0);
    }
    QVERIFY((factor->transpose() * *factor / 59999 - one->matrix).norm() < 1e-12 * one->matrix.norm());
}

void TestStreamingPca::whitenedScoresAreWhite()
{
    const Matrix x = mixed(4000, 8, 0.6, 5);
    const auto pca = Pca::fit(x, 5);
    const auto white = pca->project(x, true);
    QVERIFY(white.has_value());
    const auto covariance = covarianceOf(*white);
    QVERIFY((covariance->matrix - Eigen::MatrixXd::Identity(5, 5)).norm() < 1e-5);
    const auto plain = pca->project(x);
    std::vector<float> row(5);
    for (Index i = 0; i < 4000; i += 97) {
        pca->project({x.row(i).data(), 8}, row);
        QVERIFY((Eigen::RowVectorXf::Map(row.data(), 5) - plain->row(i)).norm() < 1e-5F);
    }
    QCOMPARE(pca->project(x.leftCols(3)).error().code, Code::InvalidArgument);
}

void TestStreamingPca::quantilesAgreeWithScipy()
{
    const auto &from = test::numerics()["distributions"];
    const auto close = [](double got, double want) {
        return std::fabs(got - want) <= 1e-9 * std::fabs(want) + 1e-12;
    };
    for (std::size_t i = 0; i < from["share"].size(); ++i) {
        const double share = from["share"][i];
        QVERIFY(close(normalQuantile(share), from["normal"][i]));
        QVERIFY(std::fabs(normalShare(normalQuantile(share)) - share) < 1e-13);
        for (const auto &chi : from["chi2"])
            QVERIFY(close(chiSquaredQuantile(share, chi[0]), chi[1][i]));
        for (const auto &f : from["f"])
            QVERIFY(close(fQuantile(share, f[0], f[1]), f[2][i]));
    }
    QVERIFY(std::isnan(normalQuantile(0)) && std::isnan(chiSquaredQuantile(0.5, -1)) &&
            std::isnan(fShare(1, 0, 1)));
}

void TestStreamingPca::limitsHoldWhatTheySay()
{
    const Matrix x = mixed(24000, 12, 0.8, 6);
    const auto pca = Pca::fit(x.topRows(4000), 4);
    const auto residual = PcaResidual::make(*pca, 0.95);
    QVERIFY(residual.has_value());
    int q = 0;
    int t2 = 0;
    for (Index i = 4000; i < 24000; ++i) {
        const auto values = residual->of({x.row(i).data(), 12});
        q += values.q > residual->qLimit() ? 1 : 0;
        t2 += values.t2 > residual->t2Limit() ? 1 : 0;
    }
    QVERIFY2(std::abs(q - 1000) < 150, qPrintable(QString::number(q)));
    QVERIFY2(std::abs(t2 - 1000) < 150, qPrintable(QString::number(t2)));
    QCOMPARE(PcaResidual::make(*pca, 1).error().code, Code::InvalidArgument);
}

void TestStreamingPca::residualIsTheDistance()
{
    const Matrix x = mixed(500, 6, 0.7, 7);
    const auto pca = Pca::fit(x, 2);
    const auto residual = PcaResidual::make(*pca);
    for (Index i = 0; i < 500; i += 41) {
        const Eigen::VectorXd centred = x.row(i).transpose().cast<double>() - pca->mean();
        const Eigen::VectorXd scores = pca->loadings().transpose() * centred;
        const auto values = residual->of({x.row(i).data(), 6});
        QVERIFY(std::fabs(values.q - (centred.squaredNorm() - scores.squaredNorm())) <
                1e-4 * centred.squaredNorm());
        QVERIFY(std::fabs(values.t2 - scores.cwiseAbs2().cwiseQuotient(pca->variance()).sum()) <
                1e-4 * values.t2 + 1e-6);
    }
    const auto all = PcaResidual::make(*Pca::fit(x, 6));
    QCOMPARE(all->qLimit(), 0.0);
}

void TestStreamingPca::streamIsTheBatch()
{
    const Matrix x = mixed(3000, 16, 0.7, 8);
    auto stream = StreamingPca::create(16, 4);
    for (Index i = 0; i < 3000; ++i)
        QVERIFY(stream->update({x.row(i).data(), 16}).has_value());
    const auto batch = covarianceOf(x);
    QVERIFY((stream->mean() - batch->mean).norm() < 1e-11);
    QVERIFY((stream->covariance() - batch->matrix).norm() < 1e-11 * batch->matrix.norm());
    const auto pca = Pca::fit(x, 4);
    QVERIFY((stream->axes().transpose() * stream->axes() - Eigen::MatrixXd::Identity(4, 4)).norm() < 1e-12);
    // The axes followed every step, so they are where the batch has them already.
    QVERIFY(largestPrincipalAngle(stream->axes(), pca->loadings()) < 0.2);
    QVERIFY((stream->variance() - pca->variance()).norm() < 1e-4 * pca->totalVariance());
    QVERIFY(stream->exactly().has_value());
    QVERIFY((stream->axes() - pca->loadings()).norm() < 1e-8);
    QVERIFY(std::fabs(stream->totalVariance() - pca->totalVariance()) < 1e-11 * pca->totalVariance());
}

void TestStreamingPca::streamForgets()
{
    auto stream = StreamingPca::create(3, 1, 50);
    Random random(9);
    for (int i = 0; i < 2000; ++i) {
        const auto wide = static_cast<float>(5 * random.normal());
        const auto narrow = static_cast<float>(random.normal());
        const std::array<float, 3> row =
            i < 1000 ? std::array{wide, narrow, 0.0F} : std::array{narrow, wide, 10.0F};
        QVERIFY(stream->update(row).has_value());
        if (i == 999)
            QVERIFY(std::fabs(stream->axes()(0, 0)) > 0.99);
    }
    QVERIFY(std::fabs(stream->axes()(1, 0)) > 0.98);
    QVERIFY(std::fabs(stream->mean()[2] - 10) < 1e-3);
    QVERIFY(stream->weight() < 75);
}

void TestStreamingPca::streamRefuses()
{
    QCOMPARE(StreamingPca::create(0, 1).error().code, Code::InvalidArgument);
    QCOMPARE(StreamingPca::create(3, 4).error().code, Code::InvalidArgument);
    auto stream = StreamingPca::create(2, 2);
    QCOMPARE(stream->exactly().error().code, Code::NotEnoughData);
    const std::array<float, 2> bad{1, std::numeric_limits<float>::quiet_NaN()};
    QCOMPARE(stream->update(bad).error().code, Code::InvalidArgument);
    QCOMPARE(stream->update({bad.data(), 1}).error().code, Code::InvalidArgument);
    QCOMPARE(stream->samples(), std::uint64_t{0});
    const std::array<float, 2> same{1, 1};
    for (int i = 0; i < 100; ++i)
        QVERIFY(stream->update(same).has_value());
    QCOMPARE(stream->totalVariance(), 0.0);
    QVERIFY(stream->axes().allFinite());
}

void TestStreamingPca::randomisedFindsTheLeadingAxes()
{
    for (const auto &[n, d] : {std::pair<Index, Index>{2000, 60}, {40, 300}}) {
        const Matrix x = mixed(n, d, 0.7, 11);
        const auto exact = Pca::fit(x, 5);
        const auto fast = randomisedPca(x, 5, 8, 4, 1);
        QVERIFY(fast.has_value());
        QVERIFY((fast->variance - exact->variance()).norm() < 1e-9 * exact->totalVariance());
        QVERIFY(largestPrincipalAngle(fast->axes, exact->loadings()) < 1e-3);
        QVERIFY(std::fabs(fast->totalVariance - exact->totalVariance()) < 1e-10 * exact->totalVariance());
    }
}

void TestStreamingPca::blocksAreTheBatch()
{
    // Four directions, so that nothing is cut off.
    Matrix x = mixed(1000, 10, 0.5, 12);
    const auto four = Pca::fit(x, 4);
    x = (four->project(x).value().cast<double>() * four->loadings().transpose()).cast<float>();
    const auto batch = Pca::fit(x, 4);
    auto stream = IncrementalPca::create(10, 6);
    for (Index from = 0, step = 1; from < 1000; from += step, step = std::min<Index>(2 * step, 1000 - from))
        QVERIFY(stream->update(x.middleRows(from, step)).has_value());
    const auto result = stream->result();
    QVERIFY(result.has_value());
    QVERIFY((result->mean - batch->mean()).norm() < 1e-10);
    QVERIFY((result->variance.head(4) - batch->variance()).norm() < 1e-9 * batch->totalVariance());
    QVERIFY(largestPrincipalAngle(result->axes.leftCols(4), batch->loadings()) < 1e-4);
    QVERIFY(std::fabs(result->totalVariance - batch->totalVariance()) < 1e-10 * batch->totalVariance());
}

void TestStreamingPca::forgettingFollowsAChange()
{
    auto stream = IncrementalPca::create(6, 1, 0.7);
    for (int block = 0; block < 40; ++block) {
        Matrix x = test::blobs(30, 6, 1, static_cast<std::uint64_t>(block + 1), 0).x;
        x.col(block < 20 ? 1 : 4) *= 8;
        QVERIFY(stream->update(x).has_value());
    }
    QVERIFY(std::fabs(stream->result()->axes(4, 0)) > 0.98);
}

void TestStreamingPca::lowRankRefuses()
{
    const Matrix x = mixed(10, 4, 0.7, 13);
    QCOMPARE(randomisedPca(x.topRows(1), 1, 0, 0, 1).error().code, Code::NotEnoughData);
    QCOMPARE(randomisedPca(x, 5, 0, 0, 1).error().code, Code::InvalidArgument);
    Matrix bad = x;
    bad(3, 3) = std::numeric_limits<float>::infinity();
    QCOMPARE(randomisedPca(bad, 2, 0, 0, 1).error().code, Code::InvalidArgument);
    QCOMPARE(IncrementalPca::create(4, 2, 0).error().code, Code::InvalidArgument);
    auto stream = IncrementalPca::create(4, 2);
    QCOMPARE(stream->result().error().code, Code::NotEnoughData);
    QCOMPARE(stream->update(x.leftCols(2)).error().code, Code::InvalidArgument);
}

QTEST_GUILESS_MAIN(TestStreamingPca)
#include "test_streaming_pca.moc"
