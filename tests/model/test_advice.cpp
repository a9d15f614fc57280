// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/near_rows.h"
#include "core/ml/random.h"
#include "core/model/advice.h"

#include <QTest>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>
#include <thread>

using namespace statescape;
using namespace statescape::model;
using schema::Label;
using schema::Polarity;

class TestAdvice : public QObject {
    Q_OBJECT

private slots:
    void nearestRowsAreExact_data();
    void nearestRowsAreExact();
    void wrongRunsComeFirst_data();
    void wrongRunsComeFirst();
    void cleanLabelsAreLeftAlone();
    void onlyRunOfALabelIsNoSuspect();
    void rareLabelsAreKept();
    void suspectsOfNothing();
    void uncertainLieBetweenStates();
    void uncertainAreSpread();
    void labelledAreNotAskedFor();
    void growFindsTheCluster_data();
    void growFindsTheCluster();
    void reachIsMonotone();
    void singleSeedTakesTen();
    void missingNeverJoin();
    void stopWhenAsked();
};

namespace {
constexpr Label kGood{Polarity::Positive, 0};
constexpr Label kBad{Polarity::Negative, 1};
constexpr Label kOther{Polarity::Negative, 2};

/// Runs of @p length rows in turns of @p states states; rows wander about their state's centre.
struct Recording {
    ml::Matrix z;
    std::vector<int> state;
    std::vector<Label> labels;
};

Recording recording(Eigen::Index rows, Eigen::Index d, int states, std::uint64_t seed, double apart = 4,
                    Eigen::Index length = 40)
{
    ml::Random random(seed);
    ml::Matrix centres(states, d);
    for (Eigen::Index i = 0; i < centres.size(); ++i)
        centres.data()[i] = static_cast<float>(random.normal());
    for (Eigen::Index s = 0; s < states; ++s)
        centres.row(s) *= static_cast<float>(apart) / centres.row(s).norm();
    Recording out{ml::Matrix(rows, d), {}, {}};
    Eigen::VectorXf wander = Eigen::VectorXf::Zero(d);
    const std::array labels{kGood, kBad, kOther};
    int state = 0;
    for (Eigen::Index i = 0; i < rows; ++i) {
        if (i % length == 0)
            state = static_cast<int>(random.below(static_cast<std::uint64_t>(states)));
        for (Eigen::Index j = 0; j < d; ++j) {
            wander[j] = 0.9F * wander[j] + 0.4F * static_cast<float>(random.normal());
            out.z(i, j) = centres(state, j) + 0.4F * wander[j] + 0.5F * static_cast<float>(random.normal());
        }
        out.state.push_back(state);
        out.labels.push_back(labels[static_cast<std::size_t>(state)]);
    }
    return out;
}

std::vector<ml::NearRows::Hit> slowly(const ml::Matrix &rows, const float *row, std::size_t k,
                                      std::span<const std::uint32_t> groups, std::uint32_t own)
{
    std::vector<ml::NearRows::Hit> all;
    for (Eigen::Index i = 0; i < rows.rows(); ++i) {
        if (!groups.empty() && groups[static_cast<std::size_t>(i)] == own)
            continue;
        double sum = 0;
        for (Eigen::Index j = 0; j < rows.cols(); ++j)
            sum += std::pow(static_cast<double>(rows(i, j)) - row[j], 2);
        all.push_back({static_cast<float>(sum), static_cast<std::uint32_t>(i)});
    }
    std::stable_sort(all.begin(), all.end(), [](const auto &a, const auto &b) { return a.dist2 < b.dist2; });
    all.resize(std::min(all.size(), k));
    return all;
}
} // namespace

void TestAdvice::nearestRowsAreExact_data()
{
    QTest::addColumn<int>("columns");
    QTest::addColumn<int>("rows");
    for (const int columns : {1, 3, 23, 24, 40, 89})
        for (const int rows : {1, 15, 16, 300, 1500})
            QTest::addRow("%d x %d", rows, columns) << columns << rows;
}

void TestAdvice::nearestRowsAreExact()
{
    QFETCH(int, columns);
    QFETCH(int, rows);
    const auto data = recording(rows + 60, columns, 3, 11, 3);
    const ml::Matrix x = data.z.topRows(rows);
    const ml::NearRows near(x);
    std::vector<std::uint32_t> groups;
    for (int i = 0; i < rows; ++i)
        groups.push_back(static_cast<std::uint32_t>(i / 50));
    ml::NearRows::Scratch scratch;
    std::vector<ml::NearRows::Hit> hits;
    for (Eigen::Index q = 0; q < rows + 60; q += 7) {
        const float *row = data.z.row(q).data();
        const auto own = static_cast<std::uint32_t>(q / 50);
        near.nearest(row, 10, groups, own, hits, scratch);
        const auto expected = slowly(x, row, 10, groups, own);
        QCOMPARE(hits.size(), expected.size());
        for (std::size_t i = 0; i < hits.size(); ++i)
            QVERIFY(std::fabs(hits[i].dist2 - expected[i].dist2) <= 1e-5F * expected[i].dist2);
        const auto closest = slowly(x, row, 1, {}, 0);
        QVERIFY(near.anyWithin(row, closest[0].dist2 * 1.0001F, scratch));
        QVERIFY(closest[0].dist2 == 0 || !near.anyWithin(row, closest[0].dist2 * 0.9999F, scratch));
    }
}

void TestAdvice::wrongRunsComeFirst_data()
{
    QTest::addColumn<int>("columns");
    QTest::addColumn<int>("states");
    QTest::addColumn<double>("apart");
    QTest::newRow("two states, 6 features") << 6 << 2 << 4.0;
    QTest::newRow("three states, 89 features") << 89 << 3 << 5.0;
    QTest::newRow("three states, closer") << 30 << 3 << 3.0;
}

/// Every twentieth run gets a wrong label: average precision of its rows among the suspects.
void TestAdvice::wrongRunsComeFirst()
{
    QFETCH(int, columns);
    QFETCH(int, states);
    QFETCH(double, apart);
    auto data = recording(8000, columns, states, 21, apart);
    std::set<std::uint64_t> wrong;
    const std::array labels{kGood, kBad, kOther};
    for (std::size_t run = 7; run < 200; run += 20)
        for (std::size_t i = run * 40; i < (run + 1) * 40; ++i) {
            data.labels[i] = labels[static_cast<std::size_t>((data.state[i] + 1) % states)];
            wrong.insert(i);
        }
    const auto suspects = suspectLabels(data.z, data.labels, 8000);
    double precision = 0;
    double found = 0;
    double right = 0;
    for (std::size_t i = 0; i < suspects.size(); ++i) {
        QVERIFY(suspects[i].score > 0 && suspects[i].score <= 1);
        QVERIFY(i == 0 || suspects[i].score <= suspects[i - 1].score);
        if (!wrong.contains(suspects[i].row))
            continue;
        ++found;
        precision += found / static_cast<double>(i + 1);
        right += suspects[i].instead == labels[static_cast<std::size_t>(data.state[suspects[i].row])] ? 1 : 0;
    }
    precision /= static_cast<double>(wrong.size());
    QVERIFY(right > 0.95 * found);
    QVERIFY2(precision > 0.95, qPrintable(QString::number(precision)));
    QCOMPARE(suspectLabels(data.z, data.labels, 5).size(), std::size_t{5});
}

void TestAdvice::cleanLabelsAreLeftAlone()
{
    for (const std::uint64_t seed : {31U, 32U, 33U}) {
        const auto data = recording(6000, 20, 3, seed, 4);
        const auto suspects = suspectLabels(data.z, data.labels, 6000);
        const auto loud = std::count_if(suspects.begin(), suspects.end(),
                                        [](const auto &one) { return one.score >= kSuspicious; });
        QVERIFY2(loud <= 12, qPrintable(QString::number(loud)));
    }
}

/// Nobody else could vouch for it.
void TestAdvice::onlyRunOfALabelIsNoSuspect()
{
    auto data = recording(2000, 8, 2, 41);
    for (std::size_t i = 400; i < 440; ++i)
        data.labels[i] = kOther;
    for (const auto &one : suspectLabels(data.z, data.labels, 2000))
        QVERIFY(one.row < 400 || one.row >= 440);
}

/// Thinning many labelled rows must not lose a rare label and then doubt it.
void TestAdvice::rareLabelsAreKept()
{
    auto data = recording(90000, 4, 2, 51, 6);
    for (const std::size_t run : {100U, 900U, 1700U})
        for (std::size_t i = run * 40; i < run * 40 + 20; ++i) {
            data.labels[i] = kOther;
            data.z.row(static_cast<Eigen::Index>(i)).array() += 12;
        }
    for (const auto &one : suspectLabels(data.z, data.labels, 90000))
        QVERIFY(one.score < kSuspicious || !(data.labels[one.row] == kOther));
}

void TestAdvice::suspectsOfNothing()
{
    const auto data = recording(300, 4, 2, 61);
    QVERIFY(suspectLabels(data.z, {}, 10).empty());
    QVERIFY(suspectLabels(data.z, std::vector<Label>(300), 10).empty());
    QVERIFY(suspectLabels(data.z, std::vector<Label>(300, kGood), 10).empty());
    QVERIFY(suspectLabels(ml::Matrix(0, 4), {}, 10).empty());
    QVERIFY(suspectLabels(data.z, data.labels, 10, 0).empty());
    ml::Matrix missing = data.z;
    missing.setConstant(std::numeric_limits<float>::quiet_NaN());
    QVERIFY(suspectLabels(missing, data.labels, 10).empty());
}

namespace {
/// Confidence of two states at -3 and 3 on the first axis.
std::vector<Score> scoresOf(const ml::Matrix &z)
{
    std::vector<Score> scores(static_cast<std::size_t>(z.rows()));
    for (Eigen::Index i = 0; i < z.rows(); ++i) {
        auto &score = scores[static_cast<std::size_t>(i)];
        score.cluster = z(i, 0) > 0 ? 1 : 0;
        score.confidence = static_cast<float>(1 / (1 + std::exp(-2 * std::fabs(z(i, 0)))));
    }
    return scores;
}

ml::Matrix plane(Eigen::Index rows, std::uint64_t seed)
{
    ml::Random random(seed);
    ml::Matrix z(rows, 3);
    for (Eigen::Index i = 0; i < rows; ++i)
        z.row(i) << static_cast<float>((i % 2 == 0 ? 3 : -3) + 1.5 * random.normal()),
            static_cast<float>(8 * random.uniform()), static_cast<float>(random.normal());
    return z;
}
} // namespace

void TestAdvice::uncertainLieBetweenStates()
{
    const auto z = plane(5000, 71);
    const auto found = uncertainSamples(z, scoresOf(z), {}, 100);
    QCOMPARE(found.size(), std::size_t{100});
    double mean = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
        QVERIFY(i == 0 || found[i].score <= found[i - 1].score);
        QVERIFY(found[i].score > 0 && found[i].score <= 1);
        mean += std::fabs(z(static_cast<Eigen::Index>(found[i].row), 0)) / 100;
    }
    QVERIFY2(mean < 0.8, qPrintable(QString::number(mean)));
}

void TestAdvice::uncertainAreSpread()
{
    const auto z = plane(20000, 72);
    const auto scores = scoresOf(z);
    const auto nearestOf = [&](const std::vector<std::uint64_t> &rows) {
        double sum = 0;
        for (const auto a : rows) {
            float least = 1e9F;
            for (const auto b : rows)
                if (a != b)
                    least = std::min(
                        least,
                        (z.row(static_cast<Eigen::Index>(a)) - z.row(static_cast<Eigen::Index>(b))).norm());
            sum += least;
        }
        return sum / static_cast<double>(rows.size());
    };
    std::vector<std::uint64_t> ours;
    for (const auto &one : uncertainSamples(z, scores, {}, 40))
        ours.push_back(one.row);
    std::vector<std::uint64_t> plain(20000);
    std::iota(plain.begin(), plain.end(), std::uint64_t{0});
    std::stable_sort(plain.begin(), plain.end(), [&](std::uint64_t a, std::uint64_t b) {
        return scores[a].confidence < scores[b].confidence;
    });
    plain.resize(40);
    QVERIFY2(nearestOf(ours) > 1.5 * nearestOf(plain),
             qPrintable(QStringLiteral("%1 against %2").arg(nearestOf(ours)).arg(nearestOf(plain))));
    for (std::size_t a = 0; a < 20; ++a)
        for (std::size_t b = 0; b < a; ++b)
            QVERIFY(std::max(ours[a], ours[b]) - std::min(ours[a], ours[b]) >= 4);
}

void TestAdvice::labelledAreNotAskedFor()
{
    auto z = plane(1000, 73);
    std::vector<Label> labels(500, kGood);
    z(700, 1) = std::numeric_limits<float>::quiet_NaN();
    auto scores = scoresOf(z);
    scores[700].confidence = 0;
    scores[701].confidence = 1;
    const auto found = uncertainSamples(z, scores, labels, 2000);
    QVERIFY(!found.empty());
    std::set<std::uint64_t> rows;
    for (const auto &one : found) {
        QVERIFY(one.row >= 500 && one.row != 700 && one.row != 701);
        QVERIFY(rows.insert(one.row).second);
    }
    QVERIFY(uncertainSamples(z, scores, labels, 0).empty());
    QVERIFY(uncertainSamples(z, {}, labels, 10).empty());
}

void TestAdvice::growFindsTheCluster_data()
{
    QTest::addColumn<int>("columns");
    QTest::addColumn<double>("apart");
    QTest::newRow("2 features") << 2 << 6.0;
    QTest::newRow("12 features") << 12 << 6.0;
    QTest::newRow("89 features") << 89 << 9.0;
}

void TestAdvice::growFindsTheCluster()
{
    QFETCH(int, columns);
    QFETCH(double, apart);
    const auto data = recording(20000, columns, 3, 81, apart);
    ml::Random random(1);
    std::vector<std::uint8_t> seeds(20000, 0);
    for (std::size_t i = 0; i < seeds.size(); ++i)
        seeds[i] = data.state[i] == 1 && random.uniform() < 0.05 ? 1 : 0;
    const auto grown = growToNeighbours(data.z, seeds);
    QCOMPARE(grown.size(), seeds.size());
    double inside = 0;
    double joined = 0;
    double leaked = 0;
    for (std::size_t i = 0; i < seeds.size(); ++i) {
        QVERIFY(grown[i] != 0 || seeds[i] == 0);
        inside += data.state[i] == 1 ? 1 : 0;
        joined += grown[i] != 0 && data.state[i] == 1 ? 1 : 0;
        leaked += grown[i] != 0 && data.state[i] != 1 ? 1 : 0;
    }
    QVERIFY2(joined > 0.85 * inside && leaked < 0.01 * joined,
             qPrintable(QStringLiteral("%1 % joined, %2 leaked").arg(100 * joined / inside).arg(leaked)));
}

void TestAdvice::reachIsMonotone()
{
    const auto data = recording(5000, 30, 3, 91, 3);
    std::vector<std::uint8_t> seeds(5000, 0);
    for (std::size_t i = 0; i < seeds.size(); i += 61)
        seeds[i] = data.state[i] == 0 ? 1 : 0;
    auto before = seeds;
    for (const double reach : {0.25, 0.5, 0.8, 1.0, 1.3, 2.0, 100.0}) {
        const auto grown = growToNeighbours(data.z, seeds, reach);
        for (std::size_t i = 0; i < seeds.size(); ++i)
            QVERIFY(grown[i] >= before[i]);
        before = grown;
    }
    QCOMPARE(std::count(before.begin(), before.end(), 0), std::ptrdiff_t{0});
    QCOMPARE(growToNeighbours(data.z, seeds, 0), seeds);
}

void TestAdvice::singleSeedTakesTen()
{
    for (const int columns : {3, 40}) {
        const auto data = recording(2000, columns, 3, 95);
        std::vector<std::uint8_t> seeds(2000, 0);
        seeds[700] = 1;
        const auto grown = growToNeighbours(data.z, seeds);
        QCOMPARE(std::count(grown.begin(), grown.end(), 1), std::ptrdiff_t{11});
        for (const auto &hit : slowly(data.z, data.z.row(700).data(), 11, {}, 0))
            QCOMPARE(int{grown[hit.row]}, 1);
    }
    const std::vector<std::uint8_t> none(2000, 0);
    QCOMPARE(growToNeighbours(recording(2000, 3, 2, 1).z, none), none);
}

void TestAdvice::missingNeverJoin()
{
    auto data = recording(1000, 30, 2, 97);
    std::vector<std::uint8_t> seeds(1000, 0);
    for (std::size_t i = 0; i < 1000; i += 10)
        seeds[i] = 1;
    for (Eigen::Index i = 5; i < 1000; i += 10)
        data.z(i, i % 30) = i % 20 == 5 ? std::numeric_limits<float>::quiet_NaN() : INFINITY;
    data.z(10, 3) = std::numeric_limits<float>::quiet_NaN();
    const auto grown = growToNeighbours(data.z, seeds, 1000);
    for (std::size_t i = 0; i < 1000; ++i)
        QCOMPARE(int{grown[i]}, i % 10 == 5 ? 0 : 1);
}

/// A second thread asks in the middle of each.
void TestAdvice::stopWhenAsked()
{
    const auto data = recording(60000, 60, 3, 99, 1);
    std::vector<std::uint8_t> seeds(60000, 0);
    for (std::size_t i = 0; i < seeds.size(); i += 30)
        seeds[i] = 1;
    const auto stopped = [&](auto work) {
        std::stop_source source;
        double last = 0;
        const auto caller = std::this_thread::get_id();
        const base::Progress progress{source.get_token(), [&](double fraction, std::string_view) {
                                          QVERIFY(std::this_thread::get_id() == caller);
                                          QVERIFY(fraction >= 0 && fraction <= 1);
                                          last = fraction;
                                          source.request_stop();
                                      }};
        const bool empty = work(progress);
        return empty && last < 1;
    };
    QVERIFY(stopped(
        [&](const auto &progress) { return suspectLabels(data.z, data.labels, 10, 10, progress).empty(); }));
    QVERIFY(
        stopped([&](const auto &progress) { return growToNeighbours(data.z, seeds, 1, progress).empty(); }));
    const auto scores = scoresOf(data.z);
    QVERIFY(stopped(
        [&](const auto &progress) { return uncertainSamples(data.z, scores, {}, 100, progress).empty(); }));
}

QTEST_GUILESS_MAIN(TestAdvice)
#include "test_advice.moc"
