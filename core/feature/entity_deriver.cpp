// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feature/entity_deriver.h"

#include <algorithm>
#include <atomic>
#include <cstring>

namespace statescape::feature {
namespace {
using schema::EntitySlot;
using schema::Missing;

std::uint64_t nextRun()
{
    static std::atomic<std::uint64_t> run{0};
    return ++run;
}

/// Faults come from /proc and were counted long before anybody looked.
bool countsFromZero(EntitySlot slot)
{
    return slot != EntitySlot::MinorFaults && slot != EntitySlot::MajorFaults;
}

bool fromProc(EntitySlot slot)
{
    return slot == EntitySlot::MinorFaults || slot == EntitySlot::MajorFaults ||
           slot == EntitySlot::ResidentBytes;
}

/// What the list of who was running shows of a sample that is about one process.
wire::ProcessUse useOf(const wire::EntityReading &reading,
                       const std::array<std::uint64_t, schema::kEntitySlotCount> *before,
                       const SeenParts &parts)
{
    const auto grown = [&](EntitySlot slot) {
        const auto at = static_cast<std::size_t>(slot);
        const auto then = before ? (*before)[at] : 0;
        return reading.words[at] > then ? reading.words[at] - then : 0;
    };
    wire::ProcessUse use;
    use.pid = static_cast<std::uint32_t>(reading.id);
    std::memcpy(use.comm.data(), reading.name.data(), std::min(reading.name.size(), use.comm.size()));
    use.cpuNs = parts.whole(schema::Probe::Scheduler, grown(EntitySlot::OnCpuNs));
    use.ioBytes =
        parts.whole(schema::Probe::Block, grown(EntitySlot::ReadBytes) + grown(EntitySlot::WriteBytes));
    use.syscalls = parts.whole(schema::Probe::Syscalls, grown(EntitySlot::Syscalls));
    return use;
}
} // namespace

EntityDeriver::EntityDeriver(std::shared_ptr<const schema::Layout> layout,
                             std::span<const wire::ProbeState> probes)
    : m_layout(std::move(layout))
    , m_absence(m_layout->probes().size())
    , m_run(nextRun())
{
    for (const auto &row : schema::entityFeatures())
        m_probes.push_back(schema::probeFromKey(row.feature.probe));
    for (const auto probe : m_probes)
        m_columns |= schema::bitOf(probe);
    for (const auto &state : probes)
        update(state);
}

void EntityDeriver::reset()
{
    m_any = false;
    m_before.clear();
    m_run = nextRun();
}

EntityDeriver::Waits EntityDeriver::waitsOf(const wire::RawSample &raw, schema::Slot histogram,
                                            const SeenParts &parts) const
{
    const SeenPart *part = parts.of(schema::Probe::Scheduler);
    if (part == nullptr)
        return {};
    std::array<std::uint64_t, schema::kHistogramBuckets> counts{};
    const std::size_t at = schema::slotOffset(histogram);
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const auto now = raw.slots[at + i];
        const auto then = m_previous.slots[at + i];
        counts[i] = now > then ? now - then : 0;
    }
    const auto estimate = estimateDurations(counts, part->windowNs);
    return {estimate.scale, estimate.usable};
}

float EntityDeriver::valueOf(std::size_t column, const Words &now, const Words *before,
                             const Interval &interval) const
{
    const auto &row = schema::entityFeatures()[column];
    const auto at = static_cast<std::size_t>(row.slot);
    if (fromProc(row.slot) ? now[at] == schema::kNoWord : !covers(interval.raw, m_probes[column]))
        return schema::missingValue(fromProc(row.slot) ? Missing::NotSupported
                                                       : m_absence.reasonOf(interval.raw, m_probes[column]));
    if (row.derivation == schema::Derivation::Gauge)
        return static_cast<float>(now[at]);
    if ((!before && (interval.gap || !countsFromZero(row.slot))) ||
        (before && (*before)[at] == schema::kNoWord))
        return schema::missingValue(Missing::Warmup);
    // Its words begin in the middle of this interval.
    if (!fromProc(row.slot) && (m_previous.probeMask & schema::bitOf(m_probes[column])) == 0)
        return schema::missingValue(Missing::Warmup);
    if (interval.ns == 0)
        return schema::missingValue(Missing::NoEvents);
    if (suspendedBetween(m_previous, interval.raw))
        return schema::missingValue(Missing::Suspended);
    const auto then = before ? (*before)[at] : 0;
    if (now[at] < then)
        return schema::missingValue(Missing::CounterReset);
    auto grown = static_cast<double>(now[at] - then);
    if (row.slot == EntitySlot::RunqNs || row.slot == EntitySlot::BlockedNs) {
        const Waits &waits = row.slot == EntitySlot::RunqNs ? interval.runq : interval.blocked;
        if (!waits.usable)
            return schema::missingValue(Missing::Shed);
        grown *= waits.scale;
    }
    const SeenPart *part = interval.parts.of(m_probes[column]);
    const double ns = part != nullptr ? part->seenNs : static_cast<double>(interval.ns);
    switch (row.derivation) {
    case schema::Derivation::ShareOfTime:
        return static_cast<float>(100.0 * grown / ns);
    case schema::Derivation::TimeAverage:
        return static_cast<float>(grown / ns);
    default:
        return static_cast<float>(grown * 1e9 / ns);
    }
}

std::vector<FeatureFrame> EntityDeriver::derive(const wire::RawSample &raw)
{
    std::vector<FeatureFrame> frames;
    bool gap = false;
    if (m_any && raw.sequence > m_previous.sequence + 1) {
        m_gaps += raw.sequence - m_previous.sequence - 1;
        gap = true;
    }
    const auto length = m_any && raw.timeNs > m_previous.timeNs ? raw.timeNs - m_previous.timeNs : 0;
    const SeenParts parts(raw, m_layout->probes().size(), length);
    const Interval interval{raw,
                            length,
                            gap,
                            parts,
                            waitsOf(raw, schema::Slot::SchedRunqHistogram, parts),
                            waitsOf(raw, schema::Slot::SchedBlockedHistogram, parts)};
    std::unordered_map<std::uint32_t, Before> kept;
    kept.reserve(raw.entities.size());
    for (const auto &reading : raw.entities) {
        const auto found = m_before.find(reading.number);
        const Words *before = found == m_before.end() ? nullptr : &found->second.words;
        auto about = found == m_before.end() ? nullptr : found->second.about;
        if (!about || about->name != reading.name)
            about = std::make_shared<const Subject>(Subject{m_run, reading.number, reading.id, reading.name});
        if (m_any) {
            FeatureFrame frame;
            frame.timeNs = raw.timeNs;
            frame.durationNs = length;
            frame.about = about;
            frame.more = &reading != &raw.entities.back();
            frame.seen = parts.told(*m_layout, m_columns);
            frame.values.reserve(m_probes.size());
            for (std::size_t column = 0; column < m_probes.size(); ++column)
                frame.values.push_back(valueOf(column, reading.words, before, interval));
            if (m_layout->plan().entity == schema::EntityKind::Process && (before || !gap))
                frame.processes.push_back(useOf(reading, before, parts));
            frames.push_back(std::move(frame));
        }
        kept.emplace(reading.number, Before{reading.words, std::move(about)});
    }
    m_before = std::move(kept);
    m_previous.sequence = raw.sequence;
    m_previous.timeNs = raw.timeNs;
    m_previous.boottimeNs = raw.boottimeNs;
    m_previous.probeMask = raw.probeMask;
    m_previous.slots = raw.slots;
    m_any = true;
    return frames;
}

} // namespace statescape::feature
