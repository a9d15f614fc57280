// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feature/deriver.h"

#include "core/feature/sampling.h"
#include "core/schema/script_maps.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

namespace statescape::feature {
namespace {
using schema::Derivation;
using schema::DerivedFeature;
using schema::Missing;
using schema::Slot;

bool isDifferential(Derivation derivation)
{
    return derivation != Derivation::Gauge && derivation != Derivation::GaugeShare;
}

bool dependsOnCpus(Derivation derivation)
{
    return derivation == Derivation::ShareOfCpu || derivation == Derivation::ShareOfTicks;
}

/// Two samples of one helper run, the later one not before the earlier.
struct Interval {
    const wire::RawSample &now;
    const wire::RawSample &before;
    double ns;            ///< that the probe saw of it
    const SeenPart *part; ///< null: all of it

    /// @return growth of word @p at; nothing when it went down.
    [[nodiscard]] std::optional<double> difference(std::size_t at) const
    {
        if (now.slots[at] < before.slots[at])
            return std::nullopt;
        return static_cast<double>(now.slots[at] - before.slots[at]);
    }
    [[nodiscard]] std::optional<double> sum(Slot first, Slot last) const
    {
        double total = 0;
        for (auto i = static_cast<std::size_t>(first); i <= static_cast<std::size_t>(last); ++i) {
            const auto part = difference(schema::slotOffset(static_cast<Slot>(i)));
            if (!part)
                return std::nullopt;
            total += *part;
        }
        return total;
    }
};

/// Plain values are stored as value << 8, so that the first bucket is 1 and not 256.
constexpr double kNsPerValue = schema::kHistogramUnitNs;

using Counts = std::array<std::uint64_t, schema::kHistogramBuckets>;

/// @return growth of the histogram at word @p at; nothing when a bucket went down.
std::optional<Counts> countsOf(const Interval &interval, std::size_t at)
{
    Counts counts{};
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (interval.now.slots[at + i] < interval.before.slots[at + i])
            return std::nullopt;
        counts[i] = interval.now.slots[at + i] - interval.before.slots[at + i];
    }
    return counts;
}

/// @return whether the times in @p counts are from one hook to another, so that windows cut long ones off.
/// Block requests carry their own time stamps; where the queue keeps none, those begun before the window are
/// counted and not timed.
bool cutByWindows(const Interval &interval, schema::Probe probe, const Counts &counts)
{
    if (interval.part == nullptr)
        return false;
    if (probe != schema::Probe::Block)
        return true;
    const auto requests = interval.sum(Slot::BlockReads, Slot::BlockOthers);
    return requests &&
           static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0})) < *requests;
}

float quantileOf(const Interval &interval, const DerivedFeature &feature)
{
    const auto counts = countsOf(interval, feature.a);
    if (!counts)
        return schema::missingValue(Missing::CounterReset);
    auto value = histogramQuantile(*counts, feature.parameter);
    if (feature.derivation == Derivation::Quantile && cutByWindows(interval, feature.probe, *counts)) {
        const auto estimate = estimateDurations(*counts, interval.part->windowNs);
        if (!estimate.usable)
            return schema::missingValue(Missing::Shed);
        value = histogramQuantile(std::span<const double>(estimate.counts), feature.parameter);
    }
    if (!value)
        return schema::missingValue(Missing::NoEvents);
    const bool plain = feature.derivation == Derivation::ValueQuantile;
    return static_cast<float>(plain ? *value * 1e3 / kNsPerValue : *value);
}

/// @return 100 * part / whole, or why there is none.
float percent(std::optional<double> part, std::optional<double> whole)
{
    if (!part || !whole)
        return schema::missingValue(Missing::CounterReset);
    if (*whole <= 0)
        return schema::missingValue(Missing::NoEvents);
    return static_cast<float>(100.0 * *part / *whole);
}

float ratio(std::optional<double> part, double whole)
{
    return part ? static_cast<float>(*part / whole) : schema::missingValue(Missing::CounterReset);
}

/// @return where the histogram of the durations that word @p feature.a sums up is; 0: it has none.
std::size_t histogramOf(const DerivedFeature &feature)
{
    struct Times {
        Slot sum, histogram;
    };
    static constexpr std::array kTimes{
        Times{Slot::SchedRunqNs, Slot::SchedRunqHistogram},
        Times{Slot::SchedBlockedNs, Slot::SchedBlockedHistogram},
        Times{Slot::MemReclaimNs, Slot::MemReclaimHistogram},
        Times{Slot::BlockQueueNs, Slot::BlockQueueHistogram},
        Times{Slot::BlockDeviceNs, Slot::BlockDeviceHistogram},
        Times{Slot::LockWaitNs, Slot::LockWaitHistogram},
    };
    // A probe of one's own that measures latency has its histogram behind the sum, see schema::userSlots().
    if (feature.probe >= schema::Probe::kCount)
        return feature.a + 1;
    for (const auto &times : kTimes)
        if (schema::slotOffset(times.sum) == feature.a)
            return schema::slotOffset(times.histogram);
    return 0;
}

float timeAverageOf(const Interval &interval, const DerivedFeature &feature)
{
    const auto grown = interval.difference(feature.a);
    const std::size_t at = interval.part == nullptr ? 0 : histogramOf(feature);
    if (at == 0)
        return ratio(grown, interval.ns);
    const auto counts = countsOf(interval, at);
    if (!counts || !grown)
        return schema::missingValue(Missing::CounterReset);
    if (!cutByWindows(interval, feature.probe, *counts))
        return ratio(grown, interval.ns);
    const auto estimate = estimateDurations(*counts, interval.part->windowNs);
    return estimate.usable ? ratio(*grown * estimate.scale, interval.ns)
                           : schema::missingValue(Missing::Shed);
}

float gaugeOf(const wire::RawSample &raw, const DerivedFeature &feature)
{
    // A script's level may be below zero, and may not have been set yet.
    const auto word = raw.slots[feature.a];
    if (word == schema::kNoLevel)
        return schema::missingValue(Missing::NoEvents);
    const auto value = static_cast<double>(static_cast<std::int64_t>(word));
    if (feature.derivation == Derivation::Gauge)
        return static_cast<float>(value);
    return percent(value, static_cast<double>(raw.slots[feature.b]));
}

/// @pre interval.ns > 0
float differenceOf(const Interval &interval, const DerivedFeature &feature)
{
    const double seconds = interval.ns / 1e9;
    switch (feature.derivation) {
    case Derivation::Rate:
        return ratio(interval.difference(feature.a), seconds);
    case Derivation::Quantile:
    case Derivation::ValueQuantile:
        return quantileOf(interval, feature);
    case Derivation::ShareOfCpu:
        return percent(interval.difference(feature.a),
                       interval.ns * static_cast<double>(interval.now.onlineCpus));
    case Derivation::ShareOfTime:
        return percent(interval.difference(feature.a), interval.ns / 1e3);
    case Derivation::ShareOfTicks:
        return percent(interval.difference(feature.a), interval.sum(Slot::CpuUserNs, Slot::CpuStealNs));
    case Derivation::Quotient:
        return percent(interval.difference(feature.a), interval.difference(feature.b));
    case Derivation::Ratio: {
        const float hundredth = percent(interval.difference(feature.a), interval.difference(feature.b));
        return schema::isMissing(hundredth) ? hundredth
                                            : static_cast<float>(hundredth / 100.0 * feature.parameter);
    }
    case Derivation::TimeAverage:
        return timeAverageOf(interval, feature);
    case Derivation::SyscallTotal:
        return ratio(interval.sum(Slot::SysRead, Slot::SysOther), seconds);
    case Derivation::Voluntary: {
        const auto all = interval.difference(feature.a);
        const auto part = interval.difference(feature.b);
        if (!all || !part)
            return schema::missingValue(Missing::CounterReset);
        // The two words are read one after the other while CPUs go on counting, so the part can be ahead by a
        // few.
        return static_cast<float>(std::max(0.0, *all - *part) / seconds);
    }
    case Derivation::Gauge:
    case Derivation::GaugeShare:
        break;
    }
    return gaugeOf(interval.now, feature);
}
} // namespace

Deriver::Deriver(std::shared_ptr<const schema::Layout> layout, std::span<const wire::ProbeState> probes)
    : m_layout(std::move(layout))
    , m_absence(m_layout->probes().size())
{
    for (const auto &state : probes)
        update(state);
}

FeatureFrame Deriver::derive(const wire::RawSample &raw)
{
    assert(raw.slots.size() == m_layout->words());
    FeatureFrame frame;
    frame.timeNs = raw.timeNs;
    frame.processes = raw.processes;
    const wire::RawSample *before = m_previous ? &*m_previous : nullptr;
    if (before != nullptr) {
        frame.durationNs = raw.timeNs > before->timeNs ? raw.timeNs - before->timeNs : 0;
        if (raw.sequence > before->sequence + 1)
            m_gaps += raw.sequence - before->sequence - 1;
    }
    const SeenParts parts(raw, m_layout->probes().size(), frame.durationNs);
    frame.seen = parts.told(*m_layout, ~std::uint64_t{0});
    for (auto &use : frame.processes) {
        use.cpuNs = parts.whole(schema::Probe::Scheduler, use.cpuNs);
        use.ioBytes = parts.whole(schema::Probe::Block, use.ioBytes);
        use.syscalls = parts.whole(schema::Probe::Syscalls, use.syscalls);
    }
    const auto has = [](const wire::RawSample &sample, schema::Probe probe) {
        return (sample.probeMask & schema::bitOf(probe)) != 0;
    };
    const auto valueOf = [&](const DerivedFeature &feature) {
        if (!covers(raw, feature.probe))
            return schema::missingValue(m_absence.reasonOf(raw, feature.probe));
        if (!isDifferential(feature.derivation))
            return gaugeOf(raw, feature);
        if (before == nullptr || !has(*before, feature.probe))
            return schema::missingValue(Missing::Warmup);
        if (raw.timeNs < before->timeNs)
            return schema::missingValue(Missing::CounterReset);
        if (frame.durationNs == 0)
            return schema::missingValue(Missing::NoEvents);
        if (suspendedBetween(*before, raw))
            return schema::missingValue(Missing::Suspended);
        if (dependsOnCpus(feature.derivation) && raw.cpuChanges != before->cpuChanges)
            return schema::missingValue(Missing::CpusChanged);
        const SeenPart *part = parts.of(feature.probe);
        const double ns = part != nullptr ? part->seenNs : static_cast<double>(frame.durationNs);
        return differenceOf({raw, *before, ns, part}, feature);
    };
    const auto &features = m_layout->features();
    frame.values.reserve(features.size());
    for (const auto &feature : features)
        frame.values.push_back(valueOf(feature));
    m_previous = raw;
    return frame;
}

namespace {
template <class Count>
std::optional<double> quantile(std::span<const Count> counts, double q)
{
    double total = 0;
    for (const Count count : counts)
        total += static_cast<double>(count);
    if (total <= 0)
        return std::nullopt;
    const double rank = std::clamp(q, 0.0, 1.0) * total;
    double below = 0;
    std::size_t last = 0;
    for (std::size_t bucket = 0; bucket < counts.size(); ++bucket) {
        const auto count = static_cast<double>(counts[bucket]);
        if (count <= 0)
            continue;
        last = bucket;
        if (below + count >= rank) {
            const auto low = static_cast<double>(schema::bucketFloorNs(bucket));
            const auto high = static_cast<double>(schema::bucketFloorNs(bucket + 1));
            return (low + (high - low) * (rank - below) / count) / 1e3;
        }
        below += count;
    }
    // Rounding of the running sum can leave the rank just above it.
    return static_cast<double>(schema::bucketFloorNs(last + 1)) / 1e3;
}
} // namespace

std::optional<double> histogramQuantile(std::span<const std::uint64_t> counts, double q)
{
    return quantile(counts, q);
}

std::optional<double> histogramQuantile(std::span<const double> counts, double q)
{
    return quantile(counts, q);
}

} // namespace statescape::feature
