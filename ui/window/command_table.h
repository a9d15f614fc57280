// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAction>
#include <QHash>
#include <QMenu>
#include <QMenuBar>

#include <functional>
#include <span>

namespace statescape::ui {

/// One thing the user can do. Menus, tool bar, context menus and the F1 sheet all derive from the table of
/// these.
struct Command {
    const char *id;       ///< "label.positive"; the part before the dot is the menu
    const char *text;     ///< with & mnemonic
    const char *shortcut; ///< portable text, several apart by a space; empty: none
    const char *tip;
    const char
        *group; ///< commands of one group are exclusive and checkable; "!" alone: checkable; empty: plain
    bool separatorBefore;
};

std::span<const Command> commands();
struct MenuInfo {
    const char *id, *text;
};
std::span<const MenuInfo> menus();

/// The actions made from the table.
class CommandSet : public QObject {
    Q_OBJECT
public:
    explicit CommandSet(QWidget *window);
    /// @pre the id is in the table
    [[nodiscard]] QAction *action(const QString &id) const;
    void on(const QString &id, std::function<void()> run);
    void onToggled(const QString &id, std::function<void(bool)> run);
    void setChecked(const QString &id, bool checked); ///< without running it
    void trigger(const QString &id) { action(id)->trigger(); }
    void fill(QMenuBar *bar);
    [[nodiscard]] QMenu *menu(const QString &id) const { return m_menus.value(id); }

private:
    QHash<QString, QAction *> m_actions;
    QHash<QString, QMenu *> m_menus;
};

} // namespace statescape::ui
