// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/session/session_controller.h"

#include <QWidget>

class QComboBox;

namespace statescape::ui {

/// Labels the selection: positive, negative, clear, and the class name that goes with them.
class LabelButtons : public QWidget {
    Q_OBJECT
public:
    explicit LabelButtons(SessionController &controller, QWidget *parent = nullptr);
    /// Labels with the class named in the box, or keeps each sample's class when the box is empty.
    void label(schema::Polarity polarity);
    /// @param number 1..9: the file's classes in their order
    void assignClass(int number);
    [[nodiscard]] QComboBox *classBox() const { return m_class; }

Q_SIGNALS:
    void command(const QString &id); ///< a button was pressed: run this command, "label.positive" …

private:
    void updateClasses();
    void assignClassNamed(const QString &name);

    SessionController &m_controller;
    QComboBox *m_class;
    std::shared_ptr<const std::vector<std::string>> m_names; ///< what the box lists
};

} // namespace statescape::ui
