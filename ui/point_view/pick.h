// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/point_view/point_set.h"
#include "ui/point_view/projection.h"
#include "ui/point_view/row_blocks.h"
#include "ui/point_view/worker_pool.h"

#include <cstdint>

namespace statescape::ui {

/// @param x,y device px. @param radius device px. @param pool null: this thread alone.
/// @return the row drawn nearest to (x, y) within @p radius, of equals the one nearest to the eye, then the
/// highest; -1 when none. Rows that are not drawn or lie outside of the slab are not found.
std::int64_t pickNearest(const PointSet &points, const Projection &projection, float x, float y, float radius,
                         WorkerPool *pool = nullptr);

/// The best row so far, and how rows are compared.
struct Picked {
    std::int64_t row = -1;
    float square = 0; ///< of the distance, device px; before there is a row the most it may be
    float nearness = 0;

    void take(const Picked &other);
    /// Takes row @p at when it is better.
    void look(const PointSet &points, const Projection &projection, std::size_t at, float x, float y);
};

} // namespace statescape::ui
