// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/schema/schema.h"
#include "core/wire/messages.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace statescape::feature {

/// Whom a sample from a live source is about, when that is not the host.
struct Subject {
    std::uint64_t run = 0;    ///< of the source; numbers of different runs say nothing of each other
    std::uint32_t number = 0; ///< in its run
    std::uint64_t id = 0;     ///< process id, or cgroup id
    std::string name;
};

/// A probe that saw only a part of the interval, to stay within the budget: its features are estimates.
struct Seen {
    std::string probe; ///< its key, see schema::Feature::probe
    float share = 1;   ///< of the interval, above 0, below 1
    float error = -1;  ///< see wire::Sampled::error
    bool operator==(const Seen &) const = default;
};

/// One sample: one entity, one interval, one value per schema column.
struct FeatureFrame {
    std::uint64_t timeNs = 0;             ///< end of the interval, CLOCK_MONOTONIC
    std::uint64_t durationNs = 0;         ///< its length
    std::uint32_t entity = 0;             ///< index into the session's entities; 0 is the host
    std::shared_ptr<const Subject> about; ///< null for the host, and for samples from a file
    bool more = false; ///< live: another sample of the same interval, about somebody else, comes at once
    std::vector<float> values;               ///< schema size; NaN with a reason where missing
    std::vector<wire::ProcessUse> processes; ///< who stood out
    std::vector<Seen> seen;                  ///< probes that saw less than the whole interval
};

} // namespace statescape::feature
