// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QPalette>
#include <QString>

namespace statescape::ui {

/// Colours beyond QPalette's roles, derived from a palette, so that a system theme works too.
struct Theme {
    bool dark = true;
    QColor window, canvas, text, muted, line, button, buttonLine;
    QColor positive, negative, warning, good,
        recording; ///< Okabe-Ito, the shade with enough contrast on the window

    static Theme fromPalette(const QPalette &palette);
};

/// @return the palette of the main window's pictures.
QPalette darkPalette();
QPalette lightPalette();
/// @param name "dark", "light" or "system" (follows the desktop). Sets style, palette and style sheet of the
/// application.
void applyTheme(const QString &name);
/// @return the application's theme now.
Theme currentTheme();
/// @return rules that make buttons, tool bars, lists and separators as quiet as in the pictures.
QString styleSheetFor(const Theme &theme);

} // namespace statescape::ui
