// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

class QWidget;

namespace statescape::ui {

/// Shows every shortcut of the command table and of the views, not modal.
void showShortcutSheet(QWidget *parent);

} // namespace statescape::ui
