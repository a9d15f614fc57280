// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/point_view/point_set.h"
#include "ui/point_view/projection.h"
#include "ui/point_view/worker_pool.h"

#include <cstdint>
#include <vector>

namespace statescape::ui {

/// pickNearest() again and again while the camera stays: keeps in which square of the picture each row lies,
/// 2 bytes a row, so that a pick reads a sixth of what the coordinates are. The first pick after the camera
/// moved reads the coordinates; squares are found when a second shows that it stayed. Appended rows are
/// added.
/// @thread one thread at a time
class PickIndex {
public:
    /// @return what pickNearest() returns.
    std::int64_t pick(const PointSet &points, const Projection &projection, float x, float y, float radius,
                      WorkerPool &pool);

private:
    [[nodiscard]] bool continues(const PointSet &points) const;
    void extend(const PointSet &points, WorkerPool &pool);

    Projection m_projection;
    PointSet m_points;   ///< whose squares are known, without styles
    bool m_seen = false; ///< m_projection is of the last pick
    std::vector<std::uint16_t> m_squares;
};

} // namespace statescape::ui
