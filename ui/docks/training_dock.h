// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/docks/training_form.h"
#include "ui/kit/section.h"
#include "ui/session/session_controller.h"

class QProgressBar;
class QPushButton;

namespace statescape::ui {

class DiagnosticsView;
class Fold;

/// How to train, how far it is, what was found in words, and how good the model was on samples it had never
/// seen.
class TrainingDock : public SectionDock {
    Q_OBJECT
public:
    explicit TrainingDock(SessionController &controller, QWidget *parent = nullptr);
    /// @return what the form says; the features left out are the caller's to add.
    [[nodiscard]] model::TrainOptions options() const { return m_form->options(); }

Q_SIGNALS:
    void command(const QString &id);

private:
    QWidget *makeButtons();
    QWidget *makeResult();
    void setRunning(bool running);
    void update();
    void showModel(const session::Snapshot &snapshot);

    SessionController &m_controller;
    TrainingForm *m_form;
    QPushButton *m_train, *m_cancel;
    QProgressBar *m_progress;
    QLabel *m_title, *m_story, *m_changes, *m_figures, *m_notes;
    Fold *m_changesFold = nullptr, *m_notesFold = nullptr;
    DiagnosticsView *m_diagnostics;
    std::shared_ptr<const model::Model> m_model; ///< what is shown
};

} // namespace statescape::ui
