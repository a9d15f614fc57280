// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/session/snapshot.h"
#include "core/store/session_store.h"
#include "ui/picture/marks.h"
#include "ui/point_view/point_view.h"

#include <QImage>
#include <QSize>
#include <QString>

#include <optional>

/// The workbench's own views as pictures, drawn without a screen. Needs a QApplication (platform "offscreen"
/// will do) whose theme was set by applyTheme(). @thread GUI
namespace statescape::ui::offscreen {

/// How the map of samples is drawn.
struct PointsPicture {
    ViewMode mode = ViewMode::TwoD;
    QSize size{1280, 800};
    std::optional<Colouring> colouring; ///< nothing: by state with a model, by label without
    PointView::Density density = PointView::Density::Automatic;
    DepthCue depthCue = DepthCue::Fog;
    bool arrows = false;
    QString around; ///< a lasso drawn round the samples of this state or class; empty: none
};
/// The map of samples. @error NotEnoughData when there are no axes yet, NotFound for a feature, state or
/// class that is not there
base::Result<QImage> drawPoints(const session::Snapshot &snapshot, const PointsPicture &picture);
/// States over time. @error NotEnoughData without samples
base::Result<QImage> drawTimeline(const session::Snapshot &snapshot, const QSize &size);
/// The whole window with a session file in it, all samples shown, coloured by state where there is a model.
/// @error as Workspace::open
/// @param model empty: the newest
base::Result<QImage> drawWindow(const QString &file, store::SessionId session, const std::string &model,
                                const QSize &size);

} // namespace statescape::ui::offscreen
