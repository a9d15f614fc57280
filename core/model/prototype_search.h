// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/state_finder.h"

#include <cstdint>
#include <span>
#include <vector>

namespace statescape::model::states {

/// Rows with an answer that prototypes shall give too.
struct SearchInput {
    ml::MatrixView z;             ///< n x d
    std::span<const int> answers; ///< n, 0..states-1, or -1 for noise
    int states = 0;               ///< each has rows
    std::uint64_t seed = 1;
    double beyond = 0; ///< above 0: a state ends so far beyond its farthest row at most
};

/// As few prototypes as give the answers by the nearest one, as far as that goes.
struct PrototypeSet {
    std::vector<Part> parts;  ///< per state; one more when there are prototypes of noise
    std::vector<float> reach; ///< per state: what lies farther is noise; empty where there is none
    double fidelity = 0;      ///< 0..1: share of rows with their answer
};

/// k-means inside each state, with more prototypes where rows go astray, until 99.7 % (98.5 % where
/// there is noise) have their answer or there are some hundreds. Noise is what lies beyond a state's reach,
/// and near prototypes of its own where that tells it better. O(rounds n p d), p prototypes
/// @error Cancelled
base::Result<PrototypeSet> searchPrototypes(const SearchInput &in, const base::Progress &progress);

} // namespace statescape::model::states
