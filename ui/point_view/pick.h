// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/point_view/point_set.h"
#include "ui/point_view/projection.h"
#include "ui/point_view/worker_pool.h"

#include <cstdint>

namespace statescape::ui {

/// @param x,y device px. @param radius device px. @param pool null: this thread alone.
/// @return the row drawn nearest to (x, y) within @p radius, of equals the one nearest to the eye, then the
/// highest; -1 when none. Rows that are not drawn or lie outside of the slab are not found.
std::int64_t pickNearest(const PointSet &points, const Projection &projection, float x, float y, float radius,
                         WorkerPool *pool = nullptr);

} // namespace statescape::ui
