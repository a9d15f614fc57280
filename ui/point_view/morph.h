// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/point_view/camera.h"
#include "ui/point_view/point_set.h"

#include <memory>

namespace statescape::ui {

/// Points on their way from where one camera showed them to where another shows them now. At 0 the picture is
/// the old one although the axes and their scales are new, at 1 every point is exactly at its new place. Rows
/// that were not there before, or had no place, are at their new places all the time.
class Morph {
public:
    Morph() = default;
    Morph(std::shared_ptr<const PointSet> from, const Camera &fromCamera, std::shared_ptr<const PointSet> to,
          const Camera &toCamera);
    /// @param t 0..1. @return the very set it ends with from 1 on.
    [[nodiscard]] std::shared_ptr<const PointSet> at(double t) const;
    [[nodiscard]] const std::shared_ptr<const PointSet> &end() const { return m_to; }
    explicit operator bool() const { return m_to != nullptr; }

private:
    std::shared_ptr<const PointSet> m_from, m_to;
    Vec3 m_scale{1, 1, 1}, m_shift{0, 0, 0}; ///< old to new data units, so that the picture stays
};

} // namespace statescape::ui
