// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/kit/section.h"
#include "ui/models/probe_model.h"
#include "ui/session/session_controller.h"

namespace statescape::ui {

class FigureList;

/// Probes on this machine: which stand, how much they see and cost, and why the others do not.
class ProbesDock : public SectionDock {
    Q_OBJECT
public:
    explicit ProbesDock(SessionController &controller, QWidget *parent = nullptr);

private:
    void update();
    SessionController &m_controller;
    ProbeModel *m_model;
    FigureList *m_list;
    QLabel *m_empty;
};

} // namespace statescape::ui
