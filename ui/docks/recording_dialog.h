// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/session/plan_keeper.h"

#include <QDialog>

class QButtonGroup;
class QComboBox;
class QLabel;
class QPushButton;

namespace statescape::ui {

/// What a new recording is about and how often it looks: the whole machine, each process or each cgroup, with
/// what each of them gives, costs and needs.
class RecordingDialog : public QDialog {
    Q_OBJECT
public:
    RecordingDialog(SessionController &controller, PlanKeeper &keeper, QWidget *parent);
    [[nodiscard]] schema::EntityKind entity() const;
    void setEntity(schema::EntityKind kind);
    [[nodiscard]] std::uint64_t intervalNs() const;
    /// What stands in the way of the choice, as far as the recording that runs now knows; empty: nothing.
    [[nodiscard]] QString warning() const;

Q_SIGNALS:
    void startWanted(statescape::schema::EntityKind entity, quint64 intervalNs);

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    void fitHeight();
    QWidget *makeChoices();
    QWidget *makeInterval();
    QWidget *makeWarning();
    void update();

    SessionController &m_controller;
    PlanKeeper &m_keeper;
    QButtonGroup *m_entities;
    QComboBox *m_interval;
    QLabel *m_warning = nullptr, *m_consequence = nullptr;
    QPushButton *m_copy = nullptr;
    QWidget *m_warningPart = nullptr;
    QString m_command;
};

} // namespace statescape::ui
