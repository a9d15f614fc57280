// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/kit/theme.h"
#include "ui/session/session_controller.h"
#include "ui/strip/plot.h"
#include "ui/strip/strip_data.h"

#include <functional>

namespace statescape::ui {

/// What every item of the strip draws from, and which rows lie in which column of pixels; found once per
/// picture for all of them.
class StripScene {
public:
    SnapshotPtr snapshot;
    StripData data;
    RowMaskPtr selection = std::make_shared<RowMask>();

    /// @param axis a time axis of the plot @return for each pixel of the axis rect the first row that ends in
    /// it or later, and one more for the end: width + 1 of them, never falling. Empty without samples.
    const std::vector<std::uint32_t> &columns(const QCPAxis *axis);
    /// Call when snapshot, data or layout may be others.
    void forget() { m_columns.clear(); }
    [[nodiscard]] double endOf(std::size_t row) const
    {
        return secondsOf(*snapshot, snapshot->samples.timeNs(row));
    }

private:
    std::vector<std::uint32_t> m_columns;
    QCPRange m_range;
    int m_left = 0, m_width = -1;
};

/// A band of runs across an axis rect: colour, hatch for negative, dots for unknown, the name where there is
/// room. Where runs are narrower than a pixel, the one that takes most of it is shown.
class Ribbon : public QCPAbstractItem {
public:
    using Look = std::function<RunLook(const session::Snapshot &, int key)>;
    Ribbon(QCustomPlot *plot, QCPAxisRect *rect, StripScene &scene, const std::vector<Run> &runs, Look look);
    /// @param top, height in px below the rect's top
    void setPlace(int top, int height);
    void setTheme(const Theme &theme) { m_theme = theme; }
    double selectTest(const QPointF &, bool, QVariant *) const override { return -1; }

protected:
    void draw(QCPPainter *painter) override;

private:
    void drawRun(QCPPainter *painter, const RunLook &look, double left, double right) const;
    QCPAxisRect *m_rect;
    StripScene &m_scene;
    const std::vector<Run> &m_runs;
    Look m_look;
    int m_top = 0, m_height = 16;
    Theme m_theme;
};

/// Where something was selected: a bar under the ribbons, or a tint over the whole rect.
class SelectionMarks : public QCPAbstractItem {
public:
    SelectionMarks(QCustomPlot *plot, QCPAxisRect *rect, StripScene &scene);
    void setBar(int top, int height);
    void setColour(const QColor &colour) { m_colour = colour; }
    double selectTest(const QPointF &, bool, QVariant *) const override { return -1; }

protected:
    void draw(QCPPainter *painter) override;

private:
    QCPAxisRect *m_rect;
    StripScene &m_scene;
    int m_top = 0, m_height = -1; ///< height below 0: the whole rect
    QColor m_colour;
};

/// The interval being dragged over, across the whole rect.
class Band : public QCPAbstractItem {
public:
    Band(QCustomPlot *plot, QCPAxisRect *rect);
    /// @param from, to seconds since the epoch; from above to: none
    void setInterval(double from, double to);
    void setTop(int top) { m_top = top; }
    void setColour(const QColor &colour) { m_colour = colour; }
    double selectTest(const QPointF &, bool, QVariant *) const override { return -1; }

protected:
    void draw(QCPPainter *painter) override;

private:
    QCPAxisRect *m_rect;
    int m_top = 0;
    double m_from = 1, m_to = 0;
    QColor m_colour;
};

/// The line: every value where there is room, else lowest to highest of each column of pixels.
class Trace : public QCPAbstractItem {
public:
    Trace(QCustomPlot *plot, QCPAxisRect *rect, StripScene &scene);
    void setPen(const QPen &pen) { m_pen = pen; }
    double selectTest(const QPointF &, bool, QVariant *) const override { return -1; }

protected:
    void draw(QCPPainter *painter) override;

private:
    void drawValues(QCPPainter *painter, std::size_t first, std::size_t last) const;
    void drawColumns(QCPPainter *painter, const std::vector<std::uint32_t> &columns) const;
    QCPAxisRect *m_rect;
    StripScene &m_scene;
    QPen m_pen;
};

} // namespace statescape::ui
