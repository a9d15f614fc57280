// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/ml/matrix.h"
#include "core/model/model_facts.h"

#include <cstdint>
#include <span>
#include <vector>

namespace statescape::model {

/// One model's states on the samples that two models are compared on.
struct StatesSeen {
    std::span<const State> states;
    std::span<const int> answers; ///< n, index into states, -1 unknown
    ml::MatrixView means;         ///< states x d, scaled units of the new model; NaN rows for empty states
    std::span<const int> classes; ///< per state: a number for the label class that names it, -1 for none; the
                                  ///< same numbers on both sides
};

struct Identity {
    std::vector<std::uint32_t> ids;   ///< of the new states, unique, 1 and above
    std::vector<std::string> names;   ///< of the new states, unique; unlabelled states keep the old name
    std::vector<StateChange> changes; ///< most important first
};

/// Which new state is which old one: the matching that keeps most samples in the same state, labelled classes
/// first, empty states by position. O(n + states^3)
/// @param before ids 1 and above @param after ids are ignored @param lastId largest id ever given out
/// @source Kuhn 1955 (assignment)
Identity matchStates(const StatesSeen &before, const StatesSeen &after, std::uint32_t lastId);

} // namespace statescape::model
