// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/kit/section.h"
#include "ui/session/session_controller.h"

class QProgressBar;
class QPushButton;

namespace statescape::ui {

/// The active model in five lines, with training and export.
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
    QLabel *m_title, *m_facts, *m_notes;
    QPushButton *m_train, *m_export, *m_cancel;
    QProgressBar *m_progress;
    const void *m_model = nullptr;
};

/// @return "held-out F1 0.94 · silhouette 0.61 · unknown beyond 3.2 σ" as rich text.
QString modelFacts(const model::Model &model);
/// @return "k-means, 6 states, seeded by labels".
QString modelKind(const model::Model &model);

} // namespace statescape::ui
