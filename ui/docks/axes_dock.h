// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/docks/loading_bars.h"
#include "ui/kit/section.h"
#include "ui/session/session_controller.h"

#include <array>

class QCheckBox;
class QGridLayout;
class QProgressBar;
class QPushButton;

namespace statescape::ui {

class FeatureChoice;
class ScreePlot;

/// What the picture's axes show and what that means: the choice of each, how much of the variance every
/// component carries, what loads on those shown, and how far a fresh fit would lie from them.
class AxesDock : public SectionDock {
    Q_OBJECT
public:
    explicit AxesDock(SessionController &controller, QWidget *parent = nullptr);

    /// @param axis 0..2; what another axis shows changes places with it
    void setAxis(int axis, const session::AxisSource &source);
    void setPrincipal();
    /// @param components 2 puts the neighbour map on X and Y, 3 on all axes; it shows when it is ready
    void setMap(int components);
    void cancelMap();
    /// @return text below the choice of axis 0..2: session::axisText() and what happens along it.
    [[nodiscard]] QString meaning(int axis) const;
    [[nodiscard]] QString driftText() const { return m_drift->text(); }
    /// @return what loads on axis 0..2, heaviest first; empty for a feature.
    [[nodiscard]] const std::vector<Loading> &loadings(int axis) const;
    void setArrows(bool on);

Q_SIGNALS:
    void arrowsWanted(bool on);
    void command(const QString &id); ///< "view.pin", "view.refit"

private:
    struct Axis {
        FeatureChoice *choice = nullptr;
        QLabel *meaning = nullptr;
        Heading *heading = nullptr;
        LoadingBars *bars = nullptr;
    };
    QWidget *makeChoices();
    void makeMapPart(QGridLayout &grid);
    QWidget *makeStability();
    void update();
    void fillChoices();
    void updateAxis(int axis);
    void updateStability();
    void putOnNext(int component);

    SessionController &m_controller;
    std::array<Axis, 3> m_axes;
    QLabel *m_nothing, *m_hint, *m_drift;
    QWidget *m_body;
    ScreePlot *m_scree;
    QCheckBox *m_arrows;
    QPushButton *m_pin, *m_refit, *m_principal, *m_map;
    QLabel *m_trust;   ///< when to trust the map, while it is shown
    QWidget *m_making; ///< how far it is, and Cancel
    QProgressBar *m_progress;
    SnapshotPtr m_snapshot;
    std::shared_ptr<const model::Projection> m_drawn; ///< axes the plots show
    session::PictureAxes m_wanted = session::kPrincipalAxes;
    int m_next = 0; ///< axis that a click on a bar fills
};

} // namespace statescape::ui
