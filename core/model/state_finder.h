// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/state_plan.h"
#include "core/model/state_rows.h"

#include <cstdint>
#include <functional>
#include <vector>

/// Ways of finding states. Each leaves prototypes in its space, and how to place them again without some of
/// the rows, which is what distances are calibrated by.
namespace statescape::model::states {

/// Prototypes of one state.
struct Part {
    ml::Matrix centres;             ///< p x d
    std::vector<ml::Matrix> shapes; ///< p as in Judge::shapes, or empty
    std::vector<float> logShare;    ///< p with shapes
};
/// Places the prototypes of a state from some of its rows, in the space of a fold.
using MakePart = std::function<base::Result<Part>(const Rows &rows, int state, int fold)>;

/// States before their distances are calibrated.
struct Found {
    Judge judge;              ///< in the space they were found in: no metric, nothing calibrated
    std::vector<int> stateOf; ///< n: the state a row was found in, -1 for none or where nobody looked
    MakePart remake;
    std::vector<int>
        own;            ///< n: what the algorithm itself answers, -1 noise, kNotAsked; empty: the prototypes
    bool noise = false; ///< what is no state was found, not only what is far
};
inline constexpr int kNotAsked = -2;

/// @return index of the state
int addState(Judge &judge, State state, int classIndex);
/// @param state -1 for prototypes of noise
void addPart(Judge &judge, const Part &part, int state);
/// @return the most frequent class of labelled rows, -1 for none
int majorityClass(const RowTable &table, const Rows &rows);

/// Prototypes from some rows by k-means: each row where they are few, else about the root of their number.
base::Result<Part> prototypesOf(ml::MatrixView z, std::size_t rows, int restarts, std::uint64_t seed,
                                const base::Progress &progress);
/// @p count of them, fewer where rows repeat.
base::Result<Part> prototypesOf(ml::MatrixView z, int count, int restarts, std::uint64_t seed,
                                const base::Progress &progress);
/// @return a seed for one of many fits.
std::uint64_t seedOf(const TrainOptions &options, std::uint64_t stream);

/// One state a labelled class. @error Cancelled
base::Result<Found> classesByPrototypes(const RowTable &table, const Space &space,
                                        const TrainOptions &options, const base::Progress &progress);
/// k-means, with labels started from the class means; what mixes polarities is split along the labels.
base::Result<Found> centres(const RowTable &table, const Space &space, const Plan &plan,
                            const TrainOptions &options, const base::Progress &progress);
/// One normal mixture a labelled class.
base::Result<Found> classesByMixtures(const RowTable &table, const Space &space, const TrainOptions &options,
                                      const base::Progress &progress);
/// A normal distribution a state, with labels started from the classes and split along them.
base::Result<Found> mixture(const RowTable &table, const Space &space, const Plan &plan,
                            const TrainOptions &options, const base::Progress &progress);
/// Clusters of any shape, told by prototypes; no state mixes labelled classes.
base::Result<Found> clusters(const RowTable &table, const Space &space, const Plan &plan,
                             const TrainOptions &options, const base::Progress &progress);
/// One state that holds everything.
base::Result<Found> everything(const RowTable &table, const Space &space, const TrainOptions &options,
                               const base::Progress &progress);

/// Rows that no label explains become states of their own. After calibration. @error Cancelled
base::Result<> addStrangers(Judge &judge, const RowTable &table, const Space &space, const MakePart &make,
                            const TrainOptions &options, const base::Progress &progress);

} // namespace statescape::model::states
