// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/docks/timeline_dock.h"
#include "ui/kit/message_bar.h"
#include "ui/picture/picture_pane.h"
#include "ui/window/command_table.h"
#include "ui/window/main_window.h"

#include <QPolygonF>
#include <QTemporaryDir>

/// A workbench window for tests, with settings and session files in a folder of its own.
namespace statescape::test {

/// Keeps QSettings and the data folder away from the user's. Call first.
void isolate(const QTemporaryDir &folder);
/// Shows @p window at @p size, active.
void showWindow(ui::MainWindow &window, const QSize &size = {1280, 800});
/// Waits until the picture has points.
bool waitForPicture(const ui::MainWindow &window);
/// Draws round the rows that @p wanted picks, by mouse, with the lasso: their bounding box with a margin.
void lassoRound(ui::MainWindow &window, const std::function<bool(std::size_t)> &wanted,
                Qt::KeyboardModifiers modifiers = {});
/// @return labels as a second reader of the file sees them.
std::vector<schema::Label> labelsInFile(const ui::MainWindow &window);

} // namespace statescape::test
