// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/kit/section.h"
#include "ui/session/session_controller.h"

class QCheckBox;
class QComboBox;
class QLineEdit;
class QProgressBar;
class QPushButton;
class QSpinBox;
class QTableWidget;

namespace statescape::ui {

class DiagnosticsView;

/// How to train, how far it is, and how good the model was on samples it had never seen.
class TrainingDock : public SectionDock {
    Q_OBJECT
public:
    explicit TrainingDock(SessionController &controller, QWidget *parent = nullptr);
    /// @return what the form says; the features left out are the caller's to add.
    [[nodiscard]] model::TrainOptions options() const;

Q_SIGNALS:
    void command(const QString &id);

private:
    QWidget *makeForm();
    void update();
    void fillConfusion(const model::Quality &quality);

    SessionController &m_controller;
    QLineEdit *m_name;
    QSpinBox *m_k;
    QComboBox *m_scaler;
    QCheckBox *m_useLabels, *m_levels;
    QPushButton *m_train, *m_cancel;
    QProgressBar *m_progress;
    QLabel *m_result, *m_notes;
    Heading *m_confusionHeading;
    QTableWidget *m_confusion;
    DiagnosticsView *m_diagnostics;
    const void *m_model = nullptr;
};

} // namespace statescape::ui
