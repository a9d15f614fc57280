// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <functional>

namespace statescape::ml {

/// @return how many threads work for @p asked (0 is one a CPU, at most 8).
int threadCount(int asked);

/// Calls @p body(i) once for each i in [0, count), on up to @p threads threads that sleep when idle. Which
/// thread takes which i is open, so results must be stored by i and joined in order of i: then the answer is
/// the same for every thread count.
void forEachChunk(std::size_t count, int threads, const std::function<void(std::size_t)> &body);

} // namespace statescape::ml
