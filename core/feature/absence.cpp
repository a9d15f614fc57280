// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feature/absence.h"

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

bool suspendedBetween(const wire::RawSample &before, const wire::RawSample &now)
{
    const auto slept = [](const wire::RawSample &raw) {
        return static_cast<std::int64_t>(raw.boottimeNs - raw.timeNs);
    };
    return slept(now) - slept(before) > kSuspendNs;
}

} // namespace statescape::feature
