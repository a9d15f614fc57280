// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/helper/seen_parts.h"

#include <algorithm>

namespace statescape::helper {

void SeenParts::left(schema::Probe probe, std::uint64_t nowNs, std::uint64_t events)
{
    auto &part = of(probe);
    if (!part.in)
        return;
    const auto since = std::max(part.sinceNs, m_sentNs);
    part.seenNs += nowNs - std::min(nowNs, since);
    if (part.whole)
        part.windows = 1;
    if (part.sampled && nowNs > part.cameNs)
        part.error.add(nowNs - part.cameNs, events - std::min(events, part.cameEvents));
    part.in = part.whole = false;
    part.sampled = true;
}

void SeenParts::came(schema::Probe probe, std::uint64_t nowNs, std::uint64_t events)
{
    auto &part = of(probe);
    part.in = true;
    part.cameNs = part.sinceNs = nowNs;
    part.cameEvents = events;
    ++part.windows;
}

void SeenParts::stayed(schema::Probe probe)
{
    auto &part = of(probe);
    part.in = part.whole = true;
    part.sampled = false;
    part.error.clear();
}

void SeenParts::stays(schema::Probe probe)
{
    of(probe).sampled = false;
    of(probe).error.clear();
}

void SeenParts::fill(std::uint64_t nowNs, wire::RawSample &sample)
{
    m_filledNs = nowNs;
    sample.sampled.clear();
    sample.shedMask = 0;
    for (std::size_t i = 0; i < m_parts.size(); ++i) {
        const auto &part = m_parts[i];
        if (part.whole)
            continue;
        const auto probe = static_cast<schema::Probe>(i);
        const auto since = std::max(part.sinceNs, m_sentNs);
        const auto seen = part.seenNs + (part.in && nowNs > since ? nowNs - since : 0);
        if (seen == 0 || part.windows == 0) {
            sample.shedMask |= schema::bitOf(probe);
            continue;
        }
        const auto whole = nowNs - std::min(nowNs, m_sentNs);
        sample.sampled.push_back({probe, seen, part.windows, part.error.of(part.windows, seen, whole)});
    }
}

void SeenParts::sent()
{
    m_sentNs = m_filledNs;
    for (auto &part : m_parts) {
        part.whole = part.in;
        part.seenNs = 0;
        part.windows = part.in ? 1 : 0;
    }
}

} // namespace statescape::helper
