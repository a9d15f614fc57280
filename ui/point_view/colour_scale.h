// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/point_view/colours.h"

#include <QString>
#include <utility>
#include <vector>

namespace statescape::ui {

/// The legend of points coloured by a number: a bar from the lowest value at its foot to the highest.
struct ColourScale {
    QString title;                                 ///< what is shown, e.g. "run-queue latency p99"
    std::vector<ColourPair> ramp;                  ///< lowest first
    std::vector<std::pair<double, QString>> ticks; ///< place 0..1 and text with unit
    QString missingText;                           ///< beside the mark for missing; empty: none is missing
};

} // namespace statescape::ui
