// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/kit/section.h"
#include "ui/models/label_model.h"
#include "ui/session/session_controller.h"

namespace statescape::ui {

class FigureList;

/// How many samples carry which label; a click selects them.
class LabelsDock : public SectionDock {
    Q_OBJECT
public:
    explicit LabelsDock(SessionController &controller, QWidget *parent = nullptr);

private:
    void update();
    void menu(const QPoint &at);
    void rename(int row);
    SessionController &m_controller;
    LabelModel *m_model;
    FigureList *m_list;
    const void *m_labels = nullptr; ///< the vector counted last
    std::size_t m_rows = 0;
};

} // namespace statescape::ui
