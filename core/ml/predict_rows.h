// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/ml/clustering.h"
#include "core/ml/row_tree.h"

#include <functional>

namespace statescape::ml {

/// @return the cluster of a row, or kNoise. The hits are memory that is kept from row to row.
using PlaceRow = std::function<std::int32_t(const float *row, std::vector<RowTree::Hit> &hits)>;

/// Places each row by itself, many of them on several threads. @param x m x d, finite
/// @param columns d of the rows that were fitted on @param clusters there are
/// @error InvalidArgument another number of columns, a value that is not finite
base::Result<Clustering> predictRows(MatrixView x, Eigen::Index columns, int clusters, const PlaceRow &place);

} // namespace statescape::ml
