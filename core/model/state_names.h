// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/model.h"

#include <vector>

namespace statescape::model {

/// Makes names unique by a number behind the second and later ones: "disk stall", "disk stall 2".
void uniqueNames(std::vector<State> &states);

} // namespace statescape::model
