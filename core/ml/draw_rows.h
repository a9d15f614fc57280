// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/ml/matrix.h"
#include "core/ml/random.h"

#include <cstddef>
#include <vector>

namespace statescape::ml {

/// Up to @p count rows drawn at random, each once, in their order. @param which their numbers, or null
Matrix drawRows(MatrixView x, std::size_t count, Random &random, std::vector<std::size_t> *which = nullptr);

} // namespace statescape::ml
