// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/kit/section.h"
#include "ui/models/explanation_models.h"
#include "ui/session/session_controller.h"

class QComboBox;
class QPushButton;

namespace statescape::ui {

class FigureList;

/// The selected samples: how many, when, label buttons, why they differ from the rest, and who was running.
class SelectionDock : public SectionDock {
    Q_OBJECT
public:
    explicit SelectionDock(SessionController &controller, QWidget *parent = nullptr);

    /// Labels with the class named in the box, or keeps each sample's class when the box is empty.
    void label(schema::Polarity polarity);
    /// @param number 1..9: the file's classes in their order
    void assignClass(int number);
    [[nodiscard]] QComboBox *classBox() const { return m_class; }

Q_SIGNALS:
    void labelCommand(const QString &id); ///< a button was pressed: run this command, "label.positive" …

private:
    void updateSelection();
    void updateExplanation();
    void updateClasses();
    void assignClassNamed(const QString &name);
    QWidget *makeButtons();

    SessionController &m_controller;
    DifferenceModel *m_differences;
    ProcessModel *m_processes;
    QLabel *m_summary;
    QPushButton *m_positive, *m_negative, *m_clear;
    QComboBox *m_class;
    QWidget *m_labelling;
    Heading *m_whyHeading, *m_whoHeading;
    FigureList *m_why, *m_who;
    QLabel *m_nothing;
    const void *m_names = nullptr;
};

} // namespace statescape::ui
