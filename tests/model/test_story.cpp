// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/kmeans.h"
#include "core/ml/random.h"
#include "core/model/cloud_gap.h"
#include "core/model/story.h"

#include <QtTest>

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace statescape;
using namespace statescape::model;
using Index = Eigen::Index;
using Texts = std::vector<std::string>;

namespace {

/// Rows with the state each is in.
struct Rows {
    ml::Matrix z;
    std::vector<int> answers;

    void add(const std::vector<double> &row, int state)
    {
        z.conservativeResize(z.rows() + 1, static_cast<Index>(row.size()));
        for (std::size_t j = 0; j < row.size(); ++j)
            z(z.rows() - 1, static_cast<Index>(j)) = static_cast<float>(row[j]);
        answers.push_back(state);
    }
    /// A round cloud of deviation 1 at @p at in the first column.
    void cloud(ml::Random &random, int rows, int columns, double at, int state)
    {
        std::vector<double> row(static_cast<std::size_t>(columns));
        for (int i = 0; i < rows; ++i) {
            for (auto &value : row)
                value = random.normal();
            row[0] += at;
            add(row, state);
        }
    }
    void ring(ml::Random &random, int rows, double radius, int state)
    {
        for (int i = 0; i < rows; ++i) {
            const double angle = 2 * M_PI * random.uniform();
            const double r = radius + 0.05 * random.normal();
            add({r * std::cos(angle), r * std::sin(angle)}, state);
        }
    }
};

Judge judgeOf(int states)
{
    Judge out;
    for (int s = 0; s < states; ++s) {
        State state;
        state.name = "state " + std::to_string(s + 1);
        state.id = static_cast<std::uint32_t>(s + 1);
        out.states.push_back(state);
        out.classOf.push_back(-1);
    }
    return out;
}

Texts tell(const Judge &judge, const Rows &rows, std::vector<int> labels = {},
           const std::vector<LabelClass> &classes = {})
{
    labels.resize(rows.answers.size(), -1);
    auto story = storyOf(judge, rows.z, rows.answers, labels, classes);
    if (!story)
        qFatal("%s", story.error().text().c_str());
    return *story;
}

std::vector<int> halved(const ml::Matrix &z, std::uint64_t seed)
{
    ml::KMeansOptions options;
    options.k = 2;
    options.seed = seed;
    return ml::KMeans::fit(z, options)->labels();
}

bool told(const Texts &story, const std::string &part)
{
    return std::any_of(story.begin(), story.end(),
                       [&](const auto &text) { return text.find(part) != std::string::npos; });
}

} // namespace

class TestStory : public QObject {
    Q_OBJECT

private slots:
    /// R package diptest 0.76 on the same values; the first is the example of the paper.
    void dipIsHartigans()
    {
        const std::vector<double> faculty{30, 33, 35, 36, 37, 37, 39, 39, 39, 39, 39, 40, 40, 40, 40, 41,
                                          42, 43, 43, 43, 44, 44, 45, 45, 46, 46, 47, 47, 48, 48, 48, 49,
                                          50, 50, 51, 52, 52, 53, 53, 53, 53, 53, 54, 54, 57, 57, 59, 60,
                                          60, 60, 61, 61, 61, 61, 62, 62, 62, 62, 63, 66, 70, 72, 72};
        QVERIFY(std::fabs(dip(faculty) - 0.05952381) < 1e-8);
        QVERIFY(std::fabs(dip(std::vector<double>{1, 1, 1, 2, 2, 5, 5, 5, 6}) - 0.1666667) < 1e-6);
        std::vector<double> squares;
        for (int i = 1; i <= 20; ++i)
            squares.push_back(i * i);
        QVERIFY(std::fabs(dip(squares) - 0.025) < 1e-9);
        std::vector<double> waves;
        for (int i = 1; i <= 40; ++i)
            waves.push_back(std::sin(i));
        for (int i = 1; i <= 30; ++i)
            waves.push_back(4 + std::cos(i));
        std::sort(waves.begin(), waves.end());
        QVERIFY(std::fabs(dip(waves) - 0.1073834795) < 1e-9);
        QCOMPARE(dip(std::vector<double>{}), 0.0);
        QCOMPARE(dip(std::vector<double>{3, 3, 3}), 0.0);
    }

    /// The constants in the contract: quantiles for uniform values, which no number of rows changes much.
    void chanceOfADip()
    {
        ml::Random random(5);
        for (const int n : {200, 1000}) {
            std::vector<double> dips;
            for (int round = 0; round < 2000; ++round) {
                std::vector<double> values(static_cast<std::size_t>(n));
                for (auto &value : values)
                    value = random.uniform();
                std::sort(values.begin(), values.end());
                dips.push_back(dip(values) * std::sqrt(n));
            }
            std::sort(dips.begin(), dips.end());
            QVERIFY(std::fabs(dips[1800] - 0.49) < 0.02);
            QVERIFY(std::fabs(dips[1900] - 0.53) < 0.02);
            QVERIFY(std::fabs(dips[1980] - 0.61) < 0.03);
        }
    }

    void halvesOfOneCloud_data()
    {
        QTest::addColumn<int>("columns");
        QTest::addColumn<int>("rows");
        QTest::addColumn<double>("distance");
        for (const int columns : {1, 2, 8, 30, 60})
            for (const int rows : {120, 600, 3000})
                for (const double distance : {0.0, 4.5, 8.0})
                    QTest::addRow("%d columns, %d rows, %.1f apart", columns, rows, distance)
                        << columns << rows << distance;
    }
    /// One cloud cut by k-means is said to be one, two that stand apart never.
    void halvesOfOneCloud()
    {
        QFETCH(int, columns);
        QFETCH(int, rows);
        QFETCH(double, distance);
        constexpr int kRounds = 8;
        int one = 0;
        for (int round = 0; round < kRounds; ++round) {
            ml::Random random(static_cast<std::uint64_t>(round), 77);
            Rows data;
            data.cloud(random, rows / 2, columns, 0, 0);
            data.cloud(random, rows / 2, columns, distance, 1);
            if (distance == 0)
                data.answers = halved(data.z, static_cast<std::uint64_t>(round));
            one += told(tell(judgeOf(2), data), "state 1 and state 2 are one cloud cut in halves.") ? 1 : 0;
        }
        if (distance > 0)
            QCOMPARE(one, 0);
        else
            QVERIFY2(one >= (rows < 500 ? 5 : 7), QByteArray::number(one));
    }

    void unequalPartsAndGroups()
    {
        ml::Random random(3);
        Rows data;
        data.cloud(random, 2000, 5, 0, 0);
        for (Index i = 0; i < data.z.rows(); ++i)
            data.answers[static_cast<std::size_t>(i)] = data.z(i, 0) < -0.4 ? 0 : data.z(i, 0) < 0.7 ? 3 : 2;
        data.cloud(random, 500, 5, 30, 1);
        auto story = tell(judgeOf(4), data);
        QCOMPARE(story, (Texts{"4 states.", "state 1, state 3 and state 4 are one cloud cut into 3."}));
        // A small cloud of its own beside a large one is none of its parts.
        Rows beside;
        beside.cloud(random, 3000, 5, 0, 0);
        beside.cloud(random, 90, 5, 7, 1);
        QCOMPARE(tell(judgeOf(2), beside), Texts{"2 states."});
    }

    /// Where every density falls along a tail there is still no cloud where two are.
    void longTailsAreNoHalves()
    {
        ml::Random random(21);
        Rows data;
        data.cloud(random, 700, 6, 0, 0);
        data.cloud(random, 300, 6, 5, 1);
        for (Index i = 0; i < data.z.rows(); ++i)
            for (Index j = 0; j < data.z.cols(); ++j)
                data.z(i, j) = std::exp(data.z(i, j));
        for (Index j = 0; j < data.z.cols(); ++j)
            data.z.col(j) /= data.z.col(j).maxCoeff() / 10;
        QVERIFY(!told(tell(judgeOf(2), data), "one cloud"));
    }

    /// Whatever shape states have.
    void ringsAreNoHalves()
    {
        ml::Random random(4);
        Rows data;
        data.ring(random, 400, 1, 0);
        data.ring(random, 800, 3, 1);
        QCOMPARE(tell(judgeOf(2), data), Texts{"2 states."});
    }

    void aStateOfTwoClusters()
    {
        ml::Random random(6);
        Judge judge = judgeOf(2);
        judge.states[0].name = "disk";
        judge.classOf[0] = 0;
        Rows data;
        data.cloud(random, 300, 12, 0, 0);
        data.cloud(random, 200, 12, 12, 0);
        data.cloud(random, 400, 12, 30, 1);
        std::vector<int> labels(500, 0);
        const auto story = tell(judge, data, labels, {{"disk", schema::Polarity::Negative}});
        QCOMPARE(story, (Texts{"2 states; 1 named by your labels.", "disk covers 2 clusters."}));

        Rows three = data;
        three.cloud(random, 200, 12, -14, 1);
        three.cloud(random, 200, 12, 50, 1);
        const auto both = tell(judge, three);
        QCOMPARE(both.back(),
                 std::string("disk covers 2 clusters; state 2 may be 3 states with a gap between."));
    }

    /// A label drawn over several states.
    void aLabelOfTwoStates()
    {
        ml::Random random(8);
        Judge judge = judgeOf(3);
        judge.states[0].name = "disk";
        judge.classOf[0] = 0;
        Rows data;
        data.cloud(random, 210, 4, 0, 0);
        data.cloud(random, 90, 4, 12, 1);
        data.cloud(random, 200, 4, 30, 2);
        const auto story =
            tell(judge, data, std::vector<int>(300, 0), {{"disk", schema::Polarity::Negative}});
        QCOMPARE(story, (Texts{"3 states; 1 named by your labels.",
                               "disk covers 2 states: disk (70 %) and state 2 (30 %)."}));
    }

    /// Where labels cut what the samples do not.
    void labelsInOneCloud()
    {
        ml::Random random(9);
        Judge judge = judgeOf(2);
        judge.states[0].name = "quiet";
        judge.states[1].name = "busy";
        judge.classOf = {0, 1};
        Rows data;
        data.cloud(random, 1000, 6, 0, 0);
        for (Index i = 0; i < 1000; ++i)
            data.answers[static_cast<std::size_t>(i)] = data.z(i, 1) > 0.2 ? 1 : 0;
        const auto story =
            tell(judge, data, data.answers,
                 {{"quiet", schema::Polarity::Positive}, {"busy", schema::Polarity::Positive}});
        QCOMPARE(story, (Texts{"2 states, all named by your labels.",
                               "quiet and busy are one cloud that only your labels tell apart."}));
    }

    void whatBelongsToNoneAndWhy()
    {
        ml::Random random(10);
        Judge judge = judgeOf(1);
        judge.report.choice.reason = "k-means was chosen because its states repeat best";
        Rows data;
        data.cloud(random, 979, 3, 0, 0);
        data.cloud(random, 21, 3, 0, -1);
        QCOMPARE(tell(judge, data), (Texts{"1 state.", "2.1 % of samples belong to none.",
                                           "k-means was chosen because its states repeat best."}));
        judge.classOf[0] = 0;
        QCOMPARE(tell(judge, data).front(), std::string("1 state, named by your labels."));
        judge.classOf[0] = -1;
        QCOMPARE(tell(judge, data, {0}, {{"x", {}}}).front(),
                 std::string("1 state; your labels name none of them."));
    }

    /// However much there is to say, it is said in six sentences that end and are not empty.
    void neverTooLong()
    {
        ml::Random random(11);
        Judge judge = judgeOf(30);
        judge.report.choice.reason = "Why not.";
        Rows data;
        for (int c = 0; c < 10; ++c) {
            Rows one;
            one.cloud(random, 400, 2, 0, 0);
            for (Index i = 0; i < 400; ++i)
                data.add({one.z(i, 0) + 40.0 * c, one.z(i, 1)}, 3 * c + (one.z(i, 0) > 0 ? 1 : 0));
            data.cloud(random, 50, 2, 40.0 * c + 12, 3 * c + 2);
            data.cloud(random, 50, 2, 40.0 * c + 24, 3 * c + 2);
        }
        judge.classOf[0] = 0;
        judge.classOf[1] = 1;
        data.cloud(random, 5, 2, 0, -1);
        const auto story = tell(judge, data);
        QVERIFY(story.size() >= 5 && story.size() <= 6);
        for (const auto &text : story)
            QVERIFY2(text.size() > 3 && text.back() == '.' && text.find("..") == std::string::npos,
                     text.c_str());
    }

    void nothingAndStops()
    {
        QCOMPARE(tell(judgeOf(0), {}), Texts{"0 states."});
        ml::Random random(12);
        Rows few;
        few.cloud(random, 3, 4, 0, 0);
        few.cloud(random, 1, 4, 2, 1);
        QCOMPARE(tell(judgeOf(2), few), Texts{"2 states."});
        Rows equal;
        for (int i = 0; i < 200; ++i)
            equal.add({1, 1, 1}, i % 2);
        QCOMPARE(tell(judgeOf(2), equal), Texts{"2 states."});
        Rows data;
        data.cloud(random, 300, 4, 0, 0);
        std::stop_source stop;
        stop.request_stop();
        const auto story = storyOf(judgeOf(1), data.z, data.answers, {}, {}, {stop.get_token(), {}});
        QVERIFY(!story);
        QCOMPARE(story.error().code, base::Code::Cancelled);
    }
};

QTEST_GUILESS_MAIN(TestStory)
#include "test_story.moc"
