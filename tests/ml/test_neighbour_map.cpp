// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/map_kernel.h"
#include "core/ml/neighbour_map.h"
#include "core/ml/pca.h"
#include "tests/ml/fixtures.h"
#include "tests/ml/map_figures.h"

#include <Eigen/Geometry>
#include <QtTest/QtTest>

#include <atomic>
#include <chrono>
#include <thread>

using namespace statescape;
using namespace statescape::ml;
using namespace statescape::ml::test;

namespace {
const nlohmann::json &peers()
{
    static const nlohmann::json json = [] {
        std::ifstream file(std::string(STATESCAPE_TEST_DATA) + "/neighbour_map.json");
        return nlohmann::json::parse(file, nullptr, false);
    }();
    return json;
}

/// The digits and, from the last column, what they are.
const Matrix &digits()
{
    static const Matrix x = csv("digits");
    return x;
}
const std::vector<int> &digitLabels()
{
    static const std::vector<int> labels = [] {
        std::ifstream file(std::string(STATESCAPE_TEST_DATA) + "/digits.csv");
        std::string line;
        std::getline(file, line);
        std::vector<int> out;
        while (std::getline(file, line))
            out.push_back(std::stoi(line.substr(line.rfind(',') + 1)));
        return out;
    }();
    return labels;
}

NeighbourMapOptions with(int components, int threads = 0)
{
    NeighbourMapOptions options;
    options.components = components;
    options.threads = threads;
    return options;
}

const NeighbourMap &digitMap()
{
    static const auto map = NeighbourMap::fit(digits(), with(2));
    return *map;
}

/// Root of the mean squared distance of points to their mean.
double spreadOf(const Matrix &y)
{
    const Eigen::RowVectorXd mean = y.cast<double>().colwise().mean();
    return std::sqrt((y.cast<double>().rowwise() - mean).rowwise().squaredNorm().mean());
}
double apart(const Matrix &a, const Matrix &b)
{
    return std::sqrt((a - b).cast<double>().rowwise().squaredNorm().mean());
}
} // namespace

class TestNeighbourMap : public QObject {
    Q_OBJECT
private Q_SLOTS:
    /// The figures by which maps are judged here are those of scikit-learn.
    void figuresAreThePeers()
    {
        const auto pca = Pca::fit(digits(), 2);
        const auto y = pca->project(digits());
        const auto &known = peers()["digits"]["pca"];
        QVERIFY(std::abs(trustworthiness(digits(), *y, 5) - known["trustworthiness5"].get<double>()) < 2e-4);
        QVERIFY(std::abs(trustworthiness(*y, digits(), 15) - known["continuity15"].get<double>()) < 2e-4);
        QVERIFY(std::abs(tripletsKept(digits(), *y) - known["triplets"].get<double>()) < 0.01);
    }

    void keepsNeighboursLikeThePeer()
    {
        const Matrix &y = digitMap().coordinates();
        const auto &umap = peers()["digits"]["umap"];
        const double near = trustworthiness(digits(), y, 5);
        QVERIFY2(near >= umap["trustworthiness5"].get<double>() - 0.01, qPrintable(QString::number(near)));
        QVERIFY(trustworthiness(digits(), y, 15) >= umap["trustworthiness15"].get<double>() - 0.01);
        QVERIFY(trustworthiness(y, digits(), 15) >= umap["continuity15"].get<double>() - 0.01);
        QVERIFY(labelsKept(y, digitLabels(), y, digitLabels(), 10, true) >=
                umap["knn10"].get<double>() - 0.01);
        // The large order is what the components at the start are for.
        QVERIFY(tripletsKept(digits(), y) >= umap["triplets"].get<double>() + 0.02);
    }

    void threeComponentsKeepMore()
    {
        const auto map = NeighbourMap::fit(digits(), with(3));
        QCOMPARE(map->coordinates().cols(), 3);
        QVERIFY(trustworthiness(digits(), map->coordinates(), 5) >
                trustworthiness(digits(), digitMap().coordinates(), 5));
    }

    void sameForEveryThreadCountAndSet()
    {
        const Matrix x = blobs(3000, 12, 5, 4, 20, 0.05).x;
        const auto one = NeighbourMap::fit(x, with(2, 1));
        for (const int threads : {2, 3, 8}) {
            const auto more = NeighbourMap::fit(x, with(2, threads));
            QVERIFY(more->coordinates() == one->coordinates());
        }
        const Matrix asked = blobs(700, 12, 5, 9, 20, 0.05).x;
        QVERIFY(*one->transform(asked, 1) == *one->transform(asked, 4));
        NeighbourMapOptions other = with(2);
        other.seed = 2;
        QVERIFY(NeighbourMap::fit(x, other)->coordinates() != one->coordinates());
    }

    void everyKernelGivesTheSameBits()
    {
        constexpr std::size_t kRows = 64;
        Random random(1);
        std::vector<std::uint32_t> start{0};
        std::vector<std::uint32_t> pair;
        for (std::size_t s = 0; s < 3 * kRows; ++s) {
            for (std::size_t p = 0; p < kernel::kMapLanes * (1 + s % 3); ++p)
                pair.push_back(static_cast<std::uint32_t>(random.below(kRows)));
            start.push_back(static_cast<std::uint32_t>(pair.size()));
        }
        std::vector<float> y(4 * kRows);
        for (float &value : y)
            value = static_cast<float>(10 * random.normal());
        for (const int components : {2, 3}) {
            std::vector<std::vector<float>> answers;
            for (const auto isa : {kernel::Isa::Baseline, kernel::bestIsa()}) {
                std::vector<float> next(y.size());
                std::vector<float> m(y.size(), 0.1F);
                std::vector<float> v(y.size(), 0.2F);
                kernel::mapStep({start.data(), pair.data()}, 0, kRows, components, {2, 500, 1},
                                {1, 0.1F, 0.001F}, y.data(), next.data(), m.data(), v.data(), isa);
                answers.push_back(next);
            }
            QVERIFY(answers[0] == answers[1]);
            QVERIFY(answers[0] != y);
        }
    }

    void placesOthersAmongTheirLikes()
    {
        const auto order = shuffled(static_cast<std::size_t>(digits().rows()), 7);
        const Eigen::Index held = 400;
        Matrix known(digits().rows() - held, digits().cols());
        Matrix asked(held, digits().cols());
        std::vector<int> labels;
        std::vector<int> truth;
        for (std::size_t i = 0; i < order.size(); ++i) {
            const auto row = static_cast<Eigen::Index>(order[i]);
            const auto at = static_cast<Eigen::Index>(i);
            (at < held ? asked.row(at) : known.row(at - held)) = digits().row(row);
            (at < held ? truth : labels).push_back(digitLabels()[order[i]]);
        }
        const auto map = NeighbourMap::fit(known, with(2));
        const auto placed = map->transform(asked);
        const double right = labelsKept(map->coordinates(), labels, *placed, truth, 10, false);
        QVERIFY2(right >= 0.95, qPrintable(QString::number(right)));
        // Rows that were fitted stay where they are.
        const auto again = map->transform(known);
        QVERIFY(*again == map->coordinates());
    }

    void restoredPlacesTheSame()
    {
        const Matrix x = blobs(900, 9, 4, 2, 15, 0.1).x;
        const Matrix asked = blobs(300, 9, 4, 3, 15, 0.1).x;
        const auto map = NeighbourMap::fit(x, with(3));
        const auto restored = NeighbourMap::restore(x, map->coordinates(), with(3));
        QVERIFY(restored.has_value());
        QVERIFY(restored->coordinates() == map->coordinates());
        QVERIFY(*restored->transform(asked) == *map->transform(asked));
        QCOMPARE(NeighbourMap::restore(x, map->coordinates(), with(2)).error().code,
                 base::Code::InvalidArgument);
    }

    /// A map of more rows stays near the one of before; one fitted afresh would be another picture.
    void staysNearItsStart()
    {
        const Matrix x = digits();
        const Matrix half = x.topRows(900);
        const auto before = NeighbourMap::fit(half, with(2));
        const auto start = before->transform(x);
        const auto after = NeighbourMap::fit(x, with(2), *start);
        QVERIFY(after.has_value());
        const double moved = apart(after->coordinates().topRows(900), before->coordinates());
        const double fresh = apart(digitMap().coordinates().topRows(900), before->coordinates());
        qInfo("moved %.2f, fresh %.2f, spread %.2f", moved, fresh, spreadOf(before->coordinates()));
        QVERIFY(moved < 0.35 * spreadOf(before->coordinates()));
        QVERIFY(trustworthiness(x, after->coordinates(), 5) >=
                trustworthiness(x, digitMap().coordinates(), 5) - 0.01);
        QCOMPARE(NeighbourMap::fit(x, with(2), *before->transform(half)).error().code,
                 base::Code::InvalidArgument);
    }

    void alignPointsFindsTheTurn()
    {
        const Matrix reference = blobs(50, 3, 3, 1).x;
        const Eigen::Matrix3f turn = (Eigen::AngleAxisf(0.7F, Eigen::Vector3f::UnitX()) *
                                      Eigen::AngleAxisf(2, Eigen::Vector3f::UnitZ()))
                                         .toRotationMatrix();
        Matrix moved = (reference * turn).rowwise() + Eigen::RowVector3f(3, -4, 5);
        moved.col(1) = -moved.col(1);
        alignPoints(moved, reference);
        QVERIFY((moved - reference).cwiseAbs().maxCoeff() < 1e-4F);
    }

    void equalRowsLieInOnePlace()
    {
        Matrix x = blobs(400, 6, 3, 5, 20).x;
        for (Eigen::Index i = 200; i < 400; ++i)
            x.row(i) = x.row(i % 7);
        const auto map = NeighbourMap::fit(x, with(2));
        for (Eigen::Index i = 200; i < 400; ++i)
            QVERIFY(map->coordinates().row(i) == map->coordinates().row(i % 7));
        QVERIFY(map->coordinates().allFinite());
        const auto all = NeighbourMap::fit(Matrix::Constant(5000, 4, 2.5F), with(2));
        QVERIFY(all->coordinates().isZero());
        Matrix one(1, 4);
        one << 1, 2, 3, 4;
        QVERIFY(all->transform(one)->isZero());
    }

    void smallNumbersOfRows()
    {
        for (Eigen::Index n = 1; n <= 40; ++n)
            for (const int components : {2, 3}) {
                const Matrix x = blobs(n, 5, 2, 3).x;
                const auto map = NeighbourMap::fit(x, with(components));
                QVERIFY2(map.has_value(), map ? "" : map.error().text().c_str());
                QCOMPARE(map->coordinates().rows(), n);
                QVERIFY(map->coordinates().allFinite());
                // Different rows do not fall together.
                for (Eigen::Index i = 1; i < n; ++i)
                    QVERIFY((map->coordinates().row(i) - map->coordinates().row(0)).norm() > 1e-4F);
                QVERIFY(*map->transform(x) == map->coordinates());
            }
    }

    void oneColumnKeepsItsOrder()
    {
        Matrix x(300, 1);
        for (Eigen::Index i = 0; i < 300; ++i)
            x(i, 0) = static_cast<float>(i) * 0.5F;
        const auto map = NeighbourMap::fit(x, with(2));
        QVERIFY(map->coordinates().allFinite());
        QVERIFY(trustworthiness(x, map->coordinates(), 5) > 0.99);
        QVERIFY(tripletsKept(x, map->coordinates()) > 0.9);
    }

    void groupsFarApartStayApart()
    {
        auto far = blobs(600, 8, 1, 6);
        for (Eigen::Index i = 0; i < 600; ++i)
            far.x(i, 0) += static_cast<float>(i % 3) * 1e4F;
        const auto map = NeighbourMap::fit(far.x, with(2));
        std::vector<int> group;
        for (int i = 0; i < 600; ++i)
            group.push_back(i % 3);
        QCOMPARE(labelsKept(map->coordinates(), group, map->coordinates(), group, 10, true), 1.0);
    }

    void oneFarRowSpoilsNothing()
    {
        const auto plain = blobs(800, 10, 4, 8, 20);
        const auto before = NeighbourMap::fit(plain.x, with(2));
        for (const float far : {1e4F, 1e30F}) {
            Matrix x = plain.x;
            x.row(17).setConstant(far);
            const auto map = NeighbourMap::fit(x, with(2));
            QVERIFY(map->coordinates().allFinite());
            std::vector<int> truth = plain.truth;
            QVERIFY(labelsKept(map->coordinates(), truth, map->coordinates(), truth, 10, true) > 0.99);
            Matrix asked = plain.x.topRows(5);
            asked.array() += 0.01F;
            QVERIFY(map->transform(asked)->allFinite());
        }
        Matrix asked = Matrix::Constant(1, 10, 1e30F);
        QVERIFY(before->transform(asked)->allFinite());
    }

    void refusesWhatHasNoMeaning()
    {
        const Matrix x = blobs(50, 4, 2, 1).x;
        QCOMPARE(NeighbourMap::fit(Matrix(0, 4)).error().code, base::Code::NotEnoughData);
        QCOMPARE(NeighbourMap::fit(Matrix(4, 0)).error().code, base::Code::NotEnoughData);
        for (const float bad :
             {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
            Matrix y = x;
            y(20, 3) = bad;
            QCOMPARE(NeighbourMap::fit(y).error().code, base::Code::InvalidArgument);
            QCOMPARE(NeighbourMap::fit(x)->transform(y).error().code, base::Code::InvalidArgument);
        }
        QCOMPARE(NeighbourMap::fit(x, with(1)).error().code, base::Code::InvalidArgument);
        QCOMPARE(NeighbourMap::fit(x, with(4)).error().code, base::Code::InvalidArgument);
        NeighbourMapOptions none;
        none.passes = 0;
        QCOMPARE(NeighbourMap::fit(x, none).error().code, base::Code::InvalidArgument);
        QCOMPARE(NeighbourMap::fit(x)->transform(Matrix::Zero(3, 5)).error().code,
                 base::Code::InvalidArgument);
        QCOMPARE(NeighbourMap::fit(x)->transform(Matrix(0, 4))->rows(), 0);
    }

    /// Asked in every stage in turn.
    void stopsWhenAsked()
    {
        const Matrix x = blobs(20'000, 20, 6, 3, 20, 0.05).x;
        double last = -1;
        base::Progress whole;
        whole.report = [&](double fraction, std::string_view) {
            QVERIFY(fraction >= last && fraction <= 1);
            last = fraction;
        };
        NeighbourMapOptions few = with(2);
        few.passes = 40;
        QVERIFY(NeighbourMap::fit(x, few, {}, whole).has_value());
        QCOMPARE(last, 1.0);
        for (const double at : {0.0, 0.35, 0.5}) {
            std::stop_source stop;
            std::atomic<std::int64_t> asked{0};
            base::Progress progress{stop.get_token(), [&](double fraction, std::string_view) {
                                        if (fraction >= at && asked == 0) {
                                            asked = 1;
                                            stop.request_stop();
                                        }
                                    }};
            const auto map = NeighbourMap::fit(x, few, {}, progress);
            QVERIFY(!map.has_value());
            QCOMPARE(map.error().code, base::Code::Cancelled);
        }
    }
};

QTEST_GUILESS_MAIN(TestNeighbourMap)
#include "test_neighbour_map.moc"
