// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#define QT_NO_KEYWORDS // the catalogue has slots of its own
#include "core/feature/deriver.h"

#include <QtTest>
#include <algorithm>
#include <cmath>
#include <random>

using namespace statescape;
using feature::Deriver;
using feature::FeatureFrame;
using feature::histogramQuantile;
using schema::Missing;
using schema::Probe;
using schema::Slot;

namespace {
constexpr std::uint64_t kMs = 1'000'000;

std::shared_ptr<const schema::Layout> everything()
{
    schema::ProbePlan plan;
    plan.probes = (std::uint64_t{1} << schema::kProbeCount) - 1;
    return std::make_shared<const schema::Layout>(plan);
}

std::vector<wire::ProbeState> allAvailable()
{
    std::vector<wire::ProbeState> states(schema::kProbeCount);
    for (std::size_t i = 0; i < states.size(); ++i) {
        states[i].probe = static_cast<Probe>(i);
        states[i].available = true;
    }
    return states;
}

wire::RawSample rawAt(std::uint64_t sequence, std::uint64_t timeMs)
{
    wire::RawSample raw;
    raw.sequence = sequence;
    raw.timeNs = timeMs * kMs;
    raw.boottimeNs = raw.timeNs + 5'000 * kMs;
    raw.onlineCpus = 4;
    raw.probeMask = (1U << schema::kProbeCount) - 1;
    raw.slots.assign(schema::slotWords(), 1000);
    return raw;
}

std::uint64_t &word(wire::RawSample &raw, Slot slot, std::size_t bucket = 0)
{
    return raw.slots[schema::slotOffset(slot) + bucket];
}

float value(const FeatureFrame &frame, std::string_view key)
{
    return frame.values.at(static_cast<std::size_t>(schema::Schema::catalogue()->indexOf(key)));
}

std::string reason(const FeatureFrame &frame, std::string_view key)
{
    const float v = value(frame, key);
    return schema::isMissing(v) ? std::string(schema::missingKey(schema::missingReason(v))) : "present";
}

/// Two samples 250 ms apart; the second is what the test changes.
struct Pair {
    Deriver deriver{everything(), allAvailable()};
    wire::RawSample first = rawAt(1, 10'000);
    wire::RawSample second = rawAt(2, 10'250);
    FeatureFrame run()
    {
        (void)deriver.derive(first);
        return deriver.derive(second);
    }
};
} // namespace

class TestDeriver : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyDerivation()
    {
        Pair p;
        word(p.second, Slot::SchedSwitches) += 500;
        word(p.second, Slot::SchedInvoluntary) += 100;
        word(p.second, Slot::SchedOnCpuNs) += 500 * kMs;
        word(p.second, Slot::SchedRunqNs) += 125 * kMs;
        word(p.second, Slot::SysRead) += 10;
        word(p.second, Slot::SysOther) += 15;
        word(p.second, Slot::SysFailed) += 99;
        word(p.second, Slot::BlockReadBytes) += 4096;
        word(p.second, Slot::CpuUserNs) += 300 * kMs;
        word(p.second, Slot::CpuIdleNs) += 700 * kMs;
        word(p.second, Slot::CpuRunning) = 7;
        word(p.second, Slot::VmAvailable) = 250;
        word(p.second, Slot::VmTotal) = 1000;
        word(p.second, Slot::VmDirty) = 123456;
        word(p.second, Slot::PsiIoSome) += 50'000;
        const auto frame = p.run();
        QCOMPARE(frame.timeNs, 10'250 * kMs);
        QCOMPARE(frame.durationNs, 250 * kMs);
        QCOMPARE(value(frame, "sched.switch.rate"), 2000.0F);
        QCOMPARE(value(frame, "sched.switch.involuntary.rate"), 400.0F);
        QCOMPARE(value(frame, "sched.switch.voluntary.rate"), 1600.0F);
        QCOMPARE(value(frame, "sched.oncpu.share"), 50.0F);
        QCOMPARE(value(frame, "sched.runq.tasks"), 0.5F);
        QCOMPARE(value(frame, "syscall.total.rate"), 100.0F);
        QCOMPARE(value(frame, "syscall.failed.rate"), 396.0F);
        QCOMPARE(value(frame, "block.read.bytes"), 16384.0F);
        QCOMPARE(value(frame, "cpu.user.share"), 30.0F);
        QCOMPARE(value(frame, "cpu.iowait.share"), 0.0F);
        QCOMPARE(value(frame, "cpu.running.tasks"), 7.0F);
        QCOMPARE(value(frame, "vm.available.share"), 25.0F);
        QCOMPARE(value(frame, "vm.dirty.bytes"), 123456.0F);
        QCOMPARE(value(frame, "pressure.io.some"), 20.0F);
        QCOMPARE(value(frame, "tcp.retransmit.rate"), 0.0F);
    }

    void quantilesComeFromDifferences()
    {
        Pair p;
        const std::size_t bucket = schema::bucketOf(1'000'000);
        word(p.second, Slot::SchedRunqHistogram, bucket) += 100;
        const auto frame = p.run();
        const double low = static_cast<double>(schema::bucketFloorNs(bucket)) / 1e3;
        const double high = static_cast<double>(schema::bucketFloorNs(bucket + 1)) / 1e3;
        QVERIFY(std::fabs(value(frame, "sched.runq_latency.p50") - (low + high) / 2) < 0.01);
        QVERIFY(std::fabs(value(frame, "sched.runq_latency.p99") - (low + 0.99 * (high - low))) < 0.01);
        QCOMPARE(reason(frame, "block.device.p99"), std::string("no-events"));
    }

    void theFirstSampleIsWarmupButForGauges()
    {
        Deriver deriver(everything(), allAvailable());
        auto raw = rawAt(1, 5);
        word(raw, Slot::VmTotal) = 2000;
        const auto frame = deriver.derive(raw);
        QCOMPARE(frame.durationNs, std::uint64_t(0));
        QCOMPARE(frame.values.size(), schema::features().size());
        for (const auto &row : schema::features()) {
            const bool gauge = row.derivation == schema::Derivation::Gauge ||
                               row.derivation == schema::Derivation::GaugeShare;
            QCOMPARE(reason(frame, row.key), std::string(gauge ? "present" : "warm-up"));
        }
        QCOMPARE(value(frame, "vm.available.share"), 50.0F);
        (void)deriver.derive(rawAt(2, 6));
        deriver.reset();
        QCOMPARE(reason(deriver.derive(rawAt(3, 7)), "sched.switch.rate"), std::string("warm-up"));
    }

    void everyCounterThatGoesDownSpoilsItsFeaturesOnly()
    {
        for (std::size_t i = 0; i < schema::kSlotCount; ++i) {
            const auto slot = static_cast<Slot>(i);
            if (schema::info(slot).kind == schema::SlotKind::Gauge)
                continue;
            Pair p;
            for (auto &w : p.second.slots)
                w += 10;
            word(p.second, slot, schema::info(slot).kind == schema::SlotKind::Histogram ? 60 : 0) = 0;
            const auto frame = p.run();
            for (const auto &row : schema::features()) {
                using schema::Derivation;
                const bool sys = slot >= Slot::SysRead && slot <= Slot::SysOther &&
                                 row.derivation == Derivation::SyscallTotal;
                const bool ticks = slot >= Slot::CpuUserNs && slot <= Slot::CpuStealNs &&
                                   row.derivation == Derivation::ShareOfTicks;
                const bool touched = row.a == slot || row.b == slot || sys || ticks;
                QVERIFY2(reason(frame, row.key) == (touched ? "counter-reset" : "present"), row.key.data());
            }
        }
    }

    void aWrapIsAResetNotAHugeRate()
    {
        Pair p;
        word(p.first, Slot::NetRxBytes) = ~std::uint64_t{0} - 5;
        word(p.second, Slot::NetRxBytes) = 10;
        QCOMPARE(reason(p.run(), "net.rx.bytes"), std::string("counter-reset"));
    }

    void sleepingInsideTheIntervalIsSaid()
    {
        Pair p;
        p.second.boottimeNs += 11 * kMs;
        const auto frame = p.run();
        QCOMPARE(reason(frame, "sched.switch.rate"), std::string("suspended"));
        QCOMPARE(reason(frame, "sched.runq_latency.p99"), std::string("suspended"));
        QCOMPARE(reason(frame, "vm.dirty.bytes"), std::string("present"));
        auto third = rawAt(3, 10'500);
        third.boottimeNs += 11 * kMs;
        QCOMPARE(reason(p.deriver.derive(third), "sched.switch.rate"), std::string("present"));
        Pair small;
        small.second.boottimeNs += 9 * kMs;
        QCOMPARE(reason(small.run(), "sched.switch.rate"), std::string("present"));
    }

    void cpuHotPlugSpoilsShares()
    {
        Pair p;
        for (auto &w : p.second.slots)
            w += 10;
        p.second.cpuChanges = 1;
        word(p.second, Slot::CpuUserNs) = 0; // an offline CPU takes its ticks along
        const auto frame = p.run();
        QCOMPARE(reason(frame, "cpu.user.share"), std::string("cpus-changed"));
        QCOMPARE(reason(frame, "sched.oncpu.share"), std::string("cpus-changed"));
        QCOMPARE(reason(frame, "sched.switch.rate"), std::string("present"));
        QCOMPARE(reason(frame, "pressure.cpu.some"), std::string("present"));
    }

    void absentProbesSayWhy_data()
    {
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("expected");
        QTest::newRow("no permission") << int(base::Code::NotPermitted) << "no-permission";
        QTest::newRow("not supported") << int(base::Code::NotSupported) << "not-supported";
        QTest::newRow("no such hook") << int(base::Code::NotFound) << "not-supported";
        QTest::newRow("switched off") << int(base::Code::Ok) << "disabled";
        QTest::newRow("shed") << int(base::Code::Cancelled) << "disabled";
    }
    void absentProbesSayWhy()
    {
        QFETCH(int, code);
        QFETCH(QString, expected);
        Pair p;
        wire::ProbeState state;
        state.probe = Probe::Tcp;
        state.code = static_cast<base::Code>(code);
        p.deriver.update(state);
        p.first.probeMask &= ~schema::bitOf(Probe::Tcp);
        p.second.probeMask = p.first.probeMask;
        const auto frame = p.run();
        QCOMPARE(QString::fromStdString(reason(frame, "tcp.connect.rate")), expected);
        QCOMPARE(reason(frame, "sched.switch.rate"), std::string("present"));
        // It comes up later: one warm-up, then values.
        state.available = true;
        state.code = base::Code::Ok;
        p.deriver.update(state);
        QCOMPARE(reason(p.deriver.derive(rawAt(3, 10'500)), "tcp.connect.rate"), std::string("warm-up"));
        QCOMPARE(reason(p.deriver.derive(rawAt(4, 10'750)), "tcp.connect.rate"), std::string("present"));
    }

    void aProbeLeftOutByTheMaskIsDisabled()
    {
        Pair p;
        p.second.probeMask = schema::bitOf(Probe::Vm);
        const auto frame = p.run();
        QCOMPARE(reason(frame, "sched.switch.rate"), std::string("disabled"));
        QCOMPARE(reason(frame, "vm.dirty.bytes"), std::string("present"));
    }

    void nothingIsDividedByNothing()
    {
        Pair p;
        p.second.timeNs = p.first.timeNs;
        p.second.boottimeNs = p.first.boottimeNs;
        QCOMPARE(reason(p.run(), "sched.switch.rate"), std::string("no-events"));
        Pair back;
        back.second.timeNs = back.first.timeNs - kMs;
        const auto frame = back.run();
        QCOMPARE(frame.durationNs, std::uint64_t(0));
        QCOMPARE(reason(frame, "sched.switch.rate"), std::string("counter-reset"));
        Pair empty;
        word(empty.second, Slot::VmTotal) = 0;
        empty.second.onlineCpus = 0;
        const auto third = empty.run();
        QCOMPARE(reason(third, "vm.available.share"), std::string("no-events"));
        QCOMPARE(reason(third, "sched.oncpu.share"), std::string("no-events"));
        QCOMPARE(reason(third, "cpu.user.share"), std::string("no-events"));
        for (const float v : third.values)
            QVERIFY(schema::isMissing(v) || std::isfinite(v));
    }

    void skippedTicksAreCounted()
    {
        Deriver deriver(everything(), allAvailable());
        (void)deriver.derive(rawAt(5, 1));
        (void)deriver.derive(rawAt(6, 2));
        QCOMPARE(deriver.gaps(), std::uint64_t(0));
        (void)deriver.derive(rawAt(10, 3));
        QCOMPARE(deriver.gaps(), std::uint64_t(3));
        deriver.reset();
        (void)deriver.derive(rawAt(1, 4));
        QCOMPARE(deriver.gaps(), std::uint64_t(3));
    }

    void processesPassThrough()
    {
        Pair p;
        p.second.processes.push_back({42, {'s', 'h'}, 1, 2, 3});
        QVERIFY(p.run().processes == p.second.processes);
    }

    void quantilesAreWithinABucketOfTheExactOnes()
    {
        std::mt19937_64 random(7);
        std::lognormal_distribution<double> latency(12.0, 1.5);
        std::vector<std::uint64_t> values(20'000);
        std::vector<std::uint64_t> counts(schema::kHistogramBuckets);
        for (auto &v : values) {
            v = static_cast<std::uint64_t>(latency(random));
            ++counts[schema::bucketOf(v)];
        }
        std::sort(values.begin(), values.end());
        for (const double q : {0.01, 0.1, 0.5, 0.9, 0.99, 0.999}) {
            const auto exact = values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1))];
            const std::size_t bucket = schema::bucketOf(exact);
            const double width =
                static_cast<double>(schema::bucketFloorNs(bucket + 1) - schema::bucketFloorNs(bucket));
            const auto got = histogramQuantile(counts, q);
            QVERIFY(got);
            QVERIFY2(std::fabs(*got * 1e3 - static_cast<double>(exact)) <= width,
                     qPrintable(QString::number(q)));
        }
    }

    void quantileEdges()
    {
        std::vector<std::uint64_t> counts(schema::kHistogramBuckets);
        QVERIFY(!histogramQuantile(counts, 0.5));
        counts[10] = 1;
        QCOMPARE(*histogramQuantile(counts, 0.0), static_cast<double>(schema::bucketFloorNs(10)) / 1e3);
        QCOMPARE(*histogramQuantile(counts, 1.0), static_cast<double>(schema::bucketFloorNs(11)) / 1e3);
        counts.assign(counts.size(), ~std::uint64_t{0});
        QVERIFY(std::isfinite(*histogramQuantile(counts, 0.99)));
        counts.assign(counts.size(), 0);
        counts.back() = 3;
        QVERIFY(*histogramQuantile(counts, 0.99) >=
                static_cast<double>(schema::bucketFloorNs(counts.size() - 1)) / 1e3);
    }
};

QTEST_GUILESS_MAIN(TestDeriver)
#include "tst_deriver.moc"
