// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/session/snapshot.h"
#include "core/store/session_store.h"
#include "ui/point_view/point_set.h"

#include <QImage>
#include <QSize>
#include <QString>

/// The workbench's own views as pictures, drawn without a screen. Needs a QApplication (platform "offscreen"
/// will do) whose theme was set by applyTheme(). @thread GUI
namespace statescape::ui::offscreen {

/// The map of samples, coloured by state with a model and by label without. @error NotEnoughData when there
/// are no axes yet
base::Result<QImage> drawPoints(const session::Snapshot &snapshot, ViewMode mode, const QSize &size);
/// States over time. @error NotEnoughData without samples
base::Result<QImage> drawTimeline(const session::Snapshot &snapshot, const QSize &size);
/// The whole window with a session file in it, all samples shown, coloured by state where there is a model. @error as Workspace::open
/// @param model empty: the newest
base::Result<QImage> drawWindow(const QString &file, store::SessionId session, const std::string &model,
                                const QSize &size);

} // namespace statescape::ui::offscreen
