// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/schema/plan.h"
#include "core/wire/messages.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace statescape::feature {

/// Why a probe gives nothing, as its standing tells.
class Absence {
public:
    explicit Absence(std::size_t probes)
        : m_reasons(probes, schema::Missing::Unknown)
    {}
    void update(const wire::ProbeState &state);
    /// @pre !covers(raw, probe)
    [[nodiscard]] schema::Missing reasonOf(const wire::RawSample &raw, schema::Probe probe) const;

private:
    std::vector<schema::Missing> m_reasons; ///< by probe of the layout; Unknown stands for "not absent"
};

/// @return whether @p probe saw something of the interval that ends with @p raw: all of it, or the part that
/// seenPart() tells.
inline bool covers(const wire::RawSample &raw, schema::Probe probe)
{
    return (raw.probeMask & ~raw.shedMask & schema::bitOf(probe)) != 0;
}
/// What a probe saw of an interval in windows.
struct SeenPart {
    double seenNs = 0;   ///< in all windows together
    double windowNs = 0; ///< one window's length, on average
    float share = 1;     ///< of the interval, above 0, below 1
    float error = -1;    ///< see wire::Sampled::error
};
/// @return nothing when @p probe saw all of the interval of @p intervalNs that ends with @p raw.
/// @pre covers(raw, probe)
std::optional<SeenPart> seenPart(const wire::RawSample &raw, schema::Probe probe, std::uint64_t intervalNs);

/// @return whether the machine slept between two samples.
bool suspendedBetween(const wire::RawSample &before, const wire::RawSample &now);

} // namespace statescape::feature
