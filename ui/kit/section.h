// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDockWidget>
#include <QLabel>

namespace statescape::ui {

/// A quiet heading in small capitals, as over every section of the window.
class Heading : public QLabel {
    Q_OBJECT
public:
    explicit Heading(const QString &text = {}, QWidget *parent = nullptr);
    void setHeading(const QString &text) { setText(text.toUpper()); }
};

/// A dock whose title bar is a Heading; it can be dragged by it, closed and brought back from the View menu.
class SectionDock : public QDockWidget {
    Q_OBJECT
public:
    /// @param name object name, under which the place is remembered
    SectionDock(const QString &name, const QString &title, QWidget *parent = nullptr);
    /// The heading may say more than the title: "Features · 58 of 64 used".
    void setHeading(const QString &text) { m_heading->setHeading(text); }
    [[nodiscard]] QString heading() const { return m_heading->text(); }

protected:
    /// Shows @p page, as wide as the dock; it scrolls when the dock is lower than it.
    void setScrollingPage(QWidget *page);

private:
    Heading *m_heading;
};

/// @return a label in the quiet colour.
QLabel *mutedLabel(const QString &text = {}, QWidget *parent = nullptr);

} // namespace statescape::ui
