// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/kit/theme.h"

#include <QApplication>
#include <QStyle>
#include <QStyleFactory>

namespace statescape::ui {
namespace {

QColor mix(const QColor &a, const QColor &b, double share)
{
    const auto part = [share](int x, int y) { return static_cast<int>(x + (y - x) * share + 0.5); };
    return {part(a.red(), b.red()), part(a.green(), b.green()), part(a.blue(), b.blue())};
}

QPalette make(const QColor &window, const QColor &canvas, const QColor &text, const QColor &muted,
              const QColor &button, const QColor &accent)
{
    QPalette palette;
    palette.setColor(QPalette::Window, window);
    palette.setColor(QPalette::WindowText, text);
    palette.setColor(QPalette::Base, canvas);
    palette.setColor(QPalette::AlternateBase, mix(window, text, 0.04));
    palette.setColor(QPalette::Text, text);
    palette.setColor(QPalette::Button, button);
    palette.setColor(QPalette::ButtonText, text);
    palette.setColor(QPalette::BrightText, text);
    palette.setColor(QPalette::PlaceholderText, muted);
    palette.setColor(QPalette::ToolTipBase, button);
    palette.setColor(QPalette::ToolTipText, text);
    palette.setColor(QPalette::Highlight, accent);
    palette.setColor(QPalette::HighlightedText,
                     window.lightness() < 128 ? QColor(0x10, 0x14, 0x18) : QColor(Qt::white));
    palette.setColor(QPalette::Link, accent);
    palette.setColor(QPalette::Light, mix(button, text, 0.12));
    palette.setColor(QPalette::Midlight, mix(button, text, 0.08));
    palette.setColor(QPalette::Mid, mix(window, text, 0.18));
    palette.setColor(QPalette::Dark, mix(window, text, 0.25));
    palette.setColor(QPalette::Shadow, window.lightness() < 128 ? QColor(0, 0, 0) : mix(window, text, 0.5));
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, mix(window, text, 0.42));
    palette.setColor(QPalette::Disabled, QPalette::Highlight, mix(window, text, 0.2));
    return palette;
}

QPalette systemPalette()
{
    static const QPalette palette = QApplication::palette();
    return palette;
}

} // namespace

Theme Theme::fromPalette(const QPalette &palette)
{
    Theme theme;
    theme.window = palette.color(QPalette::Window);
    theme.canvas = palette.color(QPalette::Base);
    theme.text = palette.color(QPalette::WindowText);
    theme.dark = theme.window.lightness() < 128;
    const bool contrast = theme.window.lightness() == 0;
    theme.muted = contrast ? theme.text : mix(theme.window, theme.text, theme.dark ? 0.58 : 0.62);
    theme.line = mix(theme.window, theme.text, contrast ? 0.6 : 0.15);
    theme.button = palette.color(QPalette::Button);
    theme.buttonLine = mix(theme.window, theme.text, contrast ? 0.8 : 0.2);
    theme.positive = theme.dark ? QColor(0x56, 0xb4, 0xe9) : QColor(0x00, 0x72, 0xb2);
    theme.negative = theme.dark ? QColor(0xe8, 0x71, 0x3a) : QColor(0xd5, 0x5e, 0x00);
    theme.warning = theme.dark ? QColor(0xf0, 0xc2, 0x5a) : QColor(0xa8, 0x6f, 0x00);
    theme.good = theme.dark ? QColor(0x4f, 0xc0, 0x8d) : QColor(0x0b, 0x80, 0x5c);
    theme.recording = QColor(0xc4, 0x36, 0x2b);
    return theme;
}

QPalette darkPalette()
{
    return make(QColor(0x22, 0x26, 0x2c), QColor(0x1b, 0x1e, 0x23), QColor(0xe7, 0xea, 0xee),
                QColor(0x8b, 0x93, 0x9e), QColor(0x2b, 0x30, 0x37), QColor(0x56, 0xb4, 0xe9));
}

QPalette lightPalette()
{
    return make(QColor(0xff, 0xff, 0xff), QColor(0xef, 0xf1, 0xf4), QColor(0x1b, 0x1f, 0x24),
                QColor(0x6b, 0x72, 0x7d), QColor(0xf4, 0xf5, 0xf7), QColor(0x00, 0x72, 0xb2));
}

QPalette contrastPalette()
{
    QPalette palette = make(Qt::black, Qt::black, Qt::white, Qt::white, Qt::black, QColor(0x56, 0xb4, 0xe9));
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, QColor(0xa0, 0xa0, 0xa0));
    return palette;
}

void applyTheme(const QString &name)
{
    const QPalette system = systemPalette();
    QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
    QApplication::setPalette(name == QLatin1String("dark")       ? darkPalette()
                             : name == QLatin1String("light")    ? lightPalette()
                             : name == QLatin1String("contrast") ? contrastPalette()
                                                                 : system);
    qApp->setStyleSheet(styleSheetFor(currentTheme()));
}

Theme currentTheme()
{
    return Theme::fromPalette(QApplication::palette());
}

QString styleSheetFor(const Theme &t)
{
    static const QString sheet = QStringLiteral(R"(
QMainWindow::separator { background: %1; width: 4px; height: 4px; }
QWidget#centre { border: 1px solid %3; border-top: none; }
QScrollBar:vertical { background: transparent; width: 9px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 9px; margin: 0; }
QScrollBar::handle { background: %5; border-radius: 4px; min-height: 24px; min-width: 24px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QDockWidget QLineEdit { border: 1px solid %3; border-radius: 5px; padding: 3px 6px; }
QDockWidget QLineEdit:focus { border-color: %6; }
QMainWindow::separator:hover { background: %3; }
QMenuBar { background: %1; spacing: 4px; }
QMenuBar::item { padding: 4px 8px; color: %2; background: transparent; }
QMenuBar::item:selected { background: %4; border-radius: 4px; }
QToolBar { background: %1; border: none; border-bottom: 1px solid %3; spacing: 3px; padding: 4px 8px; }
QToolBar QToolButton { border: 1px solid transparent; border-radius: 5px; padding: 4px 9px; color: %2; }
QToolBar QToolButton:hover { background: %4; }
QToolBar QToolButton:checked { background: %4; border-color: %5; font-weight: 600; }
QToolBar QToolButton:focus { border-color: %6; }
QToolBar QToolButton#recording:checked { background: %8; border-color: %8; color: white; }
QToolBar QLabel { color: %7; }
QPushButton { background: %4; border: 1px solid %5; border-radius: 5px; padding: 5px 10px; color: %2; }
QPushButton:hover { border-color: %7; }
QPushButton:focus { border-color: %6; }
QPushButton:disabled { color: %7; background: transparent; border-color: %3; }
QPushButton#positive:enabled, QPushButton#train:enabled { background: %6; color: %10; border-color: %6; font-weight: 600; }
QPushButton#negative:enabled { background: %9; color: %10; border-color: %9; font-weight: 600; }
QPushButton#positive:focus, QPushButton#negative:focus, QPushButton#train:focus { border-color: %2; }
QDockWidget QTreeView, QDockWidget QTableView, QDockWidget QListView { background: transparent; border: none; }
QTreeView:focus, QTableView:focus { border: none; }
QHeaderView { background: transparent; }
QHeaderView::section { background: transparent; border: none; color: %7; padding: 1px 4px; }
QTableView QTableCornerButton::section { background: transparent; border: none; }
QLabel[heading="true"] { color: %7; font-weight: 600; }
QLabel[muted="true"] { color: %7; }
QFrame#card { background: %4; border: 1px solid %3; border-radius: 5px; }
QFrame#message { background: %4; border: none; border-bottom: 1px solid %3; }
QStatusBar { border-top: 1px solid %3; color: %7; }
QStatusBar::item { border: none; }
QScrollArea { background: transparent; border: none; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QToolTip { padding: 3px 5px; }
QCheckBox::indicator:unchecked { width: 11px; height: 11px; border: 1px solid %7; border-radius: 2px; background: %1; }
QCheckBox::indicator:unchecked:disabled { border-color: %3; }
QRadioButton::indicator { width: 11px; height: 11px; border: 1px solid %7; border-radius: 6px; background: %1; }
QRadioButton::indicator:checked { width: 5px; height: 5px; border: 4px solid %6; background: %1; }
QRadioButton::indicator:disabled { border-color: %3; }
)");
    return sheet.arg(t.window.name(), t.text.name(), t.line.name(), t.button.name(), t.buttonLine.name(),
                     t.positive.name(), t.muted.name(), t.recording.name(), t.negative.name(),
                     t.dark ? QStringLiteral("#101418") : QStringLiteral("#ffffff"));
}

} // namespace statescape::ui
