// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feature/absence.h"

#include <algorithm>
#include <cmath>

namespace statescape::feature {
namespace {
using schema::Missing;

constexpr std::int64_t kSuspendNs = 10'000'000;

Missing absenceOf(const wire::ProbeState &state)
{
    if (state.available)
        return Missing::Unknown;
    switch (state.code) {
    case base::Code::NotPermitted:
        return Missing::NoPermission;
    case base::Code::Ok:
    case base::Code::Cancelled:
    case base::Code::Busy:
        return Missing::Disabled;
    default:
        return Missing::NotSupported;
    }
}
} // namespace

void Absence::update(const wire::ProbeState &state)
{
    const auto index = static_cast<std::size_t>(state.probe);
    if (index < m_reasons.size())
        m_reasons[index] = absenceOf(state);
}

schema::Missing Absence::reasonOf(const wire::RawSample &raw, schema::Probe probe) const
{
    if ((raw.shedMask & schema::bitOf(probe)) != 0)
        return Missing::Shed;
    const Missing reason = m_reasons[static_cast<std::size_t>(probe)];
    return reason == Missing::Unknown ? Missing::Disabled : reason;
}

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

bool suspendedBetween(const wire::RawSample &before, const wire::RawSample &now)
{
    const auto slept = [](const wire::RawSample &raw) {
        return static_cast<std::int64_t>(raw.boottimeNs - raw.timeNs);
    };
    return slept(now) - slept(before) > kSuspendNs;
}

} // namespace statescape::feature
