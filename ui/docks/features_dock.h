// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/kit/section.h"
#include "ui/models/feature_model.h"
#include "ui/session/session_controller.h"

class QLineEdit;
class QSortFilterProxyModel;

namespace statescape::ui {

class FigureList;

/// Features with their values now, in real units; searchable.
class FeaturesDock : public SectionDock {
    Q_OBJECT
public:
    explicit FeaturesDock(SessionController &controller, QWidget *parent = nullptr);
    [[nodiscard]] FeatureModel *model() const { return m_model; }
    void focusSearch();

Q_SIGNALS:
    void lineWanted(const QString &key); ///< show this feature in the time strip
    /// @param action "colour" the picture by it, put it on axis "x", "y" or "z", show it as "line" (then
    /// lineWanted() comes too)
    void featureAction(const QString &key, const QString &action);

private:
    void update();
    void menu(const QPoint &at);
    SessionController &m_controller;
    FeatureModel *m_model;
    QSortFilterProxyModel *m_filter;
    QLineEdit *m_search;
    QLabel *m_whose;
    FigureList *m_list;
    QElapsedTimer m_since;
};

} // namespace statescape::ui
