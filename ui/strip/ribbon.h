// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/kit/theme.h"
#include "ui/strip/plot.h"
#include "ui/strip/strip_data.h"

namespace statescape::ui {

/// A band of runs across an axis rect: colour, hatch for negative, dots for unknown, the name where there is
/// room.
class Ribbon : public QCPAbstractItem {
public:
    Ribbon(QCustomPlot *plot, QCPAxisRect *rect);
    /// @param top, height in px below the rect's top
    void setPlace(int top, int height);
    void setRuns(std::vector<Run> runs) { m_runs = std::move(runs); }
    [[nodiscard]] const std::vector<Run> &runs() const { return m_runs; }
    void setTheme(const Theme &theme) { m_theme = theme; }
    double selectTest(const QPointF &, bool, QVariant *) const override { return -1; }

protected:
    void draw(QCPPainter *painter) override;

private:
    QCPAxisRect *m_rect;
    int m_top = 0, m_height = 16;
    std::vector<Run> m_runs;
    Theme m_theme;
};

/// The selected intervals: a bar under the ribbons, or a tint over the whole rect.
class SelectionMarks : public QCPAbstractItem {
public:
    SelectionMarks(QCustomPlot *plot, QCPAxisRect *rect);
    void setBar(int top, int height);
    void setRuns(std::vector<std::pair<double, double>> runs) { m_runs = std::move(runs); }
    void setColour(const QColor &colour) { m_colour = colour; }
    double selectTest(const QPointF &, bool, QVariant *) const override { return -1; }

protected:
    void draw(QCPPainter *painter) override;

private:
    QCPAxisRect *m_rect;
    int m_top = 0, m_height = -1; ///< height below 0: the whole rect
    std::vector<std::pair<double, double>> m_runs;
    QColor m_colour;
};

} // namespace statescape::ui
