// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#define QT_NO_KEYWORDS // the catalogue has slots of its own
#include "core/feature/sampling.h"

#include "core/feature/deriver.h"
#include "core/feature/entity_deriver.h"

#include <QtTest>
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>

using namespace statescape;
using feature::Deriver;
using feature::FeatureFrame;
using schema::Missing;
using schema::Probe;
using schema::Slot;

namespace {
constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint64_t kIntervalNs = 250 * kMs;

std::shared_ptr<const schema::Layout> layoutOf(schema::ProbePlan plan)
{
    plan.probes = (std::uint64_t{1} << schema::kProbeCount) - 1;
    return std::make_shared<const schema::Layout>(std::move(plan));
}

std::vector<wire::ProbeState> allAvailable(const schema::Layout &layout)
{
    std::vector<wire::ProbeState> states(layout.probes().size());
    for (std::size_t i = 0; i < states.size(); ++i) {
        states[i].probe = static_cast<Probe>(i);
        states[i].available = true;
    }
    return states;
}

wire::RawSample rawAt(const schema::Layout &layout, std::uint64_t sequence)
{
    wire::RawSample raw;
    raw.sequence = sequence;
    raw.timeNs = 10'000 * kMs + sequence * kIntervalNs;
    raw.boottimeNs = raw.timeNs;
    raw.onlineCpus = 4;
    raw.probeMask = ~std::uint64_t{0} >> (64 - layout.probes().size());
    raw.slots.assign(layout.words(), 0);
    return raw;
}

void observe(wire::RawSample &raw, Slot histogram, std::uint64_t ns, std::uint64_t times = 1)
{
    raw.slots[schema::slotOffset(histogram) + schema::bucketOf(ns)] += times;
}

/// Two samples an interval apart; the second is what the test changes.
struct Pair {
    std::shared_ptr<const schema::Layout> layout;
    Deriver deriver;
    wire::RawSample first, second;

    explicit Pair(schema::ProbePlan plan = {})
        : layout(layoutOf(std::move(plan)))
        , deriver(layout, allAvailable(*layout))
        , first(rawAt(*layout, 1))
        , second(rawAt(*layout, 2))
    {}
    std::uint64_t &word(Slot slot) { return second.slots[schema::slotOffset(slot)]; }
    FeatureFrame run()
    {
        (void)deriver.derive(first);
        return deriver.derive(second);
    }
    float value(const FeatureFrame &frame, std::string_view key) const
    {
        return frame.values.at(static_cast<std::size_t>(layout->schema()->indexOf(key)));
    }
    std::string reason(const FeatureFrame &frame, std::string_view key) const
    {
        const float v = value(frame, key);
        return schema::isMissing(v) ? std::string(schema::missingKey(schema::missingReason(v))) : "present";
    }
};

wire::Sampled part(Probe probe, std::uint64_t seenNs, std::uint32_t windows, float error = 0.06F)
{
    return {probe, seenNs, windows, error};
}

bool near(double a, double b, double relative)
{
    return std::fabs(a - b) <= relative * std::fabs(b);
}

/// Mean of differences and its standard error.
struct Differences {
    double sum = 0, squares = 0;
    std::size_t n = 0;
    void add(double value)
    {
        sum += value;
        squares += value * value;
        ++n;
    }
    [[nodiscard]] double mean() const { return sum / static_cast<double>(n); }
    [[nodiscard]] double error() const
    {
        const double variance = squares / static_cast<double>(n) - mean() * mean();
        return std::sqrt(variance / static_cast<double>(n - 1));
    }
};

double median(std::vector<double> values)
{
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

using Random = std::mt19937_64;
struct Event {
    std::uint64_t endNs, lengthNs;
};
using Length = std::function<double(Random &)>;

/// Events over @p ns. A burst is a random stretch of @p burstNs with all of its time's events in half of it;
/// 0: Poisson.
std::vector<Event> eventsOf(Random &random, double perSecond, double burstNs, std::uint64_t ns,
                            const Length &length)
{
    std::vector<Event> out;
    std::exponential_distribution<double> gap(perSecond / 1e9);
    std::exponential_distribution<double> stretch(burstNs > 0 ? 1 / burstNs : 1);
    double busyUntil = 0;
    const auto end = static_cast<double>(ns);
    // Its own clock runs only in bursts, twice as fast.
    for (double t = gap(random); t<end; t += burstNs> 0 ? gap(random) / 2 : gap(random)) {
        while (burstNs > 0 && t > busyUntil) {
            const double pause = busyUntil > 0 ? stretch(random) : 0;
            t += pause;
            busyUntil += pause + stretch(random);
        }
        out.push_back({static_cast<std::uint64_t>(t), static_cast<std::uint64_t>(length(random))});
    }
    return out;
}

struct World {
    Length length;
    double burstNs = 0;
    std::uint64_t windowNs = 10 * kMs;
    std::uint32_t windows = 1; ///< an interval
    bool crossing = false;     ///< windows may be open at the end of an interval, and are told in two parts
};

struct Outcome {
    Differences rate;  ///< /s
    Differences tasks; ///< weighed
    Differences unweighed;
    std::vector<double> p50, p99; ///< of the estimates themselves, µs
    double trueRate = 0, trueTasks = 0;
    std::size_t shed = 0;
};

/// What the scheduler probe's words would be, seen through windows, and what comes of it.
Outcome watch(const World &world, std::size_t intervals, std::uint64_t seed)
{
    constexpr double perSecond = 20'000;
    Random random(seed);
    Pair p;
    const auto events =
        eventsOf(random, perSecond, world.burstNs, (intervals + 1) * kIntervalNs, world.length);
    const std::uint64_t slot = kIntervalNs / world.windows;
    std::vector<std::uint64_t> begins;
    for (std::uint64_t i = 0; i < intervals * world.windows; ++i) {
        const auto room = world.crossing ? slot : slot - world.windowNs;
        begins.push_back(i * slot + std::uniform_int_distribution<std::uint64_t>(0, room)(random));
        if (begins.size() > 1)
            begins.back() = std::max(begins.back(), begins[begins.size() - 2] + world.windowNs);
    }
    Outcome out;
    wire::RawSample raw = rawAt(*p.layout, 0);
    (void)p.deriver.derive(raw);
    std::size_t event = 0;
    std::size_t window = 0;
    for (std::uint64_t i = 0; i < intervals; ++i) {
        const std::uint64_t from = i * kIntervalNs;
        const std::uint64_t to = from + kIntervalNs;
        const auto waitedBefore = raw.slots[schema::slotOffset(Slot::SchedRunqNs)];
        double count = 0;
        double waited = 0;
        for (; event < events.size() && events[event].endNs < to; ++event) {
            const auto [end, length] = events[event];
            ++count;
            waited += static_cast<double>(length);
            while (window + 1 < begins.size() && begins[window] + world.windowNs <= end)
                ++window;
            if (end < begins[window] || end >= begins[window] + world.windowNs)
                continue;
            ++raw.slots[schema::slotOffset(Slot::SchedSwitches)];
            if (end - begins[window] < length)
                continue;
            raw.slots[schema::slotOffset(Slot::SchedRunqNs)] += length;
            observe(raw, Slot::SchedRunqHistogram, length);
        }
        wire::Sampled seen{Probe::Scheduler, 0, 0, -1};
        // Windows of the slots before and after may reach into this interval.
        const std::uint64_t nearest = i * world.windows;
        for (auto w = nearest > 0 ? nearest - 1 : 0; w < begins.size() && begins[w] < to; ++w) {
            const auto first = std::max(begins[w], from);
            const auto last = std::min(begins[w] + world.windowNs, to);
            if (first < last) {
                seen.seenNs += last - first;
                ++seen.windows;
            }
        }
        auto next = raw;
        next.sequence = i + 1;
        next.timeNs = next.boottimeNs = rawAt(*p.layout, i + 1).timeNs;
        if (seen.windows > 0)
            next.sampled.push_back(seen);
        else
            next.shedMask = schema::bitOf(Probe::Scheduler);
        const auto frame = p.deriver.derive(next);
        if (seen.windows == 0)
            continue;
        const double seconds = static_cast<double>(kIntervalNs) / 1e9;
        out.trueRate += count / seconds / static_cast<double>(intervals);
        out.trueTasks += waited / static_cast<double>(kIntervalNs) / static_cast<double>(intervals);
        out.rate.add(p.value(frame, "sched.switch.rate") - count / seconds);
        const float tasks = p.value(frame, "sched.runq.tasks");
        if (schema::isMissing(tasks)) {
            ++out.shed;
            continue;
        }
        const auto grown =
            static_cast<double>(raw.slots[schema::slotOffset(Slot::SchedRunqNs)] - waitedBefore);
        out.tasks.add(tasks - waited / static_cast<double>(kIntervalNs));
        out.unweighed.add(grown / static_cast<double>(seen.seenNs) -
                          waited / static_cast<double>(kIntervalNs));
        const float p99 = p.value(frame, "sched.runq_latency.p99");
        // No events: the windows of a burst's pause.
        if (!schema::isMissing(p99)) {
            out.p50.push_back(p.value(frame, "sched.runq_latency.p50"));
            out.p99.push_back(p99);
        }
    }
    return out;
}

Length exponential(double meanNs)
{
    return [meanNs](Random &random) { return std::exponential_distribution<double>(1 / meanNs)(random); };
}
Length lognormal(double medianNs, double sigma)
{
    return [=](Random &random) {
        return std::lognormal_distribution<double>(std::log(medianNs), sigma)(random);
    };
}
Length twoKinds(double shortNs, double longNs, double shareLong)
{
    return [=](Random &random) {
        return std::uniform_real_distribution<double>(0, 1)(random) < shareLong ? longNs : shortNs;
    };
}
} // namespace

Q_DECLARE_METATYPE(World)

class TestSampling : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void estimatesHaveNoBias_data()
    {
        QTest::addColumn<World>("world");
        QTest::addColumn<double>("p50");
        QTest::addColumn<double>("p99");
        constexpr double us = 1e3;
        // Quantiles in µs: exponential mean * ln 2 and * ln 100; lognormal median and * exp(2.3263 sigma).
        for (const double burst : {0.0, 5e6, 80e6}) {
            const auto name = [burst](const char *what) {
                return QByteArray(what) + (burst == 0    ? ", Poisson"
                                           : burst < 1e7 ? ", short bursts"
                                                         : ", long bursts");
            };
            QTest::newRow(name("exponential, one window").constData())
                << World{exponential(400 * us), burst, 10 * kMs, 1} << 277.3 << 1842.1;
            QTest::newRow(name("exponential, four windows").constData())
                << World{exponential(400 * us), burst, 10 * kMs, 4} << 277.3 << 1842.1;
            QTest::newRow(name("lognormal, two long windows").constData())
                << World{lognormal(300 * us, 0.8), burst, 25 * kMs, 2} << 300.0 << 1929.0;
            QTest::newRow(name("two kinds, one window").constData())
                << World{twoKinds(50 * us, 2000 * us, 0.3), burst, 10 * kMs, 1} << 50.0 << 2000.0;
        }
    }
    void estimatesHaveNoBias()
    {
        QFETCH(World, world);
        QFETCH(double, p50);
        QFETCH(double, p99);
        const auto out = watch(world, 250, 20261123);
        const auto within = [](const Differences &each, double truth, double allowance) {
            return std::fabs(each.mean()) < 4 * each.error() + allowance * truth;
        };
        const QByteArray kept = QString("rate %1 +- %2 of %3, tasks %4 +- %5 of %6, p50 %7, p99 %8, shed %9")
                                    .arg(out.rate.mean())
                                    .arg(out.rate.error())
                                    .arg(out.trueRate)
                                    .arg(out.tasks.mean())
                                    .arg(out.tasks.error())
                                    .arg(out.trueTasks)
                                    .arg(median(out.p50))
                                    .arg(median(out.p99))
                                    .arg(out.shed)
                                    .toLocal8Bit();
        const char *text = kept.constData();
        QVERIFY2(out.shed < 30, text);
        QVERIFY2(within(out.rate, out.trueRate, 0), text);
        // The middle of a bucket stands for what is in it.
        QVERIFY2(within(out.tasks, out.trueTasks, 0.005), text);
        // Buckets are at most 25 % wide; small samples put the tail a little low.
        QVERIFY2(near(median(out.p50), p50, 0.13), text);
        QVERIFY2(near(median(out.p99), p99, 0.15), text);
    }

    // Else the test above could not fail.
    void withoutWeightsThereWouldBeABias()
    {
        const auto out = watch({twoKinds(50e3, 2e6, 0.3), 0, 10 * kMs, 1}, 300, 7);
        QVERIFY(out.unweighed.mean() < -10 * out.unweighed.error());
        // A fifth of those of 2 ms is cut off by 10 ms.
        QVERIFY(near(-out.unweighed.mean(), 0.2 * out.trueTasks, 0.1));
    }

    // A window that is open at a tick is told in two parts; what began in the first is weighed in the second
    // as if it could not have been seen. That makes durations somewhat too large and never too small.
    void aWindowToldInTwoPartsWeighsDurationsUp()
    {
        const auto out = watch({twoKinds(50e3, 1e6, 0.3), 0, 10 * kMs, 4, true}, 300, 11);
        QVERIFY(std::fabs(out.rate.mean()) < 4 * out.rate.error());
        QVERIFY(out.tasks.mean() > -4 * out.tasks.error());
        QVERIFY(out.tasks.mean() < 0.05 * out.trueTasks);
    }

    void whatDoesNotFitIntoAWindowIsMissing_data()
    {
        QTest::addColumn<World>("world");
        QTest::newRow("all too long") << World{exponential(4e6), 0, 10 * kMs, 1};
        QTest::newRow("a few too long") << World{twoKinds(50e3, 4e6, 0.05), 0, 10 * kMs, 4};
    }
    void whatDoesNotFitIntoAWindowIsMissing()
    {
        QFETCH(World, world);
        const auto out = watch(world, 100, 3);
        QCOMPARE(out.shed, std::size_t(100));
        QVERIFY(std::fabs(out.rate.mean()) < 4 * out.rate.error());
    }

    void aPartSeenIsTheLengthThatCounts()
    {
        Pair p;
        p.word(Slot::SchedSwitches) = 500;
        p.word(Slot::SchedInvoluntary) = 100;
        p.word(Slot::SchedOnCpuNs) = 100 * kMs;
        p.word(Slot::SysRead) = 10;
        p.word(Slot::SysFailed) = 5;
        p.word(Slot::SampleUser) = 3;
        p.word(Slot::SampleAll) = 4;
        p.word(Slot::TcpConnects) = 25;
        p.second.sampled = {part(Probe::Scheduler, 50 * kMs, 5), part(Probe::Syscalls, 10 * kMs, 1, -1),
                            part(Probe::Samples, 25 * kMs, 2)};
        const auto frame = p.run();
        QCOMPARE(p.value(frame, "sched.switch.rate"), 10'000.0F);
        QCOMPARE(p.value(frame, "sched.switch.voluntary.rate"), 8'000.0F);
        QCOMPARE(p.value(frame, "sched.oncpu.share"), 50.0F);
        QCOMPARE(p.value(frame, "syscall.read.rate"), 1000.0F);
        QCOMPARE(p.value(frame, "syscall.total.rate"), 1000.0F);
        QCOMPARE(p.value(frame, "syscall.failed.rate"), 500.0F);
        QCOMPARE(p.value(frame, "sample.user.share"), 75.0F);
        QCOMPARE(p.value(frame, "tcp.connect.rate"), 100.0F);
        const std::vector<feature::Seen> expected{
            {"scheduler", 0.2F, 0.06F}, {"syscalls", 0.04F, -1}, {"samples", 0.1F, 0.06F}};
        QVERIFY(frame.seen == expected);
    }

    void allOfTheIntervalIsNoEntry()
    {
        for (const std::uint64_t seen : {kIntervalNs, kIntervalNs + 1, ~std::uint64_t{0}}) {
            Pair p;
            p.word(Slot::SchedSwitches) = 500;
            p.second.sampled = {part(Probe::Scheduler, seen, 4)};
            const auto frame = p.run();
            QCOMPARE(p.value(frame, "sched.switch.rate"), 2000.0F);
            QVERIFY(frame.seen.empty());
        }
        Pair p;
        p.second.sampled = {part(Probe::Scheduler, kIntervalNs - 1, 1)};
        const auto frame = p.run();
        QCOMPARE(frame.seen.size(), std::size_t(1));
        QVERIFY(frame.seen[0].share < 1 && frame.seen[0].share > 0.9999F);
    }

    void anErrorThatIsNoNumberIsNotKnown()
    {
        for (const float error : {-1.0F, -0.5F, std::numeric_limits<float>::infinity(),
                                  std::numeric_limits<float>::quiet_NaN()}) {
            Pair p;
            p.second.sampled = {part(Probe::Tcp, kMs, 1, error)};
            QCOMPARE(p.run().seen.at(0).error, -1.0F);
        }
    }

    void whatSawNothingIsShedAndComesBackAtOnce()
    {
        Pair p;
        p.second.shedMask = schema::bitOf(Probe::Scheduler);
        p.second.sampled = {part(Probe::Scheduler, kMs, 1)}; // a lie: shed is the word that counts
        const auto away = p.run();
        QCOMPARE(p.reason(away, "sched.switch.rate"), std::string("shed"));
        QVERIFY(away.seen.empty());
        // Its words stood still, so the next window needs no warm-up.
        auto third = rawAt(*p.layout, 3);
        third.slots[schema::slotOffset(Slot::SchedSwitches)] = 40;
        third.sampled = {part(Probe::Scheduler, 20 * kMs, 1)};
        const auto back = p.deriver.derive(third);
        QCOMPARE(p.value(back, "sched.switch.rate"), 2000.0F);
        QCOMPARE(back.seen.size(), std::size_t(1));
        // And when it is on for good there is nothing to be said of it.
        auto fourth = rawAt(*p.layout, 4);
        fourth.slots[schema::slotOffset(Slot::SchedSwitches)] = 540;
        const auto whole = p.deriver.derive(fourth);
        QCOMPARE(p.value(whole, "sched.switch.rate"), 2000.0F);
        QVERIFY(whole.seen.empty());
    }

    void anIntervalOfSeveralTicksHasAllTheirParts()
    {
        Pair p;
        (void)p.deriver.derive(p.first);
        auto late = rawAt(*p.layout, 5); // four intervals later: three samples were dropped
        late.slots[schema::slotOffset(Slot::SchedSwitches)] = 100;
        late.sampled = {part(Probe::Scheduler, 100 * kMs, 8)};
        const auto frame = p.deriver.derive(late);
        QCOMPARE(p.value(frame, "sched.switch.rate"), 1000.0F);
        QCOMPARE(frame.seen.at(0).share, 0.1F);
    }

    // Numbers from numpy: counts at bucket middles m, weights 1 / (1 - min(m / w, 0.5)), w = 12.5 ms; the
    // scale is sum(c m weight) / sum(c m), quantiles interpolate in the weighed counts' cumulative sum.
    void weightsAreThoseOfNumpy()
    {
        std::array<std::uint64_t, schema::kHistogramBuckets> counts{};
        counts[schema::bucketOf(100'000)] = 4000;
        counts[schema::bucketOf(700'000)] = 900;
        counts[schema::bucketOf(1'500'000)] = 95;
        counts[schema::bucketOf(2'600'000)] = 4;
        counts[schema::bucketOf(7'000'000)] = 1;
        const auto out = feature::estimateDurations(counts, 12.5e6);
        QVERIFY(out.usable);
        QVERIFY(near(out.scale, 1.05719645805622, 1e-12));
        const std::span<const double> weighed(out.counts);
        QVERIFY(near(*feature::histogramQuantile(weighed, 0.5), 108.66746803131275, 1e-12));
        QVERIFY(near(*feature::histogramQuantile(weighed, 0.99), 1465.1928662245882, 1e-12));
        QCOMPARE(out.counts[schema::bucketOf(7'000'000)], 2.0);
        Pair p;
        std::ranges::copy(counts, p.second.slots.begin() + static_cast<std::ptrdiff_t>(
                                                               schema::slotOffset(Slot::SchedRunqHistogram)));
        p.word(Slot::SchedRunqNs) = 100 * kMs;
        p.second.sampled = {part(Probe::Scheduler, 50 * kMs, 4)};
        const auto frame = p.run();
        QVERIFY(near(p.value(frame, "sched.runq_latency.p50"), 108.66746803131275, 1e-6));
        QVERIFY(near(p.value(frame, "sched.runq_latency.p99"), 1465.1928662245882, 1e-6));
        QVERIFY(near(p.value(frame, "sched.runq.tasks"), 2 * 1.05719645805622, 1e-6));
    }

    void noDurationsAreUsableAndNone()
    {
        const auto out =
            feature::estimateDurations(std::array<std::uint64_t, schema::kHistogramBuckets>{}, 1e7);
        QVERIFY(out.usable);
        QCOMPARE(out.scale, 1.0);
        Pair p;
        p.second.sampled = {part(Probe::Scheduler, 50 * kMs, 4)};
        const auto frame = p.run();
        QCOMPARE(p.reason(frame, "sched.runq_latency.p99"), std::string("no-events"));
        QCOMPARE(p.value(frame, "sched.runq.tasks"), 0.0F);
    }

    void blockRequestsBringTheirOwnTimes()
    {
        for (const bool untimed : {false, true}) {
            Pair p;
            p.word(Slot::BlockReads) = 30;
            p.word(Slot::BlockWrites) = untimed ? 11 : 10;
            p.word(Slot::BlockDeviceNs) = 40 * 8 * kMs;
            observe(p.second, Slot::BlockDeviceHistogram, 8 * kMs, 40);
            p.second.sampled = {part(Probe::Block, 20 * kMs, 2)};
            const auto frame = p.run();
            QCOMPARE(p.value(frame, "block.read.rate"), 1500.0F);
            // 8 ms in a window of 10 ms: seen whole where the request knows when it began.
            QCOMPARE(p.reason(frame, "block.device.p99"), std::string(untimed ? "shed" : "present"));
            QCOMPARE(p.reason(frame, "block.device.requests"), std::string(untimed ? "shed" : "present"));
            if (!untimed)
                QCOMPARE(p.value(frame, "block.device.requests"), 16.0F);
        }
    }

    void probesOfOnesOwnAreWeighedWhereTheyMeasureTimes()
    {
        schema::ProbePlan plan;
        plan.user = {*schema::parseUserProbe("syscall:openat:latency"),
                     *schema::parseUserProbe("tracepoint:block:block_rq_issue:bytes")};
        Pair p(plan);
        const auto first = p.layout->probes()[schema::kProbeCount].firstWord;
        const auto second = p.layout->probes()[schema::kProbeCount + 1].firstWord;
        constexpr std::uint64_t ns = 1'000'000;
        p.second.slots[first] = 100;
        p.second.slots[first + 1] = 100 * ns;
        p.second.slots[first + 2 + schema::bucketOf(ns)] = 100;
        p.second.slots[second] = 100;
        p.second.slots[second + 1 + schema::bucketOf(9'000'000)] = 100; // no times, so nothing to weigh
        p.second.sampled = {part(schema::userProbe(0), 25 * kMs, 5), part(schema::userProbe(1), 25 * kMs, 5)};
        const auto frame = p.run();
        const std::size_t bucket = schema::bucketOf(ns);
        const double middle =
            static_cast<double>(schema::bucketFloorNs(bucket) + schema::bucketFloorNs(bucket + 1)) / 2;
        const double weight = 5e6 / (5e6 - middle);
        std::size_t seen = 0;
        for (std::size_t i = 0; i < p.layout->features().size(); ++i) {
            const auto &feature = p.layout->features()[i];
            if (feature.probe < Probe::kCount)
                continue;
            ++seen;
            QVERIFY(!schema::isMissing(frame.values[i]));
            if (feature.derivation == schema::Derivation::TimeAverage)
                QVERIFY(near(frame.values[i], 4 * weight, 1e-6));
            if (feature.derivation == schema::Derivation::Rate)
                QCOMPARE(frame.values[i], 4000.0F);
        }
        QCOMPARE(seen, std::size_t(7));
        QCOMPARE(frame.seen.size(), std::size_t(2));
        QCOMPARE(frame.seen[0].probe, std::string("syscall:openat:latency"));
    }

    void whoWasRunningIsScaledByTheProbeThatCounts()
    {
        Pair p;
        p.second.processes = {{42, {'s', 'h'}, 1000, 300, 7}};
        p.second.sampled = {part(Probe::Scheduler, 50 * kMs, 4), part(Probe::Syscalls, 25 * kMs, 4)};
        const auto frame = p.run();
        QCOMPARE(frame.processes.at(0).cpuNs, std::uint64_t(5000));
        QCOMPARE(frame.processes.at(0).ioBytes, std::uint64_t(300));
        QCOMPARE(frame.processes.at(0).syscalls, std::uint64_t(70));
    }

    void entitiesAreScaledToo()
    {
        using schema::EntitySlot;
        schema::ProbePlan plan;
        plan.entity = schema::EntityKind::Process;
        const auto layout = layoutOf(plan);
        feature::EntityDeriver deriver(layout, allAvailable(*layout));
        const auto word = [](wire::EntityReading &reading, EntitySlot slot) -> std::uint64_t & {
            return reading.words[static_cast<std::size_t>(slot)];
        };
        const auto column = [&](const FeatureFrame &frame, std::string_view key) {
            return frame.values[static_cast<std::size_t>(layout->schema()->indexOf(key))];
        };
        auto first = rawAt(*layout, 1);
        first.entities.push_back({1, 4711, "worker", {}});
        QVERIFY(deriver.derive(first).empty());
        auto second = rawAt(*layout, 2);
        second.entities = first.entities;
        auto &reading = second.entities[0];
        word(reading, EntitySlot::OnCpuNs) = 25 * kMs;
        word(reading, EntitySlot::RunqNs) = 5 * kMs;
        word(reading, EntitySlot::BlockedNs) = 5 * kMs;
        word(reading, EntitySlot::Switches) = 100;
        word(reading, EntitySlot::Syscalls) = 100;
        word(reading, EntitySlot::MinorFaults) = 100;
        observe(second, Slot::SchedRunqHistogram, kMs, 50);
        observe(second, Slot::SchedBlockedHistogram, 4 * kMs, 50);
        second.sampled = {part(Probe::Scheduler, 50 * kMs, 5), part(Probe::Tcp, kMs, 1)};
        const auto frames = deriver.derive(second);
        QCOMPARE(frames.size(), std::size_t(1));
        QCOMPARE(column(frames[0], "entity.cpu.share"), 50.0F);
        QCOMPARE(column(frames[0], "entity.switch.rate"), 2000.0F);
        QCOMPARE(column(frames[0], "entity.syscall.rate"), 400.0F);
        QCOMPARE(column(frames[0], "entity.fault.rate"), 400.0F);
        const std::size_t bucket = schema::bucketOf(kMs);
        const double middle =
            static_cast<double>(schema::bucketFloorNs(bucket) + schema::bucketFloorNs(bucket + 1)) / 2;
        QVERIFY(near(column(frames[0], "entity.runq.share"), 10 * 10e6 / (10e6 - middle), 1e-6));
        // 4 ms in windows of 10 ms: the machine's blocked waits do not fit, so neither do this process's.
        QCOMPARE(schema::missingReason(column(frames[0], "entity.blocked.share")), Missing::Shed);
        const std::vector<feature::Seen> expected{{"scheduler", 0.2F, 0.06F}};
        QVERIFY(frames[0].seen == expected);
        QCOMPARE(frames[0].processes.at(0).cpuNs, 125 * kMs);
        QCOMPARE(frames[0].processes.at(0).syscalls, std::uint64_t(100));
        // Out, and seen again: no warm-up.
        auto third = rawAt(*layout, 3);
        third.slots = second.slots;
        third.entities = second.entities;
        third.shedMask = schema::bitOf(Probe::Scheduler);
        QCOMPARE(schema::missingReason(column(deriver.derive(third)[0], "entity.cpu.share")), Missing::Shed);
        auto fourth = rawAt(*layout, 4);
        fourth.slots = second.slots;
        fourth.entities = second.entities;
        word(fourth.entities[0], EntitySlot::OnCpuNs) += 5 * kMs;
        fourth.sampled = {part(Probe::Scheduler, 10 * kMs, 1)};
        QCOMPARE(column(deriver.derive(fourth)[0], "entity.cpu.share"), 50.0F);
    }
};

QTEST_GUILESS_MAIN(TestSampling)
#include "tst_sampling.moc"
