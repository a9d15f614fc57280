// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/point_view/camera.h"

#include <QJsonObject>

#include <optional>

namespace statescape::ui {

/// A camera as the session file keeps it.
QJsonObject cameraToJson(const Camera &camera);
/// @param like gives the viewport, which is the window's business @return nothing when a field is missing or
/// not finite
std::optional<Camera> cameraFromJson(const QJsonObject &object, const Camera &like);

} // namespace statescape::ui
