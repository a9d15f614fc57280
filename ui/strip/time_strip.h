// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/session/session_controller.h"
#include "ui/strip/strip_data.h"

#include <QWidget>

#include <optional>

class QCustomPlot;

namespace statescape::ui {

/// States over time: a ribbon of states, one of labels, a line (abnormality), what is coming, and the
/// selection. Drag selects an interval, the wheel zooms, double click shows everything again; arrow keys move
/// the cursor, with Shift they select.
class TimeStrip : public QWidget {
    Q_OBJECT
public:
    explicit TimeStrip(QWidget *parent = nullptr);
    ~TimeStrip() override;

    /// @param first samples before it are not shown
    void setSnapshot(SnapshotPtr snapshot, std::size_t first);
    void setSelection(RowMaskPtr mask);
    void setLine(const LineChoice &choice);
    /// @param threshold abnormality at which a sample is bad; 1 and above: no line
    void setAlarmThreshold(double threshold);
    /// @return one or two sentences that say what the strip shows, for screen readers.
    [[nodiscard]] QString summary() const;
    /// @return place of a time in this widget, px.
    [[nodiscard]] QPoint pointAt(std::uint64_t timeNs) const;
    [[nodiscard]] QImage toImage(const QSize &size);
    QSize sizeHint() const override { return {800, 190}; }
    QSize minimumSizeHint() const override { return {320, 130}; }

Q_SIGNALS:
    void intervalSelected(quint64 fromNs, quint64 toNs, statescape::ui::SelectionOp op);

protected:
    void changeEvent(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    struct Parts;
    void applyTheme();
    void rebuild();
    void updateRange();
    void updateOutlook();
    void showTip(const QPoint &at);
    void finishDrag(const QPoint &at, Qt::KeyboardModifiers modifiers);
    [[nodiscard]] std::uint64_t timeAt(int pixel) const;

    std::unique_ptr<Parts> m_parts;
    QCustomPlot *m_plot;
    SnapshotPtr m_snapshot;
    RowMaskPtr m_selection = std::make_shared<RowMask>();
    LineChoice m_choice;
    std::size_t m_first = 0;
    double m_threshold = 1;
    bool m_zoomed = false;
    std::optional<int> m_dragFrom; ///< px
    std::size_t m_cursor = 0, m_anchor = 0;
};

} // namespace statescape::ui
