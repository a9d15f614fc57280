// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/picture/marks.h"
#include "ui/window/command_table.h"

#include <QComboBox>
#include <QToolBar>
#include <QToolButton>

#include <vector>

namespace statescape::ui {

class KeyToolButton;

/// The tool bar of the pictures: recording, freeze and live, tools, mode, colouring, span, and the
/// perspectives at the right.
class ToolBar : public QToolBar {
    Q_OBJECT
public:
    ToolBar(const CommandSet &commands, QWidget *parent = nullptr);
    void setColouring(const Colouring &colouring);
    /// Keys and titles of the features that may be coloured by.
    void setFeatures(std::vector<std::pair<QString, QString>> features);
    void setWindow(quint64 windowNs); ///< 0: all
    /// Offers colours by whom samples are about. @param word "Process", "Cgroup"; empty: all are of the host
    void setEntityWord(const QString &word);

Q_SIGNALS:
    void colouringChosen(const statescape::ui::Colouring &colouring);
    void windowChosen(quint64 windowNs);

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    QToolButton *addCommand(const QString &id, const QString &text = {});
    void chooseFeature();
    QComboBox *addChoice(const QString &label, const QString &name);
    const CommandSet &m_commands;
    QComboBox *m_colour, *m_window;
    Colouring m_colouring;
    std::vector<std::pair<QString, QString>> m_features;
    std::vector<KeyToolButton *> m_buttons;
    std::vector<QAction *> m_words;     ///< "Colour by", "Show"
    std::vector<QAction *> m_ops;       ///< what a drawing does
    std::vector<QAction *> m_rareTools; ///< polygon and brush
};

} // namespace statescape::ui
