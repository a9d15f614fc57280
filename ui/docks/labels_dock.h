// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/kit/section.h"
#include "ui/models/label_model.h"
#include "ui/session/session_controller.h"

namespace statescape::ui {

class FigureList;

/// How many samples carry which label or are in which state; a click or Return selects them (Ctrl adds, Alt
/// removes), F2 renames a class.
class LabelsDock : public SectionDock {
    Q_OBJECT
public:
    explicit LabelsDock(SessionController &controller, QWidget *parent = nullptr);
    [[nodiscard]] LabelModel *model() const { return m_model; }
    [[nodiscard]] FigureList *list() const { return m_list; }
    /// Selects what @p row of the list counts.
    void pick(int row, SelectionOp op);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void update();
    void menu(const QModelIndex &index, const QPoint &globalAt);
    void rename(const QString &from, const QString &to);
    SessionController &m_controller;
    LabelModel *m_model;
    FigureList *m_list;
};

} // namespace statescape::ui
