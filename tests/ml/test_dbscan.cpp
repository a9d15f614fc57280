// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/dbscan.h"
#include "core/ml/row_neighbours.h"
#include "core/ml/spanning_tree.h"
#include "tests/ml/clusterer_fixtures.h"

#include <QTest>

using namespace statescape;
using namespace statescape::ml;
using base::Code;

class TestDbscan : public QObject {
    Q_OBJECT

private slots:
    void agreesWithScikitLearn_data() { test::addReferenceSets(); }
    void agreesWithScikitLearn();
    void agreesWithTheDefinition_data();
    void agreesWithTheDefinition();
    void neighboursAgreeWithASearchOfAll_data() { agreesWithTheDefinition_data(); }
    void neighboursAgreeWithASearchOfAll();
    void filtersAgreeWhateverTheVersion();
    void treeIsShortest_data() { agreesWithTheDefinition_data(); }
    void treeIsShortest();
    void sameAnswerForAnyThreads();
    void rowOrderDoesNotMatter();
    void choosesARadius();
    void predictAgreesWithTheFit();
    void oddRows();
    void aMillionEqualRows();
    void refusesWhatHasNoMeaning();
    void stopsOnRequest();
};

namespace {
double distance2(const Matrix &x, Eigen::Index a, Eigen::Index b)
{
    double sum = 0;
    for (Eigen::Index j = 0; j < x.cols(); ++j) {
        const double difference = static_cast<double>(x(a, j)) - static_cast<double>(x(b, j));
        sum += difference * difference;
    }
    return sum;
}

/// The definition, word by word.
std::vector<std::int32_t> plainDbscan(const Matrix &x, double radius, int minSamples)
{
    const auto n = x.rows();
    std::vector<std::vector<Eigen::Index>> near(static_cast<std::size_t>(n));
    for (Eigen::Index i = 0; i < n; ++i)
        for (Eigen::Index j = 0; j < n; ++j)
            if (distance2(x, i, j) <= radius * radius)
                near[static_cast<std::size_t>(i)].push_back(j);
    std::vector<std::int32_t> labels(static_cast<std::size_t>(n), kNoise);
    std::int32_t cluster = 0;
    const auto isCore = [&](Eigen::Index i) {
        return near[static_cast<std::size_t>(i)].size() >= static_cast<std::size_t>(minSamples);
    };
    for (Eigen::Index i = 0; i < n; ++i) {
        if (labels[static_cast<std::size_t>(i)] >= 0 || !isCore(i))
            continue;
        std::vector<Eigen::Index> open{i};
        labels[static_cast<std::size_t>(i)] = cluster;
        while (!open.empty()) {
            const auto at = open.back();
            open.pop_back();
            if (!isCore(at))
                continue;
            for (const auto j : near[static_cast<std::size_t>(at)])
                if (labels[static_cast<std::size_t>(j)] < 0) {
                    labels[static_cast<std::size_t>(j)] = cluster;
                    open.push_back(j);
                }
        }
        ++cluster;
    }
    return labels;
}
} // namespace

void TestDbscan::agreesWithScikitLearn()
{
    QFETCH(QString, name);
    const auto &theirs = test::clusterers()["sets"][name.toStdString()];
    const auto fit = Dbscan::fit(test::rowsOf(name.toStdString()),
                                 {theirs["dbscan"]["eps"].get<double>(), theirs["samples"].get<int>(), 0});
    QVERIFY(fit.has_value());
    // Numbered alike too, so that not even border rows differ.
    QCOMPARE(fit->clustering().labels, theirs["dbscan"]["labels"].get<std::vector<std::int32_t>>());
}

void TestDbscan::agreesWithTheDefinition_data()
{
    QTest::addColumn<int>("columns");
    QTest::addColumn<bool>("coarse");
    for (const int d : {1, 2, 3, 5, 8, 11, 16, 33})
        for (const bool coarse : {false, true})
            QTest::addRow("d %d%s", d, coarse ? ", rounded" : "") << d << coarse;
}

namespace {
/// Rounded rows have many copies and ties.
Matrix someRows(int columns, bool coarse)
{
    Matrix x = test::blobs(700, columns, 4, 17 + static_cast<std::uint64_t>(columns), 12, 0.2).x;
    if (coarse)
        x = (x / 2).array().round() * 2;
    return x;
}
} // namespace

void TestDbscan::agreesWithTheDefinition()
{
    QFETCH(int, columns);
    QFETCH(bool, coarse);
    const Matrix x = someRows(columns, coarse);
    for (const double scale : {0.2, 0.6, 0.9, 1.3})
        for (const int samples : {1, 2, 5, 40}) {
            const double radius = coarse ? 2 * std::sqrt(std::round(4 * scale)) : scale * std::sqrt(columns);
            const auto fit = Dbscan::fit(x, {radius, samples, 2});
            QVERIFY(fit.has_value());
            QCOMPARE(fit->clustering().labels, plainDbscan(x, radius, samples));
        }
}

void TestDbscan::neighboursAgreeWithASearchOfAll()
{
    QFETCH(int, columns);
    QFETCH(bool, coarse);
    const Matrix x = someRows(columns, coarse);
    const auto distinct = distinctRows(x);
    const RowTree tree(x, distinct.first);
    const auto near = nearestRows(tree, 9, 2, {});
    QVERIFY(near.has_value());
    std::vector<RowTree::Hit> hits;
    for (std::uint32_t i = 0; i < tree.rows(); ++i) {
        const auto row = static_cast<Eigen::Index>(distinct.first[tree.rowAt(i)]);
        std::vector<double> all;
        for (const auto other : distinct.first)
            all.push_back(distance2(x, row, static_cast<Eigen::Index>(other)));
        std::sort(all.begin(), all.end());
        for (std::size_t h = 0; h < near->k; ++h)
            QCOMPARE(near->of(i)[h].dist2, all[h + 1]);
        tree.nearest(x.row(row).data(), 5, 1e300, hits);
        QCOMPARE(hits.size(), std::min<std::size_t>(5, tree.rows()));
        for (std::size_t h = 0; h < hits.size(); ++h)
            QCOMPARE(hits[h].dist2, all[h]);
    }
}

void TestDbscan::filtersAgreeWhateverTheVersion()
{
    const Matrix x = test::blobs(64, 29, 3, 4).x;
    const kernel::Tiles tiles(x);
    for (const float limit : {0.0F, 20.0F, 60.0F, 200.0F, 1e9F})
        for (Eigen::Index q = 0; q < 64; ++q) {
            const auto answer =
                kernel::rowsWithin(tiles.tile(0), 4, 29, x.row(q).data(), limit, kernel::Isa::Baseline);
            for (int isa = 1; isa <= static_cast<int>(kernel::bestIsa()); ++isa)
                QCOMPARE(kernel::rowsWithin(tiles.tile(0), 4, 29, x.row(q).data(), limit,
                                            static_cast<kernel::Isa>(isa)),
                         answer);
            for (Eigen::Index i = 0; i < 64; ++i)
                QCOMPARE((answer >> i & 1) != 0, distance2(x, q, i) <= limit);
        }
}

void TestDbscan::treeIsShortest()
{
    QFETCH(int, columns);
    QFETCH(bool, coarse);
    const Matrix x = someRows(columns, coarse);
    const auto n = static_cast<std::size_t>(x.rows());
    for (const std::size_t samples : {std::size_t{1}, std::size_t{6}}) {
        const auto tree = spanningTree(x, samples, 2, {});
        QVERIFY(tree.has_value());
        QCOMPARE(tree->edges.size(), n - 1);
        std::vector<double> core(n, 0);
        std::vector<double> best(n, 1e300);
        for (std::size_t i = 0; i < n; ++i) {
            std::vector<double> all;
            for (std::size_t j = 0; j < n; ++j)
                all.push_back(
                    std::sqrt(distance2(x, static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j))));
            std::sort(all.begin(), all.end());
            core[i] = all[samples - 1];
            QCOMPARE(tree->core[i], core[i]);
        }
        // Prim's algorithm; the sorted lengths of all shortest trees are the same.
        std::vector<double> lengths;
        std::vector<bool> in(n);
        for (std::size_t at = 0, step = 1; step < n; ++step) {
            in[at] = true;
            std::size_t next = n;
            for (std::size_t j = 0; j < n; ++j) {
                if (in[j])
                    continue;
                const double d =
                    std::sqrt(distance2(x, static_cast<Eigen::Index>(at), static_cast<Eigen::Index>(j)));
                best[j] = std::min(best[j], std::max({d, core[at], core[j]}));
                if (next == n || best[j] < best[next])
                    next = j;
            }
            lengths.push_back(best[next]);
            at = next;
        }
        std::sort(lengths.begin(), lengths.end());
        DisjointSets sets(n);
        for (std::size_t e = 0; e < lengths.size(); ++e) {
            QCOMPARE(tree->edges[e].length, lengths[e]);
            QVERIFY(sets.join(tree->edges[e].a, tree->edges[e].b));
        }
    }
}

void TestDbscan::sameAnswerForAnyThreads()
{
    for (const int d : {2, 20}) {
        const Matrix x = test::blobs(20000, d, 6, 3, 15, 0.1).x;
        const auto one = Dbscan::fit(x, {d == 2 ? 0.2 : 4.2, 6, 1});
        const auto three = Dbscan::fit(x, {d == 2 ? 0.2 : 4.2, 6, 3});
        QVERIFY(one && three);
        QVERIFY(one->clustering().clusters() > 1);
        QVERIFY(one->clustering().labels == three->clustering().labels);
        QVERIFY(one->core() == three->core());
        const auto treeOne = spanningTree(x, 4, 1, {});
        const auto treeThree = spanningTree(x, 4, 3, {});
        for (std::size_t e = 0; e < treeOne->edges.size(); ++e) {
            QCOMPARE(treeOne->edges[e].a, treeThree->edges[e].a);
            QCOMPARE(treeOne->edges[e].b, treeThree->edges[e].b);
        }
    }
}

void TestDbscan::rowOrderDoesNotMatter()
{
    const Matrix x = test::blobs(3000, 3, 5, 4, 14, 0.1).x;
    const auto order = test::shuffled(3000, 9);
    Matrix mixed(3000, 3);
    for (std::size_t i = 0; i < 3000; ++i)
        mixed.row(static_cast<Eigen::Index>(i)) = x.row(static_cast<Eigen::Index>(order[i]));
    const auto fit = Dbscan::fit(x, {0.5, 8, 0});
    const auto other = Dbscan::fit(mixed, {0.5, 8, 0});
    QVERIFY(fit && other);
    QCOMPARE(other->clustering().clusters(), fit->clustering().clusters());
    std::vector<std::int32_t> one;
    std::vector<std::int32_t> two;
    for (std::size_t i = 0; i < 3000; ++i) {
        QCOMPARE(other->core()[i], fit->core()[order[i]]);
        if (other->core()[i] == 0)
            continue;
        one.push_back(fit->clustering().labels[order[i]]);
        two.push_back(other->clustering().labels[i]);
    }
    QVERIFY(test::samePartition(one, two));
}

void TestDbscan::choosesARadius()
{
    const auto data = test::blobs(2000, 3, 3, 5, 40);
    const auto fit = Dbscan::fit(data.x, {});
    QVERIFY(fit.has_value());
    QVERIFY(adjustedRand(fit->clustering().labels, data.truth) > 0.7);
    // One and a half times what seven rows in ten need to be cores.
    const auto again = Dbscan::fit(data.x, {fit->radius() / 1.5, 5, 0});
    QVERIFY(again.has_value());
    const double share =
        static_cast<double>(std::count(again->core().begin(), again->core().end(), 1)) / 2000;
    QVERIFY(std::abs(share - 0.7) < 0.01);
    QVERIFY(std::count(fit->core().begin(), fit->core().end(), 1) > 1800);
}

void TestDbscan::predictAgreesWithTheFit()
{
    for (const int d : {2, 12}) {
        const Matrix x = test::blobs(4000, d, 5, 6, 14, 0.1).x;
        const auto fit = Dbscan::fit(x, {d == 2 ? 0.35 : 3.0, 8, 0});
        QVERIFY(fit.has_value());
        QVERIFY(fit->clustering().clusters() > 1);
        const auto again = fit->predict(x);
        QVERIFY(again.has_value());
        std::size_t differ = 0;
        for (std::size_t i = 0; i < 4000; ++i) {
            QVERIFY((again->labels[i] < 0) == (fit->clustering().labels[i] < 0));
            QVERIFY(fit->core()[i] == 0 || again->labels[i] == fit->clustering().labels[i]);
            differ += again->labels[i] != fit->clustering().labels[i] ? 1 : 0;
        }
        QVERIFY(differ < 20);
        const Matrix far = Matrix::Constant(2, d, 1e20F);
        QCOMPARE(fit->predict(far)->noise, std::uint64_t{2});
        QCOMPARE(fit->predict(Matrix::Zero(2, d + 1)).error().code, Code::InvalidArgument);
    }
}

void TestDbscan::oddRows()
{
    for (const auto &[name, x] : test::oddRows()) {

        QVERIFY2(Dbscan::fit(x, {}).has_value(), name);
        for (const double radius : {1e-39, 0.5, 1e10, 1e38, 1e300}) {
            const auto fit = Dbscan::fit(x, {radius, 3, 0});
            QVERIFY2(fit.has_value(), name);
            QVERIFY2(test::consistent(fit->clustering(), x.rows()), name);
            QVERIFY2(fit->clustering().labels == plainDbscan(x, radius, 3), name);
            QVERIFY2(test::consistent(*fit->predict(x), x.rows()), name);
        }
    }
}

void TestDbscan::aMillionEqualRows()
{
    const auto fit = Dbscan::fit(Matrix::Constant(1000000, 3, 7), {0.1, 5, 0});
    QVERIFY(fit.has_value());
    QCOMPARE(fit->clustering().sizes, std::vector<std::uint64_t>{1000000});
}

void TestDbscan::refusesWhatHasNoMeaning()
{
    const Matrix x = test::blobs(20, 2, 2, 1).x;
    QCOMPARE(Dbscan::fit(Matrix(0, 3), {}).error().code, Code::NotEnoughData);
    QCOMPARE(Dbscan::fit(Matrix(3, 0), {}).error().code, Code::NotEnoughData);
    QCOMPARE(Dbscan::fit(x, {-1, 5, 0}).error().code, Code::InvalidArgument);
    QCOMPARE(Dbscan::fit(x, {std::nan(""), 5, 0}).error().code, Code::InvalidArgument);
    QCOMPARE(Dbscan::fit(x, {1, 0, 0}).error().code, Code::InvalidArgument);
    QCOMPARE(Dbscan::fit(x.topRows(1), {1, 2, 0})->clustering().noise, std::uint64_t{1});
    QCOMPARE(Dbscan::fit(x.topRows(1), {1, 1, 0})->clustering().clusters(), 1);
    for (const auto &bad : test::unfiniteRows())
        QCOMPARE(Dbscan::fit(bad, {}).error().code, Code::InvalidArgument);
}

void TestDbscan::stopsOnRequest()
{
    const Matrix x = test::blobs(200000, 24, 8, 1, 6).x;
    const double delay = test::stopDelayMs(
        [&](const base::Progress &progress) {
            return Dbscan::fit(x, {3.5, 5, 0}, progress);
        },
        600);
    QVERIFY2(delay < 3000, "stopping hangs");
}

QTEST_GUILESS_MAIN(TestDbscan)
#include "test_dbscan.moc"
