// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// What is told of a probe that saw a part of an interval, and how far off that may be.
#include "app/helper/seen_parts.h"
#include "app/helper/window_error.h"

#include <QtTest>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>
#include <random>
#include <vector>

using namespace statescape;
using helper::SeenParts;
using helper::WindowError;
using schema::Probe;

namespace {
constexpr std::uint64_t kMs = 1'000'000;
constexpr int kIntervalMs = 1000;

/// Events of each millisecond.
using Process = std::function<int(std::mt19937 &random)>;

struct Held {
    double once = 0;  ///< share of intervals within the error
    double twice = 0; ///< within twice
    double bias = 0;  ///< of the estimates
};

/// @param windows per interval, of @p windowMs each, one somewhere in each part of the interval
Held held(const Process &process, int windows, int windowMs)
{
    std::mt19937 random(5);
    WindowError error;
    Held out;
    int known = 0;
    double truths = 0;
    double estimates = 0;
    for (int interval = 0; interval < 1500; ++interval) {
        std::vector<int> events(kIntervalMs);
        for (auto &count : events)
            count = process(random);
        double seen = 0;
        for (int i = 0; i < windows; ++i) {
            const int slot = kIntervalMs / windows;
            const int from = i * slot + std::uniform_int_distribution<int>(0, slot - windowMs)(random);
            std::uint64_t inside = 0;
            for (int ms = from; ms < from + windowMs; ++ms)
                inside += static_cast<std::uint64_t>(events[static_cast<std::size_t>(ms)]);
            error.add(static_cast<std::uint64_t>(windowMs) * kMs, inside);
            seen += static_cast<double>(inside);
        }
        const double truth = std::accumulate(events.begin(), events.end(), 0.0);
        const double estimate = seen * kIntervalMs / (windows * windowMs);
        truths += truth;
        estimates += estimate;
        const auto seenNs = static_cast<std::uint64_t>(windows * windowMs) * kMs;
        const double told = static_cast<double>(error.of(static_cast<std::uint32_t>(windows), seenNs,
                                                         static_cast<std::uint64_t>(kIntervalMs) * kMs));
        if (told < 0)
            continue;
        // What it is relative to is the usual rate, which the estimates of all intervals tell.
        const double off = std::abs(estimate - truth) / (estimates / (interval + 1));
        ++known;
        out.once += off <= told ? 1 : 0;
        out.twice += off <= 2 * told ? 1 : 0;
    }
    out.once /= known;
    out.twice /= known;
    out.bias = estimates / truths - 1;
    return out;
}

Process poisson(double perMs)
{
    return [perMs](std::mt19937 &random) { return std::poisson_distribution<int>(perMs)(random); };
}

/// On and off for exponential times.
Process bursts(double perMs, double onMs, double offMs)
{
    return [=, on = false](std::mt19937 &random) mutable {
        if (std::bernoulli_distribution(1 / (on ? onMs : offMs))(random))
            on = !on;
        return on ? std::poisson_distribution<int>(perMs)(random) : 0;
    };
}
} // namespace

class TestWindows : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void twiceTheErrorHolds_data()
    {
        QTest::addColumn<int>("kind");
        QTest::addColumn<int>("windows");
        QTest::addColumn<int>("windowMs");
        const char *names[] = {"Poisson, many", "Poisson, few", "short bursts", "long bursts"};
        for (int kind = 0; kind < 4; ++kind)
            for (const int windows : {1, 2, 4})
                for (const int windowMs : {10, 60})
                    QTest::addRow("%s, %d windows of %d ms", names[kind], windows, windowMs)
                        << kind << windows << windowMs;
    }
    void twiceTheErrorHolds()
    {
        QFETCH(int, kind);
        QFETCH(int, windows);
        QFETCH(int, windowMs);
        const std::array processes{poisson(1000), poisson(1), bursts(1000, 4, 8), bursts(1000, 40, 60)};
        const auto result = held(processes.at(static_cast<std::size_t>(kind)), windows, windowMs);
        // One window that bursts fill or leave empty tells of two numbers only.
        const double least = kind == 3 ? 0.88 : 0.92;
        QVERIFY2(result.twice > least && result.once > 0.55,
                 qPrintable(QString("%1 within, %2 within twice").arg(result.once).arg(result.twice)));
        QVERIFY2(std::abs(result.bias) < 0.05, qPrintable(QString::number(result.bias)));
    }

    // numpy: n, t; r = n.sum()/t.sum(); m = len(n)
    // sqrt((1-f) * k * ((n-r*t)**2).sum()/(m-1)) / (r*seen) * scipy.stats.t.ppf(.975, m-1)/2
    void theFormula()
    {
        WindowError error;
        const std::array<std::array<std::uint64_t, 2>, 5> windows{
            {{30, 310}, {30, 280}, {25, 270}, {40, 395}, {30, 330}}};
        for (const auto &[ms, events] : windows)
            error.add(ms * kMs, events);
        // k = 2, seen = 70 ms of 1000
        QVERIFY(std::abs(error.of(2, 70 * kMs, 1000 * kMs) / 0.054039F - 1) < 1e-3);
        // all five, all of them this interval's
        QVERIFY(std::abs(error.of(5, 155 * kMs, 1000 * kMs) / 0.036781F - 1) < 1e-3);
        QCOMPARE(error.of(5, 1000 * kMs, 1000 * kMs), 0.0F); // all was seen
    }

    void whatIsNotKnownIsNotTold()
    {
        WindowError error;
        error.add(10 * kMs, 100);
        error.add(10 * kMs, 90);
        QVERIFY(error.of(2, 20 * kMs, 1000 * kMs) < 0);
        error.add(10 * kMs, 110);
        QVERIFY(error.of(2, 20 * kMs, 1000 * kMs) > 0);
        error.clear();
        for (int i = 0; i < 9; ++i)
            error.add(10 * kMs, 0);
        QVERIFY(error.of(4, 40 * kMs, 1000 * kMs) < 0);
    }

    void partsOfIntervals()
    {
        SeenParts parts;
        wire::RawSample sample;
        const auto take = [&](std::uint64_t ms, bool sent) {
            parts.fill(ms * kMs, sample);
            if (sent)
                parts.sent();
        };
        take(1000, true);
        QVERIFY(sample.sampled.empty() && sample.shedMask == 0);
        parts.left(Probe::Syscalls, 1400 * kMs, 50);
        take(2000, true);
        QCOMPARE(sample.sampled, (std::vector<wire::Sampled>{{Probe::Syscalls, 400 * kMs, 1, -1}}));
        take(3000, true);
        QVERIFY(sample.sampled.empty());
        QCOMPARE(sample.shedMask, schema::bitOf(Probe::Syscalls));
        // One window within, one across a sample, which counts in both.
        parts.came(Probe::Syscalls, 3100 * kMs, 50);
        parts.left(Probe::Syscalls, 3130 * kMs, 80);
        parts.came(Probe::Syscalls, 3990 * kMs, 80);
        take(4000, true);
        QCOMPARE(sample.sampled, (std::vector<wire::Sampled>{{Probe::Syscalls, 40 * kMs, 2, -1}}));
        QCOMPARE(sample.shedMask, 0U);
        // Nobody hears of this one: the next tells of both.
        take(5000, false);
        parts.left(Probe::Syscalls, 5010 * kMs, 100);
        take(6000, true);
        QCOMPARE(sample.sampled, (std::vector<wire::Sampled>{{Probe::Syscalls, 1010 * kMs, 1, -1}}));
        parts.came(Probe::Syscalls, 6900 * kMs, 100);
        parts.stays(Probe::Syscalls);
        take(7000, true);
        QCOMPARE(sample.sampled, (std::vector<wire::Sampled>{{Probe::Syscalls, 100 * kMs, 1, -1}}));
        take(8000, true);
        QVERIFY(sample.sampled.empty() && sample.shedMask == 0);
    }
};

QTEST_GUILESS_MAIN(TestWindows)
#include "tst_windows.moc"
