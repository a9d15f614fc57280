// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/kernels.h"
#include "core/ml/kmeans.h"
#include "core/ml/metrics.h"
#include "core/ml/nearest_centre.h"
#include "tests/ml/fixtures.h"

#include <QTest>
#include <cmath>
#include <limits>
#include <set>

using namespace statescape;
using namespace statescape::ml;
using base::Code;

class TestKMeans : public QObject {
    Q_OBJECT

private slots:
    void objectiveNeverRises();
    void everyRowHasItsNearestCentre();
    void centresAreMeans();
    void sameBitsForSameSeedAndAnyThreads();
    void seedsMatter();
    void findsPlantedBlobs();
    void agreesWithScikitLearn_data();
    void agreesWithScikitLearn();
    void kernelsAgreeToTheBit_data();
    void kernelsAgreeToTheBit();
    void filterNeverDisagrees_data();
    void filterNeverDisagrees();
    void boundsChangeNothing();
    void weightsCountRows();
    void emptyClustersAreFilled();
    void fewDistinctRows();
    void refusesWhatHasNoMeaning();
    void hugeOutlierStandsAlone();
    void oneColumn();
    void moreColumnsThanRows();
    void stopsOnRequest();
};

namespace {
KMeansOptions options(int k, std::uint64_t seed = 1)
{
    KMeansOptions out;
    out.k = k;
    out.seed = seed;
    return out;
}
} // namespace

void TestKMeans::objectiveNeverRises()
{
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        const auto data = test::blobs(3000, 7, 9, seed, 6, 0.1);
        auto opt = options(12, seed);
        opt.restarts = 1;
        opt.tolerance = 0;
        const auto fit = KMeans::fit(data.x, opt);
        QVERIFY(fit.has_value());
        QVERIFY(fit->history().size() > 3);
        QVERIFY(fit->converged());
        for (std::size_t i = 1; i < fit->history().size(); ++i)
            QVERIFY2(fit->history()[i] <= fit->history()[i - 1] * (1 + 1e-7), qPrintable(QString::number(i)));
        QVERIFY(std::fabs(fit->inertia() - fit->history().back()) <= 1e-6 * fit->inertia());
    }
}

void TestKMeans::everyRowHasItsNearestCentre()
{
    const auto data = test::blobs(1003, 5, 4, 3, 3);
    const auto fit = KMeans::fit(data.x, options(6));
    QVERIFY(fit.has_value());
    for (Eigen::Index i = 0; i < data.x.rows(); ++i) {
        const Eigen::VectorXf distance = (fit->centres().rowwise() - data.x.row(i)).rowwise().squaredNorm();
        QVERIFY(distance[fit->labels()[static_cast<std::size_t>(i)]] <= distance.minCoeff() * (1 + 1e-5F));
    }
    const auto predicted = fit->predict(data.x);
    QVERIFY(predicted.has_value());
    QVERIFY(*predicted == fit->labels());
    QCOMPARE(fit->predict(data.x.leftCols(3)).error().code, Code::InvalidArgument);
}

void TestKMeans::centresAreMeans()
{
    const auto data = test::blobs(2000, 4, 3, 8);
    auto opt = options(3);
    opt.tolerance = 0;
    const auto fit = KMeans::fit(data.x, opt);
    QVERIFY(fit.has_value());
    for (int c = 0; c < 3; ++c) {
        Eigen::VectorXd sum = Eigen::VectorXd::Zero(4);
        std::uint64_t count = 0;
        for (Eigen::Index i = 0; i < data.x.rows(); ++i)
            if (fit->labels()[static_cast<std::size_t>(i)] == c) {
                sum += data.x.row(i).transpose().cast<double>();
                ++count;
            }
        QCOMPARE(fit->sizes()[static_cast<std::size_t>(c)], count);
        QVERIFY((sum / static_cast<double>(count) - fit->centres().row(c).transpose().cast<double>()).norm() <
                1e-5);
    }
}

void TestKMeans::sameBitsForSameSeedAndAnyThreads()
{
    const auto data = test::blobs(50000, 16, 8, 4, 8, 0.05);
    auto opt = options(8, 77);
    opt.restarts = 3;
    opt.threads = 1;
    const auto one = KMeans::fit(data.x, opt);
    QVERIFY(one.has_value());
    for (const int threads : {1, 2, 3, 7}) {
        opt.threads = threads;
        const auto other = KMeans::fit(data.x, opt);
        QVERIFY(other.has_value());
        QVERIFY(std::memcmp(one->centres().data(), other->centres().data(), sizeof(float) * 8 * 16) == 0);
        QVERIFY(one->labels() == other->labels());
        QVERIFY(one->inertia() == other->inertia());
        QVERIFY(one->history() == other->history());
    }
}

void TestKMeans::seedsMatter()
{
    const auto data = test::blobs(500, 2, 1, 4);
    auto opt = options(7, 1);
    opt.restarts = 1;
    const auto one = KMeans::fit(data.x, opt);
    opt.seed = 2;
    const auto two = KMeans::fit(data.x, opt);
    QVERIFY(one.has_value() && two.has_value());
    QVERIFY(one->labels() != two->labels());
}

void TestKMeans::findsPlantedBlobs()
{
    const auto data = test::blobs(4000, 10, 6, 12, 20);
    const auto fit = KMeans::fit(data.x, options(6));
    QVERIFY(fit.has_value());
    QVERIFY(adjustedRand(data.truth, fit->labels()) > 0.999);
}

void TestKMeans::agreesWithScikitLearn_data()
{
    QTest::addColumn<QString>("set");
    QTest::addColumn<int>("which");
    for (const QString set : {"iris", "wine"})
        for (int which = 0; which < 3; ++which)
            QTest::addRow("%s %d", qPrintable(set), which) << set << which;
}

void TestKMeans::agreesWithScikitLearn()
{
    QFETCH(QString, set);
    QFETCH(int, which);
    QVERIFY(!test::reference().is_discarded());
    const auto &from = test::reference()[set.toStdString()];
    const auto &want = from["kmeans"][static_cast<std::size_t>(which)];
    const Matrix z = test::matrixOf(from["scaled"]);
    auto opt = options(want["k"].get<int>());
    opt.start = test::matrixOf(want["start"]);
    opt.tolerance = 0;
    const auto fit = KMeans::fit(z, opt);
    QVERIFY(fit.has_value());
    const auto inertia = want["inertia"].get<double>();
    QVERIFY2(
        std::fabs(fit->inertia() - inertia) <= 1e-5 * inertia,
        qPrintable(QStringLiteral("%1 against %2").arg(fit->inertia(), 0, 'g', 12).arg(inertia, 0, 'g', 12)));
    QVERIFY(fit->labels() == want["labels"].get<std::vector<std::int32_t>>());
    const auto silhouettes = silhouette(z, fit->labels(), opt.k, 1000, 1);
    QVERIFY(silhouettes.has_value());
    QVERIFY(std::fabs(silhouettes->mean - want["silhouette"].get<double>()) < 1e-5);

    opt = options(opt.k);
    opt.restarts = 100;
    const auto best = KMeans::fit(z, opt);
    QVERIFY(best.has_value());
    QVERIFY(best->inertia() <= want["best_inertia"].get<double>() * (1 + 1e-3));
}

void TestKMeans::kernelsAgreeToTheBit_data()
{
    QTest::addColumn<int>("d");
    QTest::addColumn<int>("k");
    for (const int d : {1, 3, 16, 33})
        for (const int k : {1, 5, 8, 13})
            QTest::addRow("d %d k %d", d, k) << d << k;
}

void TestKMeans::kernelsAgreeToTheBit()
{
    QFETCH(int, d);
    QFETCH(int, k);
    const auto data = test::blobs(101, d, 3, 5);
    const auto centres = test::blobs(k, d, 3, 6);
    const kernel::Tiles tiles(data.x);
    const auto widest = static_cast<int>(kernel::bestIsa());
    std::vector<std::int32_t> wantLabel;
    std::vector<float> wantDistance;
    std::vector<float> wantRow;
    for (int isa = 0; isa <= widest; ++isa) {
        std::vector<std::int32_t> label(tiles.count() * kernel::kLanes);
        std::vector<float> distance(label.size());
        std::vector<float> row(label.size());
        kernel::nearest(tiles.tile(0), tiles.count(), d, centres.x.data(), k, label.data(), distance.data(),
                        static_cast<kernel::Isa>(isa));
        kernel::distances(tiles.tile(0), tiles.count(), d, centres.x.data(), row.data(),
                          static_cast<kernel::Isa>(isa));
        if (isa == 0) {
            wantLabel = label;
            wantDistance = distance;
            wantRow = row;
        }
        QVERIFY(label == wantLabel);
        QVERIFY(distance == wantDistance);
        QVERIFY(row == wantRow);
    }
    // And the plain loop is the truth.
    for (std::size_t i = 0; i < 101; ++i) {
        float best = std::numeric_limits<float>::infinity();
        std::int32_t index = 0;
        for (int c = 0; c < k; ++c) {
            float sum = 0;
            for (int j = 0; j < d; ++j) {
                const volatile float difference = data.x(static_cast<Eigen::Index>(i), j) - centres.x(c, j);
                const volatile float square = difference * difference;
                sum += square;
            }
            if (sum < best) {
                best = sum;
                index = c;
            }
        }
        QCOMPARE(wantLabel[i], index);
        QVERIFY(wantDistance[i] == best);
    }
}

void TestKMeans::filterNeverDisagrees_data()
{
    QTest::addColumn<double>("scale");
    QTest::addColumn<double>("offset");
    for (const double scale : {1.0, 1e-3, 1e18, 1e-20, 1e-40})
        for (const double offset : {0.0, 30.0, 1e5})
            QTest::addRow("scale %g offset %g", scale, offset) << scale << offset;
}

/// Rows on a grid, so that many stand as near to one centre as to another.
void TestKMeans::filterNeverDisagrees()
{
    QFETCH(double, scale);
    QFETCH(double, offset);
    for (const int d : {1, 2, 5, 32})
        for (const int k : {1, 3, 8, 11, 16, 21, 40}) {
            Random random(static_cast<std::uint64_t>(100 * d + k));
            const auto grid = [&](Eigen::Index n) {
                Matrix x(n, d);
                for (Eigen::Index i = 0; i < x.size(); ++i)
                    x.data()[i] =
                        static_cast<float>(scale * (offset + 0.5 * static_cast<double>(random.below(7))));
                return x;
            };
            const Matrix x = grid(300);
            const Matrix centres = grid(k);
            NearestCentre nearest(d, x.colwise().mean().cast<double>().transpose());
            nearest.set(centres);
            const kernel::Tiles tiles(x);
            std::vector<std::int32_t> want(tiles.count() * kernel::kLanes);
            std::vector<float> dist2(want.size());
            kernel::nearest(tiles.tile(0), tiles.count(), d, centres.data(), k, want.data(), dist2.data(),
                            kernel::bestIsa());
            NearestCentre::Block block;
            std::vector<float> norm2(300);
            std::vector<std::uint32_t> index(150);
            nearest.norms(x.data(), d, 300, norm2.data());
            for (std::uint32_t i = 0; i < 150; ++i)
                index[i] = 2 * i;
            std::vector<float> some(150);
            for (std::size_t i = 0; i < 150; ++i)
                some[i] = norm2[index[i]];
            nearest.find({x.data(), d, index.data(), 150}, some.data(), true, block);
            const Eigen::MatrixXd exact = x.cast<double>();
            for (std::size_t i = 0; i < 150; ++i) {
                QCOMPARE(block.label[i], want[index[i]]);
                Eigen::VectorXd distance =
                    (centres.cast<double>().rowwise() - exact.row(index[i])).rowwise().norm();
                QVERIFY(block.upper[i] >= distance[block.label[i]]);
                distance[block.label[i]] = std::numeric_limits<double>::infinity();
                QVERIFY(k == 1 || block.lower[i] <= distance.minCoeff());
            }
        }
}

/// Lloyd's algorithm written down without any care for speed.
static std::vector<std::int32_t> plainLloyd(const Matrix &x, Matrix centres, int passes)
{
    const auto k = static_cast<int>(centres.rows());
    const auto d = static_cast<int>(x.cols());
    const kernel::Tiles tiles(x);
    std::vector<std::int32_t> label(tiles.count() * kernel::kLanes);
    std::vector<float> dist2(label.size());
    for (int pass = 0;; ++pass) {
        kernel::nearest(tiles.tile(0), tiles.count(), d, centres.data(), k, label.data(), dist2.data(),
                        kernel::bestIsa());
        if (pass == passes)
            break;
        Eigen::MatrixXd sums = Eigen::MatrixXd::Zero(k, d);
        std::vector<double> sizes(static_cast<std::size_t>(k), 0);
        for (Eigen::Index i = 0; i < x.rows(); ++i) {
            const int c = label[static_cast<std::size_t>(i)];
            sums.row(c) += x.row(i).cast<double>();
            ++sizes[static_cast<std::size_t>(c)];
        }
        for (int c = 0; c < k; ++c)
            centres.row(c) = (sums.row(c) / sizes[static_cast<std::size_t>(c)]).cast<float>();
    }
    label.resize(static_cast<std::size_t>(x.rows()));
    return label;
}

void TestKMeans::boundsChangeNothing()
{
    for (const int k : {4, 8, 20, 33}) {
        const auto data = test::blobs(20000, 32, k - 1, 31, 6, 0.05);
        auto opt = options(k);
        opt.start = data.x.topRows(k);
        opt.tolerance = 0;
        for (const int passes : {2, 7, 25}) {
            opt.maxPasses = passes;
            const auto fit = KMeans::fit(data.x, opt);
            QVERIFY(fit.has_value());
            const auto want = plainLloyd(data.x, opt.start, passes);
            // Sums in another order may round a centre differently and turn a row that stands between.
            std::size_t different = 0;
            for (std::size_t i = 0; i < want.size(); ++i)
                different += want[i] != fit->labels()[i] ? 1 : 0;
            QVERIFY2(different <= 2, qPrintable(QString::number(different)));
            QVERIFY(*fit->predict(data.x) == fit->labels());
        }
    }
}

void TestKMeans::weightsCountRows()
{
    const auto data = test::blobs(900, 6, 3, 41, 5);
    Random random(3);
    std::vector<float> weights;
    std::vector<Eigen::Index> copies;
    for (Eigen::Index i = 0; i < data.x.rows(); ++i) {
        const auto count = random.below(4);
        weights.push_back(static_cast<float>(count));
        copies.insert(copies.end(), count, i);
    }
    const Matrix repeated = data.x(copies, Eigen::all);
    auto opt = options(4);
    opt.start = data.x.topRows(4);
    opt.tolerance = 0;
    const auto want = KMeans::fit(repeated, opt);
    opt.weights = weights;
    const auto fit = KMeans::fit(data.x, opt);
    QVERIFY(want.has_value() && fit.has_value());
    QVERIFY(std::fabs(fit->inertia() - want->inertia()) < 1e-9 * want->inertia());
    QVERIFY((fit->centres() - want->centres()).norm() < 1e-5F);
    weights[5] = -1;
    QCOMPARE(KMeans::fit(data.x, opt).error().code, Code::InvalidArgument);
    weights.assign(weights.size(), 0);
    QCOMPARE(KMeans::fit(data.x, opt).error().code, Code::NotEnoughData);
    weights.pop_back();
    opt.weights = weights;
    QCOMPARE(KMeans::fit(data.x, opt).error().code, Code::InvalidArgument);
    // Chosen starts follow the weights too.
    std::vector<float> half(900, 0);
    std::fill_n(half.begin(), 300, 1.0F);
    auto seeded = options(3);
    seeded.weights = half;
    const auto some = KMeans::fit(data.x, seeded);
    seeded.weights = {};
    const auto first = KMeans::fit(data.x.topRows(300), seeded);
    QVERIFY(some.has_value() && first.has_value());
    QVERIFY(std::fabs(some->inertia() - first->inertia()) < 1e-3 * first->inertia());
}

void TestKMeans::emptyClustersAreFilled()
{
    // Two starts far away from everything: nobody is nearest to them.
    const auto data = test::blobs(400, 3, 4, 2, 12);
    auto opt = options(4);
    opt.start = Matrix::Constant(4, 3, 1000);
    opt.start.row(0) = data.x.row(0);
    opt.start.row(1) = data.x.row(1);
    opt.start(3, 0) = 2000;
    const auto fit = KMeans::fit(data.x, opt);
    QVERIFY(fit.has_value());
    for (const auto size : fit->sizes())
        QVERIFY(size > 0);
}

void TestKMeans::fewDistinctRows()
{
    Matrix x = Matrix::Constant(100000, 4, 3.5F);
    const auto same = KMeans::fit(x, options(5));
    QVERIFY(same.has_value());
    QCOMPARE(same->inertia(), 0.0);
    x.topRows(40000).setConstant(-1);
    const auto two = KMeans::fit(x, options(3));
    QVERIFY(two.has_value());
    QCOMPARE(two->inertia(), 0.0);
    QVERIFY(two->labels().front() != two->labels().back());
}

void TestKMeans::refusesWhatHasNoMeaning()
{
    QCOMPARE(KMeans::fit(Matrix(0, 3), options(1)).error().code, Code::NotEnoughData);
    QCOMPARE(KMeans::fit(Matrix::Zero(2, 3), options(3)).error().code, Code::NotEnoughData);
    QCOMPARE(KMeans::fit(Matrix(3, 0), options(2)).error().code, Code::NotEnoughData);
    QCOMPARE(KMeans::fit(Matrix::Zero(2, 3), options(0)).error().code, Code::InvalidArgument);
    Matrix bad = Matrix::Zero(5, 3);
    bad(3, 1) = std::numeric_limits<float>::quiet_NaN();
    const auto nan = KMeans::fit(bad, options(2));
    QCOMPARE(nan.error().code, Code::InvalidArgument);
    QVERIFY(nan.error().message.find("row 3 column 1") != std::string::npos);
    bad(3, 1) = -std::numeric_limits<float>::infinity();
    QCOMPARE(KMeans::fit(bad, options(2)).error().code, Code::InvalidArgument);
    auto opt = options(2);
    opt.start = Matrix::Zero(2, 2);
    QCOMPARE(KMeans::fit(Matrix::Zero(5, 3), opt).error().code, Code::InvalidArgument);
    const auto one = KMeans::fit(Matrix::Constant(1, 3, 2), options(1));
    QVERIFY(one.has_value());
    QVERIFY(one->centres() == Matrix::Constant(1, 3, 2));
}

void TestKMeans::hugeOutlierStandsAlone()
{
    auto data = test::blobs(300, 4, 1, 2);
    data.x.row(17).setConstant(1e30F);
    const auto fit = KMeans::fit(data.x, options(2));
    QVERIFY(fit.has_value());
    QCOMPARE(std::min(fit->sizes()[0], fit->sizes()[1]), std::uint64_t{1});
    QVERIFY(fit->labels()[17] != fit->labels()[0]);
}

void TestKMeans::oneColumn()
{
    const auto data = test::blobs(600, 1, 2, 21, 200);
    const auto fit = KMeans::fit(data.x, options(2));
    QVERIFY(fit.has_value());
    QVERIFY(adjustedRand(data.truth, fit->labels()) > 0.99);
}

void TestKMeans::moreColumnsThanRows()
{
    const auto data = test::blobs(12, 300, 3, 5, 20);
    const auto fit = KMeans::fit(data.x, options(3));
    QVERIFY(fit.has_value());
    QVERIFY(adjustedRand(data.truth, fit->labels()) > 0.99);
}

void TestKMeans::stopsOnRequest()
{
    std::stop_source source;
    base::Progress progress;
    progress.stop = source.get_token();
    int calls = 0;
    progress.report = [&](double, std::string_view) {
        if (++calls == 2)
            source.request_stop();
    };
    const auto data = test::blobs(5000, 8, 8, 5, 2);
    const auto fit = KMeans::fit(data.x, options(8), progress);
    QVERIFY(!fit);
    QCOMPARE(fit.error().code, Code::Cancelled);
    QCOMPARE(calls, 2);
}

QTEST_GUILESS_MAIN(TestKMeans)
#include "test_kmeans.moc"
