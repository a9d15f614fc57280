// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/gaussian_kernels.h"
#include "core/ml/gaussian_mixture.h"
#include "tests/ml/clusterer_fixtures.h"

#include <QTest>

using namespace statescape;
using namespace statescape::ml;
using base::Code;

class TestGaussianMixture : public QObject {
    Q_OBJECT

private slots:
    void likelihoodNeverFalls_data();
    void likelihoodNeverFalls();
    void sharesSumToOne();
    void agreesWithScikitLearn_data() { test::addReferenceSets(); }
    void agreesWithScikitLearn();
    void sameBitsForAnyThreads();
    void kernelsAgreeToTheBit();
    void predictAgreesWithTheFit();
    void densityIntegratesToOne();
    void rowOrderAndShiftDoNotMatter();
    void restartsHelp();
    void oddRows();
    void aMillionEqualRows();
    void refusesWhatHasNoMeaning();
    void stopsOnRequest();
};

namespace {
constexpr Covariance kKinds[] = {Covariance::Full, Covariance::Tied, Covariance::Diagonal,
                                 Covariance::Spherical};

GaussianMixtureOptions options(int k, Covariance kind = Covariance::Full)
{
    GaussianMixtureOptions out;
    out.k = k;
    out.covariance = kind;
    return out;
}
} // namespace

void TestGaussianMixture::likelihoodNeverFalls_data()
{
    QTest::addColumn<int>("kind");
    QTest::addColumn<int>("columns");
    for (int kind = 0; kind < 4; ++kind)
        for (const int d : {1, 3, 17})
            QTest::addRow("kind %d, d %d", kind, d) << kind << d;
}

void TestGaussianMixture::likelihoodNeverFalls()
{
    QFETCH(int, kind);
    QFETCH(int, columns);
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        auto opt = options(6, kKinds[kind]);
        opt.seed = seed;
        opt.tolerance = 0;
        opt.maxPasses = 60;
        const auto fit = GaussianMixture::fit(test::blobs(1500, columns, 4, seed, 6, 0.1).x, opt);
        QVERIFY(fit.has_value());
        QCOMPARE(fit->history().size(), std::size_t{60});
        for (std::size_t i = 1; i < fit->history().size(); ++i) {
            const double before = fit->history()[i - 1];
            QVERIFY2(fit->history()[i] >= before - 2e-6 * (1 + std::abs(before)),
                     qPrintable(QString::number(fit->history()[i] - before)));
        }
    }
}

void TestGaussianMixture::sharesSumToOne()
{
    const auto data = test::blobs(3001, 5, 5, 2, 5);
    for (const auto kind : kKinds) {
        const auto fit = GaussianMixture::fit(data.x, options(5, kind));
        QVERIFY(fit.has_value());
        const auto &membership = fit->clustering().membership;
        QCOMPARE(membership.rows(), data.x.rows());
        for (Eigen::Index i = 0; i < membership.rows(); ++i) {
            QVERIFY(std::abs(membership.row(i).sum() - 1) < 1e-6F);
            QVERIFY(membership.row(i).minCoeff() >= 0);
        }
        QVERIFY(std::abs(fit->weights().sum() - 1) < 1e-12);
        QVERIFY(test::consistent(fit->clustering(), data.x.rows()));
    }
}

void TestGaussianMixture::agreesWithScikitLearn()
{
    QFETCH(QString, name);
    const Matrix x = test::rowsOf(name.toStdString());
    for (const auto &theirs : test::clusterers()["sets"][name.toStdString()]["mixtures"]) {
        const std::string kind = theirs["kind"];
        auto opt = options(theirs["k"], kind == "full"   ? Covariance::Full
                                        : kind == "tied" ? Covariance::Tied
                                        : kind == "diag" ? Covariance::Diagonal
                                                         : Covariance::Spherical);
        opt.maxPasses = 10;
        opt.tolerance = 0;
        for (Eigen::Index i = 0; i < x.rows(); ++i)
            opt.startLabels.push_back(static_cast<std::int32_t>(i * opt.k / x.rows()));
        const auto fit = GaussianMixture::fit(x, opt);
        QVERIFY(fit.has_value());
        const double score = theirs["score"];
        const auto note = QString("%1: %2, theirs %3").arg(kind.c_str()).arg(fit->logLikelihood()).arg(score);
        QVERIFY2(std::abs(fit->logLikelihood() - score) < 1e-3, qPrintable(note));
        const double n = static_cast<double>(x.rows());
        QVERIFY(std::abs(fit->bic() - theirs["bic"].get<double>()) < 2e-3 * n);
        QVERIFY(std::abs(fit->aic() - theirs["aic"].get<double>()) < 2e-3 * n);
        const auto labels = theirs["labels"].get<std::vector<std::int32_t>>();
        QVERIFY(adjustedRand(fit->clustering().labels, labels) > 0.99);
    }
}

void TestGaussianMixture::sameBitsForAnyThreads()
{
    const auto data = test::blobs(20000, 12, 5, 3, 8, 0.05);
    for (const auto kind : kKinds) {
        auto opt = options(5, kind);
        opt.threads = 1;
        const auto one = GaussianMixture::fit(data.x, opt);
        opt.threads = 3;
        const auto three = GaussianMixture::fit(data.x, opt);
        QVERIFY(one && three);
        QCOMPARE(one->history(), three->history());
        QVERIFY(one->means() == three->means());
        QVERIFY(one->clustering().membership == three->clustering().membership);
    }
}

void TestGaussianMixture::kernelsAgreeToTheBit()
{
    constexpr int kColumns = 19;
    constexpr int kStride = 32;
    constexpr int kRows = 40;
    Random random(5);
    const auto fill = [&random](std::size_t n) {
        std::vector<float> out(n);
        for (auto &value : out)
            value = static_cast<float>(random.normal());
        return out;
    };
    Eigen::MatrixXd lower = Eigen::MatrixXd::Random(kColumns, kColumns).triangularView<Eigen::Lower>();
    const auto factor = kernel::packFactor<float>(lower);
    const auto tile = fill(16 * kColumns);
    const auto mean = fill(kColumns);
    const auto left = fill(kRows * kStride);
    const auto right = fill(kRows * kStride);
    struct Answer {
        std::vector<float> density, flat, logs, top, sum;
        std::vector<double> products;
        bool operator==(const Answer &) const = default;
    };
    const auto answer = [&](kernel::Isa isa) {
        Answer out{std::vector<float>(16), std::vector<float>(16), fill(0),
                   std::vector<float>(16), std::vector<float>(16), std::vector<double>(kStride * kStride)};
        std::vector<float> scratch(16 * kColumns);
        kernel::logDensity(tile.data(), kColumns, mean.data(), factor.data(), 0.25F, scratch.data(),
                           out.density.data(), isa);
        kernel::logDensityDiagonal(tile.data(), kColumns, mean.data(), right.data(), 0.25F, out.flat.data(),
                                   isa);
        out.logs = tile;
        for (auto &value : out.logs)
            value *= 30;
        kernel::softmax(out.logs.data(), kColumns, out.top.data(), out.sum.data(), isa);
        kernel::addProducts(left.data(), right.data(), kRows, kStride, out.products.data(), isa);
        return out;
    };
    const Answer base = answer(kernel::Isa::Baseline);
    for (int isa = 1; isa <= static_cast<int>(kernel::bestIsa()); ++isa)
        QVERIFY(answer(static_cast<kernel::Isa>(isa)) == base);
    for (int l = 0; l < 16; ++l) {
        Eigen::VectorXd difference(kColumns);
        for (int j = 0; j < kColumns; ++j)
            difference[j] = static_cast<double>(tile[static_cast<std::size_t>(j * 16 + l)]) -
                            mean[static_cast<std::size_t>(j)];
        const double wanted = 0.25 - (lower * difference).squaredNorm() / 2;
        QVERIFY(std::abs(base.density[static_cast<std::size_t>(l)] - wanted) <
                1e-5 * std::abs(wanted) + 1e-5);
    }
}

void TestGaussianMixture::predictAgreesWithTheFit()
{
    const auto data = test::blobs(2000, 6, 4, 9);
    for (const auto kind : kKinds) {
        const auto fit = GaussianMixture::fit(data.x, options(4, kind));
        QVERIFY(fit.has_value());
        const auto again = fit->predict(data.x);
        QVERIFY(again.has_value());
        QVERIFY(again->labels == fit->clustering().labels);
        QVERIFY((again->membership - fit->clustering().membership).cwiseAbs().maxCoeff() < 1e-4F);
        const auto scores = fit->scoreSamples(data.x);
        QVERIFY(scores.has_value());
        const double mean = std::accumulate(scores->begin(), scores->end(), 0.0) / 2000;
        QVERIFY(std::abs(mean - fit->logLikelihood()) < 1e-5);
    }
    const auto fit = GaussianMixture::fit(data.x, options(4));
    QVERIFY(fit->predict(Matrix(0, 6))->labels.empty());
    QCOMPARE(fit->predict(Matrix::Zero(3, 5)).error().code, Code::InvalidArgument);
}

void TestGaussianMixture::densityIntegratesToOne()
{
    const auto fit = GaussianMixture::fit(test::blobs(3000, 1, 2, 4).x, options(2));
    QVERIFY(fit.has_value());
    Matrix line(40001, 1);
    for (Eigen::Index i = 0; i < line.rows(); ++i)
        line(i, 0) = static_cast<float>(-20 + 0.001 * static_cast<double>(i));
    double total = 0;
    const auto scores = fit->scoreSamples(line);
    QVERIFY(scores.has_value());
    for (const double log : *scores)
        total += std::exp(log) * 0.001;
    QVERIFY2(std::abs(total - 1) < 1e-4, qPrintable(QString::number(total)));
}

void TestGaussianMixture::rowOrderAndShiftDoNotMatter()
{
    const auto data = test::blobs(1200, 4, 3, 8, 12);
    auto opt = options(3);
    for (const int c : data.truth)
        opt.startLabels.push_back(c);
    const auto fit = GaussianMixture::fit(data.x, opt);
    const auto order = test::shuffled(1200, 5);
    Matrix mixed(1200, 4);
    auto other = opt;
    for (std::size_t i = 0; i < 1200; ++i) {
        mixed.row(static_cast<Eigen::Index>(i)) = data.x.row(static_cast<Eigen::Index>(order[i]));
        other.startLabels[i] = opt.startLabels[order[i]];
    }
    mixed.rowwise() += Eigen::RowVector4f(100, -50, 3, 0);
    const auto shuffled = GaussianMixture::fit(mixed, other);
    QVERIFY(fit && shuffled);
    QVERIFY(std::abs(fit->logLikelihood() - shuffled->logLikelihood()) < 1e-3);
    for (std::size_t i = 0; i < 1200; ++i)
        QCOMPARE(shuffled->clustering().labels[i], fit->clustering().labels[order[i]]);
}

void TestGaussianMixture::restartsHelp()
{
    const auto data = test::blobs(900, 2, 9, 12, 12);
    auto opt = options(9);
    const auto one = GaussianMixture::fit(data.x, opt);
    opt.restarts = 8;
    const auto eight = GaussianMixture::fit(data.x, opt);
    QVERIFY(one && eight);
    QVERIFY(eight->logLikelihood() >= one->logLikelihood());
}

void TestGaussianMixture::oddRows()
{
    for (const auto &[name, x] : test::oddRows())
        for (const auto kind : kKinds)
            for (const double regularisation : {1e-6, 0.0}) {
                auto opt = options(3, kind);
                opt.regularisation = regularisation;
                const auto fit = GaussianMixture::fit(x, opt);
                QVERIFY2(fit.has_value(), name);
                QVERIFY2(test::consistent(fit->clustering(), x.rows()), name);
                QVERIFY2(std::isfinite(fit->logLikelihood()), name);
                QVERIFY2(fit->means().allFinite(), name);
                QVERIFY2(test::consistent(*fit->predict(x), x.rows()), name);
            }
}

void TestGaussianMixture::aMillionEqualRows()
{
    const auto fit = GaussianMixture::fit(Matrix::Constant(1000000, 3, 7), options(4));
    QVERIFY(fit.has_value());
    QVERIFY(test::consistent(fit->clustering(), 1000000));
}

void TestGaussianMixture::refusesWhatHasNoMeaning()
{
    const Matrix x = test::blobs(20, 2, 2, 1).x;
    QCOMPARE(GaussianMixture::fit(Matrix(0, 3), options(1)).error().code, Code::NotEnoughData);
    QCOMPARE(GaussianMixture::fit(x.topRows(1), options(2)).error().code, Code::NotEnoughData);
    QVERIFY(GaussianMixture::fit(x.topRows(1), options(1)).has_value());
    QCOMPARE(GaussianMixture::fit(Matrix(5, 0), options(1)).error().code, Code::NotEnoughData);
    QCOMPARE(GaussianMixture::fit(x, options(0)).error().code, Code::InvalidArgument);
    auto wrong = options(2);
    wrong.startLabels = {0, 1};
    QCOMPARE(GaussianMixture::fit(x, wrong).error().code, Code::InvalidArgument);
    wrong.startLabels.assign(20, 2);
    QCOMPARE(GaussianMixture::fit(x, wrong).error().code, Code::InvalidArgument);
    wrong = options(2);
    wrong.regularisation = -1;
    QCOMPARE(GaussianMixture::fit(x, wrong).error().code, Code::InvalidArgument);
    for (const auto &bad : test::unfiniteRows())
        QCOMPARE(GaussianMixture::fit(bad, options(2)).error().code, Code::InvalidArgument);
}

void TestGaussianMixture::stopsOnRequest()
{
    const auto data = test::blobs(60000, 20, 8, 1, 4);
    auto opt = options(16);
    opt.tolerance = 0;
    opt.maxPasses = 100000;
    const double delay = test::stopDelayMs(
        [&](const base::Progress &progress) { return GaussianMixture::fit(data.x, opt, progress); }, 300);
    QVERIFY(delay >= 0);
    QVERIFY2(delay < 3000, "stopping hangs");
}

QTEST_GUILESS_MAIN(TestGaussianMixture)
#include "test_gaussian_mixture.moc"
