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
    void push_back(const std::array<float, 3> &place);
    void append(const std::array<std::vector<float>, 3> &places);
};

/// @param row of @p schema @param positions kComponents values of the projected row @param onMap its place on
/// the neighbour map @return its place on @p axis
float placeOn(const AxisSource &axis, const schema::Schema &schema, std::span<const float> row,
              std::span<const float> positions, const std::array<float, 3> &onMap = {});

/// Appends the places of rows from @p first on. @param onMap of every row where the picture shows the map
/// @return false when asked to stop
bool placeInto(const model::Projection &axes, const PictureAxes &picture,
               const feature::SampleLog::View &samples, std::size_t first, Places &out,
               const std::stop_token &stop = {}, const Coordinates &onMap = {});

/// @return the places of every row. @pre no axis shows the map
Coordinates placeAll(const model::Projection &axes, const PictureAxes &picture,
                     const feature::SampleLog::View &samples);

} // namespace statescape::session
