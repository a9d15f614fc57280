// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/kernels.h"
#include "core/ml/pca.h"
#include "core/ml/scaler.h"
#include "core/ml/whitening.h"
#include "tests/ml/fixtures.h"

#include <QTest>
#include <cmath>
#include <limits>
#include <numbers>

using namespace statescape;
using namespace statescape::ml;
using base::Code;

class TestPca : public QObject {
    Q_OBJECT

private slots:
    void loadingsAreOrthonormalAndSolveTheProblem();
    void rowOrderDoesNotMatter();
    void signsAreFixed();
    void varianceOfScoresIsTheVariance();
    void agreesWithScikitLearn_data();
    void agreesWithScikitLearn();
    void degenerateInput();
    void alignmentKeepsAxes();
    void alignmentRotatesOnlyNearEqualVariances();
    void alignmentUndoesASwap();
    void principalAngles();
    void kernelsAgreeToTheBit();
    void whitenedClassesAreRound();
    void fewRowsStayEuclidean();
    void whiteningRefuses();
};

namespace {
Matrix stretched(Eigen::Index n, const std::vector<double> &deviations, std::uint64_t seed)
{
    Random random(seed);
    Matrix x(n, static_cast<Eigen::Index>(deviations.size()));
    for (Eigen::Index i = 0; i < n; ++i)
        for (Eigen::Index j = 0; j < x.cols(); ++j)
            x(i, j) = static_cast<float>(random.normal() * deviations[static_cast<std::size_t>(j)]);
    return x;
}

Eigen::MatrixXd covariance(const Matrix &x)
{
    const Eigen::MatrixXd centred = x.cast<double>().rowwise() - x.cast<double>().colwise().mean();
    return centred.transpose() * centred / static_cast<double>(x.rows() - 1);
}
} // namespace

void TestPca::loadingsAreOrthonormalAndSolveTheProblem()
{
    for (const Eigen::Index d : {1, 2, 7, 16, 40}) {
        const auto data = test::blobs(777, d, 5, static_cast<std::uint64_t>(d));
        const auto pca = Pca::fit(data.x, static_cast<int>(d));
        QVERIFY(pca.has_value());
        const Eigen::MatrixXd u = pca->loadings();
        QVERIFY((u.transpose() * u - Eigen::MatrixXd::Identity(d, d)).norm() <
                1e-12 * static_cast<double>(d));
        const Eigen::MatrixXd a = covariance(data.x);
        QVERIFY((a * u - u * pca->variance().asDiagonal()).norm() < 1e-11 * a.norm());
        for (Eigen::Index c = 1; c < d; ++c)
            QVERIFY(pca->variance()[c] <= pca->variance()[c - 1]);
        const auto ratio = pca->varianceRatio();
        QVERIFY(std::fabs(std::accumulate(ratio.begin(), ratio.end(), 0.0) - 1) < 1e-12);
    }
}

void TestPca::rowOrderDoesNotMatter()
{
    const auto data = test::blobs(5000, 12, 5, 9);
    const auto order = test::shuffled(5000, 3);
    Matrix other(5000, 12);
    for (std::size_t i = 0; i < order.size(); ++i)
        other.row(static_cast<Eigen::Index>(i)) = data.x.row(static_cast<Eigen::Index>(order[i]));
    const auto one = Pca::fit(data.x, 4);
    const auto two = Pca::fit(other, 4);
    QVERIFY(one.has_value() && two.has_value());
    QVERIFY((one->loadings() - two->loadings()).norm() < 1e-9);
    QVERIFY((one->variance() - two->variance()).norm() < 1e-9 * one->totalVariance());
}

void TestPca::signsAreFixed()
{
    const auto data = test::blobs(900, 9, 3, 14);
    const auto pca = Pca::fit(data.x, 9);
    const auto mirrored = Pca::fit(-data.x, 9);
    QVERIFY(pca.has_value() && mirrored.has_value());
    QVERIFY((pca->loadings() - mirrored->loadings()).norm() < 1e-9);
    for (Eigen::Index c = 0; c < 9; ++c) {
        Eigen::Index largest = 0;
        pca->loadings().col(c).cwiseAbs().maxCoeff(&largest);
        QVERIFY(pca->loadings()(largest, c) > 0);
    }
}

void TestPca::varianceOfScoresIsTheVariance()
{
    const auto data = test::blobs(1500, 6, 3, 15);
    const auto pca = Pca::fit(data.x, 3);
    QVERIFY(pca.has_value());
    Matrix scores(1500, 3);
    for (Eigen::Index i = 0; i < 1500; ++i)
        pca->project({data.x.row(i).data(), 6}, {scores.row(i).data(), 3});
    const Eigen::MatrixXd a = covariance(scores);
    for (Eigen::Index c = 0; c < 3; ++c)
        QVERIFY(std::fabs(a(c, c) - pca->variance()[c]) < 1e-4 * pca->variance()[c]);
    QVERIFY(std::fabs(a(0, 1)) < 1e-4 * a(0, 0));
}

void TestPca::agreesWithScikitLearn_data()
{
    QTest::addColumn<QString>("set");
    QTest::addColumn<bool>("standard");
    for (const QString set : {"iris", "wine"})
        for (const bool standard : {false, true})
            QTest::addRow("%s %s", qPrintable(set), standard ? "standard" : "raw") << set << standard;
}

void TestPca::agreesWithScikitLearn()
{
    QFETCH(QString, set);
    QFETCH(bool, standard);
    QVERIFY(!test::reference().is_discarded());
    const auto &from = test::reference()[set.toStdString()];
    const auto &want = from[standard ? "pca_standard" : "pca_raw"];
    const Matrix x = standard ? test::matrixOf(from["scaled"]) : test::csv(set.toStdString());
    const auto pca = Pca::fit(x, static_cast<int>(x.cols()));
    QVERIFY(pca.has_value());
    const auto ratio = pca->varianceRatio();
    for (std::size_t c = 0; c < ratio.size(); ++c) {
        const auto expected = want["ratio"][c].get<double>();
        const double tolerance = 1e-9 * expected;
        QVERIFY2(std::fabs(ratio[c] - expected) <= tolerance, qPrintable(QStringLiteral("%1: %2 against %3")
                                                                             .arg(c)
                                                                             .arg(ratio[c], 0, 'g', 15)
                                                                             .arg(expected, 0, 'g', 15)));
        for (Eigen::Index j = 0; j < x.cols(); ++j)
            QVERIFY(std::fabs(pca->loadings()(j, static_cast<Eigen::Index>(c)) -
                              want["components"][c][static_cast<std::size_t>(j)].get<double>()) < 1e-7);
    }
}

void TestPca::degenerateInput()
{
    QCOMPARE(Pca::fit(Matrix(0, 3), 1).error().code, Code::NotEnoughData);
    QCOMPARE(Pca::fit(Matrix::Zero(1, 3), 1).error().code, Code::NotEnoughData);
    QCOMPARE(Pca::fit(Matrix(5, 0), 1).error().code, Code::NotEnoughData);
    QCOMPARE(Pca::fit(Matrix::Zero(5, 3), 4).error().code, Code::InvalidArgument);
    QCOMPARE(Pca::fit(Matrix::Zero(5, 3), 0).error().code, Code::InvalidArgument);
    Matrix bad = Matrix::Zero(5, 3);
    bad(1, 2) = std::numeric_limits<float>::infinity();
    QCOMPARE(Pca::fit(bad, 1).error().code, Code::InvalidArgument);
    const auto flat = Pca::fit(Matrix::Constant(50, 3, 4), 3);
    QVERIFY(flat.has_value());
    QCOMPARE(flat->totalVariance(), 0.0);
    QCOMPARE(flat->varianceRatio()[0], 0.0);
    const auto wide = test::blobs(4, 60, 2, 3);
    const auto few = Pca::fit(wide.x, 60);
    QVERIFY(few.has_value());
    QVERIFY(few->variance()[2] > 0);
    QVERIFY(few->variance()[3] < 1e-9 * few->variance()[0]);
    auto outlier = test::blobs(500, 4, 1, 3);
    outlier.x(7, 2) = 1e18F;
    const auto far = Pca::fit(outlier.x, 2);
    QVERIFY(far.has_value());
    QVERIFY(std::fabs(far->loadings()(2, 0)) > 0.999);
}

void TestPca::alignmentKeepsAxes()
{
    const Matrix x = stretched(4000, {9, 6, 4, 2, 1}, 3);
    const auto pca = Pca::fit(x, 3);
    QVERIFY(pca.has_value());
    Eigen::MatrixXd reference = pca->loadings();
    reference.col(1) *= -1;
    const Pca aligned = pca->alignedTo(reference);
    QVERIFY((aligned.loadings() - reference).norm() < 1e-12);
    QVERIFY((aligned.variance() - pca->variance()).norm() < 1e-9);
    // A reference that knows nothing changes nothing.
    QVERIFY(pca->alignedTo(Eigen::MatrixXd::Zero(5, 3)).loadings() == pca->loadings());
    QVERIFY(pca->alignedTo(Eigen::MatrixXd::Zero(4, 3)).loadings() == pca->loadings());
}

void TestPca::alignmentRotatesOnlyNearEqualVariances()
{
    // Two axes of equal variance: which directions come out is chance, so a re-fit may turn them by any
    // angle.
    const auto pca = Pca::fit(stretched(20000, {5, 5, 1}, 8), 3);
    QVERIFY(pca.has_value());
    Eigen::MatrixXd reference = Eigen::MatrixXd::Identity(3, 3);
    const Pca aligned = pca->alignedTo(reference);
    QVERIFY((aligned.loadings() - reference).norm() < 0.05);
    QVERIFY(largestPrincipalAngle(aligned.loadings().leftCols(2), pca->loadings().leftCols(2)) < 1e-6);
    QVERIFY((aligned.loadings().transpose() * aligned.loadings() - reference).norm() < 1e-12);
    // Clearly different variances stay where they are, whatever the reference.
    const auto clear = Pca::fit(stretched(20000, {5, 3, 1}, 8), 3);
    QVERIFY(clear.has_value());
    const double c = std::cos(0.5);
    const double s = std::sin(0.5);
    reference.topLeftCorner(2, 2) << c, -s, s, c;
    QVERIFY((clear->alignedTo(reference).loadings() - clear->loadings()).norm() < 1e-12);
}

void TestPca::alignmentUndoesASwap()
{
    const auto before = Pca::fit(stretched(20000, {5, 4, 1}, 8), 2);
    const auto after = Pca::fit(stretched(20000, {4, 5, 1}, 9), 2);
    QVERIFY(before.has_value() && after.has_value());
    QVERIFY(std::fabs(before->loadings().col(0).dot(after->loadings().col(0))) < 0.3);
    const Pca aligned = after->alignedTo(before->loadings());
    QVERIFY(before->loadings().col(0).dot(aligned.loadings().col(0)) > 0.99);
    QVERIFY(before->loadings().col(1).dot(aligned.loadings().col(1)) > 0.99);
    QVERIFY(aligned.variance()[0] < aligned.variance()[1]);
}

void TestPca::principalAngles()
{
    Eigen::MatrixXd a = Eigen::MatrixXd::Identity(4, 2);
    QCOMPARE(largestPrincipalAngle(a, a), 0.0);
    for (const double degrees : {1e-4, 0.5, 30.0, 60.0, 89.0}) {
        const double angle = degrees * std::numbers::pi / 180;
        Eigen::MatrixXd b = a;
        b.col(1) << 0, std::cos(angle), std::sin(angle), 0;
        QVERIFY(std::fabs(largestPrincipalAngle(a, b) - degrees) < 1e-8);
    }
    Eigen::MatrixXd c = Eigen::MatrixXd::Zero(4, 2);
    c(2, 0) = c(3, 1) = 1;
    QVERIFY(std::fabs(largestPrincipalAngle(a, c) - 90) < 1e-9);
}

void TestPca::kernelsAgreeToTheBit()
{
    Random random(4);
    std::vector<double> block(200 * 48);
    for (auto &value : block)
        value = random.normal();
    std::vector<double> want;
    for (int isa = 0; isa <= static_cast<int>(kernel::bestIsa()); ++isa) {
        std::vector<double> sums(48 * 48, 0);
        kernel::addCrossProducts(block.data(), 200, 48, sums.data(), static_cast<kernel::Isa>(isa));
        if (isa == 0)
            want = sums;
        QVERIFY(sums == want);
    }
    double sum = 0;
    for (int r = 0; r < 200; ++r)
        sum += block[static_cast<std::size_t>(r * 48 + 5)] * block[static_cast<std::size_t>(r * 48 + 40)];
    QVERIFY(std::fabs(want[5 * 48 + 40] - sum) < 1e-10);
}

void TestPca::whitenedClassesAreRound()
{
    // Three classes far apart, each long and thin along the same slanted direction.
    Random random(6);
    Matrix x(6000, 4);
    std::vector<int> classOf;
    for (Eigen::Index i = 0; i < x.rows(); ++i) {
        const int c = static_cast<int>(i % 3);
        const double shared = 5 * random.normal();
        for (Eigen::Index j = 0; j < 4; ++j)
            x(i, j) =
                static_cast<float>(20 * c * static_cast<double>(j == c) + shared + 0.5 * random.normal());
        classOf.push_back(i % 10 == 9 ? -1 : c);
    }
    const auto whitening = withinClassWhitening(x, classOf, 0);
    QVERIFY(whitening.has_value());
    QVERIFY(whitening->shrinkage < 0.01);
    QVERIFY((whitening->forward * whitening->backward - Matrix::Identity(4, 4)).norm() < 1e-4F);
    QVERIFY(whitening->forward == whitening->forward.transpose());
    const Matrix turned = x * whitening->forward;
    for (int c = 0; c < 3; ++c) {
        Matrix own(2000, 4);
        for (Eigen::Index i = 0; i < 2000; ++i)
            own.row(i) = turned.row(3 * i + c);
        QVERIFY((covariance(own) - Eigen::MatrixXd::Identity(4, 4)).cwiseAbs().maxCoeff() < 0.12);
    }
    const auto held = withinClassWhitening(x, classOf, 0.5);
    QCOMPARE(held->shrinkage, 0.5);
}

void TestPca::fewRowsStayEuclidean()
{
    const auto data = test::blobs(6, 40, 1, 3);
    const auto whitening = withinClassWhitening(data.x, std::vector<int>{0, 0, 0, 1, 1, 1}, 0.1);
    QVERIFY(whitening.has_value());
    QVERIFY2(whitening->shrinkage > 0.5, qPrintable(QString::number(whitening->shrinkage)));
    // Equal rows have no spread to whiten by.
    const auto flat = withinClassWhitening(Matrix::Constant(9, 3, 2), std::vector<int>(9, 0), 0.1);
    QVERIFY(flat.has_value());
    QVERIFY(flat->forward == Matrix::Identity(3, 3));
}

void TestPca::whiteningRefuses()
{
    const Matrix x = Matrix::Random(3, 2);
    QCOMPARE(withinClassWhitening(x, std::vector<int>{0, 1, 2}, 0.1).error().code, Code::NotEnoughData);
    QCOMPARE(withinClassWhitening(x, std::vector<int>{-1, -1, -1}, 0.1).error().code, Code::NotEnoughData);
    QCOMPARE(withinClassWhitening(x, std::vector<int>{0, 0}, 0.1).error().code, Code::InvalidArgument);
    QCOMPARE(withinClassWhitening(Matrix(0, 2), {}, 0.1).error().code, Code::NotEnoughData);
}

QTEST_GUILESS_MAIN(TestPca)
#include "test_pca.moc"
