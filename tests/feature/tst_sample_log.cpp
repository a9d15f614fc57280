// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feature/sample_log.h"

#include <QtTest>
#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>
#include <thread>

using namespace statescape;
using feature::FeatureFrame;
using feature::SampleLog;

namespace {
std::shared_ptr<const schema::Schema> threeColumns()
{
    std::vector<schema::Feature> features(3);
    for (std::size_t i = 0; i < features.size(); ++i)
        features[i].key = "f" + std::to_string(i);
    return std::make_shared<const schema::Schema>(std::move(features));
}

constexpr std::uint64_t kFirstSeen = 1000;

FeatureFrame frame(std::uint64_t row)
{
    FeatureFrame f;
    f.timeNs = 1000 + row * 10;
    f.durationNs = 10;
    f.entity = static_cast<std::uint32_t>(row % 3);
    f.values = {static_cast<float>(row), schema::missingValue(schema::Missing::Suspended),
                -static_cast<float>(row)};
    for (std::uint32_t i = 0; i < row % 5; ++i)
        f.processes.push_back({static_cast<std::uint32_t>(row), {'p'}, row, i, 0});
    // The first in the middle of a chunk that readers already look at.
    if (row > kFirstSeen && row % 11 < 2)
        for (std::size_t i = 0; i <= row % 11; ++i)
            f.seen.push_back({i == 0 ? "scheduler" : "a probe of one's own, with a name that needs memory",
                              1.0F / static_cast<float>(row), i == 0 ? -1.0F : 0.25F});
    return f;
}

bool holds(const SampleLog::View &view, std::size_t row)
{
    const auto expected = frame(row);
    const auto values = view.row(row);
    return std::memcmp(values.data(), expected.values.data(), values.size_bytes()) == 0 &&
           view.timeNs(row) == expected.timeNs && view.durationNs(row) == 10 &&
           view.entity(row) == expected.entity &&
           std::ranges::equal(expected.processes, view.processes(row)) &&
           std::ranges::equal(expected.seen, view.seen(row));
}
} // namespace

class TestSampleLog : public QObject {
    Q_OBJECT

private slots:
    void rowsComeBackAsTheyWent()
    {
        SampleLog log(threeColumns());
        QCOMPARE(log.view().rows(), std::size_t(0));
        const std::size_t n = 2 * SampleLog::kChunkRows + 17;
        for (std::size_t i = 0; i < n; ++i)
            log.append(frame(i));
        const auto view = log.view();
        QCOMPARE(view.rows(), n);
        for (std::size_t i = 0; i < n; ++i)
            QVERIFY(holds(view, i));
        QCOMPARE(schema::missingReason(view.at(5, 1)), schema::Missing::Suspended);
    }

    void matricesCrossChunks()
    {
        SampleLog log(threeColumns());
        const std::size_t n = SampleLog::kChunkRows + 100;
        for (std::size_t i = 0; i < n; ++i)
            log.append(frame(i));
        const auto view = log.view();
        const auto all = view.matrix();
        QCOMPARE(static_cast<std::size_t>(all.rows()), n);
        QCOMPARE(static_cast<std::size_t>(all.cols()), std::size_t(3));
        const auto part = view.matrix(SampleLog::kChunkRows - 5, 10);
        for (int i = 0; i < 10; ++i)
            QCOMPARE(part(i, 0), static_cast<float>(SampleLog::kChunkRows - 5 + static_cast<std::size_t>(i)));
        const std::vector<std::uint32_t> rows{static_cast<std::uint32_t>(n - 1), 0, 4096};
        const auto picked = view.matrix(rows);
        QCOMPARE(picked(0, 0), static_cast<float>(n - 1));
        QCOMPARE(picked(1, 2), -0.0F);
        QCOMPARE(picked(2, 0), 4096.0F);
        QCOMPARE(view.matrix(n, 5).rows(), Eigen::Index(0));
        QCOMPARE(view.matrix(n - 2, 50).rows(), Eigen::Index(2));
    }

    void lowerBoundFindsTheFirstNotBefore()
    {
        SampleLog log(threeColumns());
        for (std::size_t i = 0; i < 5000; ++i)
            log.append(frame(i));
        const auto view = log.view();
        QCOMPARE(view.lowerBound(0), std::size_t(0));
        QCOMPARE(view.lowerBound(1000), std::size_t(0));
        QCOMPARE(view.lowerBound(1001), std::size_t(1));
        QCOMPARE(view.lowerBound(1000 + 4321 * 10), std::size_t(4321));
        QCOMPARE(view.lowerBound(~std::uint64_t{0}), std::size_t(5000));
    }

    void viewsOutliveTheLogAndNeverGrow()
    {
        SampleLog::View view;
        QCOMPARE(view.rows(), std::size_t(0));
        {
            SampleLog log(threeColumns());
            for (std::size_t i = 0; i < 10; ++i)
                log.append(frame(i));
            view = log.view();
            for (std::size_t i = 10; i < 10'000; ++i)
                log.append(frame(i));
        }
        QCOMPARE(view.rows(), std::size_t(10));
        for (std::size_t i = 0; i < 10; ++i)
            QVERIFY(holds(view, i));
    }

    void manyProcessesInOneRowStayTogether()
    {
        SampleLog log(threeColumns());
        auto big = frame(0);
        big.processes.assign(5000, {7, {'x'}, 1, 2, 3});
        log.append(frame(0));
        log.append(big);
        QCOMPARE(log.view().processes(1).size(), std::size_t(5000));
        QCOMPARE(log.view().processes(1)[4999].pid, 7U);
    }

    void whatAProbeSawIsFoundByItsKey()
    {
        SampleLog log(threeColumns());
        for (std::size_t i = 0; i < kFirstSeen + 12; ++i)
            log.append(frame(i));
        const auto view = log.view();
        const std::size_t both = 1002; // 1002 % 11 == 1
        QCOMPARE(view.seen(both).size(), std::size_t(2));
        QVERIFY(view.seenBy("scheduler", both));
        QCOMPARE(view.seenBy("scheduler", both)->share, 1.0F / 1002);
        QCOMPARE(view.seenBy("scheduler", both)->error, -1.0F);
        QCOMPARE(view.seenBy("a probe of one's own, with a name that needs memory", both)->error, 0.25F);
        QVERIFY(!view.seenBy("syscalls", both));
        QVERIFY(!view.seenBy("scheduler", both + 1));
        QVERIFY(!view.seenBy("scheduler", 0));
        QVERIFY(view.seen(0).empty());
    }

    void readersSeeConstantRowsWhileOneWrites()
    {
        SampleLog log(threeColumns());
        std::mutex mutex;
        SampleLog::View latest = log.view();
        std::atomic<bool> done = false;
        std::atomic<bool> good = true;
        std::atomic<std::size_t> looked = 0;
        const auto read = [&] {
            while (!done || looked < 100) {
                SampleLog::View view;
                {
                    const std::lock_guard lock(mutex);
                    view = latest;
                }
                if (view.rows() == 0)
                    continue;
                for (std::size_t i = view.rows() - std::min<std::size_t>(view.rows(), 50); i < view.rows();
                     ++i)
                    good = good && holds(view, i);
                ++looked;
            }
        };
        std::thread a(read);
        std::thread b(read);
        for (std::size_t i = 0; i < 30'000; ++i) {
            log.append(frame(i));
            if (i % 7 == 0) {
                const std::lock_guard lock(mutex);
                latest = log.view();
            }
        }
        done = true;
        a.join();
        b.join();
        QVERIFY(good);
    }
};

QTEST_GUILESS_MAIN(TestSampleLog)
#include "tst_sample_log.moc"
