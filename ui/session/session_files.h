// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>

namespace statescape::ui {

/// Where sessions lie: a live session gets a file at once, named by time, so that nothing is lost.
namespace session_files {
/// @return a path that does not exist yet, in the application's data folder, which is made when needed.
QString newFile();
QStringList recent(); ///< newest first, existing files only
void addRecent(const QString &file);
void clearRecent();
/// @return last folder a file was opened from or saved to.
QString lastFolder();
inline const QString kFilter = QStringLiteral("Statescape sessions (*.statescape);;All files (*)");
} // namespace session_files

} // namespace statescape::ui
