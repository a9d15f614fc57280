// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/schema/schema.h"
#include "core/wire/messages.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace statescape::feature
{

/// One sample: one entity, one interval, one value per schema column.
struct FeatureFrame {
    std::uint64_t timeNs = 0;     ///< end of the interval, CLOCK_MONOTONIC
    std::uint64_t durationNs = 0; ///< its length
    std::uint32_t entity = 0;     ///< index into the session's entities; 0 is the host
    std::vector<float> values;    ///< schema size; NaN with a reason where missing
    std::vector<wire::ProcessUse> processes; ///< who stood out
};

} // namespace statescape::feature
