// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feature/sampling.h"

#include "core/feature/absence.h"
#include "core/feature/deriver.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace statescape::feature {
namespace {
constexpr double kLongestWeighed = 0.5; ///< of a window
constexpr double kLongestUsable = 0.25; ///< of a window
} // namespace

std::optional<SeenPart> seenPart(const wire::RawSample &raw, schema::Probe probe, std::uint64_t intervalNs)
{
    const auto part = std::ranges::find(raw.sampled, probe, &wire::Sampled::probe);
    if (part == raw.sampled.end() || part->seenNs >= intervalNs)
        return std::nullopt;
    const auto seen = static_cast<double>(part->seenNs);
    // Just below all of it rounds to all of it.
    const auto share =
        std::min(static_cast<float>(seen / static_cast<double>(intervalNs)), std::nextafter(1.0F, 0.0F));
    const bool known = std::isfinite(part->error) && part->error >= 0;
    return SeenPart{seen, seen / static_cast<double>(part->windows), share, known ? part->error : -1};
}

SeenParts::SeenParts(const wire::RawSample &raw, std::size_t probes, std::uint64_t intervalNs)
    : m_intervalNs(intervalNs)
    , m_parts(probes)
{
    for (const auto &part : raw.sampled)
        if (static_cast<std::size_t>(part.probe) < probes && covers(raw, part.probe))
            m_parts[static_cast<std::size_t>(part.probe)] = seenPart(raw, part.probe, intervalNs);
}

const SeenPart *SeenParts::of(schema::Probe probe) const
{
    const auto &part = m_parts[static_cast<std::size_t>(probe)];
    return part ? &*part : nullptr;
}

std::uint64_t SeenParts::whole(schema::Probe probe, std::uint64_t counted) const
{
    const SeenPart *part = of(probe);
    if (part == nullptr)
        return counted;
    const double scaled = static_cast<double>(counted) * static_cast<double>(m_intervalNs) / part->seenNs;
    return static_cast<std::uint64_t>(std::min(std::round(scaled), 0x1p63));
}

std::vector<Seen> SeenParts::told(const schema::Layout &layout, std::uint64_t columns) const
{
    std::vector<Seen> out;
    for (std::size_t i = 0; i < m_parts.size(); ++i)
        if (m_parts[i] && (columns >> i & 1) != 0)
            out.push_back({layout.probes()[i].key, m_parts[i]->share, m_parts[i]->error});
    return out;
}

DurationEstimate estimateDurations(std::span<const std::uint64_t> counts, double windowNs)
{
    assert(counts.size() == schema::kHistogramBuckets);
    DurationEstimate out;
    double seen = 0;
    double standsFor = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (counts[i] == 0)
            continue;
        const auto low = static_cast<double>(schema::bucketFloorNs(i));
        const auto high = static_cast<double>(schema::bucketFloorNs(i + 1));
        const double middle = (low + high) / 2;
        const double weight = 1 / (1 - std::min(middle / windowNs, kLongestWeighed));
        const auto count = static_cast<double>(counts[i]);
        out.counts[i] = count * weight;
        seen += count * middle;
        standsFor += count * middle * weight;
    }
    if (seen > 0)
        out.scale = standsFor / seen;
    const auto p99 = histogramQuantile(std::span<const double>(out.counts), 0.99);
    out.usable = !p99 || *p99 * 1e3 <= kLongestUsable * windowNs;
    return out;
}

} // namespace statescape::feature
