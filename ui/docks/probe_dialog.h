// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/hook_search.h"
#include "ui/session/plan_keeper.h"

#include <QDialog>

class QComboBox;
class QLabel;
class QLineEdit;
class QListWidget;
class QPushButton;
class QVBoxLayout;

namespace statescape::ui {

class FigureList;
class OfferModel;
class ProbePreviewPane;

/// Finds what can be probed, shows what it would give and cost, tries it, and makes the plan of the next
/// recording. Nothing changes before the plan is used.
class ProbeDialog : public QDialog {
    Q_OBJECT
public:
    ProbeDialog(SessionController &controller, PlanKeeper &keeper, QWidget *parent = nullptr);
    ~ProbeDialog() override;

    [[nodiscard]] QLineEdit *search() const { return m_text; }
    [[nodiscard]] FigureList *results() const { return m_results; }
    [[nodiscard]] ProbePreviewPane *previewPane() const { return m_pane; }
    [[nodiscard]] const schema::ProbePlan &plan() const { return m_plan; }
    void setGroup(session::HookGroup group);
    void setProgram(const QString &path);
    /// Puts the probe shown on the list.
    void addShown();
    void removeChosen();
    void useThese();
    /// Begins anew with the plan that recordings follow.
    void begin();

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;
    void showEvent(QShowEvent *event) override;

private:
    QWidget *makeSearch();
    QWidget *makeResults();
    QWidget *makeList();
    QWidget *makeFoot();
    void fillGroups();
    void choose();
    void ask();
    void take(const session::HookQuery &query, session::Offers offers);
    void preview(const schema::UserProbe &probe);
    void fillList();
    void update();
    [[nodiscard]] session::HookGroup group() const;
    [[nodiscard]] bool looksIntoPrograms() const;

    SessionController &m_controller;
    PlanKeeper &m_keeper;
    schema::ProbePlan m_plan;
    QLineEdit *m_text;
    QComboBox *m_group, *m_program;
    QPushButton *m_choose, *m_remove, *m_use;
    OfferModel *m_offers;
    FigureList *m_results;
    QLabel *m_found, *m_consequence;
    ProbePreviewPane *m_pane;
    QListWidget *m_list;
    QStringList m_scripts;
    schema::UserProbe m_wanted;   ///< whose preview was asked for last
    session::HookSearch m_search; // last: answers nothing once the rest is gone
};

} // namespace statescape::ui
