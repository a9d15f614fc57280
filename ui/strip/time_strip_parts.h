// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/strip/ribbon.h"
#include "ui/strip/time_strip.h"

namespace statescape::ui {

/// The pieces of the plot, made once. Two rects share the time axis: ribbons above, the line below.
struct TimeStrip::Parts {
    explicit Parts(QCustomPlot *plot);
    void applyTheme(const Theme &theme);
    void setRange(double from, double to);

    StripScene scene;
    QCPAxisRect *ribbons, *lines;
    QCPAxis *time, *value;
    Ribbon *states, *labels;
    SelectionMarks *marks, *tint;
    Band *bandAbove, *bandBelow;
    Trace *line;
    QCPGraph *low, *high, *ahead;
    QCPItemLine *now, *threshold, *cursor;
    QCPItemText *nowText, *stateName, *labelsName, *lineName, *top, *alarmText, *outlookText, *emptyText;
    QSharedPointer<QCPAxisTickerDateTime> ticker;
    double valueMax = 1, valueMin = 0;
};

} // namespace statescape::ui
