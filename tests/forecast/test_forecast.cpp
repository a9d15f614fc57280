// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/forecast/forecast.h"
#include "core/ml/random.h"

#include <QTest>
#include <cmath>
#include <limits>

using namespace statescape;
using namespace statescape::forecast;
using base::Code;

class TestForecast : public QObject {
    Q_OBJECT

private slots:
    void transitionsAreCounted();
    void probabilitiesSumToOne();
    void badWithinMatchesTheFormula();
    void badWithinMatchesSimulation();
    void dueSpanHoldsItsShare();
    void periodicRunsAreForeseen();
    void presentRunCounts();
    void transitionsRefuse();
    void holtFollowsALine();
    void holtOfAConstant();
    void holtIntervalsCover();
    void holtStepsOverGaps();
    void holtRefuses();
};

void TestForecast::transitionsAreCounted()
{
    const std::vector<int> states{0, 0, 1, 1, 1, 0, -1, 1, 0};
    const auto chain = Transitions::fit(states, 3);
    QVERIFY(chain.has_value());
    QCOMPARE(chain->count(0, 0), std::uint64_t{1});
    QCOMPARE(chain->count(0, 1), std::uint64_t{1});
    QCOMPARE(chain->count(1, 1), std::uint64_t{2});
    QCOMPARE(chain->count(1, 0), std::uint64_t{2});
    QCOMPARE(chain->count(2, 0), std::uint64_t{0});
    QCOMPARE(chain->probability(0, 1), 2.0 / 5);
    QCOMPARE(chain->probability(2, 2), 1.0 / 3);
}

void TestForecast::probabilitiesSumToOne()
{
    ml::Random random(1);
    std::vector<int> states;
    for (int i = 0; i < 500; ++i)
        states.push_back(static_cast<int>(random.below(7)));
    const auto chain = Transitions::fit(states, 7);
    QVERIFY(chain.has_value());
    for (int from = 0; from < 7; ++from) {
        double sum = 0;
        for (int to = 0; to < 7; ++to)
            sum += chain->probability(from, to);
        QVERIFY(std::fabs(sum - 1) < 1e-12);
    }
}

void TestForecast::badWithinMatchesTheFormula()
{
    std::vector<int> states;
    for (int i = 0; i < 90; ++i)
        states.push_back(i % 10 == 9 ? 1 : 0);
    const auto chain = Transitions::fit(states, 2);
    QVERIFY(chain.has_value());
    const double stay = chain->probability(0, 0);
    const std::vector<std::uint8_t> bad{0, 1};
    QCOMPARE(chain->badWithin(0, bad, 0), 0.0);
    for (const int h : {1, 2, 5, 40})
        QVERIFY(std::fabs(chain->badWithin(0, bad, h) - (1 - std::pow(stay, h))) < 1e-12);
    QCOMPARE(chain->badWithin(0, std::vector<std::uint8_t>{0, 0}, 50), 0.0);
    double previous = 0;
    for (int h = 1; h < 200; ++h) {
        const double now = chain->badWithin(1, bad, h);
        QVERIFY(now >= previous && now <= 1);
        previous = now;
    }
}

void TestForecast::badWithinMatchesSimulation()
{
    ml::Random random(12);
    std::vector<int> states{0};
    for (int i = 0; i < 3000; ++i) {
        const double u = random.uniform();
        const int now = states.back();
        states.push_back(now == 0   ? (u < 0.9 ? 0 : 1)
                         : now == 1 ? (u < 0.7   ? 1
                                       : u < 0.8 ? 2
                                                 : 0)
                                    : (u < 0.5 ? 2 : 0));
    }
    const auto chain = Transitions::fit(states, 3);
    QVERIFY(chain.has_value());
    const std::vector<std::uint8_t> bad{0, 0, 1};
    int hits = 0;
    constexpr int kTrials = 40000;
    for (int trial = 0; trial < kTrials; ++trial) {
        int now = 0;
        for (int h = 0; h < 20 && now != 2; ++h) {
            double u = random.uniform();
            int to = 0;
            while (to < 2 && u >= chain->probability(now, to))
                u -= chain->probability(now, to++);
            now = to;
        }
        hits += now == 2 ? 1 : 0;
    }
    QVERIFY(std::fabs(static_cast<double>(hits) / kTrials - chain->badWithin(0, bad, 20)) < 0.012);
}

void TestForecast::dueSpanHoldsItsShare()
{
    std::vector<int> states;
    for (int i = 0; i < 300; ++i)
        states.push_back(i % 30 < 20 ? 0 : i % 30 < 25 ? 1 : 2);
    const auto chain = Transitions::fit(states, 3);
    QVERIFY(chain.has_value());
    const std::vector<std::uint8_t> bad{0, 0, 1};
    const auto due = chain->nextBad(0, bad, 100, 0.8);
    QVERIFY(due.earliest >= 1 && due.latest <= 100 && due.earliest <= due.latest);
    const double total = chain->badWithin(0, bad, 100);
    const double held = chain->badWithin(0, bad, due.latest) - chain->badWithin(0, bad, due.earliest - 1);
    QVERIFY(std::fabs(held - due.probability) < 1e-9);
    QVERIFY(due.probability >= 0.8 * total - 1e-9);
    QCOMPARE(chain->nextBad(0, std::vector<std::uint8_t>{0, 0, 0}, 100).probability, 0.0);
    QCOMPARE(chain->nextBad(-1, bad, 100).probability, 0.0);
    // From the state before the bad one it is due sooner.
    QVERIFY(chain->nextBad(1, bad, 100, 0.8).latest < due.latest);
}

void TestForecast::periodicRunsAreForeseen()
{
    // A cycle of single steps is certain for a first-order chain.
    std::vector<int> states;
    for (int i = 0; i < 400; ++i)
        states.push_back(i % 4);
    const auto chain = Transitions::fit(states, 4);
    QVERIFY(chain.has_value());
    const std::vector<std::uint8_t> bad{0, 0, 0, 1};
    const auto due = chain->nextBad(0, bad, 10, 0.8);
    QCOMPARE(due.earliest, 3);
    QCOMPARE(due.latest, 3);
    QVERIFY(due.probability > 0.9);
}

void TestForecast::presentRunCounts()
{
    QCOMPARE(presentRun({}).state, -1);
    QCOMPARE(presentRun({}).length, std::size_t{0});
    const std::vector<int> states{1, 2, 2, 2};
    QCOMPARE(presentRun(states).state, 2);
    QCOMPARE(presentRun(states).length, std::size_t{3});
}

void TestForecast::transitionsRefuse()
{
    QCOMPARE(Transitions::fit({}, 0).error().code, Code::InvalidArgument);
    QCOMPARE(Transitions::fit({}, 5000).error().code, Code::InvalidArgument);
    QCOMPARE(Transitions::fit(std::vector<int>{0, 3}, 3).error().code, Code::InvalidArgument);
    const auto blank = Transitions::fit({}, 2);
    QVERIFY(blank.has_value());
    QCOMPARE(blank->probability(0, 1), 0.5);
    QCOMPARE(blank->badWithin(0, std::vector<std::uint8_t>{1}, 5), 0.0);
}

void TestForecast::holtFollowsALine()
{
    std::vector<float> series;
    for (int i = 0; i < 60; ++i)
        series.push_back(10 + 2 * static_cast<float>(i));
    const auto forecast = dampedHolt(series, 3);
    QVERIFY(forecast.has_value());
    QCOMPARE(forecast->mean.size(), std::size_t{3});
    for (int h = 0; h < 3; ++h) {
        const double want = 10 + 2.0 * (60 + h);
        // Damping holds the trend back a little, by design.
        QVERIFY(forecast->mean[static_cast<std::size_t>(h)] > want - 2.5 &&
                forecast->mean[static_cast<std::size_t>(h)] < want + 1);
    }
    QVERIFY(forecast->trend > 0);
}

void TestForecast::holtOfAConstant()
{
    const std::vector<float> series(20, 5);
    const auto forecast = dampedHolt(series, 5);
    QVERIFY(forecast.has_value());
    for (std::size_t h = 0; h < 5; ++h) {
        QCOMPARE(forecast->mean[h], 5.0);
        QCOMPARE(forecast->low[h], 5.0);
        QCOMPARE(forecast->high[h], 5.0);
    }
}

void TestForecast::holtIntervalsCover()
{
    // Random walks and noisy levels: 90 % intervals must hold about nine truths in ten, and widen.
    ml::Random random(31);
    int inside = 0;
    int all = 0;
    for (int trial = 0; trial < 300; ++trial) {
        std::vector<float> series;
        double level = 100;
        for (int i = 0; i < 112; ++i) {
            level += trial % 2 == 0 ? random.normal() : 0;
            series.push_back(static_cast<float>(level + 0.5 * random.normal()));
        }
        const auto forecast = dampedHolt(std::span(series).first(100), 12);
        QVERIFY(forecast.has_value());
        for (std::size_t h = 0; h < 12; ++h) {
            ++all;
            inside += series[100 + h] >= forecast->low[h] && series[100 + h] <= forecast->high[h] ? 1 : 0;
            if (h > 0)
                QVERIFY(forecast->high[h] - forecast->low[h] >= forecast->high[h - 1] - forecast->low[h - 1]);
        }
    }
    const double share = static_cast<double>(inside) / all;
    QVERIFY2(share > 0.84 && share < 0.96, qPrintable(QString::number(share)));
}

void TestForecast::holtStepsOverGaps()
{
    std::vector<float> series;
    for (int i = 0; i < 50; ++i)
        series.push_back(i % 5 == 0 ? std::numeric_limits<float>::quiet_NaN()
                                    : 20.0F + static_cast<float>(i % 2));
    const auto forecast = dampedHolt(series, 2);
    QVERIFY(forecast.has_value());
    QVERIFY(std::fabs(forecast->mean[0] - 20.5) < 1);
}

void TestForecast::holtRefuses()
{
    const std::vector<float> few(7, 1);
    QCOMPARE(dampedHolt(few, 3).error().code, Code::NotEnoughData);
    QCOMPARE(dampedHolt({}, 3).error().code, Code::NotEnoughData);
    std::vector<float> series(20, 1);
    QCOMPARE(dampedHolt(series, 0).error().code, Code::InvalidArgument);
    QCOMPARE(dampedHolt(series, 20000).error().code, Code::InvalidArgument);
    series[4] = std::numeric_limits<float>::infinity();
    QCOMPARE(dampedHolt(series, 3).error().code, Code::InvalidArgument);
}

QTEST_GUILESS_MAIN(TestForecast)
#include "test_forecast.moc"
