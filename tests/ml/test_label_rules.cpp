// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/label_propagation.h"
#include "core/ml/label_rules.h"
#include "tests/ml/clusterer_fixtures.h"
#include "tests/ml/shapes.h"

#include <QTest>
#include <cstdio>
#include <map>

using namespace statescape;
using namespace statescape::ml;
using base::Code;

class TestLabelRules : public QObject {
    Q_OBJECT

private slots:
    void mixedClusterIsSplitAtTheNearestLabel();
    void rulesHoldOnRandomInput();
    void mergesClustersOfOneClass();
    void contradictionsAreRefused();
    void withoutRulesNothingChanges();
    void nearestLabelIsPlainNearestNeighbour();
    void graphFollowsShapes();
    void sameBitsForAnyThreads();
    void fewLabelsTable();
    void oddRows();
    void refusesWhatHasNoMeaning();
};

namespace {
Clustering oneCluster(Eigen::Index n)
{
    return countedClustering(std::vector<std::int32_t>(static_cast<std::size_t>(n), 0), 1);
}

/// The class column of a committed CSV, numbered in order of appearance.
std::vector<std::int32_t> classesOf(const std::string &name)
{
    std::ifstream file(std::string(STATESCAPE_TEST_DATA) + "/" + name + ".csv");
    std::string line;
    std::getline(file, line);
    std::map<std::string, std::int32_t> number;
    std::vector<std::int32_t> out;
    while (std::getline(file, line))
        out.push_back(
            number.try_emplace(line.substr(line.rfind(',') + 1), static_cast<std::int32_t>(number.size()))
                .first->second);
    return out;
}

Matrix standardised(const Matrix &x)
{
    Matrix out = x.rowwise() - x.colwise().mean();
    for (Eigen::Index j = 0; j < x.cols(); ++j) {
        const float spread = std::sqrt(out.col(j).squaredNorm() / static_cast<float>(x.rows()));
        if (spread > 0)
            out.col(j) /= spread;
    }
    return out;
}

/// Mean recall over classes, of rows that were not given.
double recallOnRest(const std::vector<std::int32_t> &truth, const std::vector<std::int32_t> &given,
                    const std::vector<std::int32_t> &answer, int classes)
{
    std::vector<double> right(static_cast<std::size_t>(classes), 0);
    std::vector<double> all(static_cast<std::size_t>(classes), 0);
    for (std::size_t i = 0; i < truth.size(); ++i) {
        if (given[i] >= 0)
            continue;
        all[static_cast<std::size_t>(truth[i])] += 1;
        right[static_cast<std::size_t>(truth[i])] += answer[i] == truth[i] ? 1 : 0;
    }
    double sum = 0;
    for (std::size_t c = 0; c < all.size(); ++c)
        sum += right[c] / all[c];
    return sum / classes;
}
} // namespace

void TestLabelRules::mixedClusterIsSplitAtTheNearestLabel()
{
    Matrix x(10, 1);
    for (Eigen::Index i = 0; i < 10; ++i)
        x(i, 0) = static_cast<float>(i);
    LabelRules rules;
    rules.classes.assign(10, kNoise);
    rules.classes[1] = 4;
    rules.classes[8] = 2;
    rules.classes[3] = 4;
    const auto out = applyRules(x, oneCluster(10), rules);
    QVERIFY(out.has_value());
    QCOMPARE(out->clustering.labels, (std::vector<std::int32_t>{0, 0, 0, 0, 0, 0, 1, 1, 1, 1}));
    QCOMPARE(out->classOf, (std::vector<std::int32_t>{4, 2}));
    QCOMPARE(out->split, 1);
    QCOMPARE(out->from, (std::vector<std::int32_t>{0, 0}));
}

void TestLabelRules::rulesHoldOnRandomInput()
{
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const auto data = test::blobs(600, 3, 5, seed, 10);
        Random random(seed);
        std::vector<std::int32_t> labels;
        for (int i = 0; i < 600; ++i)
            labels.push_back(static_cast<std::int32_t>(random.below(5)) - 1);
        const Clustering given = countedClustering(labels, 4);
        LabelRules rules;
        rules.classes.assign(600, kNoise);
        for (int i = 0; i < 40; ++i) {
            const auto row = random.below(600);
            rules.classes[row] = data.truth[row];
        }
        for (int i = 0; i < 15; ++i) {
            const auto a = static_cast<std::uint32_t>(random.below(600));
            const auto b = static_cast<std::uint32_t>(random.below(600));
            if (data.truth[a] == data.truth[b])
                rules.mustLink.emplace_back(a, b);
            else
                rules.cannotLink.emplace_back(a, b);
        }
        rules.mergeSame = seed % 2 == 0;
        const auto out = applyRules(data.x, given, rules);
        QVERIFY(out.has_value());
        QVERIFY(test::consistent(out->clustering, 600));
        const auto &now = out->clustering.labels;
        for (const auto &[a, b] : rules.mustLink)
            QVERIFY(now[a] == now[b]);
        for (const auto &[a, b] : rules.cannotLink)
            QVERIFY(now[a] < 0 || now[a] != now[b]);
        std::map<std::int32_t, std::int32_t> seen;
        for (std::size_t i = 0; i < 600; ++i) {
            if (rules.classes[i] < 0 || now[i] < 0)
                continue;
            QCOMPARE(seen.try_emplace(now[i], rules.classes[i]).first->second, rules.classes[i]);
            QCOMPARE(out->classOf[static_cast<std::size_t>(now[i])], rules.classes[i]);
        }
        for (std::size_t i = 0; i < 600; ++i)
            QVERIFY(labels[i] >= 0 || now[i] < 0 || !rules.mustLink.empty());
        QCOMPARE(out->from.size(), static_cast<std::size_t>(out->clustering.clusters()));
    }
}

void TestLabelRules::mergesClustersOfOneClass()
{
    const auto data = test::blobs(300, 2, 3, 4, 20);
    const Clustering given = countedClustering({data.truth.begin(), data.truth.end()}, 3);
    LabelRules rules;
    rules.classes.assign(300, kNoise);
    std::vector<std::uint32_t> row(3);
    for (std::uint32_t i = 0; i < 300; ++i)
        row[static_cast<std::size_t>(data.truth[i])] = i;
    rules.classes[row[0]] = 7;
    rules.classes[row[1]] = 7;
    auto out = applyRules(data.x, given, rules);
    QCOMPARE(out->clustering.clusters(), 3);
    rules.mergeSame = true;
    out = applyRules(data.x, given, rules);
    QCOMPARE(out->clustering.clusters(), 2);
    QCOMPARE(out->merged, 1);
    // Unless two of their rows must be apart.
    rules.cannotLink = {{row[0], row[1]}};
    out = applyRules(data.x, given, rules);
    QCOMPARE(out->clustering.clusters(), 3);
}

void TestLabelRules::contradictionsAreRefused()
{
    const Matrix x = test::blobs(10, 2, 1, 4).x;
    LabelRules rules;
    rules.mustLink = {{0, 1}, {1, 2}};
    rules.cannotLink = {{2, 0}};
    QCOMPARE(applyRules(x, oneCluster(10), rules).error().code, Code::InvalidArgument);
    rules.cannotLink = {{3, 3}};
    QCOMPARE(applyRules(x, oneCluster(10), rules).error().code, Code::InvalidArgument);
    rules.cannotLink.clear();
    rules.classes.assign(10, kNoise);
    rules.classes[0] = 1;
    rules.classes[2] = 2;
    QCOMPARE(applyRules(x, oneCluster(10), rules).error().code, Code::InvalidArgument);
    rules.classes = {1};
    QCOMPARE(applyRules(x, oneCluster(10), rules).error().code, Code::InvalidArgument);
    rules.classes.clear();
    rules.mustLink = {{0, 10}};
    QCOMPARE(applyRules(x, oneCluster(10), rules).error().code, Code::InvalidArgument);
    QCOMPARE(applyRules(x, oneCluster(9), LabelRules{}).error().code, Code::InvalidArgument);
}

void TestLabelRules::withoutRulesNothingChanges()
{
    const auto data = test::blobs(300, 2, 3, 4, 20, 0.1);
    std::vector<std::int32_t> labels(data.truth.begin(), data.truth.end());
    const auto out = applyRules(data.x, countedClustering(labels, 3), {});
    QVERIFY(out.has_value());
    QVERIFY(test::samePartition(out->clustering.labels, labels));
    QCOMPARE(out->split + out->merged + out->moved, 0);
    QVERIFY(applyRules(Matrix(0, 2), countedClustering({}, 0), {}).has_value());
}

void TestLabelRules::nearestLabelIsPlainNearestNeighbour()
{
    const auto data = test::blobs(800, 9, 4, 3, 6);
    std::vector<std::int32_t> given(800, kNoise);
    for (std::size_t i = 0; i < 800; i += 23)
        given[i] = data.truth[i];
    PropagationOptions nearest;
    nearest.spreading = Spreading::NearestLabel;
    const auto out = propagateLabels(data.x, given, nearest);
    QVERIFY(out.has_value());
    for (Eigen::Index i = 0; i < 800; ++i) {
        Eigen::Index best = 0;
        double least = 1e300;
        for (Eigen::Index j = 0; j < 800; j += 23) {
            const double d = (data.x.row(i).cast<double>() - data.x.row(j).cast<double>()).squaredNorm();
            if (d < least) {
                least = d;
                best = j;
            }
        }
        QCOMPARE(out->labels[static_cast<std::size_t>(i)], data.truth[static_cast<std::size_t>(best)]);
    }
}

void TestLabelRules::graphFollowsShapes()
{
    const auto moons = test::shape::twoMoons(5);
    std::vector<std::int32_t> given(moons.truth.size(), kNoise);
    given[3] = moons.truth[3];
    given[600] = moons.truth[600];
    PropagationOptions options;
    options.spreading = Spreading::Graph;
    const auto out = propagateLabels(moons.x, given, options);
    QVERIFY(out.has_value());
    QVERIFY(test::consistent(*out, moons.x.rows()));
    QVERIFY(adjustedRand(out->labels, moons.truth) > 0.95);
    options.spreading = Spreading::NearestLabel;
    QVERIFY(adjustedRand(propagateLabels(moons.x, given, options)->labels, moons.truth) < 0.9);
    QCOMPARE(out->labels[3], moons.truth[3]);
    for (Eigen::Index i = 0; i < out->membership.rows(); ++i)
        QVERIFY(std::abs(out->membership.row(i).sum() - 1) < 1e-5F);
}

void TestLabelRules::sameBitsForAnyThreads()
{
    const auto data = test::blobs(30000, 4, 5, 3, 8);
    std::vector<std::int32_t> given(30000, kNoise);
    for (std::size_t i = 0; i < 200; ++i)
        given[i] = data.truth[i];
    PropagationOptions options;
    options.spreading = Spreading::Graph;
    options.maxSteps = 20;
    options.threads = 1;
    const auto one = propagateLabels(data.x, given, options);
    options.threads = 3;
    const auto three = propagateLabels(data.x, given, options);
    QVERIFY(one && three);
    QVERIFY(one->labels == three->labels);
    QVERIFY(one->membership == three->membership);
}

void TestLabelRules::fewLabelsTable()
{
    constexpr int kDraws = 20;
    std::map<std::pair<int, int>, double> mean;
    std::printf("balanced accuracy on the rest, %d draws; labels a class:   1      3     10\n", kDraws);
    std::vector<test::Shape> sets;
    for (const std::string name : {"iris", "wine", "breast_cancer", "digits"})
        sets.push_back({name, standardised(test::csv(name)), classesOf(name), 0});
    for (auto &shape : test::shapes(1)) {
        // Rows of no class have no right answer.
        std::vector<Eigen::Index> kept;
        for (std::size_t i = 0; i < shape.truth.size(); ++i)
            if (shape.truth[i] >= 0)
                kept.push_back(static_cast<Eigen::Index>(i));
        const Matrix rows = shape.x(kept, Eigen::all);
        std::erase(shape.truth, kNoise);
        sets.push_back({shape.name, rows, shape.truth, shape.k});
    }
    for (const auto &[name, x, truth, k] : sets) {
        const int classes = *std::max_element(truth.begin(), truth.end()) + 1;
        for (const auto spreading : {Spreading::NearestLabel, Spreading::Graph}) {
            std::printf("%-16s %-14s", name.c_str(),
                        spreading == Spreading::Graph ? "graph" : "nearest label");
            for (const int each : {1, 3, 10}) {
                double sum = 0;
                for (std::uint64_t draw = 0; draw < kDraws; ++draw) {
                    std::vector<std::int32_t> given(truth.size(), kNoise);
                    std::vector<int> left(static_cast<std::size_t>(classes), each);
                    for (const std::size_t i : test::shuffled(truth.size(), draw + 1))
                        if (left[static_cast<std::size_t>(truth[i])]-- > 0)
                            given[i] = truth[i];
                    PropagationOptions options;
                    options.spreading = spreading;
                    const auto out = propagateLabels(x, given, options);
                    QVERIFY(out.has_value());
                    sum += recallOnRest(truth, given, out->labels, classes) / kDraws;
                }
                std::printf("  %.3f", sum);
                mean[{static_cast<int>(spreading), each}] += sum / static_cast<double>(sets.size());
            }
            std::printf("\n");
        }
    }
    for (const int spreading : {0, 1})
        std::printf("mean             %-14s  %.3f  %.3f  %.3f\n", spreading == 1 ? "graph" : "nearest label",
                    mean[{spreading, 1}], mean[{spreading, 3}], mean[{spreading, 10}]);
    // The default must reach plain 1-NN.
    QVERIFY(PropagationOptions{}.spreading == Spreading::Graph);
    for (const int each : {1, 3, 10})
        QVERIFY((mean[{1, each}] >= mean[{0, each}]));
    QVERIFY((mean[{0, 1}] > 0.6 && mean[{0, 3}] > 0.75 && mean[{0, 10}] > 0.85));
}

void TestLabelRules::oddRows()
{
    for (const auto &[name, x] : test::oddRows()) {
        std::vector<std::int32_t> given(static_cast<std::size_t>(x.rows()), kNoise);
        given[0] = 0;
        given[given.size() / 2] = 1;
        for (const auto spreading : {Spreading::NearestLabel, Spreading::Graph}) {
            PropagationOptions options;
            options.spreading = spreading;
            const auto out = propagateLabels(x, given, options);
            QVERIFY2(out.has_value(), name);
            QVERIFY2(test::consistent(*out, x.rows()), name);
        }
        LabelRules rules;
        rules.classes = given;
        const auto ruled = applyRules(x, oneCluster(x.rows()), rules);
        QVERIFY2(ruled.has_value(), name);
        QCOMPARE(ruled->clustering.clusters(), 2);
    }
}

void TestLabelRules::refusesWhatHasNoMeaning()
{
    const Matrix x = test::blobs(20, 2, 2, 1).x;
    std::vector<std::int32_t> given(20, kNoise);
    QCOMPARE(propagateLabels(x, given, {}).error().code, Code::NotEnoughData);
    QCOMPARE(propagateLabels(Matrix(0, 2), {}, {}).error().code, Code::NotEnoughData);
    given[0] = 0;
    QVERIFY(propagateLabels(x, given, {}).has_value());
    PropagationOptions wrong;
    wrong.spread = 1;
    QCOMPARE(propagateLabels(x, given, wrong).error().code, Code::InvalidArgument);
    wrong = {};
    wrong.neighbours = 0;
    QCOMPARE(propagateLabels(x, given, wrong).error().code, Code::InvalidArgument);
    QCOMPARE(propagateLabels(x.topRows(5), given, {}).error().code, Code::InvalidArgument);
    std::vector<std::int32_t> fifty(50, 0);
    for (const auto &bad : test::unfiniteRows())
        QCOMPARE(propagateLabels(bad, fifty, {}).error().code, Code::InvalidArgument);
}

QTEST_GUILESS_MAIN(TestLabelRules)
#include "test_label_rules.moc"
