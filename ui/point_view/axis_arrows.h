// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/point_view/camera.h"

#include <QString>

namespace statescape::ui {

/// How a feature moves a sample across the picture (biplot): drawn from the middle of the box.
struct AxisArrow {
    QString text;
    Vec3 direction{0, 0, 0}; ///< data units per sigma, scaled by the caller so that it can be seen
};

} // namespace statescape::ui
