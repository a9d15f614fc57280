// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/ml/clustering.h"

#include <span>
#include <vector>

namespace statescape::ml {

/// How many rows each cluster of @p a shares with each of @p b. [of a][of b]
/// @param a, b same length, 0..clusters-1 or negative, which count nowhere
std::vector<std::vector<double>> sharedRows(std::span<const std::int32_t> a, int clustersA,
                                            std::span<const std::int32_t> b, int clustersB);

/// How well each cluster is found again: the Jaccard index with the cluster of @p again most like it, 0.5
/// where it has no row. @param before labels of the rows of @p again, 0..clusters-1 or negative
/// @source Hennig 2007, Cluster-wise assessment of cluster stability
std::vector<double> lastingOf(std::span<const std::int32_t> before, int clusters, const Clustering &again);

/// How empty it is halfway between the centres of neighbouring clusters, for the clearest such pair, on rows
/// that had no part in finding them: 1 empty, 0 and down to -1 as full as at the centres. Unlike near rows
/// this sees clouds that differ in few of many columns.
/// @param x rows of @p found @param others rows to look at, as many columns
double emptinessBetween(MatrixView x, const Clustering &found, MatrixView others);

} // namespace statescape::ml
