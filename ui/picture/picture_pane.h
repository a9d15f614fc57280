// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/picture/area_text.h"
#include "ui/picture/marker.h"
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
    void setColouring(const Colouring &colouring);
    [[nodiscard]] const Colouring &colouring() const { return m_colouring; }
    /// @param windowNs how far back from the newest sample; 0: everything
    void setWindow(std::uint64_t windowNs);
    [[nodiscard]] std::uint64_t window() const { return m_windowNs; }
    /// First sample shown.
    [[nodiscard]] std::size_t first() const { return m_marker.marks().first; }
    [[nodiscard]] std::size_t shownPoints() const { return m_marker.marks().shown; }
    /// Arrows for the features that load most on the axes shown.
    void setArrows(bool on);
    [[nodiscard]] bool arrows() const { return m_arrows; }
    void setDepthCue(DepthCue cue);
    [[nodiscard]] DepthCue depthCue() const { return m_depthCue; }
    /// Puts one axis on another component or feature; the points glide to their new places.
    void setAxis(std::size_t axis, const session::AxisSource &source);
    /// Selects the samples in an area kept earlier, on the axes it was drawn on. A problem becomes a message.
    void drawAgain(const store::SavedSelection &saved);
    /// How much of the top a message bar covers, px.
    void setTopInset(int pixels);
    /// Camera, mode, colouring and axes as text for the session file; restore() ignores what it cannot read.
    [[nodiscard]] QString toText() const;
    void restore(const QString &text);

Q_SIGNALS:
    void pictureChanged();  ///< points were replaced
    void settingsChanged(); ///< restore() changed mode, colouring or window

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    void update();
    void takeDrawing(const RowMaskPtr &rows, SelectionOp op, const DrawnArea &area);
    void placeChips();
    [[nodiscard]] QString tipOf(std::int64_t row) const;

    SessionController &m_controller;
    PointView *m_view;
    QLabel *m_frozen;     ///< "frozen, 132 newer samples"
    QLabel *m_suggestion; ///< what is suggested and which keys answer it
    Marker m_marker;
    Colouring m_colouring;
    std::uint64_t m_windowNs = 900'000'000'000;
    std::shared_ptr<const model::Projection> m_projection; ///< of the points shown
    std::shared_ptr<const session::PictureMap> m_map;      ///< likewise, null without one
    session::PictureAxes m_axes = session::kPrincipalAxes;
    /// The camera stored with axes that are not shown yet.
    std::optional<std::pair<session::PictureAxes, Camera>> m_awaited;
    bool m_arrows = false;
    DepthCue m_depthCue = DepthCue::Fog;
    int m_topInset = 0;
};

/// Gives a point view what a snapshot shows: styles, axes, names, now and trail.
/// @param change whether the same points have gone elsewhere
void feedPointView(PointView &view, const session::Snapshot &snapshot, const Marks &marks,
                   PointView::PointsChange change);
/// @return arrows for the features that load most on the three axes shown, at most @p most; none where an
/// axis is no component
std::vector<AxisArrow> axisArrows(const session::Snapshot &snapshot, std::size_t most);
/// @return first sample within @p windowNs (0: all) before the newest.
std::size_t firstWithin(const session::Snapshot &snapshot, std::uint64_t windowNs);

} // namespace statescape::ui
