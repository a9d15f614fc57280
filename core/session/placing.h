// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/snapshot.h"

#include <span>
#include <stop_token>

namespace statescape::session {

/// Positions on the picture's axes, growing.
struct Places {
    base::Column<float> x, y, z;
};

/// @param row of @p schema @param positions kComponents values of the projected row @return its place on @p
/// axis
float placeOn(const AxisSource &axis, const schema::Schema &schema, std::span<const float> row,
              std::span<const float> positions);

/// Appends the places of rows from @p first on. @return false when asked to stop
bool placeInto(const model::Projection &axes, const PictureAxes &picture,
               const feature::SampleLog::View &samples, std::size_t first, Places &out,
               const std::stop_token &stop = {});

/// @return the places of every row.
Coordinates placeAll(const model::Projection &axes, const PictureAxes &picture,
                     const feature::SampleLog::View &samples);

} // namespace statescape::session
