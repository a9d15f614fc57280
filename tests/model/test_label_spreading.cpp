// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/label_spreading.h"
#include "tests/ml/clusterer_fixtures.h"
#include "tests/model/label_draws.h"

#include <QTest>
#include <cstdio>

using namespace statescape;
using namespace statescape::model;
using base::Code;
using schema::Polarity;

class TestLabelSpreading : public QObject {
    Q_OBJECT

private slots:
    void followsTheShapeOfTheSamples();
    void givenLabelsStay();
    void whatIsFarStaysWithout();
    void oneClassHasNoRival();
    void manyLabelsAreLeftAlone();
    void moreRowsThanAGraphHolds();
    void sameForTheSameSeed();
    void oddRows();
    void stopsOnRequest();
    void reachesTheNearestLabel();
    void runsOfNeighbours();
    void statesKeepClassesApart_data();
    void statesKeepClassesApart();
};

namespace {
const std::vector<LabelClass> kThree{
    {"a", Polarity::Positive}, {"b", Polarity::Negative}, {"c", Polarity::None}};

/// Two clouds of 200 with a label each, then a third 40 away, then one row alone.
struct Clouds {
    ml::Matrix x{601, 4};
    std::vector<int> given = std::vector<int>(601, -1);
    Clouds()
    {
        ml::Random random(3);
        for (Eigen::Index i = 0; i < 601; ++i)
            for (Eigen::Index j = 0; j < 4; ++j)
                x(i, j) = static_cast<float>(random.normal()) + (j == 0 ? (i < 200   ? 0.0F
                                                                           : i < 400 ? 8.0F
                                                                           : i < 600 ? 40.0F
                                                                                     : -9.0F)
                                                                        : 0.0F);
        given[17] = 0;
        given[230] = 1;
    }
    [[nodiscard]] JudgeInput in() const { return {x, given, kThree, {}}; }
};

double share(const std::vector<int> &classOf, std::size_t from, std::size_t to, int wanted)
{
    const auto at = [&](std::size_t i) { return classOf.begin() + static_cast<std::ptrdiff_t>(i); };
    return static_cast<double>(std::count(at(from), at(to), wanted)) / static_cast<double>(to - from);
}
} // namespace

void TestLabelSpreading::followsTheShapeOfTheSamples()
{
    const auto moons = ml::test::shape::twoMoons(5);
    std::vector<int> given(moons.truth.size(), -1);
    given[3] = moons.truth[3];
    given[600] = moons.truth[600];
    const auto out = spreadLabels({moons.x, given, kThree, {}}, 1);
    QVERIFY(out.has_value());
    int right = 0;
    for (std::size_t i = 0; i < given.size(); ++i)
        right += out->classOf[i] == moons.truth[i] ? 1 : 0;
    QVERIFY(right > 780);
    QCOMPARE(out->notes.size(), std::size_t{1});
}

void TestLabelSpreading::givenLabelsStay()
{
    const auto data = ml::test::blobs(600, 5, 3, 2, 6);
    std::vector<int> given(600, -1);
    for (std::size_t i = 0; i < 600; i += 13)
        given[i] = (data.truth[i] + (i % 5 == 0 ? 1 : 0)) % 3; // some of them plainly wrong
    const auto out = spreadLabels({data.x, given, kThree, {}}, 1);
    QVERIFY(out.has_value());
    int more = 0;
    for (std::size_t i = 0; i < 600; ++i) {
        QVERIFY(out->classOf[i] >= -1 && out->classOf[i] < 3);
        if (given[i] >= 0)
            QCOMPARE(out->classOf[i], given[i]);
        else
            more += out->classOf[i] >= 0 ? 1 : 0;
    }
    QVERIFY(more > 400);
}

void TestLabelSpreading::whatIsFarStaysWithout()
{
    const Clouds clouds;
    const auto out = spreadLabels(clouds.in(), 1);
    QVERIFY(out.has_value());
    QVERIFY(share(out->classOf, 0, 200, 0) > 0.95);
    QVERIFY(share(out->classOf, 200, 400, 1) > 0.95);
    QCOMPARE(share(out->classOf, 400, 600, -1), 1.0);
    QCOMPARE(out->classOf[600], -1);
    // And the model calls them neither.
    test::LabelSet set{"clouds", clouds.x, std::vector<int>(601, -1), {}, {}, {}, 2};
    const auto answers = test::modelAnswers(set, clouds.given);
    QVERIFY(answers.has_value());
    QVERIFY(share(*answers, 0, 200, 0) > 0.95);
    QVERIFY(share(*answers, 200, 400, 1) > 0.95);
    QVERIFY(share(*answers, 400, 600, -1) > 0.95);
    QCOMPARE((*answers)[600], -1);
}

void TestLabelSpreading::oneClassHasNoRival()
{
    Clouds clouds;
    clouds.given[230] = -1;
    const auto out = spreadLabels(clouds.in(), 1);
    QVERIFY(out.has_value());
    QVERIFY(out->classOf == clouds.given);
    QVERIFY(out->notes.empty());
    clouds.given[17] = -1;
    QVERIFY(spreadLabels(clouds.in(), 1)->classOf == clouds.given);
}

void TestLabelSpreading::manyLabelsAreLeftAlone()
{
    Clouds clouds;
    for (std::size_t i = 0; i < 400; ++i)
        clouds.given[i] = i < 200 ? 0 : 1;
    QVERIFY(spreadLabels(clouds.in(), 1)->classOf == clouds.given);
}

void TestLabelSpreading::moreRowsThanAGraphHolds()
{
    const auto data = ml::test::blobs(30000, 3, 3, 2, 12);
    std::vector<int> given(30000, -1);
    for (std::size_t i = 29000; i < 29030; ++i)
        given[i] = data.truth[i];
    const auto out = spreadLabels({data.x, given, kThree, {}}, 1);
    QVERIFY(out.has_value());
    int reached = 0;
    int right = 0;
    for (std::size_t i = 0; i < 29000; ++i)
        if (out->classOf[i] >= 0) {
            ++reached;
            right += out->classOf[i] == data.truth[i] ? 1 : 0;
        }
    QVERIFY(reached > 4000 && reached < 5000);
    QVERIFY(right > reached * 95 / 100);
}

void TestLabelSpreading::sameForTheSameSeed()
{
    const auto data = ml::test::blobs(12000, 6, 3, 2, 5);
    std::vector<int> given(12000, -1);
    for (std::size_t i = 0; i < 12000; i += 600)
        given[i] = data.truth[i];
    const JudgeInput in{data.x, given, kThree, {}};
    QVERIFY(spreadLabels(in, 7)->classOf == spreadLabels(in, 7)->classOf);
}

void TestLabelSpreading::oddRows()
{
    for (const auto &[name, x] : ml::test::oddRows()) {
        std::vector<int> given(static_cast<std::size_t>(x.rows()), -1);
        given[0] = 0;
        given[given.size() / 2] = 1;
        const auto out = spreadLabels({x, given, kThree, {}}, 1);
        QVERIFY2(out.has_value(), name);
        QCOMPARE(out->classOf.size(), given.size());
    }
    QVERIFY(spreadLabels({ml::Matrix(0, 3), {}, kThree, {}}, 1)->classOf.empty());
}

void TestLabelSpreading::stopsOnRequest()
{
    const Clouds clouds;
    std::stop_source stop;
    stop.request_stop();
    const auto out = spreadLabels(clouds.in(), 1, {stop.get_token(), {}});
    QVERIFY(!out.has_value());
    QCOMPARE(out.error().code, Code::Cancelled);
}

/// What ships by default against plain 1-NN, unknown counted as wrong. ./bench labels has more draws, and
/// scikit-learn.
void TestLabelSpreading::reachesTheNearestLabel()
{
    constexpr int kDraws = 5;
    const auto sets = test::labelSets(STATESCAPE_SOURCE);
    QCOMPARE(sets.size(), std::size_t{21});
    std::printf("balanced accuracy, %d draws; labels a class  1-NN   1     3    10   model   1     3    10\n",
                kDraws);
    double mean[2][3] = {};
    for (const auto &set : sets) {
        double own[2][3] = {};
        for (int column = 0; column < 3; ++column)
            for (std::uint64_t k = 0; k < kDraws; ++k) {
                const auto draw = test::drawLabels(set, column == 0 ? 1 : column == 1 ? 3 : 10, 1, k);
                const auto answers = test::modelAnswers(set, draw.given);
                QVERIFY2(answers.has_value(), set.name.c_str());
                own[0][column] +=
                    test::balancedAccuracy(set, draw, test::nearestLabel(set, draw.given)) / kDraws;
                own[1][column] += test::balancedAccuracy(set, draw, *answers) / kDraws;
            }
        std::printf("%-48s  %.3f %.3f %.3f         %.3f %.3f %.3f\n", set.name.c_str(), own[0][0], own[0][1],
                    own[0][2], own[1][0], own[1][1], own[1][2]);
        for (int column = 0; column < 3; ++column) {
            QVERIFY2(own[1][column] > own[0][column] - 0.15, set.name.c_str());
            mean[0][column] += own[0][column] / static_cast<double>(sets.size());
            mean[1][column] += own[1][column] / static_cast<double>(sets.size());
        }
    }
    std::printf("%-48s  %.3f %.3f %.3f         %.3f %.3f %.3f\n", "mean", mean[0][0], mean[0][1], mean[0][2],
                mean[1][0], mean[1][1], mean[1][2]);
    for (int column = 0; column < 3; ++column)
        QVERIFY(mean[1][column] > mean[0][column] + 0.01);
}

/// A lasso catches neighbours in time, which are near-copies: they say little about how far a class reaches.
void TestLabelSpreading::runsOfNeighbours()
{
    constexpr int kDraws = 8;
    const auto set =
        test::recordedWorkloads(std::string(STATESCAPE_SOURCE) + "/tests/model/data/workloads.csv");
    QCOMPARE(set.classes, 12);
    for (const int runs : {1, 2, 3}) {
        double nearest = 0;
        double ours = 0;
        for (std::uint64_t k = 0; k < kDraws; ++k) {
            const auto draw = test::drawLabels(set, runs, 8, k);
            const auto answers = test::modelAnswers(set, draw.given);
            QVERIFY(answers.has_value());
            nearest += test::balancedAccuracy(set, draw, test::nearestLabel(set, draw.given)) / kDraws;
            ours += test::balancedAccuracy(set, draw, *answers) / kDraws;
        }
        std::printf("workloads, %d runs of 8 samples a class, another recording: 1-NN %.3f, model %.3f\n",
                    runs, nearest, ours);
        QVERIFY(ours >= nearest);
    }
}

void TestLabelSpreading::statesKeepClassesApart_data()
{
    QTest::addColumn<QString>("algorithm");
    QTest::addColumn<int>("k");
    for (const auto &one : algorithms()) {
        const auto key = QString::fromUtf8(one.key.data(), static_cast<qsizetype>(one.key.size()));
        QTest::addRow("%s", qPrintable(key)) << key << 0;
        if (one.takesK)
            QTest::addRow("%s, k = 2", qPrintable(key)) << key << 2;
    }
}

/// Cannot-link: whatever the algorithm and k, samples that a person called by different names are in
/// different states, but for those at a border: a model answers by prototypes, and the clouds overlap.
void TestLabelSpreading::statesKeepClassesApart()
{
    QFETCH(QString, algorithm);
    QFETCH(int, k);
    const auto data = ml::test::blobs(900, 4, 3, 11, 5);
    std::vector<int> given(900, -1);
    for (std::size_t i = 0; i < 900; i += 6)
        given[i] = data.truth[i];
    TrainOptions options;
    options.algorithm = algorithm.toStdString();
    options.k = k;
    const auto judge = Judge::fit({data.x, given, kThree, {}}, options, {});
    if (!judge)
        QFAIL(judge.error().message.c_str());
    int placed = 0;
    int wrong = 0;
    int labels = 0;
    for (std::size_t i = 0; i < 900; ++i) {
        if (given[i] < 0)
            continue;
        ++labels;
        const int state = judge->score(data.x.row(static_cast<Eigen::Index>(i)).data(), true).cluster;
        if (state < 0)
            continue;
        ++placed;
        const int named = judge->classOf[static_cast<std::size_t>(state)];
        wrong += named >= 0 && named != given[i] ? 1 : 0;
    }
    QVERIFY(placed > labels / 2);
    std::printf("%s: %zu states, %d of %d labelled samples placed, %d in a state of another class\n",
                qPrintable(algorithm), judge->states.size(), placed, labels, wrong);
    QVERIFY2(wrong <= labels / 10, qPrintable(QStringLiteral("%1 of %2").arg(wrong).arg(labels)));
    // Every class has a state of its own.
    for (int c = 0; c < 3; ++c)
        QVERIFY(std::find(judge->classOf.begin(), judge->classOf.end(), c) != judge->classOf.end());
}

QTEST_GUILESS_MAIN(TestLabelSpreading)
#include "test_label_spreading.moc"
