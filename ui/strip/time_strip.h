// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/session/session_controller.h"
#include "ui/strip/strip_data.h"

#include <QElapsedTimer>
#include <QTimer>
#include <QWidget>

#include <optional>

class QCustomPlot;
class QMouseEvent;
class QWheelEvent;

namespace statescape::ui {

/// States over time: a ribbon of states, one of labels, a line (abnormality), what is coming, the selection
/// and the cursor. Drag selects an interval; the wheel zooms at the pointer; Shift or the middle button pans;
/// a double click shows everything and, when it already does, the picture's span. Arrow keys move the cursor
/// (Ctrl: ten samples, Home, End), with Shift they select; + - zoom at the cursor, PageUp and PageDown pan, 0
/// shows everything. Draws at most once per frame.
class TimeStrip : public QWidget {
    Q_OBJECT
public:
    explicit TimeStrip(QWidget *parent = nullptr);
    ~TimeStrip() override;

    /// @param first first sample of the picture's span; without zoom the strip shows from there
    void setSnapshot(SnapshotPtr snapshot, std::size_t first);
    /// Another session comes: nothing of the one before is kept, not even the zoom.
    void reset();
    void setSelection(RowMaskPtr mask);
    void setLine(const LineChoice &choice);
    /// @param threshold abnormality at which a sample is bad; 1 and above: no line
    void setAlarmThreshold(double threshold);
    /// @param row -1: none
    void setCursorRow(std::int64_t row);
    [[nodiscard]] std::int64_t cursorRow() const { return m_cursor; }
    /// @return one or two sentences that say what the strip shows, for screen readers.
    [[nodiscard]] QString summary() const;
    [[nodiscard]] const StripData &data() const;
    /// @return place of a time in this widget, px.
    [[nodiscard]] QPoint pointAt(std::uint64_t timeNs) const;
    /// @return first and last time shown, seconds since the epoch.
    [[nodiscard]] std::pair<double, double> range() const;
    /// Shows everything there is.
    void showAll();
    /// Draws at once what is due, instead of with the next frame.
    void drawNow();
    [[nodiscard]] QImage toImage(const QSize &size);
    QSize sizeHint() const override { return {800, 190}; }
    QSize minimumSizeHint() const override { return {320, 130}; }

Q_SIGNALS:
    void intervalSelected(quint64 fromNs, quint64 toNs, statescape::ui::SelectionOp op);
    void cursorMoved(qint64 row); ///< by a key

protected:
    void changeEvent(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    struct Parts;
    /// What the time axis does when samples come.
    enum class Span : std::uint8_t {
        Picture, ///< shows the picture's span
        All,     ///< shows everything
        Follow,  ///< keeps its length and its distance from now
        Stay     ///< stands still
    };
    void applyTheme();
    void rebuild();
    void schedule();
    void updateRange();
    void updateScale();
    void updateOutlook();
    void updateCursor();
    /// @return first and last time that can be shown, seconds.
    [[nodiscard]] std::pair<double, double> whole(std::size_t fromRow) const;
    void setRange(double from, double to);
    void zoom(double factor, double at);
    void pan(double seconds);
    void toggleAll();
    // time_strip_input.cpp
    void press(const QMouseEvent &mouse);
    void move(const QMouseEvent &mouse);
    void release(const QMouseEvent &mouse);
    void wheel(const QWheelEvent &wheel);
    void moveCursor(const QKeyEvent &key);
    void showTip(const QPoint &at);
    void finishDrag(const QPoint &at, Qt::KeyboardModifiers modifiers);
    [[nodiscard]] QString tipOf(std::size_t row) const;
    [[nodiscard]] std::uint64_t timeAt(int pixel) const;

    std::unique_ptr<Parts> m_parts;
    QCustomPlot *m_plot;
    QTimer m_frame;
    QElapsedTimer m_sinceFrame;
    std::size_t m_first = 0;
    LineChoice m_choice;
    double m_threshold = 1;
    Span m_span = Span::Picture;
    std::optional<int> m_dragFrom, m_panFrom; ///< px
    std::int64_t m_cursor = -1, m_anchor = -1;
};

} // namespace statescape::ui
