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

/// What is worth a person's next look. Nothing here changes a label. Long ones report progress, stop within
/// 100 ms when asked and then return nothing. The same input gives the same answer on any number of threads.
namespace statescape::model {

/// Suspects below this score are better left alone.
inline constexpr double kSuspicious = 0.5;

/// A sample to look at and why.
struct Suggestion {
    std::uint64_t row = 0;
    double score = 0;      ///< larger is more worth a look; 0..1
    schema::Label instead; ///< suspects: the label its neighbours have
};

/// Unlabelled samples that would teach most: least certain first, but spread out: one that lies near a
/// suggestion before it, or within 16 samples of one in time, waits its turn. The score is 1 - confidence,
/// less by how crowded it is.
/// @param z n x c coordinates to spread over, e.g. principal components @param scores n @param labels n, may
/// be short
/// @return at most @p most; none that is wholly certain
std::vector<Suggestion> uncertainSamples(ml::MatrixView z, std::span<const Score> scores,
                                         std::span<const schema::Label> labels, std::size_t most = 200,
                                         const base::Progress &progress = {});

/// Labelled samples whose nearest labelled neighbours of other moments say otherwise (leave-one-run-out k
/// nearest neighbours: samples of one run of a label, which up to 10 unlabelled samples do not end, do not
/// vouch for each other). The score is by how large a share of the votes another label leads, averaged with
/// the neighbours in the run, and less when the voters are far off. A label that fewer than 3 samples of
/// other runs have is not doubted. Up to 50,000 labelled samples are asked about and 20,000 have a vote,
/// taken evenly, rare labels whole. @source Northcutt et al. 2021, pruning by out-of-sample votes
/// @param z n x d standardised features; rows with NaN are passed over @param k voters, 1 and above
/// @return most suspicious first, at most @p most
std::vector<Suggestion> suspectLabels(ml::MatrixView z, std::span<const schema::Label> labels,
                                      std::size_t most = 200, int k = 10,
                                      const base::Progress &progress = {});

/// Rows that lie as near to the seeds as the seeds lie to each other: a row joins when its distance to the
/// nearest seed is at most
/// @p reach times the 90th percentile of the seeds' own nearest-neighbour distances (a single seed: the
/// distance of its 10th neighbour). Seeds beyond 2,000 are thinned evenly.
/// @param z n x d standardised features, NaN rows never join @param seeds n flags @param reach above 0, 1 is
/// the seeds' own spread
/// @return n flags, seeds included; empty when stopped
std::vector<std::uint8_t> growToNeighbours(ml::MatrixView z, std::span<const std::uint8_t> seeds,
                                           double reach = 1, const base::Progress &progress = {});

} // namespace statescape::model
