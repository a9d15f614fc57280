// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/snapshot.h"
#include "ui/picture/marks.h"

#include <QString>

#include <vector>

namespace statescape::ui {

/// Neighbouring samples that look alike; times in seconds since the epoch, as the time axis has them.
struct Run {
    double from = 0, to = 0;
    PointStyle style;
    bool negative = false, unknown = false;
};

/// What the line below the ribbons shows.
struct LineChoice {
    enum class Kind { Auto, Abnormality, Distance, Feature } kind = Kind::Auto;
    QString key; ///< of the feature
};

/// Everything the time strip draws, from one snapshot. Rows before first are left out.
struct StripData {
    std::vector<Run> states, labels;
    std::vector<double> time, value; ///< of the line; NaN where missing or where samples are missing between
    QString lineName;                ///< "abnormality", "distance from the centre, σ" …
    base::Unit unit = base::Unit::None;
    bool isAbnormality = false;
};

double secondsOf(const session::Snapshot &snapshot, std::uint64_t timeNs);
StripData makeStripData(const session::Snapshot &snapshot, std::size_t first, const LineChoice &choice);
/// @return runs of flagged rows as pairs of seconds.
std::vector<std::pair<double, double>> selectedRuns(const session::Snapshot &snapshot, const RowMask &mask);

} // namespace statescape::ui
