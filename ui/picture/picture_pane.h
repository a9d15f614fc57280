// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/picture/marks.h"
#include "ui/point_view/point_view.h"
#include "ui/session/session_controller.h"

#include <QLabel>
#include <QWidget>

namespace statescape::ui {

/// The centre of the window: the point view fed from the snapshot shown, and what the picture is coloured by
/// and reaches back to.
class PicturePane : public QWidget {
    Q_OBJECT
public:
    explicit PicturePane(SessionController &controller, QWidget *parent = nullptr);

    [[nodiscard]] PointView *view() const { return m_view; }
    void setColourBy(ColourBy by);
    [[nodiscard]] ColourBy colourBy() const { return m_by; }
    /// @param windowNs how far back from the newest sample; 0: everything
    void setWindow(std::uint64_t windowNs);
    [[nodiscard]] std::uint64_t window() const { return m_windowNs; }
    /// First sample shown.
    [[nodiscard]] std::size_t first() const { return m_marks.first; }
    [[nodiscard]] std::size_t shownPoints() const { return m_marks.shown; }
    /// Camera, mode and colouring as text for the session file; restore() ignores what it cannot read.
    [[nodiscard]] QString toText() const;
    void restore(const QString &text);

Q_SIGNALS:
    void pictureChanged();  ///< points were replaced
    void settingsChanged(); ///< restore() changed mode, colouring or window

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    void update();
    void placeChip();
    [[nodiscard]] QString tipOf(std::int64_t row) const;

    SessionController &m_controller;
    PointView *m_view;
    QLabel *m_chip; ///< "frozen, 132 newer samples"
    Marks m_marks;
    ColourBy m_by = ColourBy::Label;
    std::uint64_t m_windowNs = 900'000'000'000;
};

/// Gives a point view what a snapshot shows: styles, axes, names, now and trail.
void feedPointView(PointView &view, const session::Snapshot &snapshot, const Marks &marks, ColourBy by);
/// @return first sample within @p windowNs (0: all) before the newest.
std::size_t firstWithin(const session::Snapshot &snapshot, std::uint64_t windowNs);

} // namespace statescape::ui
