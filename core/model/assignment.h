// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <Eigen/Core>

#include <vector>

namespace statescape::model {

/// The one-to-one pairing of rows with columns whose weights sum to the most. O(min^2 max)
/// @param weight r x c, finite @return r columns; -1 for rows left over when c < r. Of equal pairings always
/// the same one.
/// @source Kuhn 1955, Munkres 1957, as shortest augmenting paths (Jonker & Volgenant 1987)
std::vector<int> assign(const Eigen::MatrixXd &weight);

} // namespace statescape::model
