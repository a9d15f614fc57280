// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/kit/section.h"
#include "ui/models/probe_model.h"
#include "ui/session/plan_keeper.h"

#include <QTimer>

class QMenu;
class QPushButton;

namespace statescape::ui {

class ProbeList;

/// Probes on this machine: which stand, how much they see and cost, and why the others do not; below, what
/// all of it costs. Probes are switched and added from here.
class ProbesDock : public SectionDock {
    Q_OBJECT
public:
    ProbesDock(SessionController &controller, PlanKeeper &keeper, QWidget *parent = nullptr);
    [[nodiscard]] ProbeList *list() const { return m_list; }
    /// Fills @p menu with what can be done to the probe @p key (none when empty) and to the plan.
    void fillMenu(QMenu &menu, const QString &key);

Q_SIGNALS:
    void addWanted(); ///< open the dialog

private:
    QWidget *makePrivilege();
    QWidget *makeTotals();
    QWidget *makeButtons();
    /// What can be done to one probe.
    void addOwn(QMenu &menu, const QString &key);
    void addBudgets(QMenu &menu);
    void addShipped(QMenu &menu);
    void update();
    void showTotals(const session::Snapshot &live);
    void showPrivilege(const session::Snapshot &live);
    void fitHeight();

    SessionController &m_controller;
    PlanKeeper &m_keeper;
    ProbeModel *m_model;
    ProbeList *m_list;
    QWidget *m_page = nullptr;
    QWidget *m_privilege = nullptr;
    QLabel *m_privilegeText = nullptr;
    QPushButton *m_copyCommand = nullptr;
    QLabel *m_names[3] = {}, *m_figures[3] = {};
    QWidget *m_totals = nullptr;
    QPushButton *m_menu = nullptr;
    QString m_command;
    QElapsedTimer m_sinceUpdate, m_sinceOrder;
    QTimer m_later;
};

} // namespace statescape::ui
