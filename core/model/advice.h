// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/ml/matrix.h"
#include "core/model/model.h"
#include "core/schema/label.h"

#include <cstdint>
#include <span>
#include <vector>

/// What is worth a person's next look. Nothing here changes a label.
namespace statescape::model {

/// A sample to look at and why.
struct Suggestion {
    std::uint64_t row = 0;
    double score = 0;      ///< larger is more worth a look; 0..1
    schema::Label instead; ///< suspects: the label its neighbours have
};

/// Unlabelled samples that would teach most: least certain first, but spread out: one that lies near a
/// suggestion before it, or within the same run of time, waits its turn (greedy farthest-first among the
/// uncertain).
/// @param z n x c coordinates to spread over, e.g. principal components @param scores n @param labels n, may
/// be short
/// @return at most @p most
std::vector<Suggestion> uncertainSamples(ml::MatrixView z, std::span<const Score> scores,
                                         std::span<const schema::Label> labels, std::size_t most = 200,
                                         const base::Progress &progress = {});

/// Labelled samples whose nearest labelled neighbours of other moments say otherwise (leave-one-run-out k
/// nearest neighbours: samples of the same unbroken run of one label do not vouch for each other). @source
/// Northcutt et al. 2021, pruning by out-of-sample votes
/// @param z n x d standardised features @return most suspicious first, at most @p most
std::vector<Suggestion> suspectLabels(ml::MatrixView z, std::span<const schema::Label> labels,
                                      std::size_t most = 200, int k = 10,
                                      const base::Progress &progress = {});

/// Rows that lie as near to the seeds as the seeds lie to each other: a row joins when its distance to the
/// nearest seed is at most
/// @p reach times the 90th percentile of the seeds' own nearest-neighbour distances (a single seed: the
/// distance of its 10th neighbour). Seeds beyond 2,000 are thinned evenly.
/// @param z n x d standardised features, NaN rows never join @param seeds n flags @param reach above 0, 1 is
/// the seeds' own spread
/// @return n flags, seeds included
std::vector<std::uint8_t> growToNeighbours(ml::MatrixView z, std::span<const std::uint8_t> seeds,
                                           double reach = 1, const base::Progress &progress = {});

} // namespace statescape::model
