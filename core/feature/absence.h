// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/schema/plan.h"
#include "core/wire/messages.h"

#include <cstddef>
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

/// @return whether @p probe saw something of the interval that ends with @p raw: all of it, or a part, see
/// sampling.h.
inline bool covers(const wire::RawSample &raw, schema::Probe probe)
{
    return (raw.probeMask & ~raw.shedMask & schema::bitOf(probe)) != 0;
}
/// @return whether the machine slept between two samples.
bool suspendedBetween(const wire::RawSample &before, const wire::RawSample &now);

} // namespace statescape::feature
