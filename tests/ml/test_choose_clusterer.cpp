// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/choose_clusterer.h"
#include "core/ml/metrics.h"
#include "tests/ml/clusterer_fixtures.h"
#include "tests/ml/shapes.h"

#include <QTest>
#include <cmath>
#include <cstdio>

using namespace statescape;
using namespace statescape::ml;
using base::Code;
using Index = Eigen::Index;

class TestChooseClusterer : public QObject {
    Q_OBJECT

private slots:
    void asGoodAsTheBestAlgorithm();
    void numbersAreFound();
    void nothingIsFoundWhereNothingIs_data();
    void nothingIsFoundWhereNothingIs();
    void oneStateOfAServerIsOne();
    void rareStatesAreFound();
    void tableListsEveryCandidate();
    void onlyWhatIsAllowed();
    void optionsFitAllRows();
    void choiceIsItsSeed();
    void refuses();
    void degenerate();
    void stops();
};

namespace {
ChooseClustererOptions quick(int k = 0)
{
    ChooseClustererOptions options;
    options.k = k;
    options.maxRows = 800;
    return options;
}

/// Rows of no cluster are nobody's mistake.
double agreement(std::span<const std::int32_t> found, std::span<const std::int32_t> truth)
{
    std::vector<std::int32_t> a;
    std::vector<std::int32_t> b;
    for (std::size_t i = 0; i < truth.size(); ++i)
        if (truth[i] >= 0) {
            a.push_back(found[i]);
            b.push_back(truth[i]);
        }
    return adjustedRand(a, b);
}

std::vector<ClustererOptions> singles(int k)
{
    KMeansOptions kmeans;
    kmeans.k = k;
    GaussianMixtureOptions mixture;
    mixture.k = k;
    mixture.restarts = 2;
    GenieOptions genie;
    genie.k = k;
    WardOptions ward;
    ward.k = k;
    return {kmeans, mixture, genie, ward};
}
} // namespace

void TestChooseClusterer::asGoodAsTheBestAlgorithm()
{
    const auto shapes = test::shapes(7001);
    std::vector<double> single(4, 0);
    double chosen = 0;
    for (const auto &shape : shapes) {
        const auto options = singles(shape.k);
        for (std::size_t a = 0; a < options.size(); ++a) {
            const auto fit = Clusterer::fit(shape.x, options[a]);
            QVERIFY(fit.has_value());
            single[a] += agreement(fit->clustering().labels, shape.truth);
        }
        const auto choice = chooseClusterer(shape.x, quick(shape.k));
        QVERIFY2(choice.has_value(), shape.name.c_str());
        const auto fit = Clusterer::fit(shape.x, choice->options);
        QVERIFY2(fit.has_value(), shape.name.c_str());
        QCOMPARE(static_cast<int>(choice->options.index()), choice->algorithm);
        const double value = agreement(fit->clustering().labels, shape.truth);
        std::printf("%-18s %-10s %.3f\n", shape.name.c_str(), std::string(fit->facts().key).c_str(), value);
        chosen += value;
    }
    const double best = *std::max_element(single.begin(), single.end());
    const auto count = static_cast<double>(shapes.size());
    std::printf("mean %.3f; k-means %.3f, mixture %.3f, Genie %.3f, Ward %.3f\n", chosen / count,
                single[0] / count, single[1] / count, single[2] / count, single[3] / count);
    QVERIFY(chosen / count >= best / count - 0.03);
    QVERIFY(chosen / count > 0.9);
}

void TestChooseClusterer::numbersAreFound()
{
    int right = 0;
    for (const auto &shape : test::shapes(9001)) {
        const auto choice = chooseClusterer(shape.x, quick());
        QVERIFY2(choice.has_value(), shape.name.c_str());
        std::printf("%-18s %d, found %d, sure %.2f: %s\n", shape.name.c_str(), shape.k, choice->k,
                    choice->sure, choice->reason.c_str());
        QVERIFY(choice->k > 1);
        QVERIFY(choice->sure >= 0 && choice->sure <= 1 && choice->structure > 0.5 && choice->structure <= 1);
        right += choice->k == shape.k ? 1 : 0;
    }
    // A silhouette alone finds 5 of these.
    QVERIFY2(right >= 13, qPrintable(QString::number(right)));
}

void TestChooseClusterer::nothingIsFoundWhereNothingIs_data()
{
    QTest::addColumn<QString>("kind");
    QTest::addColumn<int>("d");
    for (const char *kind : {"normal", "uniform", "heavy-tailed", "few directions"})
        for (const int d : {1, 2, 6, 20})
            QTest::addRow("%s in %d columns", kind, d) << kind << d;
}

void TestChooseClusterer::nothingIsFoundWhereNothingIs()
{
    QFETCH(QString, kind);
    QFETCH(int, d);
    Random random(static_cast<std::uint64_t>(100 + d));
    Matrix x(800, d);
    for (Index i = 0; i < x.rows(); ++i) {
        const double common = random.normal();
        const double tail = std::sqrt((std::pow(random.normal(), 2) + std::pow(random.normal(), 2) +
                                       std::pow(random.normal(), 2) + std::pow(random.normal(), 2)) /
                                      4);
        for (Index j = 0; j < d; ++j) {
            const double value = kind == "uniform"        ? random.uniform()
                                 : kind == "heavy-tailed" ? random.normal() / tail
                                 : kind == "few directions"
                                     ? common * static_cast<double>(1 + j % 3) + 0.5 * random.normal()
                                     : random.normal();
            x(i, j) = static_cast<float>((1 + static_cast<double>(j % 4)) * value);
        }
    }
    const auto choice = chooseClusterer(x, quick());
    QVERIFY(choice.has_value());
    QVERIFY2(choice->k == 1, choice->reason.c_str());
    QVERIFY(choice->structure <= 0.5);
    QVERIFY(choice->sure >= 0.5);
    QVERIFY(!choice->table.empty());
    const auto fit = Clusterer::fit(x, choice->options);
    QVERIFY(fit.has_value());
    QCOMPARE(fit->clustering().clusters(), 1);
}

void TestChooseClusterer::oneStateOfAServerIsOne()
{
    // Columns that follow one slowly moving load, with bursts, as logarithms of rates do.
    Random random(11);
    Matrix x(900, 40);
    std::vector<double> link(40);
    for (auto &value : link)
        value = random.normal();
    double load = 0;
    for (Index i = 0; i < x.rows(); ++i) {
        load = 0.95 * load + 0.3 * random.normal();
        for (Index j = 0; j < x.cols(); ++j)
            x(i, j) = static_cast<float>(link[static_cast<std::size_t>(j)] * load +
                                         (random.uniform() < 0.02 ? 2 : 0.7) * random.normal());
    }
    const auto choice = chooseClusterer(x, quick());
    QVERIFY(choice.has_value());
    QVERIFY2(choice->k == 1, choice->reason.c_str());
}

void TestChooseClusterer::rareStatesAreFound()
{
    const int d = 40;
    Random random(5);
    Matrix x(1500, d);
    std::vector<std::int32_t> truth;
    std::vector<double> first(d);
    std::vector<double> second(d);
    for (int j = 0; j < d; ++j) {
        first[static_cast<std::size_t>(j)] = random.uniform() < 0.4 ? 4 : 0;
        second[static_cast<std::size_t>(j)] = random.uniform() < 0.4 ? -4 : 0;
    }
    for (Index i = 0; i < x.rows(); ++i) {
        const int state = i % 25 == 3 ? 1 : i % 25 == 14 ? 2 : 0;
        const double load = random.normal();
        for (int j = 0; j < d; ++j)
            x(i, j) = static_cast<float>(0.8 * random.normal() + (j % 5 == 0 ? load : 0) +
                                         (state == 1   ? first[static_cast<std::size_t>(j)]
                                          : state == 2 ? second[static_cast<std::size_t>(j)]
                                                       : 0));
        truth.push_back(state);
    }
    const auto choice = chooseClusterer(x, quick());
    QVERIFY(choice.has_value());
    QVERIFY2(choice->k == 3, choice->reason.c_str());
    const auto fit = Clusterer::fit(x, choice->options);
    QVERIFY(agreement(fit->clustering().labels, truth) > 0.9);
}

void TestChooseClusterer::tableListsEveryCandidate()
{
    const auto shape = test::shape::lsun(5);
    const auto choice = chooseClusterer(shape.x, quick());
    QVERIFY(choice.has_value());
    QCOMPARE(choice->k, 3);
    std::vector<int> seen(clustererFacts().size(), 0);
    double best = 0;
    bool listed = false;
    for (std::size_t i = 0; i < choice->table.size(); ++i) {
        const auto &row = choice->table[i];
        ++seen[static_cast<std::size_t>(row.algorithm)];
        QCOMPARE(static_cast<int>(row.options.index()), row.algorithm);
        QVERIFY(row.score >= 0 && row.score <= 1 && row.noise >= 0 && row.noise <= 1 && row.stability <= 1);
        if (row.score > best) {
            best = row.score;
            listed = row.algorithm == choice->algorithm && row.k == choice->k;
        }
        if (i > 0) {
            const auto &before = choice->table[i - 1];
            QVERIFY(before.algorithm < row.algorithm ||
                    (before.algorithm == row.algorithm && before.k < row.k));
        }
    }
    QVERIFY(listed);
    for (const int count : seen)
        QVERIFY(count > 0);
    QVERIFY(choice->reason.find("3 clusters") != std::string::npos);
}

void TestChooseClusterer::onlyWhatIsAllowed()
{
    const auto shape = test::shape::twoMoons(5);
    for (int a = 0; a < static_cast<int>(clustererFacts().size()); ++a) {
        auto options = quick();
        options.algorithms = {a};
        for (const int k : {0, 2}) {
            options.k = k;
            const auto choice = chooseClusterer(shape.x, options);
            QVERIFY(choice.has_value());
            QCOMPARE(choice->algorithm, a);
            for (const auto &row : choice->table)
                QCOMPARE(row.algorithm, a);
            QVERIFY(Clusterer::fit(shape.x, choice->options).has_value());
        }
    }
    const Matrix nothing = test::blobs(600, 5, 1, 4).x;
    for (int a = 0; a < static_cast<int>(clustererFacts().size()); ++a) {
        auto options = quick();
        options.algorithms = {a};
        const auto choice = chooseClusterer(nothing, options);
        QVERIFY(choice.has_value());
        QCOMPARE(choice->k, 1);
        QCOMPARE(choice->algorithm, a);
        QCOMPARE(Clusterer::fit(nothing, choice->options)->clustering().clusters(), 1);
    }
    auto one = quick(1);
    const auto single = chooseClusterer(shape.x, one);
    QVERIFY(single.has_value());
    QCOMPARE(Clusterer::fit(shape.x, single->options)->clustering().clusters(), 1);
}

void TestChooseClusterer::optionsFitAllRows()
{
    // Twenty times the rows that are looked at; the answer must hold for all of them.
    test::ShapeMaker make("many rows", 2, 9);
    make.arc(0, 8000, 0, 0, 3, 0, 6.2831853, 0.15);
    make.cloud(1, 6000, {0, 0}, 0.5);
    make.cloud(2, 2000, {8, 0}, 0.7);
    const auto shape = make.done(3);
    const auto choice = chooseClusterer(shape.x, quick());
    QVERIFY(choice.has_value());
    QCOMPARE(choice->k, 3);
    const auto fit = Clusterer::fit(shape.x, choice->options);
    QVERIFY(fit.has_value());
    QCOMPARE(fit->clustering().clusters(), 3);
    QVERIFY(agreement(fit->clustering().labels, shape.truth) > 0.95);
    // Densities keep their scale.
    auto options = quick();
    options.algorithms = {3};
    const auto density = chooseClusterer(shape.x, options);
    QVERIFY(density.has_value());
    QCOMPARE(density->k, 3);
    const auto dense = Clusterer::fit(shape.x, density->options);
    QVERIFY(dense.has_value());
    QCOMPARE(dense->clustering().clusters(), 3);
}

void TestChooseClusterer::choiceIsItsSeed()
{
    const auto data = test::blobs(3000, 6, 4, 5, 25);
    const auto one = chooseClusterer(data.x, quick());
    const auto two = chooseClusterer(data.x, quick());
    QVERIFY(one.has_value() && two.has_value());
    QCOMPARE(one->k, 4);
    QCOMPARE(one->sure, two->sure);
    QCOMPARE(one->reason, two->reason);
    QCOMPARE(one->table.size(), two->table.size());
    for (std::size_t i = 0; i < one->table.size(); ++i) {
        QCOMPARE(one->table[i].score, two->table[i].score);
        QCOMPARE(one->table[i].stability, two->table[i].stability);
    }
}

void TestChooseClusterer::refuses()
{
    QCOMPARE(chooseClusterer(Matrix::Zero(19, 2)).error().code, Code::NotEnoughData);
    QCOMPARE(chooseClusterer(Matrix(0, 3)).error().code, Code::NotEnoughData);
    QCOMPARE(chooseClusterer(Matrix::Zero(50, 0)).error().code, Code::NotEnoughData);
    QCOMPARE(chooseClusterer(Matrix::Zero(50, 2), quick(51)).error().code, Code::NotEnoughData);
    QCOMPARE(chooseClusterer(Matrix::Zero(50, 2), quick(-1)).error().code, Code::InvalidArgument);
    auto options = quick();
    options.most = 1;
    QCOMPARE(chooseClusterer(Matrix::Zero(50, 2), options).error().code, Code::InvalidArgument);
    options = quick();
    options.algorithms = {6};
    QCOMPARE(chooseClusterer(Matrix::Zero(50, 2), options).error().code, Code::InvalidArgument);
    for (const Matrix &rows : test::unfiniteRows())
        QCOMPARE(chooseClusterer(rows, quick()).error().code, Code::InvalidArgument);
}

void TestChooseClusterer::degenerate()
{
    const auto equal = chooseClusterer(Matrix::Constant(100000, 3, 2));
    QVERIFY(equal.has_value());
    QCOMPARE(equal->k, 1);
    QCOMPARE(equal->structure, 1.0);
    for (const auto &[name, rows] : test::oddRows()) {
        for (const int k : {0, 2, 7}) {
            const auto choice = chooseClusterer(rows, quick(k));
            QVERIFY2(choice.has_value(), name);
            QVERIFY2(choice->k >= 1 && choice->k <= 12, name);
            QVERIFY2(std::isfinite(choice->sure) && std::isfinite(choice->structure), name);
            QVERIFY2(Clusterer::fit(rows, choice->options).has_value(), name);
        }
    }
    Matrix two = Matrix::Zero(200, 2);
    two.topRows(100).setConstant(5);
    const auto sharp = chooseClusterer(two, quick());
    QVERIFY(sharp.has_value());
    QCOMPARE(sharp->k, 2);
    // As many clusters as rows.
    const auto all = chooseClusterer(test::blobs(40, 2, 3, 1).x, quick(40));
    QVERIFY(all.has_value());
    QCOMPARE(all->k, 40);
    QCOMPARE(all->sure, 0.0);
}

void TestChooseClusterer::stops()
{
    const auto data = test::blobs(2000, 32, 6, 3, 20);
    std::stop_source before;
    before.request_stop();
    QCOMPARE(chooseClusterer(data.x, {}, {before.get_token(), {}}).error().code, Code::Cancelled);
    for (const int after : {5, 60, 250}) {
        const double delay = test::stopDelayMs(
            [&](const base::Progress &progress) { return chooseClusterer(data.x, {}, progress); }, after);
        QVERIFY2(delay >= 0, "was done before it was asked to stop");
        std::printf("asked after %d ms, went on for %.1f ms\n", after, delay);
    }
    double last = 0;
    bool rises = true;
    const auto choice = chooseClusterer(data.x, quick(), {{}, [&](double fraction, std::string_view) {
                                                              rises =
                                                                  rises && fraction >= last && fraction <= 1;
                                                              last = fraction;
                                                          }});
    QVERIFY(choice.has_value());
    QVERIFY(rises);
    QVERIFY(last > 0.9);
}

QTEST_GUILESS_MAIN(TestChooseClusterer)
#include "test_choose_clusterer.moc"
