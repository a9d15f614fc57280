// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/kit/section.h"
#include "ui/session/session_controller.h"

class QProgressBar;
class QPushButton;

namespace statescape::ui {

/// The active model in a few lines, with training and export.
class ModelDock : public SectionDock {
    Q_OBJECT
public:
    explicit ModelDock(SessionController &controller, QWidget *parent = nullptr);

Q_SIGNALS:
    void command(const QString &id);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void update();
    SessionController &m_controller;
    QLabel *m_title, *m_story, *m_facts, *m_notes;
    QPushButton *m_train, *m_export, *m_cancel;
    QProgressBar *m_progress;
    std::shared_ptr<const model::Model> m_model; ///< what is shown
};

} // namespace statescape::ui
